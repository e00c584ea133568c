"""Bins that follow the data: as wide as both samples reach, as fine as the real events allow."""

import numpy as np

TAIL = 0.005  # of the real values, on each side, that may lie beyond
FAKE_TAIL = 0.02  # of the generated values
REACH = 0.5  # of the real range, by which generated values widen it at most on each side
MARGIN = 0.03  # of the range, on each side
DENSEST = 0.25  # share of the real values whose shortest interval sets the width of a bin
IN_A_BIN = 60  # real values that a bin in that interval should hold
FINEST = 8  # bins in that interval at most
BINS = (40, 160)  # fewest and most


def edges(
    real: np.ndarray,
    *fakes: np.ndarray,
    low: float = -np.inf,
    high: float = np.inf,
    logarithmic: bool = False,
    most: int = BINS[1],
) -> np.ndarray:
    """Equal bins over the real values but for half a per cent on each side, wider where generated ones reach.

    Generated values widen the range by half of it at most on each side, so a bad generator does not hide the
    real distribution. A narrow peak of the real values gets several bins.

    Args:
      real: of any shape; values not finite are ignored, as are those not positive where logarithmic.
      *fakes: of generated events, likewise.
      low: end of what the values can be.
      high: end of what the values can be.
      logarithmic: whether bins are equal in the logarithm.
      most: bins, at most.

    Returns:
      [B + 1].

    >>> found = edges(np.linspace(0.0, 10.0, 1001), np.linspace(0.0, 100.0, 1001), low=0.0)
    >>> float(found[0]), 14 < float(found[-1]) < 16
    (0.0, True)
    """
    ours, *theirs = (_known(values, logarithmic) for values in (real, *fakes))
    if not len(ours):
        ours = np.concatenate([*theirs, np.zeros(0)])
    if not len(ours):
        ours = np.array([0.0, 1.0])
    start, end = np.quantile(ours, [TAIL, 1 - TAIL])
    reach = REACH * (end - start)
    lows, highs = [start], [end]
    for values in theirs:
        if len(values):
            first, last = np.quantile(values, [FAKE_TAIL, 1 - FAKE_TAIL])
            lows.append(max(first, start - reach))
            highs.append(min(last, end + reach))
    margin = MARGIN * (max(highs) - min(lows)) or 0.5
    ends = [np.log10(x) if logarithmic and x > 0 else x for x in (low, high)]
    if logarithmic and low <= 0:
        ends[0] = -np.inf
    first, last = max(min(lows) - margin, ends[0]), min(max(highs) + margin, ends[1])
    if not last > first:
        first, last = first - 0.5, first + 0.5
    found = np.linspace(first, last, _number(ours, last - first, most) + 1)
    return 10**found if logarithmic else found


def _known(values: np.ndarray, logarithmic: bool) -> np.ndarray:
    flat = np.asarray(values, np.float64).ravel()
    flat = flat[np.isfinite(flat) & ((flat > 0) | (not logarithmic))]
    return np.log10(flat) if logarithmic else flat


def _number(values: np.ndarray, span: float, most: int) -> int:
    """How many bins a range needs to resolve where values are densest; a value that repeats counts once."""
    distinct = np.unique(values)
    held = int(np.ceil(DENSEST * len(distinct)))
    if held < 2:
        return min(BINS[0], most)
    width = float(np.min(distinct[held - 1 :] - distinct[: len(distinct) - held + 1]))
    pieces = np.clip(DENSEST * len(values) / IN_A_BIN, 3, FINEST)
    return int(np.clip(np.ceil(span * pieces / width), min(BINS[0], most), most))
