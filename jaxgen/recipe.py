"""What to train: a model with its settings, the statistics of its data, and user-defined objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import jax
import numpy as np

from jaxgen import checks, display, settings
from jaxgen.base import Batch, Learner, Length, Sampler
from jaxgen.data.dataset import Spec, as_batch
from jaxgen.settings import Settings
from jaxgen.system import Model, System

EXAMPLES = 64
NO_FIELDS = ("parent", "name")  # fields of every Flax module, which do not describe it
RESERVED = frozenset({"step", "epoch", "died", "wall_seconds", "cpu_seconds", "steps_per_second"})


@dataclass(frozen=True, eq=False)
class Recipe:
    """A model of a detector, ready for training.

    Attributes:
      system: the detector.
      name: name of the model.
      settings: settings of the model.
      statistics: statistics of the training data, arrays by name.
      spec: description of the data.
      parts: user-defined objects by role, such as "generator".

    >>> from jaxgen.systems import tpc_pads
    >>> data = tpc_pads.simulate(0, 40)
    >>> recipe = tpc_pads.learner("gan", data, spectral_bound=2.0, steps=10)
    >>> recipe.settings.spectral_bound, recipe.with_length(steps=20).settings.steps
    (2.0, 20)
    """

    system: System
    name: str
    settings: Settings
    statistics: Mapping[str, np.ndarray] = field(default_factory=dict)
    spec: Spec | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        """The model."""
        return self.system.model(self.name)

    def with_length(self, *, steps: int | None = None, batch_size: int | None = None) -> "Recipe":
        """The same recipe with another number of updates or another batch size, if given.

        Raises:
          ValueError: for values out of range.
        """
        given = {"steps": steps, "batch_size": batch_size}
        known = {name: value for name, value in given.items() if value is not None}
        every = {**settings.as_json(self.settings), **known}
        return replace(self, settings=settings.make(type(self.settings), self.name, every))

    def build(self, length: Length, axis_name: str | None = None) -> Learner:
        """The learner for a run of this length; batches are split over the devices of `axis_name`."""
        return self.model.learner(self.settings, self.statistics, self._spec, length, axis_name, self.parts)

    def check(self) -> None:
        """Raises unless the shapes of user-defined objects fit the model.

        Raises:
          ValueError: with the object that does not fit and the reason.
        """
        if not self.parts:
            return
        try:
            learner = self.build(Length(self.settings.steps, 1))
            check_learner(learner, example_of(self._spec), self._spec.shape)
        except ValueError:
            raise
        except Exception as error:
            named = ", ".join(f"{key} {name}" for key, name in self.named_parts().items())
            reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            raise ValueError(f"Expected own objects that fit the model; {named} fail, {reason}") from error

    def sampler(self) -> Sampler:
        """The function that generates events from published parameters."""
        return self.model.sampler(self.settings, self.statistics, self._spec, self.parts)

    def named_parts(self) -> dict[str, str]:
        """Names of the user-defined objects; a run folder compares them when a run is resumed."""
        return {key: part_name(value) for key, value in sorted(self.parts.items())}

    @property
    def _spec(self) -> Spec:
        if self.spec is None:
            raise ValueError("Expected a recipe with the spec of its data; got none.")
        return self.spec

    def __repr__(self) -> str:
        changed = ", ".join(f"{name}={value!r}" for name, value in self._changes().items())
        own = "".join(f", {key} {name}" for key, name in self.named_parts().items())
        return f"Recipe {self.name} of {self.system.name}: {changed or 'default settings'}{own}"

    def _changes(self) -> dict[str, Any]:
        """Settings that differ from their defaults, and always steps and batch size."""
        described = settings.describe(type(self.settings))
        return {
            one.name: getattr(self.settings, one.name)
            for one in described
            if getattr(self.settings, one.name) != one.default or one.name in ("steps", "batch_size")
        }

    def _repr_html_(self) -> str:
        heads = ("setting", "value", "default", "unit", "meaning")
        lines = [
            [one.name, str(getattr(self.settings, one.name)), str(one.default), one.unit, one.words]
            for one in settings.describe(type(self.settings))
        ]
        return display.paragraph(repr(self)) + display.table(heads, lines)


def part_name(part: Any) -> str:
    """Name of a user-defined object: its class and fields, or its own name if it has one.

    >>> import flax.linen
    >>> part_name(np.zeros), part_name(flax.linen.Dense(3))[:37]
    ('numpy.zeros', 'flax.linen.linear.Dense(features=3, u')
    """
    named = part if hasattr(part, "__qualname__") else type(part)
    name = f"{named.__module__}.{named.__qualname__}"
    own = getattr(part, "name", None)
    if isinstance(own, str):
        return f"{name} {own}"
    if not is_dataclass(part) or isinstance(part, type):
        return name
    told = ", ".join(
        f"{one.name}={_told(getattr(part, one.name))}" for one in fields(part) if one.name not in NO_FIELDS
    )
    return f"{name}({told})" if told else name


def _told(value: Any) -> str:
    return part_name(value) if callable(value) else repr(value)


def example_of(spec: Spec) -> Batch:
    """Events of zeros, used for their shapes."""
    condition = np.zeros((EXAMPLES, len(spec.condition)), np.float32)
    return as_batch(np.zeros((EXAMPLES, *spec.shape), np.float32), condition)


def check_learner(learner: Learner, batch: Batch, shape: tuple[int, ...]) -> None:
    """Raises unless a learner keeps the structure of its state, logs scalars, and samples events of `shape`.

    Only shapes are evaluated.

    Raises:
      ValueError: with the requirement that is violated.
    """
    key = jax.random.key(0)
    state = jax.eval_shape(learner.init, key, batch)
    if not hasattr(state, "step"):
        raise ValueError(f"Expected a state with the counter step; got {type(state).__name__}.")
    stepped, metrics = jax.eval_shape(learner.step, key, state, batch)
    before, after = (jax.tree.map(lambda x: (x.shape, x.dtype), tree) for tree in (state, stepped))
    if before != after:
        raise ValueError("Expected an update to keep shapes and types of the state; it changes them.")
    for name, value in metrics.items():
        if name in RESERVED or value.shape:
            got = "a name that the log uses" if name in RESERVED else f"the shape {value.shape}"
            raise ValueError(f"Expected metrics of an update to be single numbers; {name} has {got}.")
    params = jax.eval_shape(learner.publish, state)
    made = jax.eval_shape(learner.sample, key, params, batch.condition, 0)
    checks.shape("what is sampled", made, (len(batch.data), *shape))
