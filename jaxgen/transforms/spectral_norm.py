"""Spectral normalization of a parameter tree."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import checks
from jaxgen.base import Array, Key, PyTree, Transform
from jaxgen.transforms import leaves, linear_maps, spectral_bounds
from jaxgen.transforms.linear_maps import ConvolutionGeometry, LinearMap
from jaxgen.transforms.spectral_bounds import Bound

NORMS = ("reshaped", "operator")
UNROLLED = 4  # iterations that are unrolled; more become a loop, which compiles faster


class Vectors(NamedTuple):
    """Estimates of the top singular vectors of a kernel's linear map.

    Attributes:
      left: vector of the output, [R, O]; R is 1 for matrices.
      right: vector of the input, with the input shape of the map.
    """

    left: Array
    right: Array


class SpectralNormState(NamedTuple):
    """State of spectral normalization.

    Attributes:
      vectors: singular vectors by name of the kernel.
      norms: latest norms of the kernels before scaling, by name; for the log.
      bound: state of the bound.
    """

    vectors: dict[str, Vectors]
    norms: dict[str, Array]
    bound: PyTree


def spectral_norm(
    *,
    steps: int = 1,
    initial_steps: int = 15,
    epsilon: float = 1e-12,
    bound: float | Mapping[str, float] | Bound = 1.0,
    soft: bool = False,
    norm: str = "reshaped",
    geometry: Mapping[str, ConvolutionGeometry] | None = None,
    where: leaves.Predicate = leaves.is_kernel,
) -> Transform:
    """Sets the spectral norm of kernels by power iteration from stored vectors (arXiv:1802.05957).

    W becomes c W / sigma, or W min(1, c / sigma) in the soft form, with sigma = u^T W v. Gradients pass
    through sigma but not through the iteration for u and v. A zero kernel is unchanged.

    Kernels are named by their keys, such as "Conv_0/kernel". Dense kernels are [I, O] and
    convolution kernels [*window, I, O].

    Args:
      steps: iterations per application. With 0 the stored vectors are used unchanged, as in evaluation.
      initial_steps: iterations in `init`.
      epsilon: norms below this value count as zero.
      bound: the bound c, for all kernels or for each by name, or an adaptive form from `spectral_bounds`.
      soft: whether kernels with a norm below the bound are unchanged.
      norm: "reshaped" for the norm of the kernel as a matrix, "operator" for the norm of the convolution.
      geometry: geometry of each convolution by name, for the operator norm.
      where: `where(name, leaf)` selects the leaves to normalize; all others are unchanged.

    Returns:
      The transform. Learnable bounds, if the parameters have them, are removed from its output.

    Raises:
      ValueError: for settings out of range, and at `init` for convolutions without a geometry or for a
        tree without kernels.

    >>> transform = spectral_norm()
    >>> params = {"kernel": jnp.diag(jnp.array([3.0, 0.1])), "bias": jnp.ones(2)}
    >>> params, state = transform.apply(params, transform.init(jax.random.key(0), params))
    >>> jnp.round(jnp.diag(params["kernel"]), 3)
    Array([1.   , 0.033], dtype=float32)
    """
    checks.one_of("norm", norm, NORMS)
    checks.positive(epsilon=epsilon, initial_steps=initial_steps)
    if steps < 0:
        raise ValueError(f"Expected steps of at least 0; got {steps}.")
    bounds = bound if isinstance(bound, Bound) else spectral_bounds.fixed(bound)

    def layers_of(kernels: dict[str, Array]) -> dict[str, LinearMap]:
        return {name: _view(name, kernel, norm, geometry or {}) for name, kernel in kernels.items()}

    def init(key: Key, params: PyTree) -> SpectralNormState:
        kernels = leaves.select(spectral_bounds.without_learnable_bounds(params)[0], where)
        if not kernels:
            raise ValueError("Expected parameters with kernels to normalize; got none.")
        layers = layers_of(kernels)
        start = _random_vectors(key, layers, epsilon)
        vectors = _iterate(layers, kernels, start, steps=initial_steps, epsilon=epsilon)
        return SpectralNormState(vectors, _measure(layers, kernels, vectors), bounds.init(tuple(kernels)))

    def apply(params: PyTree, state: SpectralNormState) -> tuple[PyTree, SpectralNormState]:
        params, learned = spectral_bounds.without_learnable_bounds(params)
        kernels = leaves.select(params, where)
        layers = layers_of(kernels)
        wanted, bound_state = bounds.value(tuple(kernels), state.bound, learned)
        vectors = _iterate(layers, kernels, state.vectors, steps=steps, epsilon=epsilon)
        norms = _measure(layers, kernels, vectors)
        scaled = {
            name: kernel * _factor(wanted[name], norms[name], soft=soft, epsilon=epsilon)
            for name, kernel in kernels.items()
        }
        state = SpectralNormState(vectors, lax.stop_gradient(norms), bound_state)
        return leaves.replace(params, scaled), state

    return Transform(init, apply)


def _view(name: str, kernel: Array, norm: str, geometry: Mapping[str, ConvolutionGeometry]) -> LinearMap:
    """The linear map of a kernel for the chosen norm."""
    if norm == "reshaped" or kernel.ndim == 2:
        return linear_maps.reshaped(kernel)
    if name not in geometry:
        raise ValueError(f"Expected the geometry of convolution {name}; got that of {sorted(geometry)}.")
    return linear_maps.convolution(kernel, geometry[name])


def _factor(bound: Array, sigma: Array, *, soft: bool, epsilon: float) -> Array:
    """Scale factor of a kernel with norm sigma."""
    zero = sigma <= epsilon
    factor = bound / jnp.where(zero, 1.0, sigma)
    return jnp.where(zero, 1.0, jnp.minimum(factor, 1.0) if soft else factor)


def _random_vectors(key: Key, layers: dict[str, LinearMap], epsilon: float) -> dict[str, Vectors]:
    """Random unit vectors; a single draw for all compiles much faster than one draw each."""
    shapes = [shape for layer in layers.values() for shape in (layer.output_shape, layer.input_shape)]
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    drawn = jnp.split(jax.random.normal(key, (int(ends[-1]),)), ends[:-1])
    units = [_unit(x, x, epsilon).reshape(shape) for x, shape in zip(drawn, shapes, strict=True)]
    return {name: Vectors(*units[2 * i : 2 * i + 2]) for i, name in enumerate(layers)}


def _unit(x: Array, fallback: Array, epsilon: float) -> Array:
    """x normalized to length one; the fallback if x is zero."""
    length = jnp.sqrt(jnp.sum(jnp.square(x)))
    sound = length > epsilon
    return jnp.where(sound, x / jnp.where(sound, length, 1.0), fallback)


def _forward(layer: LinearMap, matrix: Array, x: Array) -> Array:
    return jnp.dot(layer.gather(x), matrix, precision=lax.Precision.HIGHEST)


def _backward(layer: LinearMap, matrix: Array, y: Array) -> Array:
    return layer.scatter(jnp.dot(y, matrix.T, precision=lax.Precision.HIGHEST))


def _iterate(
    layers: dict[str, LinearMap],
    kernels: dict[str, Array],
    vectors: dict[str, Vectors],
    *,
    steps: int,
    epsilon: float,
) -> dict[str, Vectors]:
    """Power iteration, starting with the left vector, without gradients."""
    matrices = {name: lax.stop_gradient(_matrix(kernel)) for name, kernel in kernels.items()}

    def once(_: Array | int, vectors: dict[str, Vectors]) -> dict[str, Vectors]:
        moved = {}
        for name, layer in layers.items():
            left, right = vectors[name]
            left = _unit(_forward(layer, matrices[name], right), left, epsilon)
            right = _unit(_backward(layer, matrices[name], left), right, epsilon)
            moved[name] = Vectors(left, right)
        return moved

    vectors = lax.stop_gradient(vectors)
    if steps > UNROLLED:
        return lax.fori_loop(0, steps, once, vectors)
    for step in range(steps):
        vectors = once(step, vectors)
    return vectors


def _measure(
    layers: dict[str, LinearMap], kernels: dict[str, Array], vectors: dict[str, Vectors]
) -> dict[str, Array]:
    """sigma = u^T W v of each kernel, differentiable with respect to the kernel."""
    return {
        name: jnp.sum(vectors[name].left * _forward(layer, _matrix(kernels[name]), vectors[name].right))
        for name, layer in layers.items()
    }


def _matrix(kernel: Array) -> Array:
    return kernel.reshape(-1, kernel.shape[-1])
