"""Scalers: the inverse undoes the forward, gradients are finite."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jaxgen.base import Scaler
from jaxgen.data import scalers

NUMBERS = hnp.arrays(np.float32, (2, 4), elements=st.floats(0, 1e5, width=32))
LOGARITHMIC = Scaler(jnp.log1p, jnp.expm1)
POINTWISE = {
    "identity": scalers.identity(),
    "standardized": scalers.standardized(np.arange(4.0), np.array([0.5, 1, 2, 30])),
    "composed": scalers.compose(LOGARITHMIC, scalers.standardized(0.7, 0.9)),
}


@pytest.mark.parametrize("name", POINTWISE)
@settings(deadline=None)
@given(x=NUMBERS)
def test_inverse_undoes_forward(name, x):
    scaler = POINTWISE[name]
    np.testing.assert_allclose(scaler.inverse(scaler.forward(x)), x, rtol=5e-6, atol=1e-5)


@pytest.mark.parametrize("name", POINTWISE)
def test_forward_is_differentiable(name):
    slope = jax.grad(lambda x: POINTWISE[name].forward(x).sum())(jnp.array([0.0, 0.5, 3.0, 1e4]))
    assert bool((slope > 0).all())


def test_standardized_matches_its_definition():
    x = np.random.default_rng(0).normal(5, 3, (1000, 2)).astype(np.float32)
    y = scalers.standardized(x.mean(0), x.std(0)).forward(x)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(0), 1, rtol=1e-5)


@pytest.mark.parametrize("std", [0.0, -1.0, np.nan, np.inf])
def test_a_standard_deviation_that_cannot_be_undone_is_refused(std):
    with pytest.raises(ValueError, match="above zero"):
        scalers.standardized(np.zeros(2), np.array([1.0, std]))


def test_compose_keeps_the_order():
    scaler = scalers.compose(LOGARITHMIC, scalers.standardized(1.0, 0.5))
    np.testing.assert_allclose(scaler.forward(jnp.array(np.expm1(2.0))), 2.0, rtol=1e-6)
    assert scalers.compose().forward(3.0) == scalers.compose().inverse(3.0) == 3.0


def test_mean_and_std_are_those_of_numpy_in_double_precision():
    columns = (1e4 + np.random.default_rng(1).normal(0, 0.1, (500, 3))).astype(np.float32)
    mean, std = scalers.mean_and_std(columns)
    assert mean.dtype == std.dtype == np.float64
    np.testing.assert_allclose(mean, columns.astype(np.float64).mean(0), rtol=1e-12)
    np.testing.assert_allclose(std, columns.astype(np.float64).std(0), rtol=1e-9)


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e8])
def test_a_constant_column_has_a_unit_that_can_be_undone(constant):
    mean, std = scalers.mean_and_std(np.full((100, 1), constant))
    assert std.tolist() == [1.0]
    np.testing.assert_allclose(mean, [constant], rtol=1e-12)
