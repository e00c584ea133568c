"""How to train a generator against a critic."""

from dataclasses import dataclass

from jaxgen.base import Pair
from jaxgen.learners.optimizer_config import OptimizerConfig
from jaxgen.learners.regularizers import RegularizerConfig


@dataclass(frozen=True)
class AdversarialConfig:
    """How to train a generator against a critic.

    Attributes:
      loss: one of `losses.adversarial.LOSSES`.
      regularizer: of the critic.
      optimizer: of the generator and of the critic.
      stepping: one of `stepping.STEPPINGS`.
      critic_steps: critic updates of a round.
      generator_steps: generator updates of a round.
      reuse_batch: whether a batch serves a whole round, with noise of its own for each update; for fixed
        stepping. A step of the learner is a round then.
      critic_threshold: of the critic's loss, for dynamic stepping.
      average_decay: of the running average of the generator's weights that samples come from; 0 for none.
      feature_noise: standard deviation of the noise on the conditions at the start; 0 for none.
      feature_noise_epochs: in which it falls to a tenth.
      steps_per_epoch: batches in an epoch.
      total_steps: length of the run in batches.
    """

    loss: str = "wasserstein"
    regularizer: RegularizerConfig = RegularizerConfig()
    optimizer: Pair[OptimizerConfig] = Pair(OptimizerConfig(), OptimizerConfig())
    stepping: str = "fixed"
    critic_steps: int = 8
    generator_steps: int = 1
    reuse_batch: bool = False
    critic_threshold: float = 0.0
    average_decay: float = 0.0
    feature_noise: float = 0.0
    feature_noise_epochs: float = 50.0
    steps_per_epoch: int = 1
    total_steps: int = 1
