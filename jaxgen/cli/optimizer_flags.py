"""Flags of every experiment that trains by gradients."""

from absl import flags

from jaxgen.cli.settings import Settings
from jaxgen.learners import optimizers
from jaxgen.learners.optimizer_config import OptimizerConfig


def define(*, optimizer: str = "rmsprop_torch", decay: str = "exponential") -> list[flags.FlagHolder]:
    """Defines the flags with these defaults, and returns them."""
    return [
        flags.DEFINE_enum("optimizer", optimizer, optimizers.OPTIMIZERS, "of all networks"),
        flags.DEFINE_float("b1", 0.9, "decay of Adam's first moment", lower_bound=0, upper_bound=1),
        flags.DEFINE_float("b2", 0.999, "decay of Adam's second moment", lower_bound=0, upper_bound=1),
        flags.DEFINE_enum("decay", decay, optimizers.DECAYS, "of the learning rates"),
        flags.DEFINE_float("decay_factor", 0.999, "of the exponential decay, for each epoch"),
        flags.DEFINE_float(
            "average_decay", 0.0, "of the running average of the weights that samples come from; 0 for none"
        ),
    ]


def config(settings: Settings, rate: float) -> OptimizerConfig:
    """The optimizer that the flags describe, with a learning rate."""
    names = ("b1", "b2", "decay", "decay_factor")
    return OptimizerConfig(settings["optimizer"], rate, **{name: settings[name] for name in names})


def extendable(settings: Settings) -> bool:
    """Whether the learning rate does not look at the length of the run."""
    return settings["decay"] in ("constant", "exponential")
