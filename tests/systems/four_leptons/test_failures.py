"""What is said of generated four-lepton events."""

import numpy as np

from jaxgen.systems.four_leptons import observables as measured
from jaxgen.systems.four_leptons.failures import failures
from tests.systems.four_leptons import lepton_batches as four_leptons

TEST, TRAIN = (four_leptons.table(four_leptons.make(seed, 150)) for seed in (0, 1))


def test_failures_name_the_worst_first(key):
    generated = four_leptons.table(four_leptons.spoiled(scale=3.0))
    sentences = failures(key, four_leptons.samples(TEST, generated, TRAIN), number=2)
    assert sentences[0] == "1.9 % of the generated events hold values that are not finite."
    assert sentences[1] == "12 % of the generated events have no m(4ℓ): m² < 0."
    distances = [sentence for sentence in sentences if "Wasserstein" in sentence]
    assert len(distances) == 2
    ratios = [float(text.split(" times its floor")[0].split()[-1]) for text in distances]
    assert ratios == sorted(ratios, reverse=True)
    assert all("too high" in text for text in distances)


def test_failures_see_channels_and_correlations(key):
    test, train = (four_leptons.table(four_leptons.make(seed, 1500)) for seed in (4, 5))
    events = four_leptons.make(3, 1500)
    only = np.tile(events[measured.channels(events) == 0], (3, 1, 1))
    only[..., 2] = -only[..., 1]
    sentences = failures(key, four_leptons.samples(test, four_leptons.table(only), train))
    assert any(text.startswith("Channel 4e has 100 % of the events instead of") for text in sentences)
    assert "instead of" in sentences[-1]
    assert sentences[-1].startswith("The correlation of px of")


def test_real_events_fail_nowhere(key):
    assert failures(key, four_leptons.samples(TRAIN, TRAIN, TRAIN)) == []
