"""How models are trained, as flat frozen settings: one class for each kind of learner.

A model of a detector inherits the class of its learner, adds its own, and gives the best known defaults.
"""

from dataclasses import dataclass

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
    """Of what descends gradients; see `optimizers.make` and `optimizers.learning_rate_schedule`."""

    optimizer: str = setting("adam", "of all networks", choices=OPTIMIZERS)
    b1: float = setting(0.9, "decay of Adam's first moment", low=0, high=1)
    b2: float = setting(0.999, "decay of Adam's second moment", low=0, high=1)
    decay: str = setting("constant", "of the learning rates", choices=DECAYS)
    decay_factor: float = setting(0.999, "of the exponential decay, for each epoch", above=0)
    average_decay: float = setting(
        0.0, "of the running average of the weights that samples come from; 0 for none", low=0, high=1
    )

    @property
    def extendable(self) -> bool:
        """Whether the learning rate does not look at the length of the run."""
        return self.decay in ("constant", "exponential")


@dataclass(frozen=True)
class DescentSettings(OptimizerSettings):
    """Of learners that descend a single loss."""

    learning_rate: float = setting(1e-3, "at the first update", above=0)
    gradient_limit: float = setting(0.0, "largest global norm of the gradients; 0 for no limit", low=0)


@dataclass(frozen=True)
class LikelihoodSettings(DescentSettings):
    """Of models that are trained by their likelihood.

    With noise, where a column takes one value again and again, such as zeros of empty slots, the likelihood
    has a greatest value; without, the density there can grow without end, and with it all gradients.
    """

    noise: float = setting(
        0.0, "standard deviation of noise on what is fitted, while training, on the network's scale", low=0
    )


@dataclass(frozen=True)
class VariationalSettings(DescentSettings):
    """Of variational autoencoders."""

    kl_weight: float = setting(1.0, "of the divergence of the code; B for the objective beta", low=0)


@dataclass(frozen=True)
class MixtureSettings(Settings):
    """Of Gaussian mixtures, fitted by expectation and maximization."""

    components: int = setting(42, "of the mixture", low=1)
    covariance: str = setting("tied", "of its components", choices=COVARIANCES)
    start: str = setting("kmeans", "where its fit begins", choices=STARTS)
    start_iterations: int = setting(100, "of k-means at most", low=1)
    regularization: float = setting(
        1e-6, "added to every variance, in the units of what the mixture sees, squared", low=0
    )
    forgetting: float = setting(
        0.6,
        "batch t counts (t + 2) to the power of minus this against all before, in epochs of batches",
        above=0.5,
        high=1,
    )


@dataclass(frozen=True)
class AdversarialSettings(OptimizerSettings):
    """Of a generator against a critic."""

    loss: str = setting("wasserstein", "what critic and generator minimize", choices=sorted(LOSSES))
    regularizer: tuple[str, ...] = setting(
        ("spectral_norm",), "of the critic, one or several", choices=REGULARIZERS
    )
    penalty_weight: float = setting(10.0, "of the gradient penalty between real and generated events", low=0)
    penalty_target: float = setting(1.0, "slope that the gradient penalty pulls towards", low=0)
    one_sided: bool = setting(False, "let slopes below the target go free")
    data_penalty_weight: float = setting(0.0, "of the squared slope at real events", low=0)
    last_layer_weight: float = setting(1.0, "of the mean square or size of the last layer's weights", low=0)
    clip: float = setting(0.01, "largest parameter under weight clipping", above=0)
    gradient_clip: float = setting(
        1.0, "largest norm of the critic's gradients under gradient clipping", above=0
    )
    spectral_bound: float = setting(
        1.0,
        "norm of each layer under spectral normalization; of the whole critic for the shared form",
        above=0,
    )
    spectral_form: str = setting("fixed", "how the bound behaves", choices=BOUNDS)
    spectral_final_bound: float = setting(1.0, "where the scheduled bound ends", above=0)
    bound_penalty_weight: float = setting(1.0, "of what pulls learnable bounds to spectral_bound", low=0)
    spectral_steps: int = setting(1, "power iterations an update", low=0)
    spectral_operator: bool = setting(False, "bound the convolution itself, not its reshaped kernel")
    generator_rate: float = setting(1e-4, "learning rate of the generator", above=0)
    critic_rate: float = setting(1e-4, "learning rate of the critic", above=0)
    stepping: str = setting("fixed", "whose turn it is", choices=STEPPINGS)
    critic_steps: int = setting(8, "critic updates of a round", low=1)
    generator_steps: int = setting(1, "generator updates of a round", low=1)
    reuse_batch: bool = setting(
        False, "use a batch for a whole round of fixed stepping, which a step of the learner is then"
    )
    critic_threshold: float = setting(0.0, "of the critic's loss, for dynamic stepping")
    feature_noise: float = setting(
        0.0, "standard deviation of the noise on conditions at the start, in their units; 0 for none", low=0
    )
    feature_noise_epochs: float = setting(50.0, "in which that noise falls to a tenth", above=0)
    mismatch_share: float = setting(
        0.0, "of the critic's loss that is for real events with the condition of another one", low=0, high=1
    )

    @property
    def extendable(self) -> bool:
        """Whether neither the learning rates nor the bound of the norm look at the length of the run."""
        scheduled = "spectral_norm" in self.regularizer and self.spectral_form == "scheduled"
        return super().extendable and not scheduled
