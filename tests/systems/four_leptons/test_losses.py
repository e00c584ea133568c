"""Mass losses have known answers, and finite gradients where a square of a mass is not above zero."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from jaxgen.systems.four_leptons.losses import event_loss, paired_event_loss

DRAW = np.random.default_rng(0)


def events(masses) -> np.ndarray:
    """Events of these masses, moving: a sum (E, p) with E^2 = p^2 + m^2, split over four slots."""
    momentum = np.array([30.0, -40.0, 120.0])
    energies = np.sqrt(np.square(masses) + momentum @ momentum)[:, None]
    total = np.concatenate([energies, np.broadcast_to(momentum, (len(masses), 3))], axis=1)
    shares = np.array([0.4, 0.3, 0.2, 0.1, 0, 0, 0, 0])
    return (shares[None, :, None] * total[:, None, :]).astype(np.float32)


def compiled(loss):
    found = jax.jit(jax.value_and_grad(loss))
    return lambda fake, real: found(fake, real, NOTHING)


NOTHING = np.zeros((1, 0))
LOSSES = {loss: compiled(loss) for loss in (event_loss, paired_event_loss)}


def test_unpaired_loss_is_the_wasserstein_distance():
    real, fake = DRAW.normal(125, 20, 40), DRAW.normal(200, 60, 40).clip(20)
    measured, _ = LOSSES[event_loss](events(fake), events(real))
    np.testing.assert_allclose(measured, wasserstein_distance(real, fake), rtol=1e-4)
    shuffled = events(DRAW.permutation(fake))
    np.testing.assert_allclose(LOSSES[event_loss](shuffled, events(real))[0], measured, rtol=1e-4)
    assert LOSSES[event_loss](events(real), events(real))[0] == 0


def test_paired_loss_adds_the_squared_difference():
    real, fake = np.array([100.0, 200.0, 300.0]), np.array([110.0, 320.0, 190.0])
    expected = (10**2 + 120**2 + 110**2) / 3 + (10 + 10 + 20) / 3
    measured, _ = LOSSES[paired_event_loss](events(fake), events(real))
    np.testing.assert_allclose(measured, expected, rtol=1e-4)


def test_masses_below_zero_count_as_the_floor():
    spacelike = jnp.zeros((1, 8, 4)).at[0, 0].set(jnp.array([3.0, 4.0, 0.0, 0.0]))
    for floor in (1.0, 4.0):
        measured = event_loss(spacelike, events([125.0]), NOTHING, floor=floor)
        np.testing.assert_allclose(measured, 125 - np.sqrt(floor), rtol=1e-5)


def test_gradient_with_respect_to_the_energies_is_known():
    """dm / dE = E / m for each slot; the paired loss pulls with 2 (m - m') besides the sign."""
    fake, real = events([200.0, 100.0]), events([150.0, 180.0])
    slope = fake[:, :, 0].sum(1) / np.array([200.0, 100.0])
    _, gradient = LOSSES[event_loss](fake, real)
    for row, sign in ((0, 1), (1, -1)):  # 200 stands beside 180, 100 beside 150
        np.testing.assert_allclose(gradient[row, :, 0], sign * slope[row] / 2, rtol=1e-4)
    _, gradient = LOSSES[paired_event_loss](fake, real)
    for row, pull in ((0, 2 * 50 + 1), (1, -2 * 80 - 1)):
        np.testing.assert_allclose(gradient[row, :, 0], pull * slope[row] / 2, rtol=1e-4)


@pytest.mark.parametrize("loss", [event_loss, paired_event_loss])
def test_gradients_are_finite_and_bounded(loss):
    """At m^2 below, at, just above and far above zero, and for events of no momentum at all."""
    fake, real = np.zeros((7, 8, 4), np.float32), events(np.linspace(80, 300, 7))
    fake[:6, 0, 1] = 100.0
    fake[:6, 0, 0] = 100.0 + np.array([-50.0, -1e-3, 0.0, 1e-3, 5.1e-3, 50.0])
    value, gradient = LOSSES[loss](fake, real)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    pulled = np.abs(gradient).max((1, 2)) > 0
    np.testing.assert_array_equal(pulled, [False, False, False, False, True, True, False])
    if loss is event_loss:
        assert np.all(np.abs(gradient[:, 0, 0]) * 7 <= fake[:, 0, 0] + 1e-3)


def test_misuse_is_named():
    with pytest.raises(ValueError, match=r"Expected events of shape \(any, 8, 4\)"):
        event_loss(jnp.zeros((3, 32)), jnp.zeros((3, 32)), NOTHING)
    with pytest.raises(ValueError, match="Expected generated to have the shape of events"):
        paired_event_loss(events([1.0]), events([1.0, 2.0]), NOTHING)
    with pytest.raises(ValueError, match="Expected floor above zero"):
        event_loss(events([1.0]), events([1.0]), NOTHING, floor=0.0)
