"""Losses of critic and generator as functions of the critic's outputs."""

from collections.abc import Callable
from dataclasses import dataclass

import jax

from jaxgen import checks, collectives, numerics
from jaxgen.base import Array

softplus = jax.nn.softplus

Score = Callable[[Array | None, Array, Array | None], Array]


def first_output(scores: Array, centre: Array | None = None) -> Array:
    """The critic's score for losses with one output: [B, 1] -> [B]."""
    del centre
    return scores[:, 0]


@dataclass(frozen=True)
class AdversarialLoss:
    """The losses of critic and generator.

    Scores are the critic's linear outputs (logits if the loss is defined by probabilities), [B, D].
    Losses are returned per example, [B]; the caller averages.

    Attributes:
      name: name of the loss.
      critic: `critic(real, fake, second) -> [B]`, from the scores of B real events, of B generated events
        and, if `needs_second_fake`, of another B events generated for the same conditions, else None.
      generator: `generator(real, fake, second) -> [B]`; `real` may be None unless `generator_needs_real`.
      outputs: number of outputs of the critic, D.
      needs_second_fake: whether a second generated batch is used.
      generator_needs_real: whether the gradient of the generator depends on the real scores.
      witness: `witness(scores, centre) -> [B]`, the scalar function of an event whose gradient norm a
        gradient penalty uses. For most losses it is the only output and `centre` is None; for the Cramer loss
        `centre` holds the scores of `fake`, and the points of the penalty lie between real and `second`.
      log_odds: whether the optimal critic for this loss returns log-odds, so that the sigmoid of a score is
        the probability that an event is real.
    """

    name: str
    critic: Score
    generator: Score
    outputs: int = 1
    needs_second_fake: bool = False
    generator_needs_real: bool = False
    witness: Callable[[Array, Array | None], Array] = first_output
    log_odds: bool = False


def _of_both(loss: Callable[[Array, Array], Array]) -> Score:
    """Extends a loss of two scalars [B] to scores [B, 1]."""

    def of_scores(real: Array | None, fake: Array, second: Array | None = None) -> Array:
        del second
        if real is None:
            raise ValueError("Expected the scores of real events; got None.")
        checks.shape("fake scores", fake, (None, 1))
        checks.same_shape(fake=fake, real=real)
        return loss(real[:, 0], fake[:, 0])

    return of_scores


def _of_fake(loss: Callable[[Array], Array]) -> Score:
    """Extends a loss of one scalar [B] to scores [B, 1]."""

    def of_scores(real: Array | None, fake: Array, second: Array | None = None) -> Array:
        del real, second
        checks.shape("fake scores", fake, (None, 1))
        return loss(fake[:, 0])

    return of_scores


def _wasserstein_generator(real: Array | None, fake: Array, second: Array | None = None) -> Array:
    """r - f, or -f without real scores, which has the same gradient."""
    if real is None:
        return _of_fake(lambda f: -f)(real, fake, second)
    return _of_both(lambda r, f: r - f)(real, fake, second)


def cramer_witness(scores: Array, centre: Array | None) -> Array:
    """The critic function f(x) = |h(x) - h(c)| - |h(x)| (arXiv:1705.10743, algorithm 1).

    Args:
      scores: scores h(x), [B, D].
      centre: score h(c) of one generated event per row, [B, D].

    Returns:
      [B].
    """
    if centre is None:
        raise ValueError("Expected the scores of generated events as the centre; got None.")
    return numerics.safe_norm(scores - centre, axis=-1) - numerics.safe_norm(scores, axis=-1)


def _cramer_gap(real: Array | None, fake: Array, second: Array | None) -> Array:
    """|r - f| + |f'| - |f - f'| - |r|, that is f(r) - f(f') of the witness centred on f."""
    if real is None or second is None:
        raise ValueError("Expected real scores and those of a second generated batch; got None.")
    checks.same_shape(fake=fake, real=real, second=second)
    return cramer_witness(real, fake) - cramer_witness(second, fake)


def _cramer_critic(real: Array | None, fake: Array, second: Array | None) -> Array:
    return -_cramer_gap(real, fake, second)


def _js_as_published(axis_name: str | None) -> AdversarialLoss:
    def critic(real: Array, fake: Array) -> Array:
        number = len(real) * collectives.size(axis_name)
        return number * softplus(-real) + softplus(fake) / 2

    return AdversarialLoss("js_as_published", _of_both(critic), _of_fake(lambda f: softplus(-f)))


def _losses(axis_name: str | None) -> dict[str, AdversarialLoss]:
    cross_entropy = _of_both(lambda r, f: softplus(-r) + softplus(f))
    non_saturating = _of_fake(lambda f: softplus(-f))
    table = (
        AdversarialLoss("wasserstein", _of_both(lambda r, f: f - r), _wasserstein_generator),
        AdversarialLoss("minimax", cross_entropy, _of_fake(lambda f: -softplus(f)), log_odds=True),
        AdversarialLoss("non_saturating", cross_entropy, non_saturating, log_odds=True),
        AdversarialLoss(
            "js",
            _of_both(lambda r, f: (softplus(-r) + softplus(f)) / 2),
            non_saturating,
            log_odds=True,
        ),
        _js_as_published(axis_name),
        AdversarialLoss(
            "hinge",
            _of_both(lambda r, f: jax.nn.relu(1 - r) + jax.nn.relu(1 + f)),
            _of_fake(lambda f: -f),
        ),
        AdversarialLoss(
            "cramer",
            critic=_cramer_critic,
            generator=_cramer_gap,
            outputs=256,
            needs_second_fake=True,
            generator_needs_real=True,
            witness=cramer_witness,
        ),
    )
    return {loss.name: loss for loss in table}


LOSSES = _losses(None)
"""All losses by name, for a single device."""


def get(name: str, *, axis_name: str | None = None) -> AdversarialLoss:
    """The loss with this name.

    Losses of critic and generator, with r and f the critic's outputs for real and generated events,
    sp = softplus, and means over a batch of n:

    - wasserstein: mean(f - r) and mean(r - f) (arXiv:1701.07875);
    - minimax: mean(sp(-r) + sp(f)), that is -log D(x) - log(1 - D(x')), and -mean sp(f) (arXiv:1406.2661);
    - non_saturating: the critic as in minimax, and mean sp(-f);
    - js: [sum sp(-r) + sum sp(f)] / 2n and mean sp(-f);
    - js_as_published: sum sp(-r) + [sum sp(f)] / 2n, an error of operator precedence in a published code, and
      mean sp(-f);
    - hinge: mean(relu(1 - r) + relu(1 + f)) and -mean f (arXiv:1705.02894);
    - cramer: -mean(|r - f| + |f'| - |f - f'| - |r|) and its negative, with f' from a second generated batch
      (arXiv:1705.10743).

    Args:
      name: one of `LOSSES`.
      axis_name: device axis over which the caller averages; used only by js_as_published, which contains a
        sum in place of an average.

    Raises:
      ValueError: for an unknown name.

    >>> import jax.numpy as jnp
    >>> get("wasserstein").critic(jnp.array([[2.0]]), jnp.array([[0.5]]), None)
    Array([-1.5], dtype=float32)
    """
    checks.one_of("loss", name, LOSSES)
    return _losses(axis_name)[name]
