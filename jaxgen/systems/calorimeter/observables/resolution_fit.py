"""Fit of the resolution of a sampling calorimeter: its stochastic and its constant term.

With few showers per bin of energy, the largest deviation over the bins is dominated by single showers. The
curve r^2 = a^2 / E + b^2 has two parameters for all bins, and can be compared over the whole range (Fabjan
and Gianotti, Rev. Mod. Phys. 75, 1243, eq. 7, without noise).
"""

from typing import NamedTuple

import numpy as np

from jaxgen.base import LOST, UNKNOWN, Estimate
from jaxgen.systems.calorimeter.observables.energy_response import Moments, Response

POINTS = 100


class ResolutionFit(NamedTuple):
    """A fitted curve.

    Attributes:
      terms: a^2 in GeV and b^2, [2], not negative.
      covariance: covariance of both, [2, 2]; zero for a term fixed at zero.
    """

    terms: np.ndarray
    covariance: np.ndarray


def fit(energy: np.ndarray, core: np.ndarray, error: np.ndarray) -> ResolutionFit | None:
    """Weighted least-squares fit of squared relative widths; negative terms are fixed at zero.

    Args:
      energy: mean incident energy of each bin, GeV, [B].
      core: relative width of the response in each bin, [B].
      error: error of the width, [B]; bins without a positive finite error are ignored.

    Returns:
      The fit; None with fewer than two bins.

    >>> energy = np.array([1.0, 4.0, 100.0])
    >>> found = fit(energy, np.sqrt(0.04 / energy + 0.0001), np.full(3, 0.01))
    >>> found.terms.round(6).tolist()
    [0.04, 0.0001]
    """
    known = np.isfinite(core) & np.isfinite(error) & (error > 0) & (core > 0)
    if known.sum() < 2:
        return None
    weight = 1 / (2 * core[known] * error[known])
    design = np.column_stack([1 / energy[known], np.ones(known.sum())]) * weight[:, None]
    wanted = core[known] ** 2 * weight
    whole = _least_squares(design, wanted, np.arange(2))
    negative = int(np.argmin(whole.terms))
    return whole if whole.terms[negative] >= 0 else _least_squares(design, wanted, np.array([1 - negative]))


def _least_squares(design: np.ndarray, wanted: np.ndarray, free: np.ndarray) -> ResolutionFit:
    """The fit of a subset of the terms, with the others zero."""
    terms, covariance = np.zeros(2), np.zeros((2, 2))
    inner = np.linalg.inv(design[:, free].T @ design[:, free])
    terms[free] = inner @ design[:, free].T @ wanted
    covariance[np.ix_(free, free)] = inner
    return ResolutionFit(terms, covariance)


def squares(found: ResolutionFit, energy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """r^2 at these energies in GeV, and its error."""
    design = np.column_stack([1 / energy, np.ones(len(energy))])
    return design @ found.terms, np.sqrt(np.einsum("ni,ij,nj->n", design, found.covariance, design))


def largest_difference(response: Response) -> Estimate:
    """Largest deviation from 1 of the ratio of generated to real fitted resolution, over all energies.

    Args:
      response: response in bins of incident energy.

    Returns:
      The largest |r_generated / r_real - 1| between the lowest and the highest edge, with the error of the
      ratio there; NaN if real showers fill fewer than two bins, infinite if generated ones do.
    """
    ours, theirs = _fit(response, response.real), _fit(response, response.fake)
    if ours is None:
        return UNKNOWN
    if theirs is None:
        return LOST
    energy = np.geomspace(response.edges[0], response.edges[-1], POINTS)
    (real, real_error), (fake, fake_error) = squares(ours, energy), squares(theirs, energy)
    ratio = np.sqrt(fake / real)
    error = ratio / 2 * np.hypot(fake_error / fake, real_error / real)
    worst = int(np.argmax(np.abs(ratio - 1)))
    return Estimate(float(abs(ratio[worst] - 1)), float(error[worst]))


def _fit(response: Response, moments: Moments) -> ResolutionFit | None:
    return fit(response.centre, moments.core, moments.core_error)
