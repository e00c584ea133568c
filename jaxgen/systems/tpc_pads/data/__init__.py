"""Data sets of pad responses of a time projection chamber to single track segments."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from jaxgen import checks
from jaxgen.base import Batch
from jaxgen.data import conditions
from jaxgen.data.conditions import as_float32
from jaxgen.data.dataset import Column, Dataset, Spec, as_batch, split
from jaxgen.systems.tpc_pads.data import digits, hits
from jaxgen.systems.tpc_pads.data.digits import Window, read_digits, window_of
from jaxgen.systems.tpc_pads.data.hits import COUNTS

COLUMNS = (
    Column("crossing_angle", "deg", -20.0, 20.0),
    Column("dip_angle", "deg", -60.0, 60.0),
    Column("drift_length", "time bin", 35.0, 290.0),
    Column("pad_coordinate", "pad", 0.0, 124.0),
    Column("row", "", 0.0, 52.0, "count", default=23.0),
    Column("pT", "GeV", 0.0, 2.5, default=0.4785),
)
"""Parameters of a track; row and momentum default to those of the published tracks."""

AMPLITUDE = Column("amplitude", "ADC counts", 0.0)
FIRST_LONG_ROW = 27


def make_spec(*, number: int = 6, window: Window | None = None, shape: tuple[int, int] | None = None) -> Spec:
    """The spec for this number of track parameters.

    The ranges are nominal: those used to scale the published features, and the existing pads and rows.
    Tracks may be somewhat outside.

    Args:
      number: number of parameters, one of `COUNTS`.
      window: range covered by the images; by default the one for this number of parameters.
      shape: shape of the images, if they are not from a file.

    >>> make_spec().shape, [column.name for column in make_spec(number=2).condition]
    ((8, 16), ['crossing_angle', 'dip_angle'])
    """
    checks.one_of("the number of parameters", number, COUNTS)
    shape = shape or (window or window_of(number)).shape
    return Spec("tpc_pads", ("pad", "time bin"), shape, (AMPLITUDE,), COLUMNS[:number])


def read(path: str | PathLike, *, strict: bool = True, validation: float = 0.0) -> Dataset:
    """Reads a digits file or a CSV file and splits it into 75 % training and 25 % test events.

    Args:
      path: path of the file, with 0, 2, 3, 4 or 6 track parameters per event.
      strict: whether a hit outside the window is an error; otherwise a warning states the number of such
        hits.
      validation: fraction of the training split that is reserved.

    Returns:
      Amplitudes in ADC counts [N, 8, 16] (another window if the file has no pad coordinate, see
      `digits.window_of`) with the parameters [N, P], both float32.

    Raises:
      ValueError: for a malformed file, with the line, or one with too few events to split.
    """
    found = read_digits(path, strict=strict)
    spec = make_spec(number=found.parameters.shape[1], window=found.window)
    batch = as_batch(found.images, as_float32(found.parameters))
    try:
        data = split(batch, spec, validation=validation)
    except ValueError as error:
        raise ValueError(f"{str(error).removesuffix('.')} in {path}.") from error
    return data.made_by(read=str(Path(path).absolute()), strict=strict, validation=validation)


def dataset(
    images: Any,
    condition: Any = None,
    *,
    test_fraction: float = 0.25,
    seed: int = 42,
    validation: float = 0.0,
    **columns: Any,
) -> Dataset:
    """A data set from arrays.

    Args:
      images: amplitudes in ADC counts, [N, pads, time bins]. Cell (i, j) is pad `int(pad_coordinate) - 3 + i`
        and time bin `int(drift_length) - 7 + j`.
      condition: track parameters, [N, P] or by name; P is 0, 2, 3, 4 or 6.
      test_fraction: fraction of events in the test split.
      seed: seed of the split.
      validation: fraction of the training split that is reserved.
      **columns: parameters as separate arguments, such as `dip_angle`, [N] each.

    Raises:
      ValueError: for other shapes or columns, or images that are not finite.

    >>> dataset(np.ones((8, 8, 16)), crossing_angle=np.zeros(8), dip_angle=30.0).spec.condition[1].name
    'dip_angle'
    """
    images = np.asarray(images, np.float32)
    checks.shape("images", images, (None, None, None))
    if not np.isfinite(images).all():
        raise ValueError("Expected finite amplitudes; got NaN or infinity.")
    table, used = conditions.of_events(COLUMNS, len(images), condition, columns)
    spec = make_spec(number=len(used), shape=(images.shape[1], images.shape[2]))
    return split(as_batch(images, table), spec, test_fraction=test_fraction, seed=seed, validation=validation)


def read_conditions(path: str | PathLike) -> dict[str, np.ndarray] | None:
    """Track parameters of a digits file or a CSV file of hits, by name, [N] each; None for other files."""
    if not hits.is_hits(path):
        return None
    table = digits.read_parameters(path)
    return {column.name: values for column, values in zip(COLUMNS, table.T, strict=False)}


def write(folder: str | PathLike, batch: Batch) -> None:
    """Writes generated.dat in the digits format, with cells of at least one ADC count."""
    path = Path(folder) / "generated.dat"
    digits.write_digits(path, np.asarray(batch.data), np.asarray(batch.condition))
