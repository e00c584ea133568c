"""Flags of learners that descend a single loss, beside those of the optimizer."""

from absl import flags

from jaxgen.cli import optimizer_flags
from jaxgen.cli.experiment import Length
from jaxgen.cli.settings import Settings


def define() -> list[flags.FlagHolder]:
    """Defines the flags, and returns them."""
    return [
        flags.DEFINE_float("learning_rate", 1e-4, "of autoencoders and flows"),
        flags.DEFINE_float("gradient_limit", 0.0, "largest gradient norm there, or 0", lower_bound=0),
    ]


def config(settings: Settings, length: Length) -> dict:
    """The fields of a configuration that they and the length of the run decide."""
    return {
        "optimizer": optimizer_flags.config(settings, settings["learning_rate"]),
        "gradient_clip": settings["gradient_limit"] or None,
        "steps_per_epoch": length.steps_per_epoch,
        "total_steps": length.steps,
        "average_decay": settings["average_decay"],
    }
