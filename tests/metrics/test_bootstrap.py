import jax
import numpy as np
import pytest

from jaxgen.metrics import bootstrap


def mean_difference(ours, theirs):
    def difference(real_counts, fake_counts):
        return {"shift": np.average(theirs, weights=fake_counts) - np.average(ours, weights=real_counts)}

    return difference


def test_error_is_that_of_the_mean(key):
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(size=900), rng.normal(1.0, 3.0, 400)
    found = bootstrap.with_counts(key, 900, 400, statistics=mean_difference(ours, theirs), resamples=400)[
        "shift"
    ]
    assert found.value == pytest.approx(theirs.mean() - ours.mean())
    assert found.error == pytest.approx(np.sqrt(1 / 900 + 9 / 400), rel=0.15)


def test_same_key_same_error(key):
    statistics = mean_difference(np.arange(20.0), np.arange(30.0))
    one, again, other = (
        bootstrap.with_counts(k, 20, 30, statistics=statistics)["shift"]
        for k in (key, key, jax.random.key(1))
    )
    assert one == again
    assert one.value == other.value
    assert one.error != other.error


def test_draws_that_are_not_finite_have_no_error(key):
    found = bootstrap.with_counts(key, 5, 5, statistics=lambda *_: {"lost": float("inf")})["lost"]
    assert found.value == np.inf
    assert np.isnan(found.error)
