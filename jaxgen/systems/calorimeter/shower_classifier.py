"""The classifier test for showers: on their high-level features, or on these with cells and contrasts."""

from collections.abc import Callable

import numpy as np

from jaxgen import checks
from jaxgen.base import Batch, Key
from jaxgen.metrics.classifier import Config, TwoSampleTest, two_sample_test
from jaxgen.systems.calorimeter.observables import features as shower_features
from jaxgen.systems.four_leptons.observables import features as lepton_features

DESCRIPTIONS: dict[str, Callable[[Batch], np.ndarray]] = {
    "high_level": shower_features.high_level_features,
    "cells": shower_features.all_features,
}

CONFIG = Config(steps=1000, widths=(128, 64))
"""Of the networks: real showers with each cell smeared by 20 % are told with an AUC of 0.95 from 2,000."""


def shower_test(
    key: Key, real: Batch, fake: Batch, *, on: str = "cells", config: Config | None = None
) -> TwoSampleTest:
    """How well a network that knows the incident particle tells generated showers from real ones.

    Features are standardized by the real events and cut at 10 standard deviations; what a shower has not
    counts as 10 below. Events of the same condition, real or generated, are held out together, unless there
    are few different ones.

    Args:
      key: for folds, weights and batches.
      real: showers [N, 30, 30] in MeV, conditions [N, C].
      fake: showers [K, 30, 30], conditions [K, C].
      on: "high_level" or "cells".
      config: of the network.

    Returns:
      The result of the test.

    Raises:
      ValueError: where `on` is unknown or events are too few.
    """
    checks.one_of("what the classifier is given", on, DESCRIPTIONS)
    features = lepton_features.standardized(*(DESCRIPTIONS[on](batch) for batch in (real, fake)))
    conditions = [np.asarray(batch.condition, np.float32) for batch in (real, fake)]
    known = lepton_features.standardized(*map(shower_features.condition_features, conditions))
    every = np.concatenate(conditions)
    groups = np.unique(every, axis=0, return_inverse=True)[1].ravel() if every.shape[1] else None
    told = [np.column_stack(pair) for pair in zip(features, known, strict=True)]
    return two_sample_test(key, *told, groups=groups, config=config or CONFIG)
