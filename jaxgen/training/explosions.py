"""Detects sudden changes of generated images between consecutive blocks of updates."""

from typing import NamedTuple

import numpy as np

from jaxgen import checks


class BlockStatistics(NamedTuple):
    """Statistics of a block of updates.

    Attributes:
      mean: the mean generated image, [...].
      variance: variance of each cell over the images, averaged over the cells.
    """

    mean: np.ndarray
    variance: float


def block_statistics(images: np.ndarray) -> BlockStatistics:
    """Statistics of generated images [N, ...].

    >>> block_statistics(np.array([[1.0, 3.0], [1.0, 5.0]]))
    BlockStatistics(mean=array([1., 4.]), variance=0.5)
    """
    images = np.asarray(images, np.float64)
    return BlockStatistics(images.mean(axis=0), float(images.var(axis=0).mean()))


def cosines(means: np.ndarray) -> np.ndarray:
    """Cosine between each mean image and the previous one, [T, ...] to [T].

    It is 1 for the first image, and if one of the two is zero.
    """
    flat = np.asarray(means, np.float64).reshape(len(means), int(np.prod(means.shape[1:])))
    sizes = np.linalg.norm(flat, axis=1)
    product = np.sum(flat[1:] * flat[:-1], axis=1)
    scale = sizes[1:] * sizes[:-1]
    found = np.divide(product, scale, out=np.ones_like(product), where=scale > 0)
    return np.concatenate([np.ones(min(len(flat), 1)), found])


def explosions(
    means: np.ndarray, variances: np.ndarray, *, cosine: float = 0.5, drop: float = 0.1
) -> np.ndarray:
    """Blocks that differ suddenly from the previous one, in their mean image or by a smaller variance.

    Args:
      means: mean image of each block, [T, ...].
      variances: mean variance of the cells in each block, [T].
      cosine: smallest normal cosine between mean images of consecutive blocks.
      drop: smallest normal ratio of the variance to that of the previous block.

    Returns:
      bool [T]; the first is False.

    Raises:
      ValueError: if the lengths differ or `drop` is not positive.

    >>> explosions(np.eye(2)[[0, 0, 0, 1]], np.array([1.0, 0.9, 0.01, 0.02]))
    array([False, False,  True,  True])
    """
    means, variances = np.asarray(means), np.asarray(variances, np.float64)
    checks.shape("variances", variances, (len(means),))
    checks.positive(drop=drop)
    shrunk = np.zeros(len(variances), bool)
    shrunk[1:] = variances[1:] < drop * variances[:-1]
    return shrunk | (cosines(means) < cosine)
