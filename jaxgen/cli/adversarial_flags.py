"""Flags of every experiment that trains a generator against a critic, beside those of the optimizer."""

from collections.abc import Sequence
from dataclasses import fields

from absl import flags

from jaxgen.base import Pair
from jaxgen.cli import optimizer_flags
from jaxgen.cli.experiment import Length
from jaxgen.cli.settings import Settings
from jaxgen.learners import stepping
from jaxgen.learners.adversarial_config import AdversarialConfig
from jaxgen.learners.regularizers import BOUNDS, REGULARIZERS, RegularizerConfig
from jaxgen.losses.adversarial import LOSSES

OF_REGULARIZER = tuple(field.name for field in fields(RegularizerConfig) if field.name != "names")


class NamesParser(flags.ListParser):
    """Reads different names, separated by commas, so that a flag given later replaces one given before.

    Attributes:
      known: the names; the first one means none of them and stands alone.
    """

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__()
        self.known = tuple(known)
        self.syntactic_help = f"any of {', '.join(known)}, separated by commas"

    def parse(self, argument: str | list[str]) -> list[str]:
        """The names in the order given.

        Raises:
          ValueError: for other names, a name given twice, or the first one with others.

        >>> NamesParser(("none", "one", "two")).parse("two,one")
        ['two', 'one']
        """
        names = super().parse(argument)
        alone = self.known[0] in names and len(names) > 1
        if not names or set(names) - set(self.known) or len(set(names)) < len(names) or alone:
            raise ValueError(
                f"Expected {self.known[0]} or any of {', '.join(self.known[1:])}; got {argument}."
            )
        return names


def define() -> list[flags.FlagHolder]:
    """Defines the flags, and returns them."""
    return [
        flags.DEFINE_enum("loss", "wasserstein", sorted(LOSSES), "what critic and generator minimize"),
        flags.DEFINE(
            NamesParser(REGULARIZERS),
            "regularizer",
            ["spectral_norm"],
            "of the critic, several separated by commas",
            serializer=flags.ListSerializer(","),
        ),
        flags.DEFINE_float("penalty_weight", 10.0, "of the gradient penalty", lower_bound=0),
        flags.DEFINE_float(
            "penalty_target", 1.0, "slope that the gradient penalty pulls towards", lower_bound=0
        ),
        flags.DEFINE_bool("one_sided", False, "let slopes below the target go free"),
        flags.DEFINE_float("data_penalty_weight", 0.0, "of the squared slope at real events", lower_bound=0),
        flags.DEFINE_float(
            "last_layer_weight", 1.0, "of the mean square or size of the last layer's weights", lower_bound=0
        ),
        flags.DEFINE_float("clip", 0.01, "largest parameter under weight clipping"),
        flags.DEFINE_float("gradient_clip", 1.0, "largest gradient norm under gradient clipping"),
        flags.DEFINE_float("spectral_bound", 1.0, "norm that spectral normalization gives each layer"),
        flags.DEFINE_enum("spectral_form", "fixed", BOUNDS, "how the bound behaves"),
        flags.DEFINE_float("spectral_final_bound", 1.0, "where the scheduled bound ends"),
        flags.DEFINE_float(
            "bound_penalty_weight", 1.0, "of what pulls learnable bounds to spectral_bound", lower_bound=0
        ),
        flags.DEFINE_integer("spectral_steps", 1, "power iterations an update", lower_bound=0),
        flags.DEFINE_bool(
            "spectral_operator", False, "bound the convolution itself, not its reshaped kernel"
        ),
        flags.DEFINE_float("generator_rate", 1e-4, "learning rate of the generator"),
        flags.DEFINE_float("critic_rate", 1e-4, "learning rate of the critic"),
        flags.DEFINE_enum("stepping", "fixed", stepping.STEPPINGS, "whose turn it is"),
        flags.DEFINE_integer("critic_steps", 8, "critic updates of a round", lower_bound=1),
        flags.DEFINE_integer("generator_steps", 1, "generator updates of a round", lower_bound=1),
        flags.DEFINE_bool("reuse_batch", False, "use a batch for a whole round, which a step is then"),
        flags.DEFINE_float("critic_threshold", 0.0, "of the critic's loss, for dynamic stepping"),
        flags.DEFINE_float(
            "feature_noise", 0.0, "standard deviation of the noise on conditions at the start"
        ),
        flags.DEFINE_float("feature_noise_epochs", 50.0, "in which that noise falls to a tenth"),
    ]


def config(settings: Settings, length: Length) -> AdversarialConfig:
    """The configuration that the flags describe."""
    return AdversarialConfig(
        loss=settings["loss"],
        regularizer=RegularizerConfig(
            names=tuple(settings["regularizer"]),
            **{name: settings[name] for name in OF_REGULARIZER},
        ),
        optimizer=Pair(
            *(optimizer_flags.config(settings, settings[f"{name}_rate"]) for name in ("generator", "critic"))
        ),
        **{
            name: settings[name]
            for name in (
                "stepping",
                "critic_steps",
                "generator_steps",
                "reuse_batch",
                "critic_threshold",
                "average_decay",
                "feature_noise",
                "feature_noise_epochs",
            )
        },
        steps_per_epoch=length.steps_per_epoch,
        total_steps=length.steps,
    )


def extendable(settings: Settings) -> bool:
    """Whether nothing in these settings looks at the length of the run."""
    scheduled = "spectral_norm" in settings["regularizer"] and settings["spectral_form"] == "scheduled"
    return optimizer_flags.extendable(settings) and not scheduled
