"""Linearity and resolution: mean and relative width of visible over incident energy, in energy bins."""

from typing import NamedTuple

import numpy as np

from jaxgen.base import UNKNOWN, Estimate
from jaxgen.metrics.table import Table
from jaxgen.systems.calorimeter.observables import quotient

EDGES = (1.0, 2.0, 5.0, 10.0, 20.0, 35.0, 50.0, 70.0, 100.0)
"""Edges of the bins of incident energy in GeV, used as far as there are showers."""

FEWEST = 50  # smallest number of real showers in a bin; smaller bins are merged with the next one
COVERED = 0.9  # fraction of the real showers within EDGES below which bins of equal numbers are used
CORE = (0.15865, 0.5, 0.84135)  # quantiles at one standard deviation of a Gaussian and its median
CORE_ERROR = 0.964


class Moments(NamedTuple):
    """Response of one sample in B bins, [B] each; NaN if a bin has fewer than two showers.

    Attributes:
      number: number of showers.
      mean: mean of visible over incident energy.
      mean_error: standard deviation over the square root of the number.
      resolution: standard deviation over mean.
      resolution_error: from the fourth moment of the response and the error of the mean.
      core: half the range from 15.865 to 84.135 per cent of the response, over its median; equal to the
        relative standard deviation for Gaussians, and insensitive to the few showers in a tail, such as those
        that leak.
      core_error: error of the core, as for a Gaussian.
    """

    number: np.ndarray
    mean: np.ndarray
    mean_error: np.ndarray
    resolution: np.ndarray
    resolution_error: np.ndarray
    core: np.ndarray
    core_error: np.ndarray


class Response(NamedTuple):
    """Response of real and generated showers in bins of incident energy.

    Attributes:
      edges: edges in GeV, [B + 1]; one edge and no bin if incident energies are unknown.
      centre: mean incident energy of the real showers in each bin, GeV, [B].
      real: response of real showers.
      fake: response of generated showers.
      linearity: generated over real mean, [B].
      linearity_error: error from both means, [B].
      resolution: generated over real standard deviation / mean, [B].
      resolution_error: error from both resolutions, [B].
      core: generated over real core width, [B].
      core_error: error from both core widths, [B].
    """

    edges: np.ndarray
    centre: np.ndarray
    real: Moments
    fake: Moments
    linearity: np.ndarray
    linearity_error: np.ndarray
    resolution: np.ndarray
    resolution_error: np.ndarray
    core: np.ndarray
    core_error: np.ndarray


def energy_edges(incident: np.ndarray, *, fewest: int = FEWEST) -> np.ndarray:
    """Edges of bins of incident energy with a minimum number of showers each.

    They are 1, 2, 5, 10, 20, 35, 50, 70 and 100 GeV if nine tenths of the showers are in this range; bins
    with too few showers are merged with the next higher one. Otherwise there are at most eight bins of equal
    numbers.

    Args:
      incident: energies in GeV, [N]; NaN is ignored.
      fewest: smallest number of showers per bin.

    Returns:
      [B + 1], increasing; fewer than two numbers if there are no showers.

    >>> energy_edges(np.repeat([1.5, 4.0, 8.0, 15.0], [3, 60, 60, 5])).tolist()
    [1.0, 5.0, 20.0]
    >>> energy_edges(np.full(100, 300.0)).round(3).tolist()
    [300.0, 300.0]
    """
    known = np.sort(incident[np.isfinite(incident)])
    if not len(known):
        return np.zeros(1)
    within = (known >= EDGES[0]) & (known <= EDGES[-1])
    if np.mean(within) < COVERED:
        bins = int(np.clip(len(known) // fewest, 1, len(EDGES) - 1))
        edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)))
        top = np.nextafter(edges[-1], np.inf)
        return np.append(edges[:-1], top) if len(edges) > 1 else np.array([edges[0], top])
    return _joined(known[within], fewest)


def _joined(known: np.ndarray, fewest: int) -> np.ndarray:
    """EDGES after merging bins with too few showers."""
    held = np.histogram(known, EDGES)[0]
    kept, waiting = [0], 0
    for i, number in enumerate(held, start=1):
        waiting += number
        if waiting >= fewest:
            kept.append(i)
            waiting = 0
    if waiting or len(kept) == 1:  # the last bins with too few showers are merged with the previous one
        last = int(np.flatnonzero(held)[-1]) + 1
        kept = [*kept[:-1], last] if len(kept) > 1 else [0, last]
    return np.array(EDGES)[kept]


