"""Which optimizer, and how fast."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OptimizerConfig:
    """An optimizer and its learning rate; see `optimizers.make` and `optimizers.learning_rate_schedule`."""

    name: str = "rmsprop_torch"
    rate: float = 1e-4
    b1: float = 0.9
    b2: float = 0.999
    decay: str = "exponential"
    decay_factor: float = 0.999
