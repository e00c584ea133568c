"""Responses of the pads of a time projection chamber to one crossing track segment."""

from os import PathLike
from typing import TypeVar, cast

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array, Batch
from jaxgen.data.dataset import Column, Dataset, Spec, split
from jaxgen.systems.tpc_pads.data.digits import Window, read_digits, window_of
from jaxgen.systems.tpc_pads.data.hits import COUNTS

AnyArray = TypeVar("AnyArray", bound=np.ndarray | jax.Array)

COLUMNS = (
    Column("crossing_angle", "deg", -20.0, 20.0),
    Column("dip_angle", "deg", -60.0, 60.0),
    Column("drift_length", "time bin", 35.0, 290.0),
    Column("pad_coordinate", "pad", 0.0, 124.0),
    Column("row", "", 0.0, 52.0),
    Column("pT", "GeV", 0.0, 2.5),
)
FIRST_LONG_ROW = 27


def make_spec(*, number: int = 6, window: Window | None = None) -> Spec:
    """What the arrays mean where this number of parameters is known.

    The ranges are nominal: those the published features are scaled by, the pads and rows that exist.
    Tracks may lie somewhat outside.

    >>> make_spec().shape, [column.name for column in make_spec(number=2).condition]
    ((8, 16), ['crossing_angle', 'dip_angle'])
    """
    checks.one_of("the number of parameters", number, COUNTS)
    shape = (window or window_of(number)).shape
    return Spec("tpc_pads", ("pad", "time bin"), shape, "ADC counts", COLUMNS[:number])


SPEC = make_spec()


def read(path: str | PathLike, *, strict: bool = True) -> Dataset:
    """Reads a digits file or a CSV file, split into 75 % to train and 25 % to test.

    Args:
      path: of the file, with 0, 2, 3, 4 or 6 parameters of the track an event.
      strict: whether a hit outside the window is an error; if not, such hits are counted in a warning.

    Returns:
      Amplitudes in ADC counts [N, 8, 16] (another window where the file knows no pad coordinate, see
      `tpc_digits.window_of`) with the parameters [N, P], both float32.

    Raises:
      ValueError: for a malformed file, naming the line, or one too short to split.
    """
    digits = read_digits(path, strict=strict)
    spec = make_spec(number=digits.parameters.shape[1], window=digits.window)
    batch = Batch(cast(Array, digits.images), cast(Array, as_float32(digits.parameters)))
    return split(batch, spec)


def as_float32(parameters: np.ndarray) -> np.ndarray:
    """Rounds parameters to float32 without moving any across a whole number.

    The image is placed by the whole parts of drift length and pad coordinate, so those must survive.

    >>> float(as_float32(np.array([40.99999999]))[0]) < 41
    True
    """
    rounded = parameters.astype(np.float32)
    moved = np.trunc(rounded) != np.trunc(parameters)
    return np.where(moved, np.nextafter(rounded, np.float32(0)), rounded)


def features(condition: AnyArray, *, number: int = 5) -> AnyArray:
    """What networks see of a track: the published vectors of 5 or 7 numbers.

    5: crossing angle / 20, dip angle / 60, (drift length - 162.5) / 127.5, and the fractional parts of
    drift length and pad coordinate. 7: the first three, whether the row has long pads (27 and up), pT / 2.5,
    and the two fractions.

    The fractional parts carry the rounding of the numbers given: float32 holds a drift length of 256 to 512
    to 1.5e-5. NumPy arrays are computed in their own precision.

    Args:
      condition: parameters of the tracks, [..., P] in the units of `COLUMNS`; P >= 4 for 5 features,
        P = 6 for 7.
      number: of features, 5 or 7.

    Returns:
      [..., number], of the array type given.

    Raises:
      ValueError: for another number, or too few parameters.

    >>> features(np.array([10.0, -30.0, 162.75, 31.5])).tolist()
    [0.5, -0.5, 0.00196078431372549, 0.75, 0.5]
    """
    checks.one_of("the number of features", number, (5, 7))
    needed = 4 if number == 5 else 6
    if condition.shape[-1] < needed:
        raise ValueError(
            f"Expected at least {needed} parameters a track for {number} features; got {condition.shape[-1]}."
        )
    xp = np if isinstance(condition, np.ndarray) else jnp
    crossing, dip, drift, pad = (condition[..., column] for column in range(4))
    angles = [crossing / 20, dip / 60, (drift - 162.5) / 127.5]
    track = []
    if number == 7:
        track = [(condition[..., 4] >= FIRST_LONG_ROW).astype(condition.dtype), condition[..., 5] / 2.5]
    return xp.stack([*angles, *track, drift - xp.floor(drift), pad - xp.floor(pad)], axis=-1)
