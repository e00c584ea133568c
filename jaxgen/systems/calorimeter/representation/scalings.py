"""Invertible transforms of the cells of showers for networks, and the energy that they lose.

The published transforms act on log-energies x = log E, minus infinity in empty cells. With e^x = E they are
functions of the energies themselves, zero in empty cells: softplus log(1 + e^x) = log(1 + E), the
standardized exponential (e^x - mean) / std = (E - mean) / std, and tanh(e^x) = tanh(E). All inverses here
give finite, non-negative energies for any finite numbers, and zero for cells that were empty.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array, Scaler
from jaxgen.system import Statistics
from jaxgen.systems.calorimeter.cells import CELLS, THRESHOLD

SMALLEST_SHARE = 1e-6
"""Fraction of a shower's energy below which `normalized` sets a cell to zero."""

SHARE_SCALE = 1e-5
"""Fraction of a shower's energy above which `normalized` is approximately logarithmic."""

LARGEST_LOG = 30.0
"""Logarithm at which `active_logarithms` truncates a generated energy, so that it stays finite."""

_LARGEST_EXPONENT = 80.0
_BELOW_ONE = float(np.nextafter(np.float32(1), np.float32(0)))


def softplus() -> Scaler:
    """The published y = log(1 + E), E in the unit of the images; a tanh output cannot reach it."""
    return Scaler(jnp.log1p, _expm1)


def log1p(largest: float, *, threshold: float = THRESHOLD) -> Scaler:
    """y = log(1 + E / threshold) / log(1 + largest / threshold), from 0 to 1 for energies up to the largest.

    >>> scaler = log1p(99.9)
    >>> scaler.forward(jnp.array([0.0, 99.9])).tolist()
    [0.0, 1.0]
    """
    checks.positive(largest=largest, threshold=threshold)
    unit = float(np.log1p(largest / threshold))
    return Scaler(
        lambda energy: jnp.log1p(energy / threshold) / unit,
        lambda y: _expm1(y * unit) * threshold,
    )


def standardized(mean: np.ndarray, std: np.ndarray) -> Scaler:
    """The published y = (E - mean) / std for each cell.

    It is computed as E / std + y0 with y0 the value of an empty cell, so that empty cells are reproduced.
    Energies below the rounding error of y0 are lost.

    Args:
      mean: mean of each cell, broadcastable to the images.
      std: standard deviation of each cell; zero is replaced by 1.
    """
    unit = jnp.asarray(np.where(np.asarray(std) > 0, std, 1.0), jnp.float32)
    empty = -jnp.asarray(mean, jnp.float32) / unit
    return Scaler(lambda energy: energy / unit + empty, lambda y: jnp.maximum(y - empty, 0.0) * unit)


def tanh() -> Scaler:
    """The published y = tanh(E), E in the unit of the images.

    It saturates: in float32 no energy above 8.7 is reproduced, and precision is lost long before. The
    published inverse is infinite there; this one ends at 8.7.
    """
    return Scaler(jnp.tanh, lambda y: jnp.arctanh(jnp.clip(y, 0.0, _BELOW_ONE)))


def normalized(
    mean: float,
    std: float,
    *,
    smallest_share: float = SMALLEST_SHARE,
    share_scale: float = SHARE_SCALE,
) -> Scaler:
    """A shower as the energy fractions of its cells and its total energy, 901 numbers.

    The first 900 are log(1 + share / share_scale) / log(1 + 1 / share_scale) in row-major order, from 0 to 1;
    the last is the standardized logarithm of the total. The inverse sets cells with a fraction below
    the smallest to zero, and scales the others to the given total. Fractions are dimensionless, so the result
    does not depend on the unit of the images. An empty shower has 901 zeros.

    Args:
      mean: mean of the logarithm of the total, for showers with energy.
      std: its standard deviation, above zero.
      smallest_share: smallest fraction, at least zero; a shower with only smaller ones becomes empty.
      share_scale: scale of the fractions, above zero.

    Returns:
      forward from [..., 30, 30] to [..., 901], and inverse.
    """
    checks.positive(share_scale=share_scale, std=std)
    unit = float(np.log1p(1 / share_scale))

    def forward(images: Array) -> Array:
        energy = images.reshape(*images.shape[:-2], CELLS * CELLS)
        total = energy.sum(-1, keepdims=True)
        known = jnp.where(total > 0, total, float(np.exp(mean)))
        shares = jnp.log1p(energy / known / share_scale) / unit
        return jnp.concatenate([shares, (jnp.log(known) - mean) / std], axis=-1)

    def inverse(numbers: Array) -> Array:
        shares = _shares(_expm1(jnp.minimum(numbers[..., :-1], 1.0) * unit))
        shares = _shares(jnp.where(shares < smallest_share, 0.0, shares))
        logarithm = jnp.minimum(numbers[..., -1:] * std + mean, _LARGEST_EXPONENT)
        return (shares * jnp.exp(logarithm)).reshape(*numbers.shape[:-1], CELLS, CELLS)

    return Scaler(forward, inverse)


