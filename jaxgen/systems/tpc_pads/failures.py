"""Sentences that describe where generated pad responses are worst."""

from jaxgen.base import Key
from jaxgen.metrics import memorization, trends, worst_trends
from jaxgen.metrics.table import Samples
from jaxgen.systems.tpc_pads.observables import FEATURE_NAMES, MOMENT_NAMES
from jaxgen.systems.tpc_pads.observables.features import response_features
from jaxgen.systems.tpc_pads.suites import shapes


def failures(key: Key, samples: Samples) -> list[str]:
    """Trends that contribute most to the excess of the chi2 over its floor, and repeated training events.

    Args:
      key: random key of the bootstraps.
      samples: samples of an evaluation.
    """
    test, generated, _, train = samples
    found, floor = (
        trends.trend_terms(key, test.of(shapes), other.of(shapes)) for other in (generated, train)
    )
    labels = [[test.labels[name] for name in names] for names in (FEATURE_NAMES, MOMENT_NAMES)]
    told = (response_features(table) for table in (test, generated.first(test.number), train))
    return [
        *(worst_trends.describe(worst, *labels) for worst in worst_trends.shortfalls(found, floor)),
        *memorization.repetitions(*told),
    ]
