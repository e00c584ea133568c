"""What networks see of four-lepton events, by name."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks, numerics
from jaxgen.base import Array, Scaler
from jaxgen.data import quantiles
from jaxgen.data import scalers as scaling
from jaxgen.systems.four_leptons.representation import decay_angles
from jaxgen.systems.four_leptons.representation.labels import LABELS, lepton_masses, place, sort
from jaxgen.systems.four_leptons.slots import SLOTS

REACH = 2.0
"""Generated energies reach at most this factor beyond those of the training split."""

FARTHEST_SCORE = 20.0
"""Normal scores beyond are cut: far outside of what any model means, and still finite."""

_SMALLEST_PT = 1e-3
_ABOVE_THRESHOLD = 1.001


class Representation(NamedTuple):
    """An invertible change of events [..., 8, 4] in GeV to rows of numbers.

    Attributes:
      scaler: forward from [..., 8, 4] to [..., size], and inverse.
      size: numbers an event.
      labels: how many of them, the last ones, are one-hot; the inverse takes the largest.
    """

    scaler: Scaler
    size: int
    labels: int


def make(name: str, train_events: np.ndarray) -> Representation:
    """The representation of this name, one of `REPRESENTATIONS`.

    Args:
      name: of the representation.
      train_events: of the training split, [N, 8, 4] in GeV; statistics are of these alone.

    Raises:
      ValueError: for a name that is not known, or events of another shape or not finite.
    """
    checks.one_of("the representation", name, REPRESENTATIONS)
    events = np.asarray(train_events, np.float32)
    checks.shape("events", events, (None, len(SLOTS), 4))
    checks.positive(events=len(events))
    if not np.isfinite(events).all():
        raise ValueError("Expected finite momenta; got NaN or infinity.")
    return REPRESENTATIONS[name](events)


def sparse(train_events: np.ndarray) -> Representation:
    """The published one: the 32 numbers as they are, of which 16 are zero."""
    del train_events
    return Representation(_flatten(), len(SLOTS) * 4, 0)


def standardized(train_events: np.ndarray) -> Representation:
    """The 32 numbers less their means over their standard deviations, 1 in place of that of a constant."""
    columns = np.asarray(train_events, np.float64).reshape(len(train_events), -1)
    scale = scaling.standardized(*mean_and_std(columns))
    return Representation(scaling.compose(_flatten(), scale), columns.shape[1], 0)


def mean_and_std(columns: np.ndarray) -> tuple[Array, Array]:
    """Mean and standard deviation of columns [N, D], in float64, with 1 in place of that of a constant."""
    mean, std = columns.mean(axis=0), columns.std(axis=0)
    std = np.where(std > 1e-7 * np.abs(mean), std, 1.0)
    return jnp.asarray(mean, jnp.float32), jnp.asarray(std, jnp.float32)


def physical(train_events: np.ndarray, *, relative: bool = False) -> Representation:
    """Each lepton on its mass shell by log pT, pseudorapidity and the sine and cosine of its azimuth.

    All four are standardized, the last two by their spread when uniform. Leptons are listed as by
    `four_lepton_labels.sort`; the label follows, one-hot.

    Args:
      train_events: of the training split, [N, 8, 4] in GeV.
      relative: whether azimuths of leptons 2 to 4 are counted from that of lepton 1.
    """
    raw, _ = jax.jit(partial(_polar, relative=relative))(train_events)
    mean, std = mean_and_std(np.asarray(raw, np.float64)[..., :2].reshape(len(train_events), 8))
    mean, std = mean.reshape(4, 2), std.reshape(4, 2)
    mean = jnp.concatenate([mean, jnp.zeros((4, 2))], axis=-1)
    std = jnp.concatenate([std, jnp.full((4, 2), np.sqrt(0.5))], axis=-1)
    largest = REACH * float(train_events[..., 0].max())

    def forward(events: Array) -> Array:
        polar, label = _polar(events, relative=relative)
        rows = ((polar - mean) / std).reshape(*label.shape, 16)
        return jnp.concatenate([rows, jax.nn.one_hot(label, len(LABELS))], axis=-1)

    def inverse(rows: Array) -> Array:
        polar = rows[..., :16].reshape(*rows.shape[:-1], 4, 4) * std + mean
        return place(_label(rows), _from_polar(polar, largest, relative=relative))

    return Representation(Scaler(forward, inverse), 16 + len(LABELS), len(LABELS))


def _polar(events: Array, *, relative: bool) -> tuple[Array, Array]:
    """(log pT, eta, sin phi, cos phi) of the leptons of each event, [..., 4, 4], and its label."""
    label, momenta = sort(events)
    pt = jnp.maximum(numerics.safe_norm(momenta[..., :2], axis=-1), _SMALLEST_PT)
    cosine, sine = (momenta[..., axis] / pt for axis in (0, 1))
    if relative:
        cosine, sine = _turn_others(cosine, sine, backwards=True)
    return jnp.stack([jnp.log(pt), jnp.arcsinh(momenta[..., 2] / pt), sine, cosine], axis=-1), label


def _from_polar(polar: Array, largest: float, *, relative: bool) -> Array:
    """Momenta [..., 4, 3] of energies up to the largest, for any finite numbers."""
    pt = jnp.exp(jnp.clip(polar[..., 0], np.log(_SMALLEST_PT), np.log(largest)))
    limit = jnp.arccosh(largest / pt + 1e-3)
    eta = jnp.clip(polar[..., 1], -limit, limit)
    sine, cosine = (jnp.clip(polar[..., i], -1e6, 1e6) for i in (2, 3))
    length = numerics.safe_sqrt(jnp.square(sine) + jnp.square(cosine))
    defined = length > 0
    sine = jnp.where(defined, sine / jnp.where(defined, length, 1.0), 0.0)
    cosine = jnp.where(defined, cosine / jnp.where(defined, length, 1.0), 1.0)
    if relative:
        cosine, sine = _turn_others(cosine, sine)
    return jnp.stack([pt * cosine, pt * sine, pt * jnp.sinh(eta)], axis=-1)


def _turn_others(cosine: Array, sine: Array, *, backwards: bool = False) -> tuple[Array, Array]:
    """Adds the azimuth of the first lepton to those of the others, or takes it off; [..., 4] each."""
    by_cosine, by_sine = cosine[..., :1], -sine[..., :1] if backwards else sine[..., :1]
    turned = cosine * by_cosine - sine * by_sine, cosine * by_sine + sine * by_cosine
    first = jnp.arange(4) == 0
    return jnp.where(first, cosine, turned[0]), jnp.where(first, sine, turned[1])


def cascade(train_events: np.ndarray) -> Representation:
    """The 12 variables of `decay_angles`, each made standard normal by its quantiles, and the label.

    Masses and pT enter by their logarithms, which go on as straight lines beyond the training split. The
    inverse cuts masses and rapidity so that energies stay within `REACH`. Pair masses that sum to more than
    the four-lepton mass are brought back: the second is mirrored at the border, to half the room at most.
    """
    variables, _ = jax.jit(_decay)(train_events)
    reference = jnp.asarray(np.median(variables[:, _LOGARITHMIC], axis=0), jnp.float32)
    scores = quantiles.normal_scores(np.asarray(jax.jit(_compress)(variables, reference)))
    low, high = 0.5 * float(variables[:, 0].min()), _light_cone(variables)

    def forward(events: Array) -> Array:
        variables, label = _decay(events)
        rows = scores.forward(_compress(variables, reference))
        return jnp.concatenate([rows, jax.nn.one_hot(label, len(LABELS))], axis=-1)

    def inverse(rows: Array) -> Array:
        label = _label(rows)
        mass = lepton_masses(label)
        numbers = jnp.clip(rows[..., : -len(LABELS)], -FARTHEST_SCORE, FARTHEST_SCORE)
        variables = _expand(scores.inverse(numbers), reference)
        variables = _allowed(variables, mass, low=low, high=high)
        return place(label, decay_angles.to_momenta(variables, mass))

    return Representation(Scaler(forward, inverse), len(decay_angles.VARIABLES) + len(LABELS), len(LABELS))


_LOGARITHMIC = slice(0, 4)


def _decay(events: Array) -> tuple[Array, Array]:
    label, momenta = sort(events)
    return decay_angles.from_momenta(momenta, lepton_masses(label)), label


def _compress(variables: Array, reference: Array) -> Array:
    """Masses and pT as logarithms of their ratios to the reference, near which float32 is finest."""
    return variables.at[..., _LOGARITHMIC].set(numerics.safe_log(variables[..., _LOGARITHMIC] / reference))


def _expand(columns: Array, reference: Array) -> Array:
    return columns.at[..., _LOGARITHMIC].set(jnp.exp(columns[..., _LOGARITHMIC]) * reference)


def _light_cone(variables: Array) -> float:
    """Largest E + |pz| of all four leptons that is generated, in GeV."""
    m4l, pt, rapidity = (np.asarray(variables[:, i], np.float64) for i in (0, 3, 4))
    return REACH * float((np.hypot(m4l, pt) * np.exp(np.abs(rapidity))).max())


def _allowed(variables: Array, mass: Array, *, low: float, high: float) -> Array:
    """Cuts masses, pT and rapidity to what four leptons can have."""
    m4l, mz1, mz2, pt, rapidity, *angles = jnp.moveaxis(variables, -1, 0)
    smallest = 2 * _ABOVE_THRESHOLD * jnp.moveaxis(mass[..., ::2], -1, 0)
    m4l = jnp.clip(m4l, jnp.maximum(low, 2 * smallest.sum(0)), high / 2)
    pt = jnp.clip(pt, 0.0, high / 2)
    limit = jnp.log(high / jnp.sqrt(jnp.square(m4l) + jnp.square(pt)))
    mz1 = jnp.clip(mz1, smallest[0], m4l - 2 * smallest[1])
    room = m4l - mz1
    mz2 = jnp.where(mz2 > room, room - jnp.minimum(mz2 - room, room / 2), mz2)
    mz2 = jnp.clip(mz2, smallest[1], room * (1 - 1e-6))
    return jnp.stack([m4l, mz1, mz2, pt, jnp.clip(rapidity, -limit, limit), *angles], axis=-1)


def _label(rows: Array) -> Array:
    return jnp.argmax(rows[..., -len(LABELS) :], axis=-1)


def _flatten() -> Scaler:
    return Scaler(lambda x: x.reshape(*x.shape[:-2], -1), lambda y: y.reshape(*y.shape[:-1], len(SLOTS), 4))


REPRESENTATIONS: Mapping[str, Callable[[np.ndarray], Representation]] = {
    "sparse": sparse,
    "standardized": standardized,
    "physical": physical,
    "physical_relative": partial(physical, relative=True),
    "cascade": cascade,
}
