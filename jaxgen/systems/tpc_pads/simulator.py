"""Built-in simulator of the pad response of the MPD time projection chamber.

A straight track segment ionizes the gas above one pad row in Poisson clusters. Their electrons drift with
diffusion, are multiplied with Polya fluctuations, and induce signals on 8 pads in 16 time bins, with pad
response, sampling and shaping. The result is differentiable with respect to all continuous parameters.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import checks
from jaxgen.base import Array, Key
from jaxgen.data.dataset import Dataset, as_batch, split
from jaxgen.numerics import safe_sqrt
from jaxgen.ops.random_numbers import as_key
from jaxgen.systems.tpc_pads.data import FIRST_LONG_ROW, make_spec

PADS, TIME_BINS = 8, 16
PAD_ORIGIN, TIME_ORIGIN = 3, 7
REACH = 2
"""The window, which starts 3 pads and 7 time bins before the track, and the time bins
outside of it whose charge is shaped into it.
"""

CROSSING_OFFSET = -0.817
PAD_AGAINST_CROSSING = 0.142
DRIFT_AGAINST_DIP = 7.6
MIDDLE_PAD = 34.5
"""Ranges of the published tracks: degrees, pads per degree, time bins, pads."""

FILL = 0.85
MARGIN = 2.5
"""Clusters up to this many standard deviations outside of the row are simulated, in up to this fraction of
the allocated clusters.
"""

SIZES = (0.634, 0.190, 0.0733, 0.0334, 0.0179, 0.0104, 0.00663, 0.00460, 0.00341, 0.00256)
TAIL = 0.256
"""Probabilities of 1, 2, ..., 10 electrons in a cluster, in Ar + 10 % CH4 (the gas table of MPD), and n times
the probability of more than n electrons for larger n.
"""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Parameters:
    """Parameters of detector and ionization, as a JAX tree, so that they can be differentiated.

    "MPD" marks a published number of the MPD time projection chamber or of its detailed simulation,
    "calibrated" a number fitted to real digits by `experiments/studies/calibrate_tpc_simulator.py`.

    Attributes:
      pad_width: cm, MPD.
      inner_pad_height: cm, for rows below 27, MPD.
      outer_pad_height: cm, for the other rows, MPD.
      time_bin: ns, MPD.
      drift_velocity: cm / ns in Ar + 10 % CH4, MPD.
      transverse_diffusion: cm for 1 cm of drift, MPD.
      longitudinal_diffusion: cm for 1 cm of drift, MPD.
      pad_spread: cm, scale s of the pad response erf(d / s), MPD.
      shaping_width: ns, full width at half maximum of the Gaussian shaper, MPD.
      polya_theta: parameter of the Polya distribution of the avalanche, MPD.
      threshold: ADC counts; smaller amplitudes are suppressed. Equal to the smallest real amplitude.
      sampling_edge: time bins, width of the smooth edge of a time bin, which makes the sampling
        differentiable.
      gain: ADC counts at the peak for one electron, calibrated.
      cluster_density: primary clusters / cm of track, calibrated.
      cluster_regularity: 1 for clusters at random, 0 for equal distances, calibrated.
      largest_cluster: electrons, upper end of the 1 / n^2 spectrum of cluster sizes, calibrated.
      loss_spread: standard deviation of the logarithm of the ionization density, calibrated.
      slow_fraction: fraction of slow particles, calibrated.
      slow_factor: ionization density of slow particles divided by that of the others, calibrated.
      stop_fraction: fraction of events with a secondary particle that stops in the gas, set by eye.
      stop_electrons: median number of electrons from it, set by eye.
      stop_spread: standard deviation of the logarithm of that number, set by eye.
    """

    pad_width: float = 0.5
    inner_pad_height: float = 1.2
    outer_pad_height: float = 1.8
    time_bin: float = 100.0
    drift_velocity: float = 0.0055
    transverse_diffusion: float = 0.0185
    longitudinal_diffusion: float = 0.032
    pad_spread: float = 0.196
    shaping_width: float = 190.0
    polya_theta: float = 1.5
    threshold: float = 0.9
    sampling_edge: float = 0.05
    gain: float = 3.489
    cluster_density: float = 15.66
    cluster_regularity: float = 0.8202
    largest_cluster: float = 50.49
    loss_spread: float = 0.1938
    slow_fraction: float = 0.04917
    slow_factor: float = 4.831
    stop_fraction: float = 0.009
    stop_electrons: float = 3500.0
    stop_spread: float = 0.25


DEFAULT = Parameters()


def simulate(key: Key, condition: Array, *, parameters: Parameters = DEFAULT, electrons: int = 128) -> Array:
    """Simulates the response of one pad row to track segments.

    Event i depends only on the key, i and row i of the condition. Differentiable with respect to
    `condition` and `parameters`; counts (electrons of a cluster, cells above threshold) are held fixed.

    Args:
      key: random key.
      condition: [N, 6]: crossing angle [deg], dip angle [deg], drift length [time bins], pad coordinate
        [pads], pad row, transverse momentum [GeV]. The row determines the pad height; the momentum is not
        used.
      parameters: parameters of detector and ionization.
      electrons: number of electrons simulated per event, in half as many clusters; if there are more, each
        represents several.

    Returns:
      Amplitudes [N, 8, 16] in ADC counts, zero or above the threshold. Cell (i, j) is pad
      `int(pad) - 3 + i` and time bin `int(drift) - 7 + j`.

    Raises:
      ValueError: if the condition is not [N, 6].

    >>> track = jnp.array([[5.0, -20.0, 100.0, 35.5, 23.0, 0.479]])
    >>> simulate(jax.random.key(0), track).shape
    (1, 8, 16)
    """
    condition = jnp.asarray(condition, jnp.float32)
    checks.shape("condition", condition, (None, 6))
    keys = jax.vmap(partial(jax.random.fold_in, key))(jnp.arange(len(condition)))
    return jax.vmap(partial(_event, parameters=parameters, electrons=electrons))(keys, condition)


def draw_conditions(key: Key, number: int) -> Array:
    """Draws track segments with the distribution of the published digits of row 23.

    The angles are uniform. Pad and drift length are uniform apart from a shift with the angle: an inclined
    track crosses the row at another position than a straight one.

    Args:
      key: random key.
      number: number of segments, N.

    Returns:
      Conditions for `simulate`, [N, 6].

    >>> draw_conditions(jax.random.key(0), 3).shape
    (3, 6)
    """
    low, high = jnp.array([[-20.0, -60.0, 35.5, -5.02], [20.0, 60.0, 291.0, 5.02]])
    turn, dip, drift, pad = jax.random.uniform(key, (4, number)) * (high - low)[:, None] + low[:, None]
    drift = drift - DRIFT_AGAINST_DIP * jnp.tan(jnp.radians(dip))
    pad = MIDDLE_PAD + pad + PAD_AGAINST_CROSSING * turn
    row, momentum = jnp.full(number, 23.0), jnp.full(number, 0.4785)
    return jnp.stack([turn + CROSSING_OFFSET, dip, drift, pad, row, momentum], axis=-1)


def dataset(
    seed: int | Key,
    number: int = 20_000,
    *,
    validation: float = 0.0,
    parameters: Parameters = DEFAULT,
    chunk: int = 4096,
) -> Dataset:
    """Simulates a data set and splits it into 75 % training and 25 % test events.

    Args:
      seed: seed, or a random key.
      number: number of events in all splits.
      validation: fraction of the training split that is reserved.
      parameters: parameters of the simulator.
      chunk: number of events computed at a time.

    Returns:
      Amplitudes in ADC counts [N, 8, 16] with the parameters of the tracks [N, 6].

    Raises:
      ValueError: if the number is too small to split.
    """
    checks.count(number=number, chunk=chunk)
    condition_key, event_key = jax.random.split(as_key(seed))
    condition = np.asarray(draw_conditions(condition_key, number))
    compiled = jax.jit(simulate)
    padded = np.resize(condition, (-(-number // chunk) * chunk, 6)) if number > chunk else condition
    parts = [
        np.asarray(compiled(jax.random.fold_in(event_key, i), part, parameters=parameters))
        for i, part in enumerate(np.split(padded, max(1, len(padded) // chunk)))
    ]
    data = split(as_batch(np.concatenate(parts)[:number], condition), make_spec(), validation=validation)
    again = isinstance(seed, int) and parameters == DEFAULT
    return data.made_by(simulate=seed, number=number, validation=validation) if again else data


class _Draws(NamedTuple):
    """Random numbers of an event.

    Those of clusters and `slow`, `stops` and `stop_place` are uniform, the others standard normal.
    """

    gap: Array  # one per cluster, [C]
    size: Array
    gain: Array  # one per electron, [E]
    across: Array
    along: Array
    slow: Array  # one per event
    stops: Array
    stop_place: Array
    loss: Array
    stop_size: Array


def _draw(key: Key, *, electrons: int, clusters: int) -> _Draws:
    """All random numbers of an event in one call, which compiles and runs faster than ten calls."""
    uniform = jax.random.uniform(key, (2 * clusters + 3 * electrons + 5,), minval=1e-7)
    flat, gaussian = uniform[: 2 * clusters + 3], uniform[2 * clusters + 3 :]
    normal = math.sqrt(2.0) * lax.erf_inv(2.0 * gaussian - 1.0)
    return _Draws(*flat[3:].reshape(2, clusters), *normal[2:].reshape(3, electrons), *flat[:3], *normal[:2])


def _event(key: Key, condition: Array, *, parameters: Parameters, electrons: int) -> Array:
    """One event: from the condition [6] to amplitudes [8, 16]."""
    p, draws = parameters, _draw(key, electrons=electrons, clusters=electrons // 2)
    crossing, dip = jnp.radians(condition[0]), jnp.radians(condition[1])
    bin_length = p.drift_velocity * p.time_bin
    root_drift = safe_sqrt(jnp.maximum(condition[2], 0.0) * bin_length)
    across, along = p.transverse_diffusion * root_drift, p.longitudinal_diffusion * root_drift
    height = jnp.where(condition[4] < FIRST_LONG_ROW, p.inner_pad_height, p.outer_pad_height)
    row_spread = jnp.sqrt(0.5 * p.pad_spread**2 + across**2)

    reach = 0.5 * height + MARGIN * row_spread
    per_row = 1.0 / (jnp.cos(crossing) * jnp.cos(dip))
    place, weight = _ionize(draws, reach, per_row, parameters=p)
    seen = _between(-0.5 * height, 0.5 * height, place, row_spread)
    charge, share = _multiply(draws.gain, weight, theta=p.polya_theta)

    shift, rest = jnp.sqrt(share), 1.0 - share
    pad = (place * jnp.tan(crossing) + across * shift * draws.across) / p.pad_width
    time = (-place * jnp.tan(dip) / jnp.cos(crossing) + along * shift * draws.along) / bin_length
    pad_spread = jnp.sqrt(0.5 * p.pad_spread**2 + across**2 * rest) / p.pad_width
    time_spread = jnp.sqrt(p.sampling_edge**2 + along**2 * rest / bin_length**2)
    pads = _bins(PAD_ORIGIN + condition[3] % 1.0 + pad, pad_spread, start=0, stop=PADS)
    times = _bins(TIME_ORIGIN + condition[2] % 1.0 + time, time_spread, start=-REACH, stop=TIME_BINS + REACH)
    collected = jnp.einsum("gp,gt->pt", pads * (charge * seen)[:, None], times)
    amplitude = p.gain * collected @ _shaper(p.shaping_width / p.time_bin)
    return jnp.where(amplitude > p.threshold, amplitude, 0.0)


def _ionize(draws: _Draws, reach: Array, per_row: Array, *, parameters: Parameters) -> tuple[Array, Array]:
    """Electrons along the track, in clusters.

    Args:
      draws: random numbers.
      reach: cm, half the length across the row in which clusters are generated.
      per_row: length of the track per unit of length across the row.
      parameters: parameters of the ionization.

    Returns:
      Position across the row [cm], and number of electrons that each represents, zero beyond the reach, [E].
    """
    p, clusters, electrons = parameters, len(draws.gap), len(draws.gain)
    factor = jnp.exp(p.loss_spread * draws.loss) * jnp.where(draws.slow < p.slow_fraction, p.slow_factor, 1.0)
    expected = 2.0 * reach * p.cluster_density * factor * per_row
    merged = jnp.maximum(1.0, expected / (FILL * clusters))
    weight = jnp.maximum(1.0, expected * _mean_size(p.largest_cluster) / (FILL * electrons))

    gaps = 2.0 * reach * merged / expected * (1.0 - p.cluster_regularity * (jnp.log(draws.gap) + 1.0))
    filled = jnp.cumsum(_cluster_size(draws.size, p.largest_cluster) * merged / weight)
    slot = jnp.arange(electrons) + 0.5
    owner = jnp.searchsorted(lax.stop_gradient(filled), slot)
    place = -reach + jnp.cumsum(gaps)[jnp.minimum(owner, clusters - 1)]
    number = jnp.where((place < reach) & (owner < clusters), weight, 0.0)

    stopped = p.stop_electrons * jnp.exp(p.stop_spread * draws.stop_size)
    stopped = jnp.where(draws.stops < p.stop_fraction, stopped, 0.0)
    return place.at[-1].set((2.0 * draws.stop_place - 1.0) * reach), number.at[-1].set(stopped)


def _cluster_size(uniform: Array, largest: Array | float) -> Array:
    """Number of electrons of a cluster from a uniform number: a table up to 10, a 1 / n^2 spectrum above."""
    cumulative = np.cumsum(SIZES, dtype=np.float32)
    small = 1.0 + jnp.sum(uniform[:, None] > cumulative, axis=-1)
    large = jnp.minimum(TAIL / jnp.maximum(1.0 - uniform, 1e-7), largest)
    return jnp.where(uniform > cumulative[-1], large, small)


def _mean_size(largest: Array | float) -> Array:
    """Mean number of electrons of a cluster."""
    table = sum(n * probability for n, probability in enumerate(SIZES, start=1))
    tail_from = TAIL / (1.0 - sum(SIZES))
    return table + TAIL * (1.0 + jnp.log(jnp.maximum(largest / tail_from, 1.0)))


def _multiply(normal: Array, electrons: Array, *, theta: float) -> tuple[Array, Array]:
    """Avalanche of n electrons, each with a Polya gain of mean 1.

    Args:
      normal: standard normal numbers, [G].
      electrons: n, [G].
      theta: parameter of the Polya distribution.

    Returns:
      The sum of the gains (a gamma distribution, by the cube of Wilson and Hilferty, PNAS 17, 684, 1931),
      and the mean sum of squares of the electrons' fractions of it, [G]: the variance of their centre of
      charge in units of the variance for one electron.
    """
    shape = (theta + 1.0) * jnp.maximum(electrons, 1.0)
    root = 1.0 - 1.0 / (9.0 * shape) + normal / (3.0 * jnp.sqrt(shape))
    return electrons * jnp.maximum(root, 0.0) ** 3, (theta + 2.0) / (shape + 1.0)


def _cumulative(x: Array) -> Array:
    """Cumulative normal distribution; four times as fast as an implementation with precise tails."""
    return 0.5 + 0.5 * lax.erf(math.sqrt(0.5) * x)


def _between(low: Array | float, high: Array | float, mean: Array, spread: Array) -> Array:
    """Fraction of a Gaussian in an interval."""
    return _cumulative((high - mean) / spread) - _cumulative((low - mean) / spread)


def _bins(mean: Array, spread: Array, *, start: int, stop: int) -> Array:
    """Fractions of Gaussians [G] in bins of width 1 centred on start ... stop - 1, [G, stop - start]."""
    edges = jnp.arange(start, stop + 1) - 0.5
    return jnp.diff(_cumulative((edges - mean[:, None]) / spread[:, None]), axis=-1)


def _shaper(width: Array | float) -> Array:
    """Response of every sample to a unit charge in every time bin, [T, 16]; width at half maximum in bins."""
    distance = jnp.arange(-REACH, TIME_BINS + REACH)[:, None] - jnp.arange(TIME_BINS)
    return jnp.exp2(-4.0 * (distance / width) ** 2)
