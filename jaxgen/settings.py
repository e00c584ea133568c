"""Settings, defined once as fields of frozen dataclasses: name, default, description, bounds and unit.

Keyword arguments, flags, `config.json`, `--help` and the tables of the documentation are derived from them.
A subclass that changes the default of an inherited field keeps its description and bounds.
"""

import dataclasses
import difflib
import inspect
import math
import typing
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np


class Described(NamedTuple):
    """The description of a setting.

    Attributes:
      name: name of the setting, the same in all models.
      default: default of the model.
      kind: `bool`, `int`, `float`, `str`, or `tuple` for several names.
      words: description, a phrase without a full stop.
      unit: unit of the number; empty if it has none.
      low: smallest value; None for no bound.
      high: largest value; None for no bound.
      above: exclusive lower bound; None for no bound.
      choices: allowed names; empty if the value is not a name.
      optional: whether None is allowed.
      group: heading of the setting in lists of settings.
    """

    name: str
    default: Any
    kind: type
    words: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    group: str = ""

    def sentence(self) -> str:
        """Description and allowed values, in one or two sentences.

        >>> Described("rate", 0.1, float, "learning rate", unit="1/update", above=0).sentence()
        'Learning rate [1/update]. Above 0.'
        """
        unit = f" [{self.unit}]" if self.unit else ""
        first = f"{self.words[:1].upper()}{self.words[1:]}{unit}." if self.words else ""
        return " ".join(filter(None, [first, self.allowed()]))

    def allowed(self) -> str:
        """The allowed values as a sentence; empty if all values of the type are allowed.

        >>> Described("share", 0.1, float, low=0, high=1).allowed()
        'From 0 to 1.'
        """
        if self.choices:
            names = ", ".join(self.choices[1:] if self.kind is tuple else self.choices)
            return f"{self.choices[0]}, or any of {names}." if self.kind is tuple else f"One of {names}."
        if self.kind is bool:
            return ""
        low, high, above = (
            None if end is None else f"{end:.12g}" for end in (self.low, self.high, self.above)
        )
        if above is not None:
            return f"Above {above}." if high is None else f"Above {above} and at most {high}."
        if low is not None:
            return f"At least {low}." if high is None else f"From {low} to {high}."
        return "" if high is None else f"At most {high}."


