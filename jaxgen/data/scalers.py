"""Invertible transformations of the data for any detector."""

import numpy as np

from jaxgen.base import Array, Scaler


def identity() -> Scaler:
    """The identity."""
    return Scaler(lambda x: x, lambda y: y)


def standardized(mean: Array, std: Array) -> Scaler:
    """y = (x - mean) / std for each number of an event.

    Args:
      mean: mean of each number, broadcastable to the events.
      std: standard deviation of each number, above zero.

    Raises:
      ValueError: if a standard deviation is not positive and finite.
    """
    if not (np.isfinite(mean).all() and np.isfinite(std).all() and (np.asarray(std) > 0).all()):
        raise ValueError("Expected finite means and standard deviations above zero; got others.")
    return Scaler(lambda x: (x - mean) / std, lambda y: y * std + mean)


def compose(*scalers: Scaler) -> Scaler:
    """Applies scalers from left to right; the inverse applies their inverses from right to left.

    >>> float(compose(standardized(1.0, 2.0), standardized(0.0, 5.0)).forward(11.0))
    1.0
    """

    def forward(x: Array) -> Array:
        for scaler in scalers:
            x = scaler.forward(x)
        return x

    def inverse(y: Array) -> Array:
        for scaler in reversed(scalers):
            y = scaler.inverse(y)
        return y

    return Scaler(forward, inverse)


def mean_and_std(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of columns [N, D], in float64; a zero deviation is replaced by 1.

    >>> [part.tolist() for part in mean_and_std(np.array([[1.0, 5.0], [3.0, 5.0]]))]
    [[2.0, 5.0], [1.0, 1.0]]
    """
    columns = np.asarray(columns, np.float64)
    mean, std = columns.mean(axis=0), columns.std(axis=0)
    return mean, np.where(std > 1e-7 * np.abs(mean), std, 1.0)
