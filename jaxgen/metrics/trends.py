"""The published chi2: do mean and spread of the moments follow the track parameters?"""

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
    """The chi2 of each feature and value, and what it was made of.

    Attributes:
      chi2: [F, M]; the sum over bins, in units of terms that follow a standard normal law squared.
      terms: how many were summed, two a bin that could be used, [F, M].
      possible: how many the real side allows, with two events or more in the bin, [F, M].
      deviation: upper and lower band, generated less real over the error, [F, B, M, 2]; zero in a
        bin that gives no term.
      real: the statistics behind them.
      fake: likewise.
      edges: of the bins, [F, B + 1].
    """

    chi2: np.ndarray
    terms: np.ndarray
    possible: np.ndarray
    deviation: np.ndarray
    real: Binned
    fake: Binned
    edges: np.ndarray


class TrendChi2(NamedTuple):
    """The chi2 with what a reader needs to trust it.

    Attributes:
      estimate: the sum and its statistical error, see `trend_chi2`.
      terms: how many terms were summed.
      possible: how many there would be without bins that the generated sample leaves empty.
      empty_real: share of real events without values.
      empty_fake: share of generated events without values.
      detail: by feature and value.
    """

    estimate: Estimate
    terms: int
    possible: int
    empty_real: Estimate
    empty_fake: Estimate
    detail: TrendTerms


def empty_fraction(table: Profiled) -> Estimate:
    """Share of events without values, with its binomial error (never zero: one event at least)."""
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
    e_fake^2 + e_real^2. A bin with fewer than two events on a side, or without any spread on both
    sides, adds no term. The two samples play the same part.

    Args:
      key: for the bootstrap.
      real: N events.
      fake: K events.
      edges: how many, equally spaced over the range of both samples; bins are one fewer.
      resamples: of the bootstrap inside each bin.
      as_published: whether the largest value of a feature falls into the first bin.

    Returns:
      The terms by feature and value.

    Raises:
      ValueError: where the columns of the tables differ, or one is without events.
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
    """Change of mean + std and mean - std in each bin when all events are drawn anew, [F, R, B, M, 2]."""
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
    """How much the chi2 would vary between independent pairs of samples of these sizes.

    Whole events are drawn anew on both sides, so that the correlation of the terms is kept, with
    the errors e of the terms held fixed. With d the measured deviations and n the change of one
    replicate, the chi2 of a replicate less the measured one is 2 d.n + n.n. Because d already holds
    one fluctuation, its plain variance is too large; 4 Var(d.n) - Var(n.n) is unbiased to second
    order, and Var(n.n) is what remains where the two samples agree, so the larger is taken. Checked
    on toys: right within a few per cent near the floor, 15 to 20 % too small at five to thirty times
    the floor, where the fluctuation of e itself counts.

    Args:
      key: for the draws.
      real: the sample behind `terms`.
      fake: likewise.
      terms: from `trend_terms`.
      replicates: how many draws; 0 for no error, which is quicker.
      as_published: as given to `trend_terms`.

    Returns:
      One standard deviation of the sum over all terms; NaN without draws.
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
    """The chi2 of all trends: 950 terms for five moments against five track parameters.

    Bins that the real sample fills and the generated one does not give no term; the sum over the
    others is scaled by `possible / terms`, so leaving bins empty gains nothing, and it is infinite
    where no term is left. Events without values, such as empty images, are left out and their share is
    given. The result of `as_published` is the plain sum, with the largest value of each feature in
    the first bin, and infinity as soon as one event of either side is without values.

    Args:
      key: for the bootstraps.
      real: values and features of reference events.
      fake: of generated events. Their conditions follow the law of the real ones, drawn anew or the very
        same, which lowers the value and makes the error, meant for independent samples, too large.
      edges: of the bins of each feature; the bins are one fewer.
      resamples: of the bootstrap inside each bin, for the errors of the terms.
      replicates: of the bootstrap of events, for the error of the sum, see `sampling_error`; 0 for no
        error (NaN), which is quicker.
      as_published: whether to keep the quirks of the published code.

    Returns:
      The chi2, its error, and how it came about.

    Raises:
      ValueError: where the columns of the tables differ, or one is without events.
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
