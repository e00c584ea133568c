"""The built-in TPC simulator against its own rules and against real digits."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.metrics import trends
from jaxgen.systems.tpc_pads import data as tpc_pads
from jaxgen.systems.tpc_pads.observables import moments, observe
from jaxgen.systems.tpc_pads.simulator import DEFAULT, dataset, draw_conditions, simulate
from jaxgen.systems.tpc_pads.suites import shapes

simulate_fast = jax.jit(simulate)


def tracks(number: int, *, crossing=0.0, dip=0.0, drift=150.0) -> jax.Array:
    """Tracks that differ only in where they cross the pad and the time bin."""
    fraction = np.arange(number) / number
    columns = [crossing, dip, drift + 7 * fraction % 1, 34 + fraction, 23.0, 0.479]
    return jnp.stack(np.broadcast_arrays(*columns), axis=-1)


def mean_moments(key, condition, **changes):
    parameters = dataclasses.replace(DEFAULT, **changes)
    return np.nanmean(np.asarray(moments(simulate_fast(key, condition, parameters=parameters))), axis=0)


def test_same_key_gives_same_events_and_another_key_others(key):
    condition = draw_conditions(key, 50)
    first, again = simulate_fast(key, condition), simulate_fast(key, condition)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, simulate_fast(jax.random.key(1), condition))


def test_event_does_not_depend_on_those_behind_it(key):
    condition = draw_conditions(key, 50)
    np.testing.assert_allclose(
        simulate_fast(key, condition)[:7], simulate_fast(key, condition[:7]), rtol=1e-5
    )


def test_amplitudes_are_zero_or_above_threshold(key):
    images = np.asarray(simulate_fast(key, draw_conditions(key, 2000)))
    assert images.shape == (2000, 8, 16)
    assert images.dtype == np.float32
    hits = images[images != 0]
    assert hits.min() > DEFAULT.threshold
    assert hits.min() < 1.02 * DEFAULT.threshold


def test_gradients_are_finite_and_not_zero(key):
    condition = draw_conditions(key, 20).at[0, :4].set(0.0)

    def loss(condition, parameters):
        return jnp.sum(jnp.log1p(simulate(key, condition, parameters=parameters)) * jnp.arange(16.0))

    by_condition, by_parameters = jax.jit(jax.grad(loss, argnums=(0, 1)))(condition, DEFAULT)
    for leaf in jax.tree.leaves((by_condition, by_parameters)):
        assert np.isfinite(leaf).all()
    for name in (
        "gain",
        "transverse_diffusion",
        "shaping_width",
        "cluster_density",
        "polya_theta",
        "pad_spread",
    ):
        assert getattr(by_parameters, name) != 0, name
    assert (by_condition[1:, :4] != 0).any(axis=0).all()


def test_gradient_matches_finite_difference(key):
    condition = draw_conditions(key, 200)

    @jax.jit
    def mean_width(transverse_diffusion):
        parameters = dataclasses.replace(DEFAULT, transverse_diffusion=transverse_diffusion, threshold=-1.0)
        return moments(simulate(key, condition, parameters=parameters))[:, 2].mean()

    slope = jax.jit(jax.grad(mean_width))(0.0185)
    step = 1e-3
    difference = (mean_width(0.0185 + step) - mean_width(0.0185 - step)) / (2 * step)
    np.testing.assert_allclose(slope, difference, rtol=0.02)


def test_amplitudes_scale_with_gain_and_track_length(key):
    no_threshold = {"threshold": 0.0}
    once, twice = (mean_moments(key, tracks(2000), gain=g, **no_threshold)[5] for g in (1.0, 2.0))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-4)
    steady = {"stop_fraction": 0.0, "loss_spread": 0.0, "slow_fraction": 0.0, "largest_cluster": 10.0}
    straight, inclined = (mean_moments(key, tracks(2000, dip=d), **steady)[5] for d in (0.0, 60.0))
    assert inclined / straight == pytest.approx(2.0, rel=0.05)


def test_widths_grow_with_drift_and_angles_as_in_real_digits(key):
    condition = np.asarray(draw_conditions(key, 4000), np.float64)
    values = np.asarray(moments(simulate_fast(key, condition)))
    crossing, dip = np.tan(np.radians(condition[:, :2])).T ** 2
    columns = np.stack([np.ones_like(dip), condition[:, 2] / 100, crossing, dip], axis=1)
    pads = np.linalg.lstsq(columns[:, :3], values[:, 2])[0]
    times = np.linalg.lstsq(columns, values[:, 3])[0]
    np.testing.assert_allclose(pads, [0.148, 0.073, 0.656], rtol=0.1)
    np.testing.assert_allclose(np.delete(times, 2), [0.609, 0.215, 0.554], rtol=0.15)
    assert times[2] == pytest.approx(0.458, abs=0.35)  # a small term: 0.06 at most


@pytest.mark.parametrize(("crossing", "dip"), [(15.0, 40.0), (15.0, -40.0), (-15.0, -40.0)])
def test_tilt_has_sign_and_size_of_both_angles(key, crossing, dip):
    tilt = mean_moments(key, tracks(3000, crossing=crossing, dip=dip))[4]
    expected = -0.605 * np.tan(np.radians(crossing)) * np.tan(np.radians(dip))
    assert tilt == pytest.approx(expected, rel=0.15)


def test_long_pads_collect_more(key):
    condition = tracks(2000)
    inner = mean_moments(key, condition)[5]
    outer = mean_moments(key, condition.at[:, 4].set(30.0))[5]
    assert outer / inner == pytest.approx(1.5, rel=0.1)


def test_data_set_is_split_and_reproducible(key):
    data = dataset(key, number=300, chunk=128)
    assert data.train.data.shape == (225, 8, 16)
    assert data.test.condition.shape == (75, 6)
    assert data.spec.shape == (8, 16)
    assert len(np.unique(data.train.condition[:, 0])) == 225
    np.testing.assert_array_equal(data.train.data, dataset(key, number=300, chunk=128).train.data)


def test_wrong_condition_is_named(key):
    with pytest.raises(ValueError, match=r"Expected condition of shape \(any, 6\); got \(3, 4\)"):
        simulate(key, jnp.zeros((3, 4)))


@pytest.fixture(scope="module")
def digits(real_data):
    return tpc_pads.read(real_data / "tpc_digits.dat")


def test_chi2_against_real_digits_is_at_the_floor(digits):
    fake = Batch(simulate_fast(jax.random.key(7), digits.train.condition), digits.train.condition)
    real, generated = (shapes(observe(batch, digits.spec)) for batch in (digits.test, fake))
    estimate = trends.trend_chi2(jax.random.key(1), real, generated, replicates=0).estimate
    assert estimate.value < 1.2 * 1104  # measured 0.95 +- 0.02 of the real-versus-real value


def test_moments_and_hits_of_real_digits(digits):
    real = np.asarray(digits.train.data)
    fake = np.asarray(simulate_fast(jax.random.key(8), digits.train.condition))
    theirs, ours = (np.asarray(moments(x), np.float64) for x in (real, fake))
    np.testing.assert_allclose(np.mean(ours, axis=0)[:5], np.mean(theirs, axis=0)[:5], rtol=0.02, atol=0.01)
    np.testing.assert_allclose(np.std(ours, axis=0)[:5], np.std(theirs, axis=0)[:5], rtol=0.1)
    levels = [5, 25, 50, 75, 95]
    np.testing.assert_allclose(
        np.percentile(ours[:, 5], levels), np.percentile(theirs[:, 5], levels), rtol=0.1
    )
    np.testing.assert_allclose((fake > 0).sum((1, 2)).mean(), (real > 0).sum((1, 2)).mean(), rtol=0.02)
    assert np.mean(fake[fake > 0] < 1) == pytest.approx(np.mean(real[real > 0] < 1), rel=0.2)


def test_conditions_are_distributed_as_in_real_digits(key, digits):
    real, drawn = np.asarray(digits.train.condition), np.asarray(draw_conditions(key, 20_000))
    deviation = (drawn.mean(axis=0) - real.mean(axis=0)) / np.maximum(real.std(axis=0), 1e-3)
    assert np.abs(deviation).max() < 4 / np.sqrt(len(real))
    np.testing.assert_allclose(drawn.std(axis=0)[:4], real.std(axis=0)[:4], rtol=0.03)
    angles_with_positions = np.corrcoef(drawn[:, :4].T)[[0, 1], [3, 2]]
    np.testing.assert_allclose(angles_with_positions, np.corrcoef(real[:, :4].T)[[0, 1], [3, 2]], atol=0.05)
