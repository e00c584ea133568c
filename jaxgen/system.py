"""A detector as a value: all that the library needs to know to read, train, judge, draw and write."""

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
"""What a model needs to know of the training data, as arrays by name."""

Parts = Mapping[str, Any]
"""A user's own objects by the name of what they stand for, such as a generator."""


class Model(NamedTuple):
    """A model of a detector.

    Attributes:
      title: a few words.
      settings: class of its settings, whose defaults are the best known.
      statistics: `statistics(data, settings)` of the training split.
      sampler: `sampler(settings, statistics, spec, parts)`: how events are made of what training publishes;
        it imports nothing that only training needs.
      learner: `learner(settings, statistics, spec, length, axis_name, parts)`.
      parts: names of the objects that a user may give, such as generator, critic and loss.
      sampled_parts: those of them that sampling needs.
    """

    title: str
    settings: type[Settings]
    statistics: Callable[[Dataset, Any], dict[str, np.ndarray]]
    sampler: Callable[[Any, Statistics, Spec, Parts], Sampler]
    learner: Callable[[Any, Statistics, Spec, Length, str | None, Parts], Learner]
    parts: tuple[str, ...] = ()
    sampled_parts: tuple[str, ...] = ("generator",)


class Judging(NamedTuple):
    """How events of a detector are judged.

    Attributes:
      suites: metrics that are worked out together, by name.
      quick: `quick(key, real, fake)`, the headline metric as fast as can be, for evaluations while training.
      meanings: words of the detector's own metrics, see `metrics.glossary.meaning`.
      paired: names of suites that compare events of the very same conditions, see `run.sides`.
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

    What is not given is what any detector can have: its observables are the columns of its events, they are
    judged by distances of their distributions and by a classifier, drawn as histograms and written as NPZ.

    Attributes:
      name: of its package.
      title: of its report.
      models: by name, or "module:NAME", where in which module each is, imported when asked for; NAME is MODEL
        where it is not given. The first one is trained where none is chosen.
      dataset: `dataset(arrays, ...)`, a data set of what somebody has as arrays.
      headline: the metric that the verdict is about and the best checkpoint is chosen by; smaller is better.
      read: `read(path, ...)`, a data set from a file.
      simulate: `simulate(seed, number, ...)`, a data set from the built-in simulator.
      observe: `observe(batch, spec)`, what is measured of events.
      judging: `judging()`, imported when asked for.
      draw: `draw(samples)`, figures of an evaluation.
      overlay: `overlay(test, generated)`, figures that put the tables of several runs, by name, side by side.
      failures: `failures(key, samples)`, sentences on where generated events are worst.
      finish: what is done to events on the host before they are judged or written.
      write: `write(folder, batch)`, in one file or several; no other files are in the folder.
      read_conditions: `read_conditions(path)`, conditions by name from the detector's own files of events;
        None for other files, which `data.condition_files` reads.
      presets: folder with known settings of the command line, one file `NAME.flags` each.

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
        """The model of this name.

        Raises:
          ValueError: where there is none.
        """
        checks.one_of(f"the model of {self.name}", name, self.models)
        found = self.models[name]
        if not isinstance(found, str):
            return found
        module, _, attribute = found.partition(":")
        return getattr(import_module(module), attribute or "MODEL")

    def learner(self, name: str, data: Dataset, **given: Any) -> "Recipe":
        """A recipe: a model of this detector with its settings, ready to be trained on data.

        Args:
          name: of the model, one of `models`.
          data: to train on; statistics are those of its training split.
          **given: settings that differ from the defaults, and own objects such as `generator=` and `critic=`,
            Flax modules, or `loss=`, an `AdversarialLoss`.

        Raises:
          ValueError: for an unknown model or setting, a value out of bounds, or an own object that the model
            does not take.
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
        """The data set of a `Dataset.source`, {"read": path, ...} or {"simulate": seed, ...}.

        Raises:
          ValueError: for another source, or one that this detector does not have.
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
    """Whether what was given for a name is an object and no setting."""
    return value is not None and not (name in known and isinstance(value, str))
