"""What networks see of conditions."""

import jax
import numpy as np
import pytest

from jaxgen.systems.four_leptons.data import conditions_of
from jaxgen.systems.four_leptons.representation import conditions
from tests.systems.four_leptons.events import events_in_order


def test_features_are_one_hot_and_standardized():
    condition = conditions_of(events_in_order(200), "channel_mass")
    statistics = conditions.statistics(condition)
    found = jax.jit(lambda x: conditions.features(x, statistics))(condition)
    np.testing.assert_array_equal(found[:, :3], np.eye(3)[condition[:, 0].astype(int)])
    assert float(found[:, 3].mean()) == pytest.approx(0, abs=1e-4)
    assert float(found[:, 3].std()) == pytest.approx(1, abs=1e-4)
    assert conditions.features(condition[:, :1], statistics).shape == (200, 3)
    assert conditions.features(condition[:, :0], statistics).shape == (200, 0)
    with pytest.raises(ValueError, match="columns"):
        conditions.features(np.zeros((2, 3)), statistics)


def test_statistics_of_no_mass_or_of_one_mass_change_nothing_in_scale():
    condition = conditions_of(events_in_order(20), "channel_mass")
    assert conditions.statistics(condition[:, :1]) == {"log_mass_mean": 0.0, "log_mass_std": 1.0}
    assert conditions.statistics(np.broadcast_to(condition[:1], (5, 2)))["log_mass_std"] == 1.0
