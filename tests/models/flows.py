"""What every flow must do, for parameters away from the start."""

from functools import partial

import jax
import numpy as np

from jaxgen.models.density import DensityModel

quickly = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def moved(params, key, *, scale: float):
    """Parameters as training leaves them: every one away from its start."""
    leaves, tree = jax.tree.flatten(params)
    keys = jax.random.split(key, len(leaves))
    noise = (scale * jax.random.normal(one, leaf.shape) for one, leaf in zip(keys, leaves, strict=True))
    return jax.tree.unflatten(tree, [leaf + extra for leaf, extra in zip(leaves, noise, strict=True)])


def trained(flow: DensityModel, key, x, context, *, scale: float):
    """Parameters of a flow, moved, in one compiled call."""

    @quickly
    def make(key, x, context):
        return moved(flow.init(key, x, context), jax.random.fold_in(key, 1), scale=scale)

    return make(key, x, context)


def judge(flow: DensityModel, key, *, columns: int, features: int, scale: float, events: int = 200) -> dict:
    """Largest errors of inverse and log-determinant, and how far the flow is from the identity."""

    def one(params, x, context):
        return flow.normalize(params, x[None], context[None])[0][0]

    @quickly
    def everything(key):
        keys = jax.random.split(key, 4)
        latent = jax.random.normal(keys[0], (events, columns))
        context = jax.random.normal(keys[1], (events, features))
        params = moved(flow.init(keys[2], latent, context), keys[3], scale=scale)
        x = flow.transform(params, latent, context)
        back, log_determinant = flow.normalize(params, x, context)
        jacobian = jax.vmap(jax.jacfwd(one, argnums=1), (None, 0, 0))(params, x[:20], context[:20])
        return latent, x, back, log_determinant, jacobian

    latent, x, back, log_determinant, jacobian = (np.asarray(z, np.float64) for z in everything(key))
    expected = np.linalg.slogdet(jacobian)[1]
    return {
        "inverse": np.abs(back - latent).max(),
        "log_determinant": np.abs(log_determinant[:20] - expected).max(),
        "varies": np.std(log_determinant),
        "bends": np.abs(x - latent).mean(),
    }
