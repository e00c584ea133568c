"""The published flow for four-lepton events: masked affine layers (Dinh et al., arXiv:1605.08803)."""

import math

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen import checks
from jaxgen.base import Array, Key, PyTree
from jaxgen.models import column_layers, density
from jaxgen.models.density import DensityModel

SCALES = ("sigmoid", "linear")


def make(*, layers: int = 32, width: int = 36, scale: str = "sigmoid") -> DensityModel:
    """Builds the flow.

    A layer maps z to b z + (1 - b) (z e^s + t), in the direction from normal numbers to events. Here s and t
    are networks of b z with one hidden layer of ReLU, and b selects the even columns in one layer and the odd
    columns in the next. The published networks are 32-36-32. Their weights from masked inputs and to masked
    outputs have no effect and are omitted here; the map is the same.

    - sigmoid, as published: s and t end in a sigmoid, so every scale is within (1, e) and every shift within
      (0, 1). No column can become narrower than the normal numbers, whose width is one: columns that are
      always zero are generated with at least this width, and the density stays below (2 pi)^(-D/2).
    - linear: s and t are linear in their last layers, which are initially zero, so the flow starts as the
      identity. For columns that are always zero, s decreases and the likelihood increases without limit; add
      noise during training.

    Args:
      layers: number of layers, even.
      width: width of the hidden layers.
      scale: one of `SCALES`.

    Returns:
      The model, for an even number of columns. The context is an input of every network, in addition to b z.

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    checks.one_of("scale", scale, SCALES)
    checks.positive(layers=layers, width=width)
    if layers % 2:
        raise ValueError(f"Expected an even number of layers; got {layers}.")
    bounded = scale == "sigmoid"

    def init(key: Key, x: Array, context: Array) -> PyTree:
        columns = x.shape[-1]
        if columns % 2 or not columns:
            raise ValueError(f"Expected an even number of columns; got {columns}.")

        def network(key: Key) -> PyTree:
            first, last = jax.random.split(key)
            inputs = context.shape[-1] + columns // 2
            bound = 1 / math.sqrt(columns + context.shape[-1])  # with the inputs of omitted weights
            outputs = column_layers.uniform(last, columns // 2, width, bound=1 / math.sqrt(width))
            return {
                "first": column_layers.uniform(first, width, inputs, bound=bound),
                "last": outputs if bounded else jax.tree.map(jnp.zeros_like, outputs),
            }

        keys = jax.random.split(key, (2, layers))
        return {"scale": jax.vmap(network)(keys[0]), "shift": jax.vmap(network)(keys[1])}

    def scale_and_shift(layer: PyTree, kept: Array, context: Array) -> tuple[Array, Array]:
        seen = jnp.concatenate([kept, context])
        scale, shift = (_network(layer[name], seen) for name in ("scale", "shift"))
        return (jax.nn.sigmoid(scale), jax.nn.sigmoid(shift)) if bounded else (scale, shift)

    def normalize(params: PyTree, x: Array, context: Array) -> tuple[Array, Array]:
        given = context.T

        def layer(carry: tuple[Array, ...], layer: PyTree) -> tuple:
            moved, kept, total = carry
            scale, shift = scale_and_shift(layer, kept, given)
            moved = (moved - shift) * jnp.exp(-scale)
            return (kept, moved, total - jnp.sum(scale, axis=0)), None

        start = (*_parts(x, params), jnp.zeros(len(x)))
        (even, odd, total), _ = lax.scan(layer, start, params, reverse=True)
        return _merged(even, odd), total

    def transform(params: PyTree, latent: Array, context: Array) -> Array:
        given = context.T

        def layer(carry: tuple[Array, Array], layer: PyTree) -> tuple:
            kept, moved = carry
            scale, shift = scale_and_shift(layer, kept, given)
            return (moved * jnp.exp(scale) + shift, kept), None

        return _merged(*lax.scan(layer, _parts(latent, params), params)[0])

    return density.from_bijection(init, normalize, transform)


def _network(layers: PyTree, x: Array) -> Array:
    return column_layers.apply(layers["last"], jax.nn.relu(column_layers.apply(layers["first"], x)))


def _parts(x: Array, params: PyTree) -> tuple[Array, Array]:
    """Even and odd columns of [B, D], as rows, with the type of the parameters."""
    x = x.astype(jax.tree.leaves(params)[0].dtype)
    return x[:, 0::2].T, x[:, 1::2].T


def _merged(even: Array, odd: Array) -> Array:
    return jnp.stack([even, odd], axis=1).reshape(-1, even.shape[-1]).T
