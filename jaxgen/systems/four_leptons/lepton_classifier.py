"""The classifier test for four-lepton events: on their momenta, or on masses and other observables."""

import numpy as np

from jaxgen import checks
from jaxgen.base import Batch, Key
from jaxgen.metrics.classifier import Config, TwoSampleTest, two_sample_test
from jaxgen.systems.four_leptons.observables import features as lepton_features
from jaxgen.systems.four_leptons.observables.features import Describe

DESCRIPTIONS: dict[str, Describe] = {
    "momenta": lepton_features.momentum_features,
    "observables": lepton_features.observable_features,
}


def lepton_test(
    key: Key, real: Batch, fake: Batch, *, on: str = "momenta", config: Config | None = None
) -> TwoSampleTest:
    """How well a network tells generated four-lepton events from real ones.

    Features are standardized by the real events and cut at 10 standard deviations. Events of the same
    condition, real or generated, are held out together, unless there are few different ones.

    Args:
      key: for folds, weights and batches.
      real: events [N, 8, 4], conditions [N, C].
      fake: events [K, 8, 4], conditions [K, C].
      on: "momenta" or "observables".
      config: of the network.

    Returns:
      The result of the test.

    Raises:
      ValueError: where `on` is unknown or events are too few.
    """
    checks.one_of("what the classifier is given", on, DESCRIPTIONS)
    features = lepton_features.standardized(*(DESCRIPTIONS[on](batch) for batch in (real, fake)))
    condition = np.concatenate([np.asarray(batch.condition, np.float32) for batch in (real, fake)])
    groups = np.unique(condition, axis=0, return_inverse=True)[1].ravel() if condition.shape[1] else None
    return two_sample_test(key, *features, groups=groups, config=config)