def moments(incident: np.ndarray, response: np.ndarray, edges: np.ndarray) -> Moments:
    """Mean and relative standard deviation of the response in bins of incident energy.

    With mean m, standard deviation s and fourth central moment m4 of n showers, the errors are
    s / sqrt(n) of the mean, and of r = s / m, r sqrt((m4 / s^4 - 1) / (4 n) + r^2 / n), neglecting the
    covariance of m and s. The relative error of the core width is 0.964 / sqrt(n), from the variance of the
    difference of the two quantiles of a Gaussian.

    Args:
      incident: GeV, [N].
      response: visible over incident energy, [N]; NaN is ignored.
      edges: increasing, [B + 1]; the last bin includes its upper edge.

    Returns:
      Response in each bin.
    """
    bins = len(edges) - 1
    place = np.where(incident == edges[-1], bins - 1, np.searchsorted(edges, incident, side="right") - 1)
    rows = [_moments(response[(place == b) & np.isfinite(response)]) for b in range(bins)]
    columns = np.array(rows).reshape(bins, len(Moments._fields)).T
    return Moments(*columns)


def _moments(values: np.ndarray) -> tuple[float, ...]:
    number = len(values)
    if number < 2:
        return number, *[np.nan] * 6
    mean, std = np.mean(values), np.std(values, ddof=1)
    if not mean > 0:
        return number, 0.0, 0.0, np.inf, np.nan, np.inf, np.nan
    relative = std / mean
    kurtosis = np.mean((values - mean) ** 4) / np.var(values) ** 2 if np.var(values) > 0 else 1.0
    error = relative * np.sqrt(max(kurtosis - 1, 0.0) / (4 * number) + relative**2 / number)
    low, median, high = np.quantile(values, CORE)
    core = (high - low) / 2 / median if median > 0 else np.inf
    return number, mean, std / np.sqrt(number), relative, error, core, core * CORE_ERROR / np.sqrt(number)


def shower_response(real: Table, fake: Table, *, edges: np.ndarray | None = None) -> Response:
    """Response of real and generated showers in bins of incident energy, and their ratios.

    Args:
      real: real showers.
      fake: generated showers. Showers that are not finite are ignored.
      edges: edges of the bins; by default `energy_edges` of the real showers.

    Returns:
      The response; without bins if no incident energy is known.
    """
    energy = real["incident_energy"]
    if edges is None:
        edges = energy_edges(energy)
    ours, theirs = (moments(side["incident_energy"], side["response"], edges) for side in (real, fake))
    inside = np.histogram(energy, edges)[0] if len(edges) > 1 else np.zeros(0)
    sums = np.histogram(energy, edges, weights=np.nan_to_num(energy))[0] if len(inside) else inside
    return Response(
        edges,
        quotient(sums, inside),
        ours,
        theirs,
        *_ratio(theirs.mean, theirs.mean_error, ours.mean, ours.mean_error),
        *_ratio(theirs.resolution, theirs.resolution_error, ours.resolution, ours.resolution_error),
        *_ratio(theirs.core, theirs.core_error, ours.core, ours.core_error),
    )


def _ratio(
    value: np.ndarray, error: np.ndarray, other: np.ndarray, other_error: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    ratio = quotient(value, other)
    return ratio, quotient(np.hypot(error, ratio * other_error), other)


def worst(ratio: np.ndarray, error: np.ndarray) -> Estimate:
    """The largest deviation of ratios from 1, with the error of that ratio; NaN if there are none.

    The largest of several ratios that are 1 within their errors deviates by some errors: compare it with its
    real-versus-real floor.

    >>> worst(np.array([1.01, 0.96, np.nan]), np.array([0.01, 0.02, 0.01]))
    Estimate(value=0.040000000000000036, error=0.02)
    """
    known = np.flatnonzero(~np.isnan(ratio))
    if not len(known):
        return UNKNOWN
    bin_ = known[np.argmax(np.abs(ratio[known] - 1))]
    return Estimate(float(abs(ratio[bin_] - 1)), float(error[bin_]))


def summary(found: Response) -> dict[str, Estimate]:
    """`linearity_worst`, `resolution_worst`, `resolution_core_worst`: largest deviations of ratios from 1.

    The largest over all bins; NaN if none can be compared. The first is of the mean, the second of standard
    deviation over mean, the third of the core width. A bin in which generated showers have no energy has an
    infinite deviation in resolution, and 1 in linearity.
    """
    return {
        "linearity_worst": worst(found.linearity, found.linearity_error),
        "resolution_worst": worst(found.resolution, found.resolution_error),
        "resolution_core_worst": worst(found.core, found.core_error),
    }
