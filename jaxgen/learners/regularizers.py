"""What keeps a critic smooth, in one shape for all kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array, PyTree, Transform
from jaxgen.losses import gradient_penalty
from jaxgen.transforms import spectral_bounds
from jaxgen.transforms.linear_maps import ConvolutionGeometry
from jaxgen.transforms.spectral_norm import spectral_norm
from jaxgen.transforms.weight_clipping import weight_clipping

LAST_LAYER = {"last_layer_squared": jnp.square, "last_layer_absolute": jnp.abs}
REGULARIZERS = (
    "none",
    "spectral_norm",
    "gradient_penalty",
    "weight_clipping",
    "gradient_clipping",
    *LAST_LAYER,
)
BOUNDS = ("fixed", "learnable", "scheduled", "soft", "shared", "feedback")


@dataclass(frozen=True)
class RegularizerConfig:
    """Which regularizers act on the critic, and how strongly.

    Attributes:
      names: those of `REGULARIZERS` to combine.
      penalty_weight: of the gradient penalty between real and generated events.
      penalty_target: slope that the penalty pulls towards.
      one_sided: whether the penalty lets smaller slopes go free.
      data_penalty_weight: of the squared slope at real events; 0 for none.
      last_layer_weight: of the mean square or mean size of the last layer's weights.
      clip: weight clipping keeps every parameter within +-clip.
      gradient_clip: largest global norm of the gradients under gradient clipping.
      spectral_bound: c, which each layer's norm is set to; for the shared form the whole network's bound.
      spectral_form: one of `BOUNDS`.
      spectral_final_bound: where the scheduled bound ends.
      spectral_steps: power iterations an update.
      spectral_operator: whether to bound a convolution's own norm, not that of its reshaped kernel.
      bound_penalty_weight: pulls learnable bounds towards `spectral_bound`.
    """

    names: tuple[str, ...] = ("spectral_norm",)
    penalty_weight: float = 10.0
    penalty_target: float = 1.0
    one_sided: bool = False
    data_penalty_weight: float = 0.0
    last_layer_weight: float = 1.0
    clip: float = 0.01
    gradient_clip: float = 1.0
    spectral_bound: float = 1.0
    spectral_form: str = "fixed"
    spectral_final_bound: float = 1.0
    spectral_steps: int = 1
    spectral_operator: bool = False
    bound_penalty_weight: float = 1.0


class Regularizer(NamedTuple):
    """The places at which a critic can be regularized.

    Attributes:
      prepare: `prepare(params) -> params`, once at the start.
      forward: transform of the parameters that every evaluation of the critic uses.
      project: transform of the parameters after every update.
      slopes: whether a penalty needs the critic's slopes between real and generated events.
      penalty: `penalty(slopes) -> [B]` of those slopes.
      data_weight: weight of the squared slope at real events.
      of_params: `of_params(params) -> scalar`, added to the critic's loss.
      follow: `follow(forward_state, slope) -> forward_state`, after each generator update.
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
    config: RegularizerConfig,
    *,
    total_steps: int,
    geometry: Mapping[str, ConvolutionGeometry] | None = None,
) -> Regularizer:
    """Builds the regularizer that a configuration describes.

    Args:
      config: see `RegularizerConfig`.
      total_steps: length of the run, for scheduled bounds.
      geometry: of the critic's convolutions by parameter name, for the operator norm.

    Raises:
      ValueError: for unknown names or numbers out of range.
    """
    for name in config.names:
        checks.one_of("regularizer", name, REGULARIZERS)
    checks.one_of("the form of the spectral bound", config.spectral_form, BOUNDS)
    spectral = "spectral_norm" in config.names
    learnable = _learnable(config)
    feedback = spectral and config.spectral_form == "feedback"
    return Regularizer(
        prepare=(lambda p: spectral_bounds.with_learnable_bounds(p, initial=config.spectral_bound))
        if learnable
        else (lambda params: params),
        forward=_spectral(config, total_steps, geometry) if spectral else IDENTITY,
        project=weight_clipping(limit=config.clip) if "weight_clipping" in config.names else IDENTITY,
        slopes="gradient_penalty" in config.names,
        penalty=lambda slope: (
            config.penalty_weight
            * gradient_penalty.penalty(slope, target=config.penalty_target, one_sided=config.one_sided)
        ),
        data_weight=config.data_penalty_weight,
        of_params=_of_params(config),
        follow=_follow if feedback else (lambda state, slope: state),
        gradient_clip=config.gradient_clip if "gradient_clipping" in config.names else None,
    )


def _learnable(config: RegularizerConfig) -> bool:
    return "spectral_norm" in config.names and config.spectral_form == "learnable"


def _of_params(config: RegularizerConfig) -> Callable[[PyTree], Array]:
    """The sum of what depends on the critic's parameters alone."""
    sizes = [size for name, size in LAST_LAYER.items() if name in config.names]

    def total(params: PyTree) -> Array:
        value = jnp.zeros(())
        if _learnable(config):
            value = config.bound_penalty_weight * spectral_bounds.learnable_bound_penalty(
                params, target=config.spectral_bound
            )
        for size in sizes:
            value += config.last_layer_weight * jnp.mean(size(_last_kernel(params)))
        return value

    return total


def _last_kernel(params: PyTree) -> Array:
    """Weights of the layer that gives the scores."""
    if "kernel" not in params.get("scores", {}):
        raise ValueError(f"Expected a critic whose last layer is called scores; got {', '.join(params)}.")
    return params["scores"]["kernel"]


def _follow(state: PyTree, slope: Array) -> PyTree:
    moved = spectral_bounds.follow_slope(state.bound, slope, layers=len(state.norms))
    return state._replace(bound=moved)


def _spectral(
    config: RegularizerConfig, total_steps: int, geometry: Mapping[str, ConvolutionGeometry] | None
) -> Transform:
    start, end = config.spectral_bound, config.spectral_final_bound
    bound = {
        "fixed": lambda: spectral_bounds.fixed(start),
        "soft": lambda: spectral_bounds.fixed(start),
        "learnable": spectral_bounds.learnable,
        "scheduled": lambda: spectral_bounds.scheduled(
            lambda step: start * (end / start) ** jnp.clip(step / total_steps, 0, 1)
        ),
        "shared": lambda: spectral_bounds.shared(start),
        "feedback": lambda: spectral_bounds.feedback(start),
    }[config.spectral_form]()
    return spectral_norm(
        steps=config.spectral_steps,
        bound=bound,
        soft=config.spectral_form == "soft",
        norm="operator" if config.spectral_operator else "reshaped",
        geometry=geometry,
    )


def gradients_clipped(gradients: PyTree, limit: float | None, norm: Array) -> PyTree:
    """Scales gradients down to a global norm of at most `limit`; None leaves them alone."""
    if limit is None:
        return gradients
    factor = jnp.minimum(1.0, limit / jnp.maximum(norm, 1e-12))
    return jax.tree.map(lambda leaf: leaf * factor, gradients)
