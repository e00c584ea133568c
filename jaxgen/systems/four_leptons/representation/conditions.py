"""Input features from conditions: the channel one-hot, and the logarithm of the four-lepton mass."""

import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array
from jaxgen.system import Statistics
from jaxgen.systems.four_leptons.slots import CHANNELS


def statistics(condition: np.ndarray) -> dict[str, np.ndarray]:
    """Mean and standard deviation of the logarithm of the mass in GeV, to standardize features.

    Args:
      condition: conditions of the training split, [N, 0], [N, 1] or [N, 2].

    Returns:
      "log_mass_mean" and "log_mass_std", []; 0 and 1 if the mass is not part of the condition. The standard
      deviation of a constant mass is set to 1.

    >>> statistics(np.array([[2.0, 125.0], [0.0, 125.0]]))["log_mass_std"].tolist()
    1.0
    """
    condition = np.asarray(condition, np.float64)
    mean, std = 0.0, 1.0
    if condition.shape[-1] > 1:
        logarithm = np.log(condition[:, 1])
        mean, std = float(logarithm.mean()), float(logarithm.std())
    return {"log_mass_mean": np.array(mean), "log_mass_std": np.array(std if std > 1e-6 else 1.0)}


def features(condition: Array, found: Statistics) -> Array:
    """Input features for a condition.

    Args:
      condition: [..., 0], [..., 1] or [..., 2], channel and four-lepton mass in GeV.
      found: result of `statistics`.

    Returns:
      [..., 0], [..., 3] or [..., 4]; the last is the logarithm of the mass, standardized.

    Raises:
      ValueError: for more columns.

    >>> found = statistics(np.array([[1.0, 100.0]]))
    >>> features(jnp.array([[1.0, 100.0]]), found)[0, :3].tolist()
    [0.0, 1.0, 0.0]
    """
    condition = jnp.asarray(condition)
    checks.one_of("the number of columns of a condition", condition.shape[-1], range(3))
    if not condition.shape[-1]:
        return condition
    one_hot = (condition[..., :1] == jnp.arange(len(CHANNELS))).astype(jnp.float32)
    mean, std = float(found["log_mass_mean"]), float(found["log_mass_std"])
    return jnp.concatenate([one_hot, (jnp.log(condition[..., 1:]) - mean) / std], axis=-1)
