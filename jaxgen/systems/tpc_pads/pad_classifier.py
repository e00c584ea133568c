"""The classifier test for pad responses: on their moments, or on all amplitudes."""

from collections.abc import Callable
from functools import partial

import jax
import numpy as np

from jaxgen import checks
from jaxgen.base import Batch, Estimate, Key
from jaxgen.metrics.classifier import Config, TwoSampleTest, auc_by_bin, null_test, two_sample_test
from jaxgen.systems.tpc_pads import observables as pads


def moment_features(batch: Batch) -> np.ndarray:
    """Five moments, log10(1 + Sum), whether the image is empty, and the track parameters, [N, 12].

    The moments of an empty image are given as zero. Without parameters (fewer than four columns),
    the columns of the condition as they are take their place.
    """
    return np.concatenate([response_features(batch), _track(batch)], axis=1)


def response_features(batch: Batch) -> np.ndarray:
    """`moment_features` without the track parameters, [N, 7]."""
    moments = np.asarray(pads.moments(batch.data), np.float64)
    empty = pads.is_empty(batch.data)[:, None]
    shape = np.where(empty, 0.0, moments[:, :5])
    return np.concatenate([shape, np.log10(1 + moments[:, 5:]), empty], axis=1)


def pixel_features(batch: Batch, *, threshold: float = 1.0) -> np.ndarray:
    """log10(1 + amplitude) of all cells and the track parameters, [N, pads * time bins + 5].

    Amplitudes below the threshold (ADC counts) count as zero: few detectors would write them, and
    a generator without a cut is told apart by them alone.
    """
    images = np.asarray(batch.data, np.float64)
    images = np.where(images < max(threshold, 0.0), 0.0, images)
    return np.concatenate([np.log10(1 + images).reshape(len(images), -1), _track(batch)], axis=1)


Describe = Callable[[Batch], np.ndarray]
DESCRIPTIONS: dict[str, Describe] = {
    "moments": moment_features,
    "pixels": pixel_features,
    "uncut_pixels": partial(pixel_features, threshold=0.0),
}


def pad_test(
    key: Key, real: Batch, fake: Batch, *, on: str = "moments", config: Config | None = None
) -> TwoSampleTest:
    """How well a network that knows the track tells generated pad responses from real ones.

    Events of the same condition, real or generated, are held out together.

    Args:
      key: for folds, weights and batches.
      real: images [N, pads, time bins], conditions [N, C].
      fake: images [K, pads, time bins], conditions [K, C].
      on: "moments", "pixels" (cut at 1 ADC count) or "uncut_pixels".
      config: of the network.

    Returns:
      The result of the test.

    Raises:
      ValueError: where `on` is unknown, an amplitude is not finite, or events are too few.
    """
    checks.one_of("what the classifier is given", on, DESCRIPTIONS)
    describe = DESCRIPTIONS[on]
    groups = _groups(np.concatenate([np.asarray(batch.condition) for batch in (real, fake)]))
    return two_sample_test(key, describe(real), describe(fake), groups=groups, config=config)


def pad_null(key: Key, real: Batch, *, on: str = "moments", config: Config | None = None) -> TwoSampleTest:
    """`pad_test` on two halves of the real events.

    Args:
      key: for the halves and the test.
      real: images [N, pads, time bins], conditions [N, C].
      on: "moments", "pixels" (cut at 1 ADC count) or "uncut_pixels".
      config: of the network.
    """
    checks.one_of("what the classifier is given", on, DESCRIPTIONS)
    return null_test(key, DESCRIPTIONS[on](real), groups=_groups(np.asarray(real.condition)), config=config)


def moment_auc(key: Key, real: Batch, fake: Batch) -> Estimate:
    """Area under the ROC curve on moments and track parameters; 0.5 for a perfect generator."""
    return pad_test(key, real, fake, on="moments").auc


def pixel_auc(key: Key, real: Batch, fake: Batch) -> Estimate:
    """Area under the ROC curve on amplitudes from 1 ADC count up; 0.5 for a perfect generator."""
    return pad_test(key, real, fake, on="pixels").auc


def pad_auc_by_feature(
    result: TwoSampleTest, real: Batch, fake: Batch, *, bins: int = 5
) -> dict[str, tuple[np.ndarray, list[Estimate]]]:
    """Area under the ROC curve along each track parameter, in bins of equally many real events.

    Args:
      result: of `pad_test` on the same events.
      real: as given to it.
      fake: likewise.
      bins: a feature.

    Returns:
      By the name of the feature, edges [bins + 1] and one estimate a bin. Generated events outside
      the range of the real ones are in no bin.
    """
    ours, theirs = pads.trend_features(real.condition), pads.trend_features(fake.condition)
    table = {}
    for i, name in enumerate(pads.FEATURE_NAMES):
        edges = np.quantile(ours[:, i], np.linspace(0, 1, bins + 1))
        table[name] = edges, auc_by_bin(result, ours[:, i], theirs[:, i], edges)
    return table


def _track(batch: Batch) -> np.ndarray:
    condition = np.asarray(jax.device_get(batch.condition), np.float64)
    return pads.trend_features(condition) if condition.shape[1] >= 4 else condition


def _groups(condition: np.ndarray) -> np.ndarray | None:
    if not condition.shape[1]:
        return None
    return np.unique(condition.astype(np.float32), axis=0, return_inverse=True)[1].ravel()
