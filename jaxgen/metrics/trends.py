"""The published chi2 of the mean and standard deviation of moments as functions of the track parameters."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike

from jaxgen.base import LOST, Array, Estimate, Key
from jaxgen.metrics import binned
from jaxgen.metrics.binned import Binned, Profiled


class TrendTerms(NamedTuple):
    """The chi2 of each feature and value, and its terms.

    Attributes:
      chi2: [F, M]; the sum over bins of squares of approximately standard normal deviations.
      terms: number of terms in the sum, two for each usable bin, [F, M].
      possible: number of terms if every bin with at least two real events is usable, [F, M].
      deviation: deviation of the upper and lower band, generated minus real over the error, [F, B, M, 2];
        zero in a bin without terms.
      real: statistics of the real events.
      fake: statistics of the generated events.
      edges: edges of the bins, [F, B + 1].
    """

    chi2: np.ndarray
    terms: np.ndarray
    possible: np.ndarray
    deviation: np.ndarray
    real: Binned
    fake: Binned
    edges: np.ndarray


class TrendChi2(NamedTuple):
    """The chi2 and the information needed to interpret it.

    Attributes:
      estimate: the chi2 and its statistical error, see `trend_chi2`.
      terms: number of terms in the sum.
      possible: number of terms if no bin of the generated sample were empty.
      empty_real: fraction of real events without values.
      empty_fake: fraction of generated events without values.
      detail: terms by feature and value.
    """

    estimate: Estimate
    terms: int
    possible: int
    empty_real: Estimate
    empty_fake: Estimate
    detail: TrendTerms


def empty_fraction(table: Profiled) -> Estimate:
    """Fraction of events without values, with a binomial error that is never zero."""
    number, empty = len(table.values), np.isnan(table.values).any(axis=1).sum()
    share = (empty + 1) / (number + 2)
    return Estimate(float(empty / number), float(np.sqrt(share * (1 - share) / number)))


def _centred(real: Profiled, fake: Profiled) -> tuple[Profiled, Profiled]:
    finite = ~np.isnan(real.values).any(axis=1)
    offset = real.values[finite].mean(axis=0) if finite.any() else np.zeros(real.values.shape[1])
    return real._replace(values=real.values - offset), fake._replace(values=fake.values - offset)


def _bands_apart(real: ArrayLike, real_std: ArrayLike, fake: ArrayLike, fake_std: ArrayLike) -> Array:
    mean, std = jnp.subtract(fake, real), jnp.subtract(fake_std, real_std)
    return jnp.stack([mean + std, mean - std], axis=-1)


def trend_terms(
    key: Key,
    real: Profiled,
    fake: Profiled,
    *,
    edges: int = 20,
    resamples: int = 100,
    as_published: bool = False,
) -> TrendTerms:
    """Compares mean + std and mean - std in bins of every feature (arXiv:2012.04595, section 5).

    In each bin e^2 = s^2 / (n - 1) + (bootstrap std of s)^2, where s is the population standard
    deviation; a bin adds [(m + s)_fake - (m + s)_real]^2 + [(m - s)_fake - (m - s)_real]^2, both over
    e_fake^2 + e_real^2. A bin with fewer than two events of a sample, or with zero standard deviation in both
    samples, adds no term. The definition is symmetric in the two samples.

    Args:
      key: random key of the bootstrap.
      real: N events.
      fake: K events.
      edges: number of edges, equally spaced over the range of both samples; one more than bins.
      resamples: number of bootstrap samples in each bin.
      as_published: whether the largest value of a feature is assigned to the first bin.

    Returns:
      The terms by feature and value.

    Raises:
      ValueError: if the columns of the tables differ, or a table has no events.
    """
    binned.check_tables(real, fake)
    borders = binned.common_edges(real, fake, edges)
    sides = [
        binned.statistics(
            jax.random.fold_in(key, i),
            binned.bin_index(table, borders, largest_in_first=as_published),
            table.values,
            bins=edges - 1,
            resamples=resamples,
        )
        for i, table in enumerate(_centred(real, fake))
    ]
    first, second = sides
    error2 = first.error2 + second.error2
    filled = (first.number >= 2)[..., None] & np.ones(error2.shape, bool)
    usable = filled & (second.number >= 2)[..., None] & (error2 > 0)
    apart = np.asarray(_bands_apart(first.mean, first.std, second.mean, second.std), np.float64)
    scale = np.sqrt(np.where(usable, error2, 1.0))[..., None]
    deviation = np.where(usable[..., None], apart / scale, 0.0)
    chi2 = np.sum(np.square(deviation), axis=(1, 3))
    return TrendTerms(chi2, 2 * usable.sum(axis=1), 2 * filled.sum(axis=1), deviation, first, second, borders)


@partial(jax.jit, static_argnames=("bins", "replicates"))
def _resampled_bands(key: Key, index: Array, values: Array, *, bins: int, replicates: int) -> Array:
    """Change of mean + std and mean - std in each bin when all events are resampled, [F, R, B, M, 2]."""
    number = len(values)
    pick = binned.draw_below(key, jnp.int32(number), (replicates, number))
    weights = binned.multiplicity(pick)

    def one_feature(index: Array) -> Array:
        centred, _ = binned.centre_in_bins(index, values, bins)
        _, _, std = binned.weighted_statistics(jnp.ones((1, number)), index, centred, bins)
        count, mean, stds = binned.weighted_statistics(weights, index, centred, bins)
        change = _bands_apart(jnp.zeros_like(std), std, mean, stds)
        return jnp.where((count >= 2)[..., None, None], change, 0.0)

    return lax.map(one_feature, index)


def sampling_error(
    key: Key,
    real: Profiled,
    fake: Profiled,
    terms: TrendTerms,
    *,
    replicates: int = 100,
    as_published: bool = False,
) -> float:
    """Standard deviation of the chi2 between independent pairs of samples of the same sizes.

    Whole events of both samples are resampled, which preserves the correlation of the terms;
    the errors e of the terms are held fixed. With d the measured deviations and n the change in one
    replicate, the chi2 of a replicate minus the measured one is 2 d.n + n.n. Because d already contains
    one fluctuation, the variance of this is too large; 4 Var(d.n) - Var(n.n) is unbiased to second
    order, and Var(n.n) remains if the two samples agree, so the larger is used. Tests with
    toys: correct within a few per cent near the floor, 15 to 20 % too small at five to thirty times
    the floor, where the fluctuation of e matters.

    Args:
      key: random key.
      real: the real sample of `terms`.
      fake: the generated sample of `terms`.
      terms: from `trend_terms`.
      replicates: number of bootstrap samples; 0 for no error, which is faster.
      as_published: as for `trend_terms`.

    Returns:
      Standard deviation of the sum over all terms; NaN without replicates.
    """
    if replicates == 0:
        return float("nan")
    bins = terms.edges.shape[1] - 1
    changes = []
    for i, table in enumerate(_centred(real, fake)):
        index = binned.bin_index(table, terms.edges, largest_in_first=as_published)
        values = np.where(np.isnan(table.values), 0.0, table.values).astype(np.float32)
        fold = jax.random.fold_in(key, i)
        changes.append(_resampled_bands(fold, index, values, bins=bins, replicates=replicates))
    error2 = terms.real.error2 + terms.fake.error2
    usable = error2 > 0
    scale = np.sqrt(np.where(usable, error2, 1.0))[:, None, :, :, None]
    used = (terms.deviation != 0)[:, None]
    noise = np.where(used, np.asarray(changes[1] - changes[0], np.float64) / scale, 0.0)
    squared = np.sum(np.square(noise), axis=(0, 2, 3, 4))
    crossed = np.sum(terms.deviation[:, None] * noise, axis=(0, 2, 3, 4))
    return float(np.sqrt(max(squared.var(), 4 * crossed.var() - squared.var())))


def trend_chi2(
    key: Key,
    real: Profiled,
    fake: Profiled,
    *,
    edges: int = 20,
    resamples: int = 100,
    replicates: int = 100,
    as_published: bool = False,
) -> TrendChi2:
    """The chi2 of all trends: 950 terms for five moments and five track parameters.

    Bins with real but no generated events give no term; the sum over the other bins is scaled by
    `possible / terms`, so that empty bins do not reduce it, and it is infinite if there are no terms.
    Events without values, such as empty images, are ignored, and their fraction is returned.
    With `as_published` it is the unscaled sum, with the largest value of each feature in
    the first bin, and infinite if any event of either sample has no values.

    Args:
      key: random key of the bootstraps.
      real: values and features of reference events.
      fake: values and features of generated events. Their conditions are either independent of those of the
        real events, with the same distribution, or identical to them, which lowers the value and makes the
        error, which assumes independent samples, too large.
      edges: number of bin edges of each feature; one more than bins.
      resamples: number of bootstrap samples in each bin, for the errors of the terms.
      replicates: number of bootstrap samples of events, for the error of the sum, see `sampling_error`; 0 for
        no error (NaN), which is faster.
      as_published: whether to reproduce the peculiarities of the published code.

    Returns:
      The chi2, its error, and its terms.

    Raises:
      ValueError: if the columns of the tables differ, or a table has no events.
    """
    tables = real, fake
    detail = trend_terms(key, *tables, edges=edges, resamples=resamples, as_published=as_published)
    empty_real, empty_fake = (empty_fraction(table) for table in tables)
    terms, possible = int(detail.terms.sum()), int(detail.possible.sum())
    scale = 1.0 if as_published else possible / max(terms, 1)
    if terms == 0 or (as_published and max(empty_real.value, empty_fake.value) > 0):
        estimate = LOST
    else:
        fold = jax.random.fold_in(key, 2)
        error = sampling_error(fold, *tables, detail, replicates=replicates, as_published=as_published)
        estimate = Estimate(float(detail.chi2.sum()) * scale, error * scale)
    return TrendChi2(estimate, terms, possible, empty_real, empty_fake, detail)
