"""Does the response follow the geometry of the track? Residuals, width fits and tilt."""

from typing import NamedTuple

import numpy as np

from jaxgen.base import Batch, Estimate
from jaxgen.systems.tpc_pads import observables as pads

PAD_OFFSET = 3
TIME_OFFSET = 7


class Fit(NamedTuple):
    """A linear least-squares fit.

    Attributes:
      coefficients: by name, with standard errors that allow the scatter to differ between events
        (HC1: MacKinnon and White 1985).
      explained: share of the variance of the target that the fit explains, R^2.
    """

    coefficients: dict[str, Estimate]
    explained: float


class Compared(NamedTuple):
    """One number of real and of generated events.

    Attributes:
      real: with its standard error.
      fake: likewise.
      pull: fake less real over the combined error; NaN without errors.
    """

    real: Estimate
    fake: Estimate
    pull: float


def linear_fit(target: np.ndarray, columns: dict[str, np.ndarray]) -> Fit:
    """Fits a target by a sum of columns; a constant is one of them if wanted.

    Args:
      target: [N].
      columns: named, each [N].

    Returns:
      The fit; NaN coefficients where there are no more events than columns.

    >>> x = np.arange(4.0)
    >>> fit = linear_fit(2 * x + 1, {"offset": np.ones(4), "slope": x})
    >>> round(fit.coefficients["slope"].value, 6)
    2.0
    """
    design = np.stack([np.broadcast_to(column, target.shape) for column in columns.values()], axis=1)
    number, free = design.shape
    if number <= free:
        return Fit({name: Estimate(float("nan"), float("nan")) for name in columns}, float("nan"))
    inverse = np.linalg.pinv(design)
    values = inverse @ target
    rest = target - design @ values
    covariance = (inverse * rest**2) @ inverse.T * number / (number - free)
    errors = np.sqrt(np.diag(covariance))
    spread = np.sum((target - target.mean()) ** 2)
    explained = 1 - np.sum(rest**2) / spread if spread > 0 else float("nan")
    estimates = (Estimate(float(v), float(e)) for v, e in zip(values, errors, strict=True))
    return Fit(dict(zip(columns, estimates, strict=True)), float(explained))


def mean_and_spread(values: np.ndarray) -> tuple[Estimate, Estimate]:
    """Mean and population standard deviation with their standard errors, of any law."""
    number = len(values)
    if number < 2:
        return Estimate(float("nan"), float("nan")), Estimate(float("nan"), float("nan"))
    centred = values - values.mean()
    variance = np.mean(centred**2)
    excess = max(np.mean(centred**4) - variance**2, 0.0)
    error = np.sqrt(excess / (4 * number * variance)) if variance > 0 else 0.0
    return (
        Estimate(float(values.mean()), float(np.sqrt(variance / (number - 1)))),
        Estimate(float(np.sqrt(variance)), float(error)),
    )


def fits(batch: Batch) -> dict[str, Fit]:
    """Widths and tilt of pad responses as functions of the track.

    Sigma0^2 = constant + drift * drift / 100 + crossing * tan^2(crossing angle), in pads^2;
    Sigma1^2 likewise with dip * tan^2(dip angle) added, in (time bins)^2;
    Cov01 = tilt * tan(crossing angle) * tan(dip angle), in pads * time bins.
    Diffusion gives the drift terms, the inclination of the track the others.

    Args:
      batch: images [N, pads, time bins], conditions [N, C >= 4]; empty images are left out.

    Returns:
      The fits named "Sigma0^2", "Sigma1^2" and "Cov01".
    """
    moments, features = _described(batch)
    crossing, dip = np.tan(np.deg2rad(features[:, :2])).T
    width = {"constant": np.ones(len(features)), "drift": features[:, 2] / 100, "crossing": crossing**2}
    return {
        "Sigma0^2": linear_fit(moments[:, 2], width),
        "Sigma1^2": linear_fit(moments[:, 3], {**width, "dip": dip**2}),
        "Cov01": linear_fit(moments[:, 4], {"tilt": crossing * dip}),
    }


def summary(batch: Batch) -> dict[str, Estimate]:
    """All geometric metrics of one sample of pad responses.

    Args:
      batch: images [N, pads, time bins] whose window starts 3 pads and 7 time bins before the whole
        part of the track's coordinates; conditions [N, C >= 4]. Empty images are left out.

    Returns:
      Mean and spread of the residuals Mean0 - 3 - frac(pad) and Mean1 - 7 - frac(drift) and of
      log10(Sum), and every coefficient of `fits`, by name.
    """
    moments, features = _described(batch)
    spreads = {
        "pad_residual": moments[:, 0] - PAD_OFFSET - features[:, 4],
        "time_residual": moments[:, 1] - TIME_OFFSET - features[:, 3],
        "log10_sum": np.log10(moments[:, 5]),
    }
    result = {}
    for name, values in spreads.items():
        result[f"{name}_mean"], result[f"{name}_spread"] = mean_and_spread(values)
    for name, fit in fits(batch).items():
        result |= {f"{name}_{part}": estimate for part, estimate in fit.coefficients.items()}
    return result


def compare(real: Batch, fake: Batch) -> dict[str, Compared]:
    """Geometric metrics of real and generated pad responses, with the pull of each.

    The errors are taken as independent. Where both samples share their conditions, the pulls are
    still of unit width for a perfect generator: the fits take the conditions as given.

    Args:
      real: reference events, as for `summary`.
      fake: generated events.

    Returns:
      By name.
    """
    ours, theirs = summary(real), summary(fake)
    return {name: Compared(ours[name], theirs[name], pull(ours[name], theirs[name])) for name in ours}


def pull(real: Estimate, fake: Estimate) -> float:
    """Difference over the combined error; NaN where both errors are zero.

    >>> pull(Estimate(1.0, 3.0), Estimate(11.0, 4.0))
    2.0
    """
    error = np.hypot(real.error, fake.error)
    return float((fake.value - real.value) / error) if error > 0 else float("nan")


def _described(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    kept = ~pads.is_empty(batch.data)
    moments = np.asarray(pads.moments(batch.data), np.float64)
    return moments[kept], pads.trend_features(batch.condition)[kept]
