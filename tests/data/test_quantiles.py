"""Columns made standard normal: order, inverse, tails, and columns of one value."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgen.data import quantiles


def normal_scores(columns):
    return quantiles.normal_scores(quantiles.statistics(columns))


def call(function, x):
    return np.asarray(jax.jit(function)(jnp.asarray(x, jnp.float32)))


def skewed(number=4000):
    draw = np.random.default_rng(1)
    peak = np.where(draw.uniform(size=number) < 0.6, 125 + 0.003 * draw.normal(size=number), 60.0)
    columns = [
        draw.exponential(size=number),
        draw.uniform(-np.pi, np.pi, number),
        peak,
        draw.normal(size=number),
    ]
    return np.stack(columns, axis=-1)


def test_other_draws_of_the_columns_become_normal():
    columns = skewed(8000)
    scores = call(normal_scores(columns[:4000]).forward, columns[4000:])
    for column in (0, 1, 3):
        assert stats.kstest(scores[:, column], "norm").pvalue > 1e-3
    peak = columns[4000:, 2] > 100
    upper = stats.norm.ppf(0.4 + 0.6 * stats.norm.cdf((columns[4000:, 2][peak] - 125) / 0.003))
    np.testing.assert_allclose(scores[peak, 2], upper, atol=0.25)


def test_inverse_undoes_forward_inside_and_beyond():
    scaler = normal_scores(skewed())
    x = (skewed() * 1.5 - 0.3).astype(np.float32)
    np.testing.assert_allclose(call(lambda x: scaler.inverse(scaler.forward(x)), x), x, rtol=2e-6, atol=2e-5)
    z = np.random.default_rng(0).normal(0, 2, (500, 4))
    again = call(lambda z: scaler.forward(scaler.inverse(z)), z)
    np.testing.assert_allclose(again[:, [0, 3]], z[:, [0, 3]], atol=2e-4)
    flat = np.abs(z[:, 1]) < 2.5  # the ends of the uniform column are steeper than float32 resolves
    np.testing.assert_allclose(again[flat, 1], z[flat, 1], atol=2e-4)


def test_the_map_increases_everywhere():
    scaler = normal_scores(skewed())
    z = np.linspace(-8, 8, 4001)[:, None] * np.ones(4)
    x = call(scaler.inverse, z)
    assert (np.diff(x, axis=0) >= 0).all()
    assert (x[-1] > x[2000]).all()
    slope = call(jax.grad(lambda z: scaler.inverse(z).sum()), z)
    assert (np.isfinite(slope) & (slope > 0)).all()


def test_the_quantiles_are_those_of_the_columns():
    columns = skewed(20_001)
    scaler = normal_scores(columns)
    z = stats.norm.ppf([0.01, 0.25, 0.5, 0.75, 0.99])[:, None] * np.ones(4)
    expected = np.quantile(columns, [0.01, 0.25, 0.5, 0.75, 0.99], axis=0)
    np.testing.assert_allclose(
        scaler.inverse(jnp.asarray(z))[:, [0, 1, 3]], expected[:, [0, 1, 3]], atol=5e-3
    )
    ends = np.asarray(scaler.inverse(scaler.forward(jnp.asarray(columns, jnp.float32)))).max(0)
    np.testing.assert_allclose(ends, columns.max(0), rtol=1e-6)


def test_statistics_are_arrays_that_survive_a_file(tmp_path):
    """The scaler of what was written and read is the same to the bit."""
    found = quantiles.statistics(skewed(), number_knots=33)
    assert {name: (values.shape, str(values.dtype)) for name, values in found.items()} == {
        "table": ((4, 33), "float32"),
        "low": ((4,), "float32"),
        "high": ((4,), "float32"),
        "last": ((), "float64"),
    }
    assert (np.diff(found["table"], axis=1) > 0).all()
    assert float(found["last"]) == pytest.approx(-stats.norm.ppf(0.5 / 4000))
    np.savez(tmp_path / "statistics.npz", **found)
    with np.load(tmp_path / "statistics.npz") as read:
        again = quantiles.normal_scores(read)
    x = skewed(100).astype(np.float32)
    np.testing.assert_array_equal(call(again.forward, x), call(quantiles.normal_scores(found).forward, x))


def test_constant_columns_stay_finite():
    columns = np.stack([np.full(50, 3.0), np.zeros(50), np.repeat([0.0, 1.0], 25)], axis=-1)
    scaler = normal_scores(columns)
    both = np.concatenate([columns, columns + 1])
    assert np.isfinite(call(scaler.forward, both)).all()
    np.testing.assert_allclose(call(lambda x: scaler.inverse(scaler.forward(x)), both), both, atol=1e-5)


@pytest.mark.parametrize(
    ("columns", "message"),
    [(np.ones(4), "shape"), (np.ones((1, 2)), "rows"), (np.full((4, 1), np.nan), "finite")],
)
def test_bad_columns_are_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        quantiles.statistics(columns)


def test_too_few_knots_are_refused():
    with pytest.raises(ValueError, match="knots above zero; got 0"):
        quantiles.statistics(np.ones((4, 1)), number_knots=2)
