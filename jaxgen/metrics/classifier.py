"""Classifier two-sample test: how well can a small network tell generated events from real ones?"""

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
from jaxgen.base import Array, Estimate, Key
from jaxgen.metrics import ranking
from jaxgen.metrics.distances import host_generator

CLIP = 10.0
Layers = list[tuple[Array, Array]]


@dataclass(frozen=True)
class Config:
    """The network and its training.

    Attributes:
      folds: of the cross-validation.
      steps: of Adam in each fold, its rate falling to zero along half a cosine.
      batch: events a step, half of them real.
      widths: of the hidden layers.
      learning_rate: of the first step.
      weight_decay: of AdamW, high because samples are small and the network must not learn them by heart.
    """

    folds: int = 5
    steps: int = 300
    batch: int = 256
    widths: tuple[int, ...] = (64, 64)
    learning_rate: float = 3e-3
    weight_decay: float = 3.0


class TwoSampleTest(NamedTuple):
    """What the network found on events that it was not trained on.

    Attributes:
      auc: area under the ROC curve, generated events positive: 0.5 if they cannot be told apart.
      log_loss: cross-entropy in nats with both classes weighted alike: log 2 = 0.693 if not.
      real_scores: logits [N]; comparable within a fold.
      fake_scores: logits [K].
      real_fold: fold that each real event was held out in, [N].
      fake_fold: likewise, [K].
    """

    auc: Estimate
    log_loss: Estimate
    real_scores: np.ndarray
    fake_scores: np.ndarray
    real_fold: np.ndarray
    fake_fold: np.ndarray


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
def _train_and_score(key: Key, features: Array, is_fake: Array, fold: Array, config: Config) -> Array:
    """Logits of all events from the networks of all folds, [folds, N + K]."""
    optimizer = optax.adamw(
        optax.cosine_decay_schedule(config.learning_rate, config.steps), weight_decay=config.weight_decay
    )
    half = config.batch // 2
    label = jnp.repeat(jnp.array([-1.0, 1.0]), half)

    def one_fold(inputs: tuple[Key, Array]) -> Array:
        key, held_out = inputs
        training = fold != held_out
        x = _standardised(features, training.astype(jnp.float32))
        members = [training & (is_fake == kind) for kind in (False, True)]
        orders = [(jnp.argsort(~member), jnp.sum(member)) for member in members]

        def loss(layers: Layers, x: Array) -> Array:
            return jnp.mean(jax.nn.softplus(-label * _logits(layers, x)))

        def step(
            carry: tuple[Layers, optax.OptState], key: Key
        ) -> tuple[tuple[Layers, optax.OptState], None]:
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

    return lax.map(one_fold, (jax.random.split(key, config.folds), jnp.arange(config.folds)))


def assign_folds(key: Key, groups: np.ndarray, folds: int) -> np.ndarray:
    """Spreads events over folds at random, members of a group into the same fold.

    Args:
      key: for the order.
      groups: label of each event's group, [N]; with fewer than 2 * folds of them they are ignored.
      folds: their number.

    Returns:
      [N], 0 to folds - 1.
    """
    _, member = np.unique(groups, return_inverse=True)
    if member.max() + 1 < 2 * folds:
        member = np.arange(len(groups))
    order = host_generator(key).permutation(member.max() + 1)
    return (order % folds)[member]


