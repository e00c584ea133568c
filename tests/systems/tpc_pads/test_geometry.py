"""Does the response follow the track: fits of real events, and faults that are seen."""

import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.systems.tpc_pads.observables import geometry
from tests.systems.tpc_pads.conftest import observed, rows

PUBLISHED = {
    "pad_residual_mean": -0.002,
    "pad_residual_std": 0.079,
    "time_residual_mean": -0.006,
    "time_residual_std": 0.233,
    "Sigma0^2_constant": 0.148,
    "Sigma0^2_drift": 0.073,
    "Sigma0^2_crossing": 0.656,
    "Sigma1^2_constant": 0.609,
    "Sigma1^2_drift": 0.215,
    "Sigma1^2_crossing": 0.458,
    "Sigma1^2_dip": 0.554,
    "Cov01_tilt": -0.605,
    "log10_sum_mean": 2.590,
    "log10_sum_std": 0.304,
}


def test_real_events_follow_their_tracks_as_measured(real_events):
    """The numbers were measured on 5,000 events, of which these are the first 4,000."""
    result = geometry.summary(real_events)
    assert result.keys() == PUBLISHED.keys()
    for name, expected in PUBLISHED.items():
        assert abs(result[name].value - expected) < result[name].error + 0.0005, name
    fits = geometry.fits(real_events)
    assert fits["Sigma0^2"].explained == pytest.approx(0.73, abs=0.02)
    assert fits["Sigma1^2"].explained == pytest.approx(0.82, abs=0.02)


def changed(table, data) -> object:
    return observed(Batch(data, table.batch.condition))


def test_a_shift_by_one_pad_is_seen(real_events):
    half = real_events.number // 2
    real, other = (rows(real_events, part) for part in (slice(half), slice(half, None)))
    same = geometry.compare(real, other)
    assert max(abs(c.pull) for c in same.values()) < 4
    moved = geometry.compare(real, changed(other, np.roll(other.batch.data, 1, axis=1)))
    assert moved["pad_residual_mean"].pull > 100
    assert moved["Cov01_tilt"].pull == pytest.approx(same["Cov01_tilt"].pull, abs=0.5)


def test_a_flipped_tilt_is_seen(real_events):
    flipped = changed(real_events, real_events.batch.data[:, ::-1])
    compared = geometry.compare(real_events, flipped)["Cov01_tilt"]
    assert compared.fake.value == pytest.approx(-compared.real.value, rel=1e-4)
    assert compared.pull > 50


def test_empty_images_are_left_out(real_events):
    some = real_events.first(50)
    batch = some.batch
    holes = Batch(np.concatenate([batch.data, 0 * batch.data]), np.concatenate([batch.condition] * 2))
    assert geometry.summary(observed(holes)) == geometry.summary(some)


def test_too_few_events_give_no_number():
    fake = observed(Batch(np.zeros((3, 8, 16), np.float32), np.ones((3, 4), np.float32)))
    result = geometry.summary(fake)
    assert all(np.isnan(estimate.value) for estimate in result.values())


def test_a_sample_is_summed_up_once(real_events, monkeypatch):
    table = real_events.first(60)
    first = table.of(geometry.summary)
    monkeypatch.setattr(geometry, "fits", None)
    assert table.of(geometry.summary) is first
