"""What is to be trained: a model with its settings, the statistics of its data, and own objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from jaxgen import display, settings
from jaxgen.base import Learner, Length, Sampler
from jaxgen.data.dataset import Spec
from jaxgen.settings import Settings
from jaxgen.system import Model, System


@dataclass(frozen=True, eq=False)
class Recipe:
    """A model of a detector, ready to be trained.

    Attributes:
      system: the detector.
      name: of the model.
      settings: of the model.
      statistics: of the data it is for, arrays by name.
      spec: of these data.
      parts: own objects by the name of what they stand for.

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
        """The model itself."""
        return self.system.model(self.name)

    def with_length(self, *, steps: int | None = None, batch_size: int | None = None) -> "Recipe":
        """The same recipe for another number of updates, or of events an update, where given.

        Raises:
          ValueError: for values out of bounds.
        """
        given = {"steps": steps, "batch_size": batch_size}
        known = {name: value for name, value in given.items() if value is not None}
        every = {**settings.as_json(self.settings), **known}
        return replace(self, settings=settings.make(type(self.settings), self.name, every))

    def build(self, length: Length, axis_name: str | None = None) -> Learner:
        """The learner for a run of a length, batches split over the devices of an axis."""
        return self.model.learner(self.settings, self.statistics, self._spec, length, axis_name, self.parts)

    def sampler(self) -> Sampler:
        """How events are made of what the learner publishes."""
        return self.model.sampler(self.settings, self.statistics, self._spec, self.parts)

    def named_parts(self) -> dict[str, str]:
        """The names of the own objects, by which a run folder tells whether they are the same."""
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
        """Settings that differ from their defaults, steps and batch size always."""
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
    """What an own object is called: its class, or itself where it has a name.

    >>> part_name(np.zeros)
    'numpy.zeros'
    """
    named = part if hasattr(part, "__qualname__") else type(part)
    name = f"{named.__module__}.{named.__qualname__}"
    own = getattr(part, "name", None)
    return f"{name} {own}" if isinstance(own, str) else name
