"""Settings of the training as flat frozen dataclasses: one class for each kind of learner.

A model of a detector inherits the class of its learner, adds its own settings, and sets recommended defaults.
"""

from dataclasses import dataclass
from typing import ClassVar

from jaxgen.losses.adversarial import LOSSES
from jaxgen.settings import Settings, setting

OPTIMIZERS = ("rmsprop_tensorflow", "rmsprop_torch", "adam", "sgd")
DECAYS = ("constant", "exponential", "cosine", "linear")
STEPPINGS = ("fixed", "stochastic", "dynamic")
LAST_LAYER = ("last_layer_squared", "last_layer_absolute")
REGULARIZERS = (
    "none",
    "spectral_norm",
    "gradient_penalty",
    "weight_clipping",
    "gradient_clipping",
    *LAST_LAYER,
)
COVARIANCES = ("diagonal", "full", "spherical", "tied")
STARTS = ("kmeans", "kmeans++", "random")
BOUNDS = ("fixed", "learnable", "scheduled", "soft", "shared", "feedback")


@dataclass(frozen=True)
class OptimizerSettings(Settings):
    """Settings of gradient descent; see `optimizers.make` and `optimizers.learning_rate_schedule`."""

    GROUP: ClassVar[str] = "training"

    optimizer: str = setting("adam", "optimizer of all networks", choices=OPTIMIZERS)
    b1: float = setting(0.9, "decay of Adam's first moment", low=0, high=1)
    b2: float = setting(0.999, "decay of Adam's second moment", low=0, high=1)
    decay: str = setting("constant", "how the learning rates fall", choices=DECAYS)
    decay_factor: float = setting(0.999, "factor of the exponential decay in each epoch", above=0)
    average_decay: float = setting(
        0.0,
        "decay of the running average of the weights, used for sampling; 0 for no average",
        low=0,
        high=1,
    )

    @property
    def extendable(self) -> bool:
        """Whether the learning rate does not depend on the length of the run."""
        return self.decay in ("constant", "exponential")


@dataclass(frozen=True)
class DescentSettings(OptimizerSettings):
    """Settings of learners with a single loss."""

    GROUP: ClassVar[str] = "training"

    learning_rate: float = setting(1e-3, "learning rate at the first update", above=0)
    gradient_limit: float = setting(0.0, "largest global norm of the gradients; 0 for no limit", low=0)


@dataclass(frozen=True)
class LikelihoodSettings(DescentSettings):
    """Settings of models trained by maximum likelihood.

    Noise bounds the likelihood when a column takes the same value repeatedly, such as zeros of empty slots;
    without it the density at this value, and with it the gradients, can grow without limit.
    """

    GROUP: ClassVar[str] = "training"

    noise: float = setting(
        0.0, "standard deviation of noise added to events while training, on the scale of the network", low=0
    )


@dataclass(frozen=True)
class VariationalSettings(DescentSettings):
    """Settings of variational autoencoders."""

    GROUP: ClassVar[str] = "training"

    kl_weight: float = setting(1.0, "weight of the Kullback-Leibler divergence of the code", low=0)


@dataclass(frozen=True)
class MixtureSettings(Settings):
    """Settings of Gaussian mixtures, fitted by expectation maximization."""

    GROUP: ClassVar[str] = "mixture"

    components: int = setting(42, "number of normal distributions", low=1)
    covariance: str = setting("tied", "covariance matrices of the components", choices=COVARIANCES)
    start: str = setting("kmeans", "how the fit begins", choices=STARTS)
    start_iterations: int = setting(100, "iterations of k-means at the start, at most", low=1)
    regularization: float = setting(
        1e-6, "number added to every variance, on the squared scale of the fitted columns", low=0
    )
    forgetting: float = setting(
        0.6,
        "power p in the weight (t + 2)^-p of batch t against all earlier batches, t in epochs",
        above=0.5,
        high=1,
    )


@dataclass(frozen=True)
class AdversarialSettings(OptimizerSettings):
    """Settings of adversarial training."""

    GROUP: ClassVar[str] = "adversarial training"

    loss: str = setting("wasserstein", "loss that critic and generator minimize", choices=sorted(LOSSES))
    regularizer: tuple[str, ...] = setting(
        ("spectral_norm",), "regularizers of the critic", choices=REGULARIZERS, group="regularizer"
    )
    penalty_weight: float = setting(
        10.0, "weight of the gradient penalty between real and generated events", low=0, group="regularizer"
    )
    penalty_target: float = setting(
        1.0, "target of the gradient penalty for the slope of the critic", low=0, group="regularizer"
    )
    one_sided: bool = setting(
        False, "whether the gradient penalty ignores slopes below its target", group="regularizer"
    )
    data_penalty_weight: float = setting(
        0.0,
        "weight of a penalty on the squared slope of the critic at real events",
        low=0,
        group="regularizer",
    )
    last_layer_weight: float = setting(
        1.0, "weight of the regularizers of the last layer", low=0, group="regularizer"
    )
    clip: float = setting(
        0.01, "largest size of a parameter under weight clipping", above=0, group="regularizer"
    )
    gradient_clip: float = setting(
        1.0, "largest norm of the critic's gradients under gradient clipping", above=0, group="regularizer"
    )
    spectral_bound: float = setting(
        1.0,
        "norm of each layer under spectral normalization; of the whole critic for the shared form",
        above=0,
        group="regularizer",
    )
    spectral_form: str = setting(
        "fixed", "how the bound of spectral normalization is set", choices=BOUNDS, group="regularizer"
    )
    spectral_final_bound: float = setting(
        1.0, "bound at the end of the run, for the scheduled form", above=0, group="regularizer"
    )
    bound_penalty_weight: float = setting(
        1.0, "weight of a penalty for learnable bounds away from spectral_bound", low=0, group="regularizer"
    )
    spectral_steps: int = setting(
        1, "power iterations of spectral normalization in each update", low=0, group="regularizer"
    )
    spectral_operator: bool = setting(
        False,
        "whether the norm of the convolution is bounded instead of the norm of its reshaped kernel",
        group="regularizer",
    )
    generator_rate: float = setting(1e-4, "learning rate of the generator", above=0)
    critic_rate: float = setting(1e-4, "learning rate of the critic", above=0)
    stepping: str = setting("fixed", "rule by which critic and generator take turns", choices=STEPPINGS)
    critic_steps: int = setting(8, "critic updates in each round", low=1)
    generator_steps: int = setting(1, "generator updates in each round", low=1)
    reuse_batch: bool = setting(
        False, "whether one batch serves a whole round of fixed stepping, which then counts as one update"
    )
    critic_threshold: float = setting(
        0.0, "critic's loss above which the critic is updated, for dynamic stepping"
    )
    feature_noise: float = setting(
        0.0, "standard deviation of noise on the conditions at the start, in their units; 0 for none", low=0
    )
    feature_noise_epochs: float = setting(
        50.0, "epochs in which the noise on the conditions falls to a tenth", above=0
    )
    mismatch_share: float = setting(
        0.0,
        "fraction of the critic's loss from real events with the condition of another event",
        low=0,
        high=1,
    )

    @property
    def extendable(self) -> bool:
        """Whether neither learning rates nor spectral bounds depend on the length of the run."""
        scheduled = "spectral_norm" in self.regularizer and self.spectral_form == "scheduled"
        return super().extendable and not scheduled
