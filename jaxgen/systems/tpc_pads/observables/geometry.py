"""Comparison of responses with the geometry of the track: residuals, width fits and tilt."""

import numpy as np

from jaxgen.base import Estimate
from jaxgen.metrics.linear_fits import Compared, Fit, compared, linear_fit, mean_and_std
from jaxgen.metrics.table import Table
from jaxgen.systems.tpc_pads.observables.features import moments_of, track_features

PAD_OFFSET = 3
TIME_OFFSET = 7


def fits(table: Table) -> dict[str, Fit]:
    """Widths and tilt of pad responses as functions of the track.

    Sigma0^2 = constant + drift * drift / 100 + crossing * tan^2(crossing angle), in pads^2;
    Sigma1^2 = constant + drift * drift / 100 + crossing * tan^2(crossing angle) + dip * tan^2(dip angle), in
    (time bins)^2;
    Cov01 = tilt * tan(crossing angle) * tan(dip angle), in pads * time bins.
    Diffusion gives the drift terms, the inclination of the track the others.

    Args:
      table: table of N events; empty responses are ignored.

    Returns:
      The fits named "Sigma0^2", "Sigma1^2" and "Cov01".
    """
    moments, features = _described(table)
    crossing, dip = np.tan(np.deg2rad(features[:, :2])).T
    width = {"constant": np.ones(len(features)), "drift": features[:, 2] / 100, "crossing": crossing**2}
    return {
        "Sigma0^2": linear_fit(moments[:, 2], width),
        "Sigma1^2": linear_fit(moments[:, 3], {**width, "dip": dip**2}),
        "Cov01": linear_fit(moments[:, 4], {"tilt": crossing * dip}),
    }


def summary(table: Table) -> dict[str, Estimate]:
    """All geometric quantities of one sample of pad responses.

    Args:
      table: table of responses whose window starts 3 pads and 7 time bins before the integer part of the
        coordinates of the track. Empty ones are ignored.

    Returns:
      By name, mean and standard deviation of the residuals Mean0 - 3 - frac(pad) and Mean1 - 7 - frac(drift)
      and of log10(Sum), and every coefficient of `fits`.
    """
    moments, features = _described(table)
    scattered = {
        "pad_residual": moments[:, 0] - PAD_OFFSET - features[:, 4],
        "time_residual": moments[:, 1] - TIME_OFFSET - features[:, 3],
        "log10_sum": np.log10(moments[:, 5]),
    }
    result = {}
    for name, values in scattered.items():
        result[f"{name}_mean"], result[f"{name}_std"] = mean_and_std(values)
    for name, fit in fits(table).items():
        result |= {f"{name}_{part}": estimate for part, estimate in fit.coefficients.items()}
    return result


def compare(real: Table, fake: Table) -> dict[str, Compared]:
    """Geometric quantities of real and generated pad responses, with their pulls.

    The errors are assumed to be independent. If both samples have the same conditions, the pulls of a perfect
    generator still have unit width: the fits are conditional on them.

    Args:
      real: reference events.
      fake: generated events.

    Returns:
      Comparisons by name of the quantity.
    """
    return compared(real.of(summary), fake.of(summary))


def _described(table: Table) -> tuple[np.ndarray, np.ndarray]:
    return moments_of(table), track_features(table)[table["empty"] == 0]
