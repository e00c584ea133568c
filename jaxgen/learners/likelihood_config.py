"""How to train a model by its likelihood."""

from dataclasses import dataclass

from jaxgen.learners.optimizer_config import OptimizerConfig


@dataclass(frozen=True)
class LikelihoodConfig:
    """How to train a model by its likelihood.

    Attributes:
      optimizer: of all parameters.
      gradient_clip: largest global norm of the gradients; None for no limit.
      average_decay: of the running average of the parameters that samples and held-out likelihoods come
        from; 0 for none.
      noise: standard deviation of the normal noise on the continuous columns while training, on the
        network's scale; 0 for none. Where a column takes one value again and again, such as the zeros of
        empty slots, the density there can grow without end and with it all gradients; with noise the
        likelihood has a greatest value.
      mass_weight: of the loss of physical events, the model's `event_loss`; 0 for none.
      steps_per_epoch: batches in an epoch.
      total_steps: length of the run in batches.
    """

    optimizer: OptimizerConfig = OptimizerConfig(name="adam", rate=1e-3, decay="cosine")
    gradient_clip: float | None = 5.0
    average_decay: float = 0.999
    noise: float = 0.0
    mass_weight: float = 0.0
    steps_per_epoch: int = 1
    total_steps: int = 1
