"""Spline couplings are inverted exactly enough, and know the volume they change."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgen.models import spline_flow
from tests.models import flows


@pytest.mark.parametrize(
    ("columns", "features", "layers", "scale"),
    [(12, 7, 8, 0.02), (32, 3, 8, 0.02), (5, 0, 3, 0.05)],
    ids=["12", "32", "odd"],
)
def test_inverse_and_log_determinant(columns, features, layers, scale, key):
    flow = spline_flow.make(layers=layers)
    found = flows.judge(flow, key, columns=columns, features=features, scale=scale)
    assert found["inverse"] < 1e-4, found
    assert found["log_determinant"] < 1e-4, found
    assert found["varies"] > 0.5
    assert found["bends"] > 0.3


def test_starts_as_the_identity_with_the_normal_density(key):
    flow = spline_flow.make(layers=4)
    x = 2 * jax.random.normal(key, (50, 6))
    context = jnp.ones((50, 2))
    params = flows.quickly(flow.init)(key, x, context)
    order = spline_flow.column_orders(6, 4, seed=0)
    latent, log_determinant = flows.quickly(flow.normalize)(params, x, context)
    np.testing.assert_allclose(latent, x @ np.linalg.multi_dot(order[::-1]).T, atol=1e-5)
    np.testing.assert_allclose(log_determinant, 0.0, atol=1e-5)
    expected = stats.multivariate_normal(np.zeros(6)).logpdf(x)
    np.testing.assert_allclose(flows.quickly(flow.log_prob)(params, x, context), expected, rtol=1e-5)


def test_density_integrates_to_one(key):
    """Over a fine grid, two columns, parameters away from the start."""
    flow = spline_flow.make(layers=4, width=16)
    axis = np.linspace(-8, 8, 401, dtype=np.float32)
    grid = jnp.stack(jnp.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    context = jnp.ones((len(grid), 1))
    params = flows.trained(flow, key, grid, context, scale=0.1)
    density = np.exp(np.asarray(flows.quickly(flow.log_prob)(params, grid, context), np.float64))
    np.testing.assert_allclose(density.sum() * (axis[1] - axis[0]) ** 2, 1.0, rtol=5e-3)


def test_rows_depend_on_their_context_and_on_no_other_row(key):
    flow = spline_flow.make(layers=2, width=8)
    latent, context = jax.random.normal(key, (6, 4)), jax.random.normal(key, (6, 3))
    params = flows.trained(flow, key, latent, context, scale=0.1)
    transform = flows.quickly(flow.transform)
    x = transform(params, latent, context)
    order = np.array([3, 1, 4, 0, 5, 2])
    np.testing.assert_allclose(transform(params, latent[order], context[order]), x[order], atol=1e-5)
    others = transform(params, latent, context + 1.0)
    assert (np.abs(others - x).max(axis=1) > 1e-3).all()


def test_orders_part_all_columns_and_repeat():
    orders = spline_flow.column_orders(12, 8, seed=3)
    np.testing.assert_array_equal(orders, spline_flow.column_orders(12, 8, seed=3))
    assert (orders != spline_flow.column_orders(12, 8, seed=4)).any()
    assert ((orders.sum(1) == 1) & (orders.sum(2) == 1)).all()
    place, parted, times = np.eye(12), np.zeros((12, 12), bool), np.zeros(12, int)
    for order in orders:
        place = order @ place
        later = place[6:].sum(axis=0) > 0
        times += later
        parted |= later[:, None] != later
    np.testing.assert_array_equal(times, 4)
    assert parted[~np.eye(12, dtype=bool)].mean() > 0.95


def test_misuse_is_named(key):
    with pytest.raises(ValueError, match="Expected between 2 and 100 bins; got 1"):
        spline_flow.make(bins=1)
    with pytest.raises(ValueError, match="Expected width above zero"):
        spline_flow.make(width=0)
    with pytest.raises(ValueError, match="two columns or more"):
        spline_flow.make().init(key, jnp.zeros((1, 1)), jnp.zeros((1, 0)))