def two_sample_test(
    key: Key,
    real: np.ndarray,
    fake: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    config: Config | None = None,
) -> TwoSampleTest:
    """Trains a network to tell two samples apart and scores every event by one that has not seen it.

    The area under the curve is the mean over folds, each network ranking only its own held-out
    events; its error is DeLong's, for networks as they are.

    Args:
      key: for folds, weights and batches.
      real: features [N, D], finite; each is standardised on the training folds and cut at 10.
      fake: features [K, D]. Classes count alike whatever N and K are.
      groups: labels [N + K], real events first; events that share one, such as a real and a
        generated event of one condition, are held out together, for a network that remembers the
        condition would otherwise answer with the opposite class.
      config: the network and its training.

    Returns:
      The result.

    Raises:
      ValueError: where features differ in number or are not finite, or events are too few to fold.
    """
    config = config or Config()
    checks.shape("real features", real, (None, None))
    checks.shape("fake features", fake, (None, real.shape[1]))
    features = np.concatenate([real, fake]).astype(np.float32)
    if not np.isfinite(features).all():
        raise ValueError("Expected finite features; got NaN or infinity.")
    fold_key, train_key = jax.random.split(key)
    number = len(real)
    fold = assign_folds(fold_key, np.arange(len(features)) if groups is None else groups, config.folds)
    ours, theirs = fold[:number], fold[number:]
    fewest = min(np.bincount(f, minlength=config.folds).min() for f in (ours, theirs))
    if fewest < 1 or config.folds < 2:
        raise ValueError(
            f"Expected events of both samples in each of 2 folds or more; got {number} real and "
            f"{len(fake)} generated events in {config.folds} folds."
        )
    is_fake = np.arange(len(features)) >= number
    every = np.asarray(_train_and_score(train_key, features, is_fake, fold, config), np.float64)
    scores = every[fold, np.arange(len(features))]
    return _judge(scores[:number], scores[number:], ours, theirs, config.folds)


def _judge(
    real: np.ndarray, fake: np.ndarray, real_fold: np.ndarray, fake_fold: np.ndarray, folds: int
) -> TwoSampleTest:
    placed = [ranking.placements(real[real_fold == f], fake[fake_fold == f]) for f in range(folds)]
    above, below = (np.concatenate(side) for side in zip(*placed, strict=True))
    value = np.mean([one.mean() for _, one in placed])
    auc = Estimate(float(value), ranking.area(above, below).error)
    losses = np.logaddexp(0, real), np.logaddexp(0, -fake)
    error = np.sqrt(sum(np.var(x) / len(x) for x in losses)) / 2
    log_loss = Estimate(float(np.mean([x.mean() for x in losses])), float(error))
    return TwoSampleTest(auc, log_loss, real, fake, real_fold, fake_fold)


def null_test(
    key: Key, real: np.ndarray, *, groups: np.ndarray | None = None, config: Config | None = None
) -> TwoSampleTest:
    """The same test on two random halves of the real events: what to expect of a perfect generator.

    Args:
      key: for the halves and the test.
      real: features [N, D].
      groups: labels [N], as for `two_sample_test`.
      config: likewise.

    Returns:
      The result, at half the number of events.
    """
    order = host_generator(jax.random.fold_in(key, 0)).permutation(len(real))
    first, second = np.array_split(order, 2)
    ordered = None if groups is None else groups[order]
    return two_sample_test(
        jax.random.fold_in(key, 1), real[first], real[second], groups=ordered, config=config
    )


def auc_by_bin(
    result: TwoSampleTest, real_feature: np.ndarray, fake_feature: np.ndarray, edges: np.ndarray
) -> list[Estimate]:
    """Area under the ROC curve in bins of a feature: where can the events be told apart?

    Args:
      result: of the test on all events.
      real_feature: [N].
      fake_feature: [K].
      edges: rising, [B + 1]; the last bin includes its upper edge.

    Returns:
      One estimate a bin; NaN where a class is absent from it.
    """
    folds = np.unique(result.real_fold)
    bins = len(edges) - 1
    places: list[list[np.ndarray]] = []
    ours, theirs = (
        np.where(x == edges[-1], bins - 1, np.searchsorted(edges, x, side="right") - 1)
        for x in (real_feature, fake_feature)
    )
    for b in range(bins):
        pairs = [
            (
                result.real_scores[(ours == b) & (result.real_fold == f)],
                result.fake_scores[(theirs == b) & (result.fake_fold == f)],
            )
            for f in folds
        ]
        placed = [ranking.placements(*pair) for pair in pairs if min(map(len, pair)) > 0]
        places.append([np.concatenate(side) for side in zip(*placed, strict=True)])
    return [ranking.area(*place) if place else Estimate(float("nan"), float("nan")) for place in places]
