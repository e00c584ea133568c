"""How to train a variational autoencoder and sample from it."""

from dataclasses import dataclass

from jaxgen.learners.optimizer_config import OptimizerConfig


@dataclass(frozen=True)
class VariationalConfig:
    """How to train a variational autoencoder and sample from it.

    The defaults are the published four-lepton autoencoder. The one of arXiv:1901.00875 has objective "beta",
    kl_weight 1e-6, a buffer of all training events and rates from 1e-3.

    Attributes:
      objective: one of `losses.evidence_bound.OBJECTIVES`.
      kl_weight: of the divergence; B for the objective "beta".
      mass_weight: of the loss of physical events, the model's `event_loss`; 0 for none.
      optimizer: of both networks.
      gradient_clip: largest global norm of the gradients; None for no limit.
      average_decay: of the running average of the weights that samples come from; 0 for none.
      buffer_capacity: events whose codes are kept, the latest ones; 0 for none, and z from N(0, 1).
      buffer_scale: alpha of z ~ N(mu, alpha sigma + gamma), with mu and sigma of an event in the buffer.
      buffer_spread: gamma of it.
      buffer_candidates: events drawn from the buffer for each condition; the one whose features are nearest
        is used. Without features the first is.
      observation_noise: standard deviation added to the continuous columns of samples, on the networks'
        scale; 0 as published, `evidence_bound.implied_noise` for what the objective implies.
      steps_per_epoch: batches in an epoch.
      total_steps: length of the run in batches.
    """

    objective: str = "published"
    kl_weight: float = 1.0
    mass_weight: float = 0.0
    optimizer: OptimizerConfig = OptimizerConfig(name="adam", rate=1e-4, decay="constant")
    gradient_clip: float | None = None
    average_decay: float = 0.0
    buffer_capacity: int = 0
    buffer_scale: float = 1.0
    buffer_spread: float = 0.05
    buffer_candidates: int = 16
    observation_noise: float = 0.0
    steps_per_epoch: int = 1
    total_steps: int = 1
