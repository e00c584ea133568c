"""Interface of a detector: reading, simulation, models, evaluation, figures and file formats."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jaxgen import checks, settings
from jaxgen.base import Batch, Key, Learner, Length, Sampler
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.settings import Settings

if TYPE_CHECKING:
    from jaxgen.metrics.glossary import Meaning
    from jaxgen.metrics.table import Samples, Suite, Table
    from jaxgen.plots.illustration import Illustration
    from jaxgen.recipe import Recipe

Statistics = Mapping[str, np.ndarray]
"""Statistics of the training data that a model needs, arrays by name."""

Parts = Mapping[str, Any]
"""User-defined objects by role, such as "generator"."""


class Model(NamedTuple):
    """A model of a detector.

    Attributes:
      title: short description.
      settings: class of its settings; the defaults are the recommended values.
      statistics: `statistics(data, settings)`, computed from the training split.
      sampler: `sampler(settings, statistics, spec, parts)`, the function that generates events from published
        parameters; it imports nothing that only training needs.
      learner: `learner(settings, statistics, spec, length, axis_name, parts)`.
      parts: roles of the objects that a user may define, such as generator, critic and loss.
      sampled_parts: the roles that are also needed for sampling.
    """

    title: str
    settings: type[Settings]
    statistics: Callable[[Dataset, Any], dict[str, np.ndarray]]
    sampler: Callable[[Any, Statistics, Spec, Parts], Sampler]
    learner: Callable[[Any, Statistics, Spec, Length, str | None, Parts], Learner]
    parts: tuple[str, ...] = ()
    sampled_parts: tuple[str, ...] = ("generator",)


class Judging(NamedTuple):
    """Evaluation of generated events of a detector.

    Attributes:
      suites: functions by name, each of which computes several metrics.
      quick: `quick(key, real, fake)`, a fast estimate of the headline metric for evaluations during training.
      meanings: descriptions of metrics specific to the detector, see `metrics.glossary.meaning`.
      paired: names of suites that compare events with identical conditions, see `run.sides`.
    """

    suites: "Mapping[str, Suite]"
    quick: "Callable[[Key, Table, Table], Any]"
    meanings: "Mapping[str, Meaning]" = MappingProxyType({})
    paired: frozenset[str] = frozenset({"classifier"})


def _identity(events: np.ndarray) -> np.ndarray:
    return events


def _observe(batch: Batch, spec: Spec) -> "Table":
    from jaxgen.metrics import general

    return general.observe(batch, spec)


def _judging() -> Judging:
    from jaxgen.metrics import general

    return Judging(general.SUITES, general.quick)


def _draw(samples: "Samples") -> "Sequence[Illustration]":
    from jaxgen.plots import general

    return general.draw(samples)


def _failures(key: Key, samples: "Samples") -> Sequence[str]:
    from jaxgen.metrics import general

    return general.failures(key, samples)


def _write(folder: Path, batch: Batch) -> None:
    with (folder / "generated.npz").open("wb") as file:
        np.savez(file, data=batch.data, condition=batch.condition)


@dataclass(frozen=True)
class System:
    """A detector.

    Attributes with defaults apply to any detector: the observables are the columns of the events; they are
    evaluated by distances between distributions and by a classifier, drawn as histograms, and written as NPZ.

    Attributes:
      name: name of its package.
      title: title of its report.
      models: models by name, or "module:NAME" for the object NAME (default MODEL) of a module that is
        imported on first use. The first model is the default.
      dataset: `dataset(arrays, ...)`, a data set from arrays.
      headline: metric used for the verdict and for the choice of the best checkpoint; smaller is better.
      read: `read(path, ...)`, a data set from a file.
      simulate: `simulate(seed, number, ...)`, a data set from the built-in simulator.
      observe: `observe(batch, spec)`, observables of events.
      judging: `judging()`, the evaluation, imported on first use.
      draw: `draw(samples)`, figures of an evaluation.
      overlay: `overlay(test, generated)`, figures that compare the tables of several runs, given by name.
      failures: `failures(key, samples)`, sentences that describe where generated events are worst.
      finish: processing of events on the host before they are evaluated or written.
      write: `write(folder, batch)`, writes one or more files into an otherwise empty folder.
      read_conditions: `read_conditions(path)`, conditions by name from the detector's own event files;
        returns None for other files, which `data.condition_files` reads.
      presets: folder with presets of the command line, one file `NAME.flags` per preset.

    >>> from jaxgen.systems import tpc_pads
    >>> tpc_pads.SYSTEM
    System tpc_pads: Pad responses of the MPD time projection chamber, models gan
    >>> [one.name for one in settings.describe(tpc_pads.SYSTEM.model("gan").settings)][:2]
    ['steps', 'batch_size']
    """

    name: str
    title: str
    models: Mapping[str, Model | str]
    dataset: Callable[..., Dataset]
    headline: str = "frechet"
    read: Callable[..., Dataset] | None = None
    simulate: Callable[..., Dataset] | None = None
    observe: "Callable[[Batch, Spec], Table]" = _observe
    judging: Callable[[], Judging] = _judging
    draw: "Callable[[Samples], Sequence[Illustration]]" = _draw
    overlay: "Callable[[Table, Mapping[str, Table]], Sequence[Illustration]] | None" = None
    failures: "Callable[[Key, Samples], Sequence[str]]" = _failures
    finish: Callable[[np.ndarray], np.ndarray] = _identity
    write: Callable[[Path, Batch], None] = _write
    read_conditions: Callable[[Path], Mapping[str, np.ndarray] | None] | None = None
    presets: Path | None = None

    def model(self, name: str) -> Model:
        """The model with this name.

        Raises:
          ValueError: if there is none.
        """
        checks.one_of(f"the model of {self.name}", name, self.models)
        found = self.models[name]
        if not isinstance(found, str):
            return found
        module, _, attribute = found.partition(":")
        return getattr(import_module(module), attribute or "MODEL")

    def learner(self, name: str, data: Dataset, **given: Any) -> "Recipe":
        """A recipe: a model of this detector with its settings, ready for training.

        Args:
          name: name of the model, one of `models`.
          data: training data; the statistics are computed from its training split.
          **given: settings that differ from the defaults, and user-defined objects: `generator=` and
            `critic=`, Flax modules, or `loss=`, an `AdversarialLoss`.

        Raises:
          ValueError: for an unknown model or setting, a value out of range, or an object that the model does
            not accept.
        """
        from jaxgen.recipe import Recipe

        if not isinstance(data, Dataset) or not isinstance(name, str):
            got = f"{type(name).__name__} and {type(data).__name__}"
            raise ValueError(f"Expected the name of a model and a Dataset; got {got}.")
        model = self.model(name)
        known = {one.name: one for one in settings.describe(model.settings)}
        parts = {
            key: value for key, value in given.items() if key in model.parts and _is_object(value, key, known)
        }
        plain = {key: value for key, value in given.items() if key not in parts}
        chosen = settings.make(model.settings, name, plain)
        for key, value in parts.items():
            if isinstance(value, type):
                raise ValueError(f"Expected an object as {key}; got the class {value.__name__}.")
        recipe = Recipe(self, name, chosen, model.statistics(data, chosen), data.spec, parts)
        recipe.check()
        return recipe

    def again(self, source: Mapping[str, Any]) -> Dataset:
        """Recreates a data set from its `Dataset.source`, {"read": path, ...} or {"simulate": seed, ...}.

        Raises:
          ValueError: for another source, or one that this detector does not provide.
        """
        for way, make in (("read", self.read), ("simulate", self.simulate)):
            if way in source and make is not None:
                rest = {name: value for name, value in source.items() if name != way}
                return make(source[way], **rest)
        raise ValueError(
            f"Expected data that {self.name} can read or simulate again; got {dict(source) or 'arrays'}."
        )

    def __repr__(self) -> str:
        return f"System {self.name}: {self.title}, models {', '.join(self.models)}"


def _is_object(value: Any, name: str, known: Mapping[str, Any]) -> bool:
    """Whether the value given for a name is an object rather than a setting."""
    return value is not None and not (name in known and isinstance(value, str))
