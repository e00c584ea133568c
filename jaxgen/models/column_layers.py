"""Dense layers over events in the layout [features, events].

With the events on the innermost axis, subsets of the features are contiguous blocks, and so are the many
outputs per event that enter element-wise formulas; on CPU a flow is then as fast as its matrix products.
"""

import math

import jax
import jax.numpy as jnp

from jaxgen.base import Array, Key

Layer = dict[str, Array]


def uniform(key: Key, outputs: int, inputs: int, *, bound: float) -> Layer:
    """A layer with initial weights and biases uniform within +-bound."""
    kernel_key, bias_key = jax.random.split(key)
    kernel = jax.random.uniform(kernel_key, (outputs, inputs), minval=-bound, maxval=bound)
    return {"kernel": kernel, "bias": jax.random.uniform(bias_key, (outputs,), minval=-bound, maxval=bound)}


def rectified(key: Key, outputs: int, inputs: int) -> Layer:
    """A layer before a ReLU: normal weights of variance 2 / inputs (arXiv:1502.01852), zero biases."""
    kernel = math.sqrt(2 / max(inputs, 1)) * jax.random.normal(key, (outputs, inputs))
    return {"kernel": kernel, "bias": jnp.zeros(outputs)}


def zeros(outputs: int, inputs: int) -> Layer:
    """A layer whose initial output is zero."""
    return {"kernel": jnp.zeros((outputs, inputs)), "bias": jnp.zeros(outputs)}


def apply(layer: Layer, x: Array) -> Array:
    """kernel x + bias, [inputs, B] to [outputs, B].

    >>> apply(zeros(3, 2), jnp.ones((2, 5))).shape
    (3, 5)
    """
    return layer["kernel"] @ x + layer["bias"][:, None]
