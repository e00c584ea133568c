"""Checks of shower images from files, and their conversion to energies in MeV."""

import numpy as np

from jaxgen import checks
from jaxgen.data.advice import AdvisedError
from jaxgen.systems.calorimeter.cells import CELLS

SCALES = ("auto", "linear", "log")
"""Scales of images: energies, their natural logarithms, or automatic detection."""

_LARGEST = float(np.finfo(np.float32).max)


def to_energies(images: np.ndarray, *, scale: str = "auto", where: str = "the images") -> np.ndarray:
    """Energies of cells from images of energies or of log-energies.

    With "auto", images are log-energies if any value is negative, including minus infinity of empty cells;
    otherwise they are energies.

    Args:
      images: [N, 30, 30], N > 0, of real numbers.
      scale: one of `SCALES`.
      where: name of the images in errors.

    Returns:
      [N, 30, 30] float32, not negative.

    Raises:
      ValueError: for another shape or type, NaN, plus infinity, negative energies, or log-energies whose
        exponential exceeds float32, with the first shower and cell.
    """
    checks.one_of("the scale", scale, SCALES)
    images = np.asarray(images)
    if images.shape[1:] != (CELLS, CELLS) or not len(images):
        raise ValueError(f"Expected images of shape (N, {CELLS}, {CELLS}); got {images.shape} in {where}.")
    if images.dtype.kind not in "fiu":
        raise ValueError(f"Expected numbers as images; got the type {images.dtype} in {where}.")
    _check(images, np.isnan(images), "numbers", where)
    if scale == "log" or (scale == "auto" and (images < 0).any()):
        return _exponential(images, where)
    return positive(images, where)


def positive(energies: np.ndarray, where: str) -> np.ndarray:
    """Energies [N, ...] as float32; raises if any is NaN, negative or above the range of float32."""
    _check(energies, np.isnan(energies), "numbers", where)
    _check(energies, energies < 0, "energies not below zero", where)
    _check(energies, energies > _LARGEST, "energies up to 3.4e38", where)
    return energies.astype(np.float32)


def _exponential(images: np.ndarray, where: str) -> np.ndarray:
    try:
        _check(images, images > np.log(_LARGEST), "log-energies up to 88.7", where)
    except ValueError as error:
        if (images == 0).any():
            raise AdvisedError(str(error), ("scale", "linear"), "takes them as energies") from None
        raise
    return np.exp(images.astype(np.float64)).astype(np.float32)


def _check(images: np.ndarray, bad: np.ndarray, expected: str, where: str) -> None:
    for shower, *cell in np.argwhere(bad)[:1]:
        place = f"shower {shower}, cell {', '.join(map(str, cell))}"
        value = images[(shower, *cell)]
        raise ValueError(f"Expected {expected}; got {value:g} at {place} in {where}.")
