"""Classifier two-sample test: how well can a small network tell generated events from real ones?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from jaxgen import checks
from jaxgen.base import UNKNOWN, Array, Estimate, Key
from jaxgen.metrics import ranking
from jaxgen.metrics.distances import host_generator

CLIP = 10.0
FEWEST_GROUPS = 10  # different conditions below which events are held out one by one
Layers = list[tuple[Array, Array]]


@dataclass(frozen=True)
class Config:
    """The network and its training.

    Attributes:
      steps: of Adam, its rate falling to zero along half a cosine.
      batch: events a step, half of them real.
      widths: of the hidden layers.
      learning_rate: of the first step.
      weight_decay: of AdamW, high because samples are small and the network must not learn them by heart.
    """

    steps: int = 300
    batch: int = 256
    widths: tuple[int, ...] = (64, 64)
    learning_rate: float = 3e-3
    weight_decay: float = 3.0


class TwoSampleTest(NamedTuple):
    """What the network found on the half of the events that it was not trained on.

    Attributes:
      auc: area under the ROC curve, generated events positive: 0.5 if they cannot be told apart.
      log_loss: cross-entropy in nats with both classes weighted alike: log 2 = 0.693 if not.
      real_rows: which real events were held out, [n].
      fake_rows: likewise, [k].
      real_scores: their logits, [n].
      fake_scores: likewise, [k].
    """

    auc: Estimate
    log_loss: Estimate
    real_rows: np.ndarray
    fake_rows: np.ndarray
    real_scores: np.ndarray
    fake_scores: np.ndarray


def _init(key: Key, widths: tuple[int, ...]) -> Layers:
    keys = jax.random.split(key, len(widths) - 1)
    draw = jax.nn.initializers.he_normal()
    shapes = pairwise(widths)
    return [(draw(k, shape), jnp.zeros(shape[1])) for k, shape in zip(keys, shapes, strict=True)]


def _logits(layers: Layers, x: Array) -> Array:
    *hidden, (kernel, bias) = layers
    for weight, offset in hidden:
        x = jax.nn.relu(x @ weight + offset)
    return (x @ kernel + bias)[:, 0]


def _standardised(features: Array, training: Array) -> Array:
    share = training / jnp.sum(training)
    mean = share @ features
    spread = jnp.sqrt(share @ jnp.square(features - mean))
    scaled = jnp.where(spread > 0, (features - mean) / jnp.where(spread > 0, spread, 1.0), features - mean)
    return jnp.clip(scaled, -CLIP, CLIP)


@partial(jax.jit, static_argnames="config")
def _train_and_score(key: Key, features: Array, is_fake: Array, training: Array, config: Config) -> Array:
    """Logits of all events, [N + K], from a network that was trained on some of them."""
    optimizer = optax.adamw(
        optax.cosine_decay_schedule(config.learning_rate, config.steps), weight_decay=config.weight_decay
    )
    half = config.batch // 2
    label = jnp.repeat(jnp.array([-1.0, 1.0]), half)
    x = _standardised(features, training.astype(jnp.float32))
    members = [training & (is_fake == kind) for kind in (False, True)]
    orders = [(jnp.argsort(~member), jnp.sum(member)) for member in members]

    def loss(layers: Layers, x: Array) -> Array:
        return jnp.mean(jax.nn.softplus(-label * _logits(layers, x)))

    def step(carry: tuple[Layers, optax.OptState], key: Key) -> tuple[tuple[Layers, optax.OptState], None]:
        layers, state = carry
        uniform = jax.random.uniform(key, (2, half))
        rows = [order[(u * n).astype(jnp.int32)] for (order, n), u in zip(orders, uniform, strict=True)]
        grads = jax.grad(loss)(layers, x[jnp.concatenate(rows)])
        updates, state = optimizer.update(grads, state, layers)
        return (optax.apply_updates(layers, updates), state), None

    init_key, step_key = jax.random.split(key)
    layers = _init(init_key, (features.shape[1], *config.widths, 1))
    carry = layers, optimizer.init(layers)
    (layers, _), _ = lax.scan(step, carry, jax.random.split(step_key, config.steps))
    return _logits(layers, x)


def hold_out(key: Key, groups: np.ndarray) -> np.ndarray:
    """Half of the events at random, members of a group together.

    Args:
      key: for the choice.
      groups: label of each event's group, [N].

    Returns:
      Whether each is held out, bool [N].
    """
    _, member = np.unique(groups, return_inverse=True)
    number = member.max() + 1
    return (host_generator(key).permutation(number) >= (number + 1) // 2)[member]


def two_sample_test(
    key: Key,
    real: np.ndarray,
    fake: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    config: Config | None = None,
) -> TwoSampleTest:
    """Trains a network to tell two samples apart on half of the events and lets it score the others.

    Events of equal law give an area of 0.5 on average whatever the network has learned, as it has seen none
    of the events that it ranks, and the error is that of ranking these, DeLong's (Biometrics 44, 837) with
    the terms of a group added up. Cross-validation would use all events, but each of its networks is trained
    on what the others rank: for events of equal law its areas lie mostly a little below 0.5, at times far
    above, and spread by up to twice such an error.

    Args:
      key: for the halves, weights and batches.
      real: features [N, D], finite; each is standardised on the training half and cut at 10.
      fake: features [K, D]. Classes count alike whatever N and K are.
      groups: labels [N + K], real events first; events that share one, such as a real and a generated event
        of one condition, are held out together, for a network that remembers the condition would otherwise
        answer with the opposite class. Ignored where there are fewer than `FEWEST_GROUPS`.
      config: the network and its training.

    Returns:
      The result.

    Raises:
      ValueError: where features differ in number or are not finite, or a half has no event of a class.
    """
    config = config or Config()
    checks.shape("real features", real, (None, None))
    checks.shape("fake features", fake, (None, real.shape[1]))
    features = np.concatenate([real, fake]).astype(np.float32)
    if not np.isfinite(features).all():
        raise ValueError("Expected finite features; got NaN or infinity.")
    number = len(real)
    if groups is None or len(np.unique(groups)) < FEWEST_GROUPS:
        groups = np.arange(len(features))
    half_key, train_key = jax.random.split(key)
    held_out = hold_out(half_key, groups)
    is_fake = np.arange(len(features)) >= number
    fewest = min(np.sum(part & kind) for part in (held_out, ~held_out) for kind in (is_fake, ~is_fake))
    if fewest < 1:
        raise ValueError(
            f"Expected events of both samples in each of two halves; got {number} real and {len(fake)} "
            "generated events."
        )
    scores = np.asarray(_train_and_score(train_key, features, is_fake, ~held_out, config), np.float64)
    real_rows, fake_rows = (np.flatnonzero(held_out & kind) for kind in (~is_fake, is_fake))
    ours, theirs = scores[real_rows], scores[fake_rows]
    labels = groups[real_rows], groups[fake_rows]
    above, below = ranking.placements(ours, theirs)
    auc = Estimate(float(np.mean(above)), _error_of_sum((above, below), labels))
    losses = np.logaddexp(0, ours), np.logaddexp(0, -theirs)
    log_loss = Estimate(float(np.mean([x.mean() for x in losses])), _error_of_sum(losses, labels) / 2)
    return TwoSampleTest(auc, log_loss, real_rows, fake_rows - number, ours, theirs)


def _error_of_sum(terms: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> float:
    """Standard error of the sum of the means of two samples, where terms of one label vary together."""
    parts = np.concatenate([(one - one.mean()) / len(one) for one in terms])
    _, member = np.unique(np.concatenate(labels), return_inverse=True)
    sums = np.bincount(member, parts)
    return float(np.sqrt(np.sum(sums**2) * len(sums) / max(len(sums) - 1, 1)))


def auc_by_bin(
    result: TwoSampleTest, real_feature: np.ndarray, fake_feature: np.ndarray, edges: np.ndarray
) -> list[Estimate]:
    """Area under the ROC curve in bins of a feature: where can the events be told apart?

    Args:
      result: of the test on all events.
      real_feature: [N], of all events.
      fake_feature: [K], likewise.
      edges: rising, [B + 1]; the last bin includes its upper edge.

    Returns:
      One estimate a bin; NaN where a class is absent from it.
    """
    bins = len(edges) - 1
    ours, theirs = (
        np.where(x == edges[-1], bins - 1, np.searchsorted(edges, x, side="right") - 1)
        for x in (real_feature[result.real_rows], fake_feature[result.fake_rows])
    )
    pairs = [(result.real_scores[ours == b], result.fake_scores[theirs == b]) for b in range(bins)]
    return [ranking.roc_auc(*pair) if min(map(len, pair)) else UNKNOWN for pair in pairs]
