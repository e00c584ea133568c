"""Settings said once: names, defaults, help, bounds and units, as the metadata of frozen dataclasses.

Keyword arguments, flags, `config.json` and tables of the documentation all come from here. A class that gives
an inherited field another default keeps its words and bounds.
"""

import dataclasses
import difflib
import math
import typing
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np


class Described(NamedTuple):
    """What is known of a setting.

    Attributes:
      name: of the setting, the same in all models.
      default: of the model.
      kind: `bool`, `int`, `float`, `str`, or `tuple` for several names.
      words: what it is, to follow the name.
      unit: of numbers that have one.
      low: least value; None for no bound.
      high: largest value; None for no bound.
      above: what a value must be above; None for no bound.
      choices: the names that it may be; empty where it is no name.
      optional: whether it may be None.
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


def setting(
    default: Any,
    words: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    unit: str = "",
    choices: Collection[str] = (),
) -> Any:
    """A field of a settings class.

    Args:
      default: best known value.
      words: what it is.
      low: least value.
      high: largest value.
      above: what a value must be above.
      unit: of the number.
      choices: the names it may be.
    """
    told = {
        "words": words,
        "unit": unit,
        "low": low,
        "high": high,
        "above": above,
        "choices": tuple(choices),
    }
    return field(default=default, metadata=told)


@dataclass(frozen=True)
class Settings:
    """What every model has; its own settings are further fields, flat.

    Raises:
      ValueError: for a value of another type, out of bounds, not finite or not among the names known.

    >>> Settings(steps=100).steps
    100
    >>> Settings(steps=0)
    Traceback (most recent call last):
    ...
    ValueError: Expected steps of at least 1; got 0.
    """

    steps: int = setting(10_000, "updates of the whole run, each from one batch", low=1)
    batch_size: int = setting(32, "events an update, over all devices", low=1)

    def __post_init__(self) -> None:
        for one in describe(type(self)):
            object.__setattr__(self, one.name, checked(one, getattr(self, one.name)))

    @property
    def extendable(self) -> bool:
        """Whether nothing here looks at the length of the run, so that it may be made longer."""
        return True


AnySettings = TypeVar("AnySettings", bound=Settings)


def describe(kind: type[Settings]) -> list[Described]:
    """All settings of a class, in the order of their definition.

    >>> [one.name for one in describe(Settings)]
    ['steps', 'batch_size']
    """
    hints = typing.get_type_hints(kind)
    return [_describe(kind, one, hints[one.name]) for one in dataclasses.fields(kind)]


def _describe(kind: type[Settings], one: dataclasses.Field, hint: Any) -> Described:
    told: Mapping[str, Any] = {}
    for parent in kind.__mro__:
        found = getattr(parent, "__dataclass_fields__", {}).get(one.name)
        if found is not None and found.metadata:
            told = found.metadata
            break
    options = typing.get_args(hint)
    optional = type(None) in options
    plain = next((option for option in options if option is not type(None)), hint) if optional else hint
    return Described(one.name, one.default, typing.get_origin(plain) or plain, optional=optional, **told)


def checked(one: Described, value: Any) -> Any:
    """The value as its type; lists become tuples, whole numbers stand for real ones, NumPy's for Python's.

    Raises:
      ValueError: for a value that the setting cannot have.
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
        raise ValueError(f"Expected {one.name} of at least {one.low:g}; got {value:g}.")
    if one.high is not None and value > one.high:
        raise ValueError(f"Expected {one.name} of at most {one.high:g}; got {value:g}.")
    if one.above is not None and not value > one.above:
        raise ValueError(f"Expected {one.name} above {one.above:g}; got {value:g}.")


def _names(one: Described, value: Any) -> tuple[str, ...]:
    """Different names; the first of the choices means none of the others and stands alone."""
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
      ValueError: for a name that the model does not have, with the nearest that it has, or a wrong value.

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
    """All settings as JSON can hold them.

    >>> as_json(Settings())
    {'steps': 10000, 'batch_size': 32}
    """
    found = {one.name: getattr(settings, one.name) for one in dataclasses.fields(settings)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
