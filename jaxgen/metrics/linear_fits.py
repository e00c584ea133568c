"""Linear fits and simple statistics with errors, and their differences between two samples."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from jaxgen.base import UNKNOWN, Estimate
from jaxgen.metrics.scores import pull


class Fit(NamedTuple):
    """A linear least-squares fit.

    Attributes:
      coefficients: coefficients by name, with standard errors that allow for heteroscedasticity (HC1:
        MacKinnon and White 1985).
      explained: fraction of the variance of the target explained by the fit, R^2.
    """

    coefficients: dict[str, Estimate]
    explained: float


class Compared(NamedTuple):
    """A number for real and generated events.

    Attributes:
      real: value and standard error for real events.
      fake: value and standard error for generated events.
      pull: fake minus real, divided by the combined error; NaN without errors.
    """

    real: Estimate
    fake: Estimate
    pull: float


def linear_fit(target: np.ndarray, columns: dict[str, np.ndarray]) -> Fit:
    """Fits a target by a linear combination of columns, without an implicit constant.

    Args:
      target: [N].
      columns: columns by name, each [N].

    Returns:
      The fit; NaN coefficients unless there are more events than columns.

    >>> x = np.arange(4.0)
    >>> fit = linear_fit(2 * x + 1, {"offset": np.ones(4), "slope": x})
    >>> round(fit.coefficients["slope"].value, 6)
    2.0
    """
    design = np.stack([np.broadcast_to(column, target.shape) for column in columns.values()], axis=1)
    number, free = design.shape
    if number <= free:
        return Fit(dict.fromkeys(columns, UNKNOWN), float("nan"))
    inverse = np.linalg.pinv(design)
    values = inverse @ target
    rest = target - design @ values
    covariance = (inverse * rest**2) @ inverse.T * number / (number - free)
    errors = np.sqrt(np.diag(covariance))
    scatter = np.sum((target - target.mean()) ** 2)
    explained = 1 - np.sum(rest**2) / scatter if scatter > 0 else float("nan")
    estimates = (Estimate(float(v), float(e)) for v, e in zip(values, errors, strict=True))
    return Fit(dict(zip(columns, estimates, strict=True)), float(explained))


def mean_and_std(values: np.ndarray) -> tuple[Estimate, Estimate]:
    """Mean and population standard deviation with their standard errors, for any distribution."""
    number = len(values)
    if number < 2:
        return UNKNOWN, UNKNOWN
    centred = values - values.mean()
    variance = np.mean(centred**2)
    excess = max(np.mean(centred**4) - variance**2, 0.0)
    error = np.sqrt(excess / (4 * number * variance)) if variance > 0 else 0.0
    return (
        Estimate(float(values.mean()), float(np.sqrt(variance / (number - 1)))),
        Estimate(float(np.sqrt(variance)), float(error)),
    )


def compared(real: Mapping[str, Estimate], fake: Mapping[str, Estimate]) -> dict[str, Compared]:
    """Compares the same numbers of two samples, with pulls; the errors are assumed to be independent.

    >>> compared({"mean": Estimate(1.0, 3.0)}, {"mean": Estimate(11.0, 4.0)})["mean"].pull
    2.0
    """
    return {name: Compared(real[name], fake[name], pull(fake[name], real[name])) for name in real}
