"""Samplers of a trained learner, made to be called often."""

from collections.abc import Callable

import jax

from jaxgen.base import Array, Key, Learner, PyTree

WIDE = {"xla_cpu_prefer_vector_width": 512}  # exponentials and noise gain a sixth; training would lose


def make_sampler(learner: Learner, state: PyTree) -> Callable[[Key, Array], Array]:
    """Compiles the sampler of one state.

    The weights become part of the program: passing them to every call takes longer than generating an event.

    Args:
      learner: gives `sample`.
      state: what it was trained to, of one member.

    Returns:
      `sampler(key, condition [n, C]) -> data [n, ...]`, in physical units; it compiles once for each n. The
      same key gives the same bits.
    """
    return jax.jit(
        lambda key, condition: learner.sample(key, state, condition, len(condition)),
        compiler_options=WIDE if jax.default_backend() == "cpu" else None,
    )
