"""Observables of pad responses: six moments of each image, and the track parameters for their trends."""

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxgen import checks
from jaxgen.base import Array, Batch
from jaxgen.data.dataset import Column, Spec
from jaxgen.metrics.table import Label, Table

MOMENT_NAMES = ("Mean0", "Mean1", "Sigma0^2", "Sigma1^2", "Cov01", "Sum")
FEATURE_NAMES = ("crossing_angle", "dip_angle", "drift_length", "time_fraction", "pad_fraction")
SUPPRESSED = "suppressed_"
"""Prefix of the names of moments after the threshold cut."""

THRESHOLD = 1.0  # ADC counts below which a detector does not record a cell
TRACK = 4  # number of track parameters that trends need


def moments(images: ArrayLike) -> Array:
    """Barycentre, widths, tilt and sum of each response (arXiv:2012.04595, section 5).

    Negative amplitudes count as zero. The second moments are central sums, so float32 is sufficient.

    Args:
      images: amplitudes in ADC counts, [N, pads, time bins].

    Returns:
      [N, 6]: Mean0 (pads), Mean1 (time bins), Sigma0^2, Sigma1^2, Cov01, Sum (ADC counts); the
      first five are NaN for an empty image, whose Sum is 0.

    Raises:
      ValueError: if the images are not three-dimensional.

    >>> moments(jnp.zeros((1, 8, 16)).at[0, 3, 7].set(2.0)).tolist()
    [[3.0, 7.0, 0.0, 0.0, 0.0, 2.0]]
    """
    images = jnp.maximum(jnp.asarray(images, jnp.float32), 0.0)
    checks.shape("images", images, (None, None, None))
    total = jnp.sum(images, axis=(1, 2))
    share = images / total[:, None, None]  # 0/0 = NaN if the image is empty, as intended

    def mean(values: Array) -> Array:
        return jnp.sum(share * values, axis=(1, 2))

    def centred(length: int, axis: int) -> tuple[Array, Array]:
        cells = jnp.expand_dims(jnp.arange(length, dtype=jnp.float32), 1 - axis)[None]
        first = mean(cells)
        first = first + mean(cells - first[:, None, None])  # corrects the rounding errors of the first pass
        return first, cells - first[:, None, None]

    pad, from_pad = centred(images.shape[1], 0)
    time, from_time = centred(images.shape[2], 1)
    widths = mean(jnp.square(from_pad)), mean(jnp.square(from_time)), mean(from_pad * from_time)
    return jnp.stack([pad, time, *widths, total], axis=1)


def trend_features(condition: ArrayLike) -> np.ndarray:
    """The five track parameters used for trends.

    Args:
      condition: crossing angle (degrees), dip angle (degrees), drift length (time bins) and pad
        coordinate (pads), then any others, [N, C >= 4].

    Returns:
      Crossing, dip, drift, fraction of the drift, fraction of the pad coordinate: float64 [N, 5].

    Raises:
      ValueError: if the condition has fewer than four columns.

    >>> trend_features(np.array([[1.0, 2.0, 100.25, 31.5]])).tolist()
    [[1.0, 2.0, 100.25, 0.25, 0.5]]
    """
    track = np.asarray(condition, np.float64)
    if track.ndim != 2 or track.shape[1] < TRACK:
        raise ValueError(
            "Expected a condition of crossing angle, dip angle, drift length and pad coordinate, "
            f"[N, 4 or more]; got shape {track.shape}."
        )
    return np.concatenate([track[:, :3], np.mod(track[:, 2:4], 1.0)], axis=1)


def is_empty(images: ArrayLike) -> np.ndarray:
    """Responses without any amplitude above zero, bool [N]."""
    return np.logical_not(np.any(np.asarray(images) > 0, axis=(1, 2)))


def suppressed(images: ArrayLike, *, threshold: float = THRESHOLD) -> np.ndarray:
    """Images with amplitudes below the threshold set to zero."""
    images = np.asarray(images)
    return np.where(images < threshold, np.float32(0), images)


def observe(batch: Batch, spec: Spec) -> Table:
    """All observables of pad responses and of their tracks.

    Args:
      batch: images [N, pads, time bins] in ADC counts, conditions [N, C >= 4].
      spec: spec of the data set, for names and units.

    Returns:
      The six moments, NaN for an empty response; the moments after a threshold of one ADC count, named
      suppressed_NAME; whether the response is empty, 1 or 0; the five track parameters; and further columns
      of the condition.

    Raises:
      ValueError: if an amplitude is not finite or the condition is too short.
    """
    images = np.asarray(batch.data)
    if not np.isfinite(images).all():
        broken = ~np.isfinite(images).all(axis=(1, 2))
        raise ValueError(
            f"Expected finite amplitudes; got NaN or infinity in {broken.sum()} of {len(images)} events, "
            f"first in event {int(np.argmax(broken))}."
        )
    both = np.asarray(moments(np.concatenate([images, suppressed(images)])), np.float64)
    plain, cut = both[: len(images)], both[len(images) :]
    track = trend_features(batch.condition)
    further = np.asarray(batch.condition, np.float64)[:, TRACK:]
    columns = {
        **dict(zip(MOMENT_NAMES, plain.T, strict=True)),
        **{f"{SUPPRESSED}{name}": values for name, values in zip(MOMENT_NAMES, cut.T, strict=True)},
        "empty": is_empty(images).astype(np.float64),
        **dict(zip(FEATURE_NAMES, track.T, strict=True)),
        **{column.name: values for column, values in zip(spec.condition[TRACK:], further.T, strict=True)},
    }
    return Table(columns, labels(spec), batch, spec)


def labels(spec: Spec) -> dict[str, Label]:
    """Names and units of all columns of `observe`."""
    pad, time = spec.axes
    named = (
        (f"barycentre over {pad}s", pad),
        (f"barycentre over {time}s", time),
        (f"squared width over {pad}s", f"{pad}²"),
        (f"squared width over {time}s", f"{time}²"),
        (f"tilt of {pad}s against {time}s", f"{pad} · {time}"),
        ("total amplitude", spec.unit),
    )
    shapes = {
        name: Label(*pair, name.replace("^2", "²")) for name, pair in zip(MOMENT_NAMES, named, strict=True)
    }
    crossing, dip, drift, place = (_label(column) for column in spec.condition[:TRACK])
    fractions = (label._replace(name=f"{label.name.split()[0]} mod 1") for label in (drift, place))
    return {
        **shapes,
        **{f"{SUPPRESSED}{name}": label for name, label in shapes.items()},
        "empty": Label("empty response"),
        **dict(zip(FEATURE_NAMES, (crossing, dip, drift, *fractions), strict=True)),
        **{column.name: _label(column) for column in spec.condition[TRACK:]},
    }


def _label(column: Column) -> Label:
    return Label(column.name.replace("_", " "), column.unit)
