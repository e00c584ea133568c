"""Regularizers of a critic, with one interface for all kinds."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array, PyTree, Transform
from jaxgen.learners.settings import BOUNDS, REGULARIZERS, AdversarialSettings
from jaxgen.losses import gradient_penalty
from jaxgen.transforms import spectral_bounds
from jaxgen.transforms.linear_maps import ConvolutionGeometry
from jaxgen.transforms.spectral_norm import spectral_norm
from jaxgen.transforms.weight_clipping import weight_clipping

SIZES = {"last_layer_squared": jnp.square, "last_layer_absolute": jnp.abs}


class Regularizer(NamedTuple):
    """The places in training at which a critic can be regularized.

    Attributes:
      prepare: `prepare(params) -> params`, applied once at the start.
      forward: transform of the parameters in every evaluation of the critic.
      project: transform of the parameters after every update.
      slopes: whether a penalty needs gradient norms of the critic between real and generated events.
      penalty: `penalty(slopes) -> [B]` of these gradient norms.
      data_weight: weight of the squared gradient norm at real events.
      of_params: `of_params(params) -> scalar`, term added to the critic's loss.
      follow: `follow(forward_state, slope) -> forward_state`, applied after each generator update.
      gradient_clip: largest global norm of the critic's gradients, or None.
    """

    prepare: Callable[[PyTree], PyTree]
    forward: Transform
    project: Transform
    slopes: bool
    penalty: Callable[[Array], Array]
    data_weight: float
    of_params: Callable[[PyTree], Array]
    follow: Callable[[PyTree, Array], PyTree]
    gradient_clip: float | None


IDENTITY = Transform(lambda key, params: (), lambda params, state: (params, state))


def make(
    settings: AdversarialSettings,
    *,
    total_steps: int,
    geometry: Mapping[str, ConvolutionGeometry] | None = None,
) -> Regularizer:
    """Builds the regularizer defined by settings.

    Args:
      settings: names and strengths of the regularizers.
      total_steps: length of the run, for scheduled bounds.
      geometry: geometry of the critic's convolutions by parameter name, for the operator norm.

    Raises:
      ValueError: for unknown names or numbers out of range.
    """
    for name in settings.regularizer:
        checks.one_of("regularizer", name, REGULARIZERS)
    checks.one_of("the form of the spectral bound", settings.spectral_form, BOUNDS)
    spectral = "spectral_norm" in settings.regularizer
    learnable = _learnable(settings)
    feedback = spectral and settings.spectral_form == "feedback"
    return Regularizer(
        prepare=(lambda p: spectral_bounds.with_learnable_bounds(p, initial=settings.spectral_bound))
        if learnable
        else (lambda params: params),
        forward=_spectral(settings, total_steps, geometry) if spectral else IDENTITY,
        project=weight_clipping(limit=settings.clip)
        if "weight_clipping" in settings.regularizer
        else IDENTITY,
        slopes="gradient_penalty" in settings.regularizer,
        penalty=lambda slope: (
            settings.penalty_weight
            * gradient_penalty.penalty(slope, target=settings.penalty_target, one_sided=settings.one_sided)
        ),
        data_weight=settings.data_penalty_weight,
        of_params=_of_params(settings),
        follow=_follow if feedback else (lambda state, slope: state),
        gradient_clip=settings.gradient_clip if "gradient_clipping" in settings.regularizer else None,
    )


def _learnable(settings: AdversarialSettings) -> bool:
    return "spectral_norm" in settings.regularizer and settings.spectral_form == "learnable"


def _of_params(settings: AdversarialSettings) -> Callable[[PyTree], Array]:
    """Sum of the penalties that depend only on the critic's parameters."""
    sizes = [size for name, size in SIZES.items() if name in settings.regularizer]

    def total(params: PyTree) -> Array:
        value = jnp.zeros(())
        if _learnable(settings):
            value = settings.bound_penalty_weight * spectral_bounds.learnable_bound_penalty(
                params, target=settings.spectral_bound
            )
        for size in sizes:
            value += settings.last_layer_weight * jnp.mean(size(_last_kernel(params)))
        return value

    return total


def _last_kernel(params: PyTree) -> Array:
    """Weights of the last layer, which returns the scores."""
    if "kernel" not in params.get("scores", {}):
        raise ValueError(f"Expected a critic whose last layer is called scores; got {', '.join(params)}.")
    return params["scores"]["kernel"]


def _follow(state: PyTree, slope: Array) -> PyTree:
    moved = spectral_bounds.follow_slope(state.bound, slope, layers=len(state.norms))
    return state._replace(bound=moved)


def _spectral(
    settings: AdversarialSettings, total_steps: int, geometry: Mapping[str, ConvolutionGeometry] | None
) -> Transform:
    start, end = settings.spectral_bound, settings.spectral_final_bound
    bound = {
        "fixed": lambda: spectral_bounds.fixed(start),
        "soft": lambda: spectral_bounds.fixed(start),
        "learnable": spectral_bounds.learnable,
        "scheduled": lambda: spectral_bounds.scheduled(
            lambda step: start * (end / start) ** jnp.clip(step / total_steps, 0, 1)
        ),
        "shared": lambda: spectral_bounds.shared(start),
        "feedback": lambda: spectral_bounds.feedback(start),
    }[settings.spectral_form]()
    return spectral_norm(
        steps=settings.spectral_steps,
        bound=bound,
        soft=settings.spectral_form == "soft",
        norm="operator" if settings.spectral_operator else "reshaped",
        geometry=geometry,
    )


def gradients_clipped(gradients: PyTree, limit: float | None, norm: Array) -> PyTree:
    """Scales gradients down to a global norm of at most `limit`; None leaves them unchanged."""
    if limit is None:
        return gradients
    factor = jnp.minimum(1.0, limit / jnp.maximum(norm, 1e-12))
    return jax.tree.map(lambda leaf: leaf * factor, gradients)
