"""Representation of the incident particle as input features, and properties expected of its shower."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.system import Statistics
from jaxgen.systems.calorimeter.cells import CELLS, THRESHOLD
from jaxgen.systems.calorimeter.data.conditions import COLUMNS, LARGEST_ANGLE, LARGEST_IMPACT, kind_of

LOG_ENERGY = (3.6517, 0.8849)
"""Mean and standard deviation of log(energy / GeV) for energies uniform in 1 to 100 GeV."""

STEEP = float(np.tan(LARGEST_ANGLE))
"""Unit of slopes."""


class Axis(NamedTuple):
    """Properties of a shower expected from its condition.

    Attributes:
      log_energy: logarithm of the expected visible energy in units of the threshold, [N].
      impact: x and y on the front face in mm, [N, 2].
      slope: dx/dz and dy/dz, [N, 2].
    """

    log_energy: Array
    impact: Array
    slope: Array


def check(spec: Spec) -> None:
    """Raises unless the models support these showers.

    Raises:
      ValueError: for another number of cells, or a number of conditions that no kind in `data.CONDITIONS`
        has.
    """
    if spec.shape != (CELLS, CELLS):
        raise ValueError(f"Expected showers of {CELLS} x {CELLS} cells; got the shape {spec.shape}.")
    kind_of(len(spec.condition))


def statistics(data: Dataset) -> dict[str, np.ndarray]:
    """Statistics of the training split, float64 [] each.

    Returns:
      "log_energy_mean" and "log_energy_std", see `log_energy_statistics`, and "visible_energy": the mean in
      MeV, per GeV of incident energy if that is known.

    Raises:
      ValueError: for showers that the models do not support, or that have no energy.
    """
    check(data.spec)
    mean, std = log_energy_statistics(np.asarray(data.train.condition))
    visible = np.asarray(data.train.data, np.float64).sum(axis=(1, 2)).mean()
    if not visible > 0:
        raise ValueError(f"Expected training showers with energy; got a mean of {visible:g} MeV.")
    condition = np.asarray(data.train.condition, np.float64)
    known = condition.shape[1] > 0
    found = {
        "log_energy_mean": mean,
        "log_energy_std": std,
        "visible_energy": visible / condition[:, 0].mean() if known else visible,
    }
    return {name: np.array(float(value)) for name, value in found.items()}


def log_energy_statistics(condition: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm of the energy in GeV, to standardize features.

    Args:
      condition: conditions of the training split, [N, C].

    Returns:
      Both numbers; 0 and 1 if the energy is unknown. The standard deviation of a constant energy is set to 1.
    """
    condition = np.asarray(condition, np.float64)
    if not condition.shape[-1]:
        return 0.0, 1.0
    logarithm = np.log(condition[:, 0])
    mean, std = float(logarithm.mean()), float(logarithm.std())
    return mean, std if std > 1e-6 else 1.0


def features(condition: Array, *, mean: float = LOG_ENERGY[0], std: float = LOG_ENERGY[1]) -> Array:
    """Input features for a condition: numbers of order one that are continuous in the azimuth.

    Args:
      condition: [..., C] with C of 0, 1, 3 or 6.
      mean: mean of the logarithm of the energy in GeV, see `log_energy_statistics`.
      std: its standard deviation, above zero.

    Returns:
      [..., C]: the standardized logarithm of the energy; x and y over 10.1 mm; the slopes dx/dz and dy/dz
      over tan 15 degrees; 1 for a photon and -1 for an electron.

    Raises:
      ValueError: for another number of columns.

    >>> features(jnp.array([[1.0, 0.0, 0.0]]), mean=-0.5, std=2.0).tolist()
    [[0.25, 0.0, 0.0]]
    """
    condition = jnp.asarray(condition)
    kind_of(condition.shape[-1])
    energy, impact = condition[..., :1], condition[..., 1:3]
    seen = [(jnp.log(energy) - mean) / std, impact / LARGEST_IMPACT]
    if condition.shape[-1] == len(COLUMNS):
        theta, phi, photon = (condition[..., i : i + 1] for i in (3, 4, 5))
        slope = jnp.tan(theta) / STEEP
        seen += [slope * jnp.cos(phi), slope * jnp.sin(phi), 2 * photon - 1]
    return jnp.concatenate(seen, axis=-1)


def features_by(found: Statistics) -> Callable[[Array], Array]:
    """Function from conditions [N, C] to input features [N, C], using the result of `statistics`."""
    mean, std = float(found["log_energy_mean"]), float(found["log_energy_std"])
    return lambda condition: features(condition, mean=mean, std=std)


def expected_energy_by(found: Statistics) -> Callable[[Array], Array]:
    """Function from conditions [N, C] to the expected visible energy in MeV, [N]."""
    visible = float(found["visible_energy"])

    def expected(condition: Array) -> Array:
        return visible * condition[:, 0] if condition.shape[1] else jnp.full(len(condition), visible)

    return expected


def axis_by(found: Statistics) -> Callable[[Array], Axis]:
    """Function from features [N, C] to expected shower properties; unknown ones are central."""
    mean, std = float(found["log_energy_mean"]), float(found["log_energy_std"])
    share = float(np.log(float(found["visible_energy"]) / THRESHOLD))

    def axis(features: Array) -> Axis:
        columns = features.shape[1]
        nothing = jnp.zeros((len(features), 2))
        return Axis(
            log_energy=share + (features[:, 0] * std + mean if columns else nothing[:, 0]),
            impact=features[:, 1:3] * LARGEST_IMPACT if columns > 1 else nothing,
            slope=features[:, 3:5] * STEEP if columns > 3 else nothing,
        )

    return axis
