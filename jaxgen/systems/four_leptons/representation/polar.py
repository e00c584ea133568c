"""On-shell leptons by transverse momentum, pseudorapidity and azimuth, and the label."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import numerics
from jaxgen.base import Array, Scaler
from jaxgen.data import scalers
from jaxgen.system import Statistics
from jaxgen.systems.four_leptons.representation.labels import LABELS, REACH, label_of, place, sort

SIZE = 16 + len(LABELS)

_SMALLEST_PT = 1e-3


def statistics(events: np.ndarray, *, relative: bool = False) -> dict[str, np.ndarray]:
    """Means and standard deviations of log pT and pseudorapidity of each lepton, and the largest energy.

    Args:
      events: events of the training split, [N, 8, 4] float32 in GeV.
      relative: see `scaler`.

    Returns:
      "mean" and "std", [4, 2] float32, and "largest", the largest generated energy in GeV, [].
    """
    raw, _ = jax.jit(partial(_polar, relative=relative))(events)
    columns = np.asarray(raw, np.float64)[..., :2].reshape(len(events), 8)
    mean, std = (x.astype(np.float32).reshape(4, 2) for x in scalers.mean_and_std(columns))
    return {"mean": mean, "std": std, "largest": np.array(REACH * float(events[..., 0].max()))}


def scaler(found: Statistics, *, relative: bool = False) -> Scaler:
    """Each lepton by log pT, pseudorapidity and the sine and cosine of its azimuth.

    All four are standardized, the last two by the standard deviation for a uniform azimuth. Leptons are in
    the order of `labels.sort`; the label follows, one-hot.

    Args:
      found: result of `statistics`.
      relative: whether azimuths of leptons 2 to 4 are relative to that of lepton 1.
    """
    mean = jnp.concatenate([jnp.asarray(found["mean"]), jnp.zeros((4, 2))], axis=-1)
    std = jnp.concatenate([jnp.asarray(found["std"]), jnp.full((4, 2), np.sqrt(0.5))], axis=-1)
    largest = float(found["largest"])

    def forward(events: Array) -> Array:
        polar, label = _polar(events, relative=relative)
        rows = ((polar - mean) / std).reshape(*label.shape, 16)
        return jnp.concatenate([rows, jax.nn.one_hot(label, len(LABELS))], axis=-1)

    def inverse(rows: Array) -> Array:
        polar = rows[..., :16].reshape(*rows.shape[:-1], 4, 4) * std + mean
        return place(label_of(rows), _from_polar(polar, largest, relative=relative))

    return Scaler(forward, inverse)


def _polar(events: Array, *, relative: bool) -> tuple[Array, Array]:
    """(log pT, eta, sin phi, cos phi) of the leptons of each event, [..., 4, 4], and its label."""
    label, momenta = sort(events)
    pt = jnp.maximum(numerics.safe_norm(momenta[..., :2], axis=-1), _SMALLEST_PT)
    cosine, sine = (momenta[..., axis] / pt for axis in (0, 1))
    if relative:
        cosine, sine = _turn_others(cosine, sine, backwards=True)
    return jnp.stack([jnp.log(pt), jnp.arcsinh(momenta[..., 2] / pt), sine, cosine], axis=-1), label


def _from_polar(polar: Array, largest: float, *, relative: bool) -> Array:
    """Momenta [..., 4, 3] with energies up to the largest, for any finite numbers."""
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
    """Adds the azimuth of the first lepton to those of the others, or subtracts it; [..., 4] each."""
    by_cosine, by_sine = cosine[..., :1], -sine[..., :1] if backwards else sine[..., :1]
    turned = cosine * by_cosine - sine * by_sine, cosine * by_sine + sine * by_cosine
    first = jnp.arange(4) == 0
    return jnp.where(first, cosine, turned[0]), jnp.where(first, sine, turned[1])
