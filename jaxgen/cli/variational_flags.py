"""Flags of every experiment that trains variational autoencoders."""

from typing import Any

from absl import flags

from jaxgen.cli import descent_flags
from jaxgen.cli.experiment import Length
from jaxgen.cli.settings import Settings
from jaxgen.learners.variational_config import VariationalConfig

FIELDS = (
    "kl_weight",
    "observation_noise",
    "buffer_capacity",
    "buffer_scale",
    "buffer_spread",
)


def define() -> list[flags.FlagHolder]:
    """Defines the flags that all autoencoders take, and returns them."""
    return [flags.DEFINE_float("kl_weight", 1.0, "of the divergence", lower_bound=0)]


def define_noise() -> list[flags.FlagHolder]:
    """Defines the flags of decoders that give events, and returns them."""
    return [
        flags.DEFINE_float(
            "observation_noise",
            0.0,
            "standard deviation added to samples, on the scale of the networks",
            lower_bound=0,
        ),
    ]


def define_buffer() -> list[flags.FlagHolder]:
    """Defines the flags of the density information buffer, and returns them."""
    return [
        flags.DEFINE_integer(
            "buffer_capacity", 0, "events in the density information buffer; 0 for none", lower_bound=0
        ),
        flags.DEFINE_float("buffer_scale", 1.0, "what deviations from it are multiplied with"),
        flags.DEFINE_float("buffer_spread", 0.05, "what is added to them", lower_bound=0),
    ]


def config(settings: Settings, length: Length, **further: Any) -> VariationalConfig:
    """The configuration that the flags of an experiment describe; it need not have all of them."""
    given = {name: settings[name] for name in FIELDS if name in settings}
    return VariationalConfig(**descent_flags.config(settings, length), **given, **further)
