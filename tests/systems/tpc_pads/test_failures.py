"""Where generated pad responses are worst, in words."""

import numpy as np

from jaxgen.base import Batch
from jaxgen.metrics.table import Samples
from jaxgen.systems.tpc_pads import simulator
from jaxgen.systems.tpc_pads.failures import failures
from tests.systems.tpc_pads.conftest import observed, rows

FOUND = "Training events are repeated:"


def test_repeated_and_shifted_responses_are_told(key):
    data = simulator.dataset(0, number=1200)
    test, train = observed(data.test), observed(data.train)
    half = test.number // 2
    again, asked, others = rows(train, slice(half)), rows(test, slice(half)), rows(test, slice(half, None))
    assert failures(key, Samples(test, again, train, train))[-1].startswith(FOUND)
    assert not any(FOUND in s for s in failures(key, Samples(asked, others, train, train)))
    wide = observed(Batch(np.asarray(data.test.data) * (1 + (np.arange(16) > 8)), data.test.condition))
    sentences = failures(key, Samples(test, wide, train, train))
    assert any(s.startswith("Mean1 versus ") and "too high" in s for s in sentences)
