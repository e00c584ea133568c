"""An experiment as data: which detector and models, where the data come from, what flags mean by default."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jaxgen import settings, systems
from jaxgen.settings import Described
from jaxgen.system import Model, System

SIMULATED = "simulated"

USUAL: Mapping[str, Any] = {
    "steps": 10_000,
    "batch_size": 32,
    "optimizer": "adam",
    "b1": 0.9,
    "b2": 0.999,
    "decay": "constant",
    "decay_factor": 0.999,
    "average_decay": 0.0,
    "learning_rate": 1e-4,
    "gradient_limit": 0.0,
    "noise": 0.0,
    "kl_weight": 1.0,
    "symmetries": False,
    "loss": "wasserstein",
    "regularizer": ["spectral_norm"],
    "penalty_weight": 10.0,
    "penalty_target": 1.0,
    "one_sided": False,
    "data_penalty_weight": 0.0,
    "last_layer_weight": 1.0,
    "clip": 0.01,
    "gradient_clip": 1.0,
    "spectral_bound": 1.0,
    "spectral_form": "fixed",
    "spectral_final_bound": 1.0,
    "bound_penalty_weight": 1.0,
    "spectral_steps": 1,
    "spectral_operator": False,
    "generator_rate": 1e-4,
    "critic_rate": 1e-4,
    "stepping": "fixed",
    "critic_steps": 8,
    "generator_steps": 1,
    "reuse_batch": False,
    "critic_threshold": 0.0,
    "feature_noise": 0.0,
    "feature_noise_epochs": 50.0,
    "mismatch_share": 0.0,
}
"""What flags of settings mean where they are not given, whatever the model's own defaults are."""


@dataclass(frozen=True)
class DataFlag:
    """A flag that says which data, by the name of the argument that it becomes.

    Attributes:
      name: of the flag.
      default: of the flag.
      words: what it is.
      choices: names that it may be; empty where it is none.
      argument: of the system's functions, where that is not the flag's name.
      ways: which of "read" and "simulate" take it.
      low: least value.
    """

    name: str
    default: Any
    words: str
    choices: tuple[str, ...] = ()
    argument: str = ""
    ways: tuple[str, ...] = ("read", "simulate")
    low: int | None = None


@dataclass(frozen=True)
class Experiment:
    """All that the command line needs to know of an experiment.

    Attributes:
      name: of it, that of its file.
      system: the detector's name.
      model: that is trained where --model does not say.
      defaults: of settings, that flags have until they are given; every model takes those that it has.
      own_defaults: likewise, of single models.
      data: flags that say which data.
      events: that are simulated where --data_events does not say.
      all_models: `all_models(experiment, flags)`, what --model=all does; None where there is no such model.
    """

    name: str
    system: str
    model: str
    defaults: Mapping[str, Any]
    own_defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    data: Sequence[DataFlag] = ()
    events: int = 20_000
    all_models: "Callable[[Experiment, Any], None] | None" = None

    @property
    def detector(self) -> System:
        """The system itself."""
        return systems.get(self.system)

    def models(self) -> dict[str, Model]:
        """All models by name."""
        return {name: self.detector.model(name) for name in self.detector.models}

    def described(self) -> dict[str, tuple[Described, list[str]]]:
        """Every setting of any model, with the names of the models that have it; choices are joined."""
        found: dict[str, tuple[Described, list[str]]] = {}
        for name, model in self.models().items():
            for one in settings.describe(model.settings):
                known, models = found.get(one.name, (one, []))
                choices = tuple(dict.fromkeys((*known.choices, *one.choices)))
                found[one.name] = known._replace(choices=choices), [*models, name]
        return found

    def settings(self, model: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """All settings of a model: those given, else the defaults of the flags.

        Args:
          model: its name.
          given: settings by name.

        Raises:
          ValueError: for a setting that the model does not have.
        """
        known = [one.name for one in settings.describe(self.detector.model(model).settings)]
        for name in given:
            if name not in known:
                raise ValueError(f"Expected flags of --model={model}; got --{name}, which it does not use.")
        usual = {**self.defaults, **self.own_defaults.get(model, {})}
        return {**{name: value for name, value in usual.items() if name in known}, **given}
