"""Choice of bins: the range covers both samples, the width depends on the real events."""

import numpy as np

TAIL = 0.005  # fraction of the real values on each side that may be outside of the range
FAKE_TAIL = 0.02  # fraction of the generated values
REACH = 0.5  # largest extension of the range on each side by generated values, relative to the real range
MARGIN = 0.03  # added on each side, relative to the range
DENSEST = 0.25  # fraction of the real values whose shortest interval determines the bin width
IN_A_BIN = 60  # number of real values per bin in that interval
FINEST = 8  # largest number of bins in that interval
BINS = (40, 160)  # smallest and largest number of bins


def edges(
    real: np.ndarray,
    *fakes: np.ndarray,
    low: float = -np.inf,
    high: float = np.inf,
    logarithmic: bool = False,
    most: int = BINS[1],
) -> np.ndarray:
    """Equal bins over the central 99 % of the real values, extended to cover generated values.

    Generated values extend the range by at most half of it on each side, so that a bad generator does not
    hide the real distribution. A narrow peak of the real values gets several bins.

    Args:
      real: values of any shape; values that are not finite are ignored, and for logarithmic bins values that
        are not positive.
      *fakes: generated values of any shape, filtered in the same way.
      low: lower limit of possible values.
      high: upper limit of possible values.
      logarithmic: whether bins are equal in the logarithm.
      most: largest number of bins.

    Returns:
      Bin edges, [B + 1].

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
    """Number of bins needed to resolve the densest values; repeated values count once."""
    distinct = np.unique(values)
    held = int(np.ceil(DENSEST * len(distinct)))
    if held < 2:
        return min(BINS[0], most)
    width = float(np.min(distinct[held - 1 :] - distinct[: len(distinct) - held + 1]))
    pieces = np.clip(DENSEST * len(values) / IN_A_BIN, 3, FINEST)
    return int(np.clip(np.ceil(span * pieces / width), min(BINS[0], most), most))
