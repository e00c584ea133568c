"""What any detector has: observables of its columns, suites over tables, and failures in words."""

import jax
import numpy as np
import pytest
from scipy import stats

from jaxgen.base import Batch
from jaxgen.data.dataset import Column, Spec
from jaxgen.metrics import frechet, general
from jaxgen.metrics.distances import wasserstein
from jaxgen.metrics.features import standardized
from tests.metrics import toys
from tests.metrics.toys import SPEC

SEVERAL = Spec("leptons", ("slot", "part"), (3, 2), (Column("energy", "GeV"), Column("angle_phi", "rad")))


def test_observables_are_the_columns_their_means_and_deviations():
    data = np.random.default_rng(0).normal(size=(10, 3, 2))
    data[4, 1, 0] = np.inf
    table = general.observe(Batch(data, np.zeros((10, 0))), SEVERAL)
    assert list(table) == [
        "energy",
        "mean_energy",
        "std_energy",
        "angle_phi",
        "mean_angle_phi",
        "std_angle_phi",
    ]
    assert table["energy"].shape == (10, 3)
    assert np.isnan(table["energy"][4, 1])
    assert np.isnan(table["mean_energy"][4])
    np.testing.assert_allclose(table["std_angle_phi"], data[..., 1].std(axis=1))
    assert table.labels["std_angle_phi"].text == "standard deviation of angle phi [rad]"
    assert table.spec is SEVERAL


def test_an_event_of_one_number_has_that_one_only():
    table = general.observe(
        Batch(np.ones((5, 1)), np.zeros((5, 0))), Spec("x", ("cell",), (1,), (Column("q"),))
    )
    assert list(table) == ["q"]
    assert general.features(table).shape == (5, 1)


def test_features_are_the_columns_of_one_number_an_event():
    table = toys.observed(0, 7)
    np.testing.assert_array_equal(
        general.features(table), np.column_stack([table["mean_charge"], table["std_charge"]])
    )


def test_distances_of_all_columns_are_scipys(key):
    real, fake = toys.observed(0, 60), toys.observed(1, 50, shift=1.0)
    found = general.distance_suite(key, real, fake)
    assert list(found) == [
        "wasserstein_charge",
        "wasserstein_mean_charge",
        "wasserstein_std_charge",
        "invalid_fraction",
    ]
    for name in ("charge", "mean_charge"):
        expected = stats.wasserstein_distance(real[name].ravel(), fake[name].ravel())
        estimate = found[f"wasserstein_{name}"]
        assert estimate.value == pytest.approx(expected)
        assert 0 < estimate.error < estimate.value
    assert found["invalid_fraction"].value == 0


def test_chosen_distances_do_not_depend_on_the_others(key):
    real, fake = toys.observed(0, 60), toys.observed(1, 50)
    every = general.wasserstein_suite(key, real, fake)
    one = general.wasserstein_suite(key, real, fake, names=["std_charge"])
    assert one == {"wasserstein_std_charge": every["wasserstein_std_charge"]}


def test_events_that_are_not_finite_are_counted_and_left_out(key):
    batch = toys.make(1, 50)
    broken = Batch(np.where(np.arange(50)[:, None] < 10, np.nan, batch.data), batch.condition)
    real, fake = toys.observed(0, 60), general.observe(broken, SPEC)
    found = general.distance_suite(key, real, fake)
    assert found["invalid_fraction"].value == 0.2
    assert found["invalid_fraction"].error == pytest.approx(np.sqrt(11 / 52 * 41 / 52 / 50))
    expected = wasserstein(real["mean_charge"], fake["mean_charge"][10:])
    assert found["wasserstein_mean_charge"].value == pytest.approx(expected)
    nothing = general.observe(Batch(np.full((50, 4), np.nan), batch.condition), SPEC)
    lost = general.distance_suite(key, real, nothing)
    assert lost["wasserstein_charge"].value == np.inf
    assert np.isnan(general.distance_suite(key, nothing, real)["wasserstein_charge"].value)
    assert general.frechet_suite(key, real, nothing)["frechet"].value > 10


def test_the_frechet_distance_is_that_of_the_features(key):
    real, fake = toys.observed(0, 300), toys.observed(1, 200, shift=1.0)
    found = general.frechet_suite(key, real, fake)["frechet"]
    sides = standardized(general.features(real), general.features(fake))
    assert found.value == pytest.approx(frechet.frechet_of_samples(*sides))
    assert 0 < found.error < found.value
    quick = general.quick(key, real, fake)
    assert quick.value == found.value
    assert np.isnan(quick.error)


@pytest.mark.parametrize("suite", ["frechet", "physics", "classifier"])
def test_a_generator_far_off_is_told_from_one_that_is_not(suite, key):
    real, near, far = toys.observed(0, 400), toys.observed(1, 400), toys.observed(1, 400, shift=3.0)
    close, away = (general.SUITES[suite](key, real, fake) for fake in (near, far))
    assert list(close) == list(away)
    for name, estimate in away.items():
        assert estimate.value > close[name].value + 3 * np.hypot(estimate.error, close[name].error), name


def test_suites_depend_on_the_key_alone(key):
    sides = toys.observed(0, 150), toys.observed(1, 150)
    for suite in general.SUITES.values():
        first = suite(key, *sides)
        assert first == suite(key, *sides)
        other = suite(jax.random.key(5), *sides)
        changed = [name for name in first if first[name] != other[name]]
        assert set(first) - set(changed) <= {"invalid_fraction"}


def test_few_events_have_no_number_or_are_infinitely_far(key):
    real, few = toys.observed(0, 200), toys.observed(1, 9)
    assert general.frechet_suite(key, real, few)["frechet"].value == np.inf
    assert general.quick(key, few, real).value == np.inf
    assert {one.value for one in general.physics_suite(key, real, few).values()} == {np.inf}
    assert np.isnan(general.classifier_suite(key, real, toys.observed(1, 99))["auc"].value)


def test_a_share_has_an_error_also_where_it_is_none():
    assert general.share(np.zeros(50, bool)).value == 0
    assert general.share(np.zeros(50, bool)).error == pytest.approx(np.sqrt(1 / 52 * 51 / 52 / 50))
    assert np.isnan(general.share(np.zeros(0, bool))).all()


def test_failures_name_what_is_lost_shifted_and_repeated(key):
    samples = toys.samples(shift=2.0)
    sentences = general.failures(key, samples)
    assert len(sentences) == 2
    assert all("Wasserstein distance" in sentence for sentence in sentences)
    assert "too high" in sentences[0]
    assert general.failures(key, toys.samples()) == []
    repeated = samples._replace(generated=samples.train.first(300))
    assert general.failures(key, repeated)[-1].startswith("Training events are repeated:")
    batch = toys.make(1, 300)
    broken = batch._replace(data=np.where(np.arange(300)[:, None] < 3, np.nan, batch.data))
    (sentence,) = general.failures(key, samples._replace(generated=general.observe(broken, SPEC)))
    assert sentence.startswith("1 % of the generated events hold values that are not finite.")
