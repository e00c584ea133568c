"""How to fit a Gaussian mixture."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MixtureConfig:
    """How to fit a Gaussian mixture.

    Attributes:
      components: how many.
      covariance: one of `mixture_covariances.FORMS`.
      start: one of `mixture_initialization.STARTS`.
      start_iterations: of k-means at most.
      regularization: added to every variance, in the units of what the mixture sees, squared.
      decay: batch t counts (t + 2)^-decay against all before, where batches are smaller than the data set;
        above 0.5, at most 1.
      steps_per_epoch: batches in an epoch; with 1 every batch is the whole data set and replaces what was
        found before.
    """

    components: int = 42
    covariance: str = "tied"
    start: str = "kmeans"
    start_iterations: int = 100
    regularization: float = 1e-6
    decay: float = 0.6
    steps_per_epoch: int = 1