def setting(
    default: Any,
    words: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    unit: str = "",
    choices: Collection[str] = (),
    group: str = "",
) -> Any:
    """A field of a settings class.

    Args:
      default: recommended value.
      words: description, a phrase without a full stop.
      low: smallest value.
      high: largest value.
      above: exclusive lower bound.
      unit: unit of the number.
      choices: allowed names.
      group: heading in lists of settings; by default the attribute `GROUP` of the defining class, else
        "model".
    """
    metadata = {
        "words": words,
        "unit": unit,
        "low": low,
        "high": high,
        "above": above,
        "choices": tuple(choices),
        "group": group,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Checked:
    """A frozen dataclass of settings whose values are checked at construction.

    Raises:
      ValueError: for a value of the wrong type, out of range, not finite or not among the allowed names.
    """

    def __post_init__(self) -> None:
        for one in describe(type(self)):
            object.__setattr__(self, one.name, checked(one, getattr(self, one.name)))


@dataclass(frozen=True)
class Settings(Checked):
    """Settings that every model has; models add further fields.

    Raises:
      ValueError: for a value of the wrong type, out of range, not finite or not among the allowed names.

    >>> Settings(steps=100).steps
    100
    >>> Settings(steps=0)
    Traceback (most recent call last):
    ...
    ValueError: Expected steps of at least 1; got 0.
    """

    steps: int = setting(10_000, "updates of the whole run, each from one batch", low=1, group="training")
    batch_size: int = setting(32, "events of a batch, over all devices", low=1, group="training")

    @property
    def extendable(self) -> bool:
        """Whether the run can be extended, as no setting depends on its length."""
        return True


AnySettings = TypeVar("AnySettings", bound=Settings)


def describe(kind: type[Checked]) -> list[Described]:
    """All settings of a class, in the order of their definition.

    >>> [one.name for one in describe(Settings)]
    ['steps', 'batch_size']
    """
    hints = typing.get_type_hints(kind)
    return [_describe(kind, one, hints[one.name]) for one in dataclasses.fields(kind)]


def _describe(kind: type[Checked], one: dataclasses.Field, hint: Any) -> Described:
    metadata: dict[str, Any] = {}
    for parent in kind.__mro__:
        found = parent.__dict__.get("__dataclass_fields__", {}).get(one.name)
        if found is not None and found.metadata and one.name in inspect.get_annotations(parent):
            metadata = {
                **found.metadata,
                "group": found.metadata["group"] or parent.__dict__.get("GROUP", "model"),
            }
            break
    options = typing.get_args(hint)
    optional = type(None) in options
    plain = next((option for option in options if option is not type(None)), hint) if optional else hint
    return Described(one.name, one.default, typing.get_origin(plain) or plain, optional=optional, **metadata)


def checked(one: Described, value: Any) -> Any:
    """The value converted to its type: lists to tuples, integers to floats, NumPy scalars to Python numbers.

    Raises:
      ValueError: for a value that the setting does not allow.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None and one.optional:
        return None
    if one.kind is tuple:
        return _names(one, value)
    if one.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, one.kind) or (isinstance(value, bool) and one.kind is not bool):
        raise ValueError(f"Expected {one.name} to be {_KINDS[one.kind]}; got {value!r}.")
    if one.kind in (int, float):
        _check_bounds(one, float(value))  # type: ignore[arg-type]
    if one.choices and value not in one.choices:
        raise ValueError(f"Expected {one.name} to be one of {', '.join(one.choices)}; got {value!r}.")
    return value


_KINDS = {bool: "True or False", int: "a whole number", float: "a number", str: "a name"}


def _check_bounds(one: Described, value: float) -> None:
    if not math.isfinite(value):
        raise ValueError(f"Expected a finite number for {one.name}; got {value}.")
    if one.low is not None and value < one.low:
        raise ValueError(f"Expected {one.name} of at least {one.low:.12g}; got {value:.12g}.")
    if one.high is not None and value > one.high:
        raise ValueError(f"Expected {one.name} of at most {one.high:.12g}; got {value:.12g}.")
    if one.above is not None and not value > one.above:
        raise ValueError(f"Expected {one.name} above {one.above:.12g}; got {value:.12g}.")


def _names(one: Described, value: Any) -> tuple[str, ...]:
    """Distinct names; the first of the choices means that none is chosen and stands alone."""
    given = value.split(",") if isinstance(value, str) else value
    names = tuple(given) if isinstance(given, Iterable) else ()
    known = all(name in one.choices for name in names) and len(set(names)) == len(names)
    if not names or not known or (one.choices[0] in names and len(names) > 1):
        raise ValueError(
            f"Expected {one.name} to be {one.choices[0]} or any of {', '.join(one.choices[1:])}; "
            f"got {value!r}."
        )
    return names


def make(kind: type[AnySettings], model: str, given: Mapping[str, Any]) -> AnySettings:
    """The settings of a model from keyword arguments.

    Raises:
      ValueError: for a wrong value or an unknown name, with the closest known name.

    >>> make(Settings, "gan", {"step": 3})
    Traceback (most recent call last):
    ...
    ValueError: Expected settings of the model gan; got step, did you mean steps?
    """
    known = [one.name for one in describe(kind)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f", did you mean {near[0]}?" if near else f"; it has {', '.join(known)}."
            raise ValueError(f"Expected settings of the model {model}; got {name}{hint}")
    return kind(**given)


def as_json(settings: Settings) -> dict[str, Any]:
    """All settings in a form that JSON can represent.

    >>> as_json(Settings())
    {'steps': 10000, 'batch_size': 32}
    """
    found = {one.name: getattr(settings, one.name) for one in dataclasses.fields(settings)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
