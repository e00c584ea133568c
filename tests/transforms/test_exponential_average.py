import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.transforms.exponential_average import average_of, exponential_average

SEEN = np.array([4.0, 1.0, -2.0, 7.0])


def averages(key, **settings) -> list[float]:
    """The averages after each value, from a start at 10."""
    transform = exponential_average(**settings)
    state = transform.init(key, {"w": jnp.float32(10.0)})
    out = []
    for value in SEEN:
        average, state = jax.jit(transform.apply)({"w": jnp.float32(value)}, state)
        assert float(average_of(state)["w"]) == pytest.approx(float(average["w"]))
        out.append(float(average["w"]))
    return out


def test_plain_average_starts_at_the_parameters(key):
    expected, value = [], 10.0
    for seen in SEEN:
        value = 0.8 * value + 0.2 * seen
        expected.append(value)
    np.testing.assert_allclose(averages(key, decay=0.8), expected, rtol=1e-6)


def test_bias_correction_forgets_the_start(key):
    expected = [np.average(SEEN[:n], weights=0.8 ** np.arange(n)[::-1]) for n in range(1, 5)]
    np.testing.assert_allclose(averages(key, decay=0.8, bias_correction=True), expected, rtol=1e-5)


def test_warm_up_averages_over_fewer_at_first(key):
    expected, value = [], 10.0
    for n, seen in enumerate(SEEN):
        decay = min(0.25, (1 + n) / (10 + n))
        value = decay * value + (1 - decay) * seen
        expected.append(value)
    np.testing.assert_allclose(averages(key, decay=0.25, warm_up=True), expected, rtol=1e-6)
    assert averages(key, decay=0.999, warm_up=True)[0] < averages(key, decay=0.999)[0] - 5


def test_nothing_seen_gives_zeros_not_nan(key):
    state = exponential_average(bias_correction=True).init(key, jnp.ones(3))
    np.testing.assert_array_equal(average_of(state), np.zeros(3))


@pytest.mark.parametrize("decay", [1.0, -0.1, float("nan")])
def test_decay_out_of_range_is_named(decay):
    with pytest.raises(ValueError, match="Expected decay within"):
        exponential_average(decay=decay)