def active_logarithms(*, threshold: float = THRESHOLD) -> Scaler:
    """The 901 numbers log(E / threshold) of cells above the threshold, 0 of others, and log(sum / threshold).

    Energies of cells below the threshold are lost; the inverse scales the others so that their sum is the
    visible energy. An empty shower has 901 zeros and is reproduced.

    Args:
      threshold: threshold in the unit of the images, above zero.

    Returns:
      forward from [..., 30, 30] to [..., 901], and inverse.

    >>> scaler = active_logarithms(threshold=0.1)
    >>> image = jnp.zeros((30, 30)).at[15, 15].set(20.0)
    >>> round(float(scaler.inverse(scaler.forward(image))[15, 15]), 3)
    20.0
    """
    checks.positive(threshold=threshold)

    def forward(images: Array) -> Array:
        energy = images.reshape(*images.shape[:-2], CELLS * CELLS) / threshold
        total = jnp.maximum(energy.sum(-1, keepdims=True), 1.0)
        return jnp.log(jnp.concatenate([jnp.maximum(energy, 1.0), total], axis=-1))

    def inverse(numbers: Array) -> Array:
        logarithms = jnp.minimum(numbers, LARGEST_LOG)
        energy = jnp.where(logarithms[..., :-1] > 0, jnp.exp(logarithms[..., :-1]), 0.0)
        drawn = energy.sum(-1, keepdims=True)
        wanted = threshold * jnp.exp(logarithms[..., -1:])
        energy = energy * wanted / jnp.where(drawn > 0, drawn, 1.0)
        return energy.reshape(*numbers.shape[:-1], CELLS, CELLS)

    return Scaler(forward, inverse)


def _shares(parts: Array) -> Array:
    total = parts.sum(-1, keepdims=True)
    return parts / jnp.where(total > 0, total, 1.0)


def _expm1(y: Array) -> Array:
    return jnp.expm1(jnp.clip(y, 0.0, _LARGEST_EXPONENT))


class Transform(NamedTuple):
    """A transform that depends on statistics of the training showers.

    Attributes:
      statistics: `statistics(images [N, 30, 30], threshold) -> arrays by name`.
      make: `make(statistics) -> Scaler`.
    """

    statistics: Callable[[np.ndarray, float], dict[str, np.ndarray]]
    make: Callable[[Statistics], Scaler]


