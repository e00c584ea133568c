import json

import jax
import numpy as np
import pytest

from jaxgen.metrics import physics_distances as distances


def arrays(name):
    """The arrays of the golden numbers, as they are described there."""
    if name == "correlation":
        mix = np.linalg.cholesky(0.5 * np.eye(6) + 0.5)
        return (
            np.random.RandomState(2).normal(size=(20000, 6)) @ mix.T,
            np.random.RandomState(3).normal(size=(20000, 6)),
        )
    real = np.random.RandomState(0).normal(size=(20000, 10))
    fake = np.random.RandomState(1).normal(size=(20000, 10))
    return real, {"null": fake, "width": fake * 1.05, "shift": fake + 0.05}[name]


@pytest.mark.parametrize("name", ["null", "width", "shift", "correlation"])
def test_distances_are_those_of_jetnet(golden, key, name):
    reference = json.loads((golden / "physics_distances.json").read_text())[name]
    real, fake = arrays(name)
    fpd = distances.fpd(key, real, fake, min_samples=5000, max_samples=20000)
    assert abs(fpd.value - reference["fpd"]) < 2 * reference["fpd_error"]
    assert fpd.error == pytest.approx(reference["fpd_error"], rel=1)
    kpd = distances.kpd(key, real, fake)
    assert abs(kpd.value - reference["kpd"]) < 2 * reference["kpd_error"]
    assert kpd.error == pytest.approx(reference["kpd_error"], rel=1)


@pytest.mark.parametrize("width", [1, 4])
def test_discrepancy_matches_the_pairwise_sum(width):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(30, width)), rng.normal(0.3, 1, size=(40, width))

    def kernel(a, b):
        return (a @ b.T / width + 1) ** 4

    xx, yy = kernel(x, x), kernel(y, y)
    expected = (
        (xx.sum() - np.trace(xx)) / (30 * 29)
        + (yy.sum() - np.trace(yy)) / (40 * 39)
        - 2 * kernel(x, y).mean()
    )
    assert distances.squared_discrepancy(x, y) == pytest.approx(expected)


def test_scale_of_a_feature_does_not_matter(key):
    rng = np.random.default_rng(2)
    real, fake = rng.normal(size=(500, 3)), rng.normal(0.2, 1, size=(500, 3))
    scale = np.array([1e-3, 1.0, 1e4])
    for metric in (distances.fpd, distances.kpd):
        np.testing.assert_allclose(
            metric(key, real * scale, fake * scale), metric(key, real, fake), rtol=1e-6
        )


def test_constant_feature_is_no_obstacle(key):
    rng = np.random.default_rng(3)
    real = np.concatenate([rng.normal(size=(200, 1)), np.zeros((200, 1))], axis=1)
    for metric in (distances.fpd, distances.kpd):
        assert np.isfinite(metric(key, real, real)).all()


def test_single_feature_distance_is_the_gap_of_gaussians(key):
    rng = np.random.default_rng(4)
    real = np.append(rng.uniform(-1, 1, size=20_000), 1.0)[:, None]
    result = distances.fpd(key, real, real + 0.5)
    assert result.value == pytest.approx(0.25, rel=0.02)


def test_bad_features_are_refused(key):
    good = np.zeros((10, 2))
    with pytest.raises(ValueError, match="fake features of shape"):
        distances.fpd(key, good, np.zeros((10, 3)))
    with pytest.raises(ValueError, match="finite real"):
        distances.kpd(key, good + np.nan, good)
    with pytest.raises(ValueError, match="smallest batch"):
        distances.fpd(key, good, good, min_samples=10, max_samples=10)
    with pytest.raises(ValueError, match="2 batches"):
        distances.kpd(key, good, good, batch_size=1)


def test_both_are_infinite_below_ten_events(key):
    rng = np.random.default_rng(5)
    real = rng.normal(size=(40, 2))
    near, far = distances.both(key, real, real[::-1]), distances.both(key, real, real + 2.0)
    assert list(near) == list(far) == ["fpd", "kpd"]
    assert near["fpd"] == distances.fpd(key, real, real[::-1])
    assert near["kpd"] == distances.kpd(key, real, real[::-1])
    assert far["fpd"].value > 10 * near["fpd"].value
    for sides in ((real[:9], real), (real, real[:9])):
        assert {one.value for one in distances.both(key, *sides).values()} == {np.inf}


def test_same_key_same_result(key):
    rng = np.random.default_rng(6)
    real, fake = rng.normal(size=(2, 300, 2))
    for metric in (distances.fpd, distances.kpd):
        assert metric(key, real, fake) == metric(key, real, fake)
        assert metric(key, real, fake) != metric(jax.random.key(1), real, fake)
