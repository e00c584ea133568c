"""Whether training events are repeated, in words."""

import numpy as np

from jaxgen.metrics.memorization import nearer_to_training
from jaxgen.plots import format as words
from jaxgen.systems.four_leptons.observables.features import standardized

ERRORS = 3.0  # from how many errors on events count as learned by heart
FEWEST = 2  # real events on either side


def repetitions(test: np.ndarray, fake: np.ndarray, train: np.ndarray) -> list[str]:
    """A sentence where generated events are next to training events too often.

    Args:
      test: features of real events that were not trained on, [N, D].
      fake: of generated events, [K, D]; as many as N are enough.
      train: of real events that were trained on, [M, D]; their spread is the unit of every feature.

    Returns:
      One sentence or none.

    >>> draw = np.random.default_rng(0)
    >>> test, train = draw.normal(size=(50, 3)), draw.normal(size=(50, 3))
    >>> repetitions(test, train + 1e-3, train)[0][:29]
    'Training events are repeated:'
    """
    if min(len(test), len(train)) < FEWEST or not len(fake):
        return []
    real, *others = (standardized(train, features)[1] for features in (test, fake, train))
    found = nearer_to_training(real, *others)
    if found.value < 1 + ERRORS * found.error:
        return []
    return [
        "Training events are repeated: the real event next to a generated one is a training event "
        f"{words.estimate(found)} times as often as chance would have it; judge by events not trained on."
    ]