def _none(images: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    return {}


def _of_largest(images: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    return {"largest": np.array(float(images.max())), "threshold": np.array(threshold)}


def _of_cells(images: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    cells = images.astype(np.float64)
    return {"cell_mean": cells.mean(axis=0), "cell_std": cells.std(axis=0)}


def _of_totals(images: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    totals = images.sum(axis=(1, 2), dtype=np.float64)
    logarithm = np.log(totals[totals > 0])
    mean, std = float(logarithm.mean()), float(logarithm.std())
    return {"log_total_mean": np.array(mean), "log_total_std": np.array(std if std > 1e-6 else 1.0)}


TRANSFORMS: Mapping[str, Transform] = {
    "softplus": Transform(_none, lambda found: softplus()),
    "standardized": Transform(_of_cells, lambda found: standardized(found["cell_mean"], found["cell_std"])),
    "tanh": Transform(_none, lambda found: tanh()),
    "log1p": Transform(
        _of_largest, lambda found: log1p(float(found["largest"]), threshold=float(found["threshold"]))
    ),
    "normalized": Transform(
        _of_totals,
        lambda found: normalized(float(found["log_total_mean"]), float(found["log_total_std"])),
    ),
}


def statistics(name: str, images: np.ndarray, *, threshold: float = THRESHOLD) -> dict[str, np.ndarray]:
    """Statistics of training showers that a transform needs.

    Args:
      name: name of the transform, one of `TRANSFORMS`.
      images: showers of the training split, [N, 30, 30] in MeV, or in another unit used for all images.
      threshold: energy above which `log1p` is approximately logarithmic, in the unit of the images.

    Returns:
      Arrays by name, float64.

    Raises:
      ValueError: for an unknown name or another shape, or images that are not finite, negative or all empty.
    """
    checks.one_of("the transform", name, TRANSFORMS)
    checks.positive(threshold=threshold)
    images = np.asarray(images, np.float32)
    checks.shape("images", images, (None, CELLS, CELLS))
    checks.positive(images=len(images))
    if not (np.isfinite(images) & (images >= 0)).all() or not images.any():
        raise ValueError("Expected finite energies not below zero, some above; got others.")
    return TRANSFORMS[name].statistics(images, threshold)


def by_name(name: str, found: Statistics) -> Scaler:
    """The transform with this name, one of `TRANSFORMS`, using the result of `statistics`.

    Returns:
      forward from [..., 30, 30] to [..., 30, 30], or [..., 901] for "normalized"; and inverse.

    Raises:
      ValueError: for an unknown name.

    >>> by_name("softplus", {}).forward(jnp.zeros((30, 30))).shape
    (30, 30)
    """
    checks.one_of("the transform", name, TRANSFORMS)
    return TRANSFORMS[name].make(found)


class SaturationReport(NamedTuple):
    """Changes of showers by a transform followed by its inverse.

    Attributes:
      cells: fraction of the non-empty cells whose energy is not reproduced.
      energy: sum of the absolute changes of energy over the sum of energies.
      largest: largest energy of a cell that is reproduced, in the unit of the images; infinity if there is no
        limit up to 10^12 times their largest energy.
      lowest_target: lowest value that a network has to generate.
      highest_target: highest value that a network has to generate.
    """

    cells: float
    energy: float
    largest: float
    lowest_target: float
    highest_target: float


def saturation(
    name: str, images: np.ndarray, *, threshold: float = THRESHOLD, tolerance: float = 0.01
) -> SaturationReport:
    """Measures the fraction of the energy that is lost by a transform followed by its inverse.

    Args:
      name: name of the transform, one of `TRANSFORMS`.
      images: [N, 30, 30] in MeV or in another unit; the statistics of the transform are computed from these.
      threshold: as for `statistics`.
      tolerance: relative change of a cell's energy above which it is not reproduced.

    Raises:
      ValueError: as for `statistics`.
    """
    scaler = by_name(name, statistics(name, images, threshold=threshold))
    images = np.asarray(images, np.float32)
    targets = scaler.forward(jnp.asarray(images))
    before, after = images.astype(np.float64), np.asarray(scaler.inverse(targets), np.float64)
    change, full = np.abs(after - before), before > 0
    return SaturationReport(
        cells=float((change > tolerance * before)[full].mean()),
        energy=float(change.sum() / before.sum()),
        largest=_largest(scaler, images, tolerance),
        lowest_target=float(targets.min()),
        highest_target=float(targets.max()),
    )


def _largest(scaler: Scaler, images: np.ndarray, tolerance: float) -> float:
    brightest = images[np.unravel_index(images.argmax(), images.shape)[0]] * np.float32(1e12)
    largest = float(scaler.inverse(scaler.forward(jnp.asarray(brightest))).max())
    return np.inf if largest > (1 - tolerance) * brightest.max() else largest
