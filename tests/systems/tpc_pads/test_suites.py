"""Metrics of pad responses: published numbers, floors of real events, and faults that are seen."""

import json

import jax
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.metrics import glossary, trends
from jaxgen.metrics.distances import with_bootstrap
from jaxgen.metrics.scores import quotient
from jaxgen.metrics.table import Table
from jaxgen.systems.tpc_pads import suites
from jaxgen.systems.tpc_pads.observables import MOMENT_NAMES
from jaxgen.systems.tpc_pads.suites import SUITES, shapes, suppressed_shapes
from tests.systems.tpc_pads.conftest import make_events, observed, rows

SEEDS = 8


def noise(seed: int, number: int) -> Batch:
    """Cells of exponential noise for random tracks."""
    draw = np.random.default_rng(seed)
    low, high = np.array([[-20, -60, 35, 30], [20, 60, 290, 31]], np.float64)
    images = draw.exponential(size=(number, 8, 16)).astype(np.float32)
    return Batch(images, draw.uniform(low, high, (number, 4)).astype(np.float32))


def changed(batch: Batch, data: np.ndarray) -> Table:
    return observed(batch._replace(data=data.astype(np.float32)))


@pytest.mark.parametrize(
    "name",
    ["real_test1000_vs_train3000", "real_first2000_vs_last2000", "shuffled_conditioning_test_perm_seed0"],
)
def test_published_chi2_of_real_digits(golden, real_events, real_split, name):
    reference = json.loads((golden / "tpc_chi2_reference.json").read_text())[name]
    test, train = real_split
    order = np.random.RandomState(0).permutation(test.number)
    real, fake = {
        "real_test1000_vs_train3000": lambda: (test, train),
        "real_first2000_vs_last2000": lambda: (
            rows(real_events, slice(None, 2000)),
            rows(real_events, slice(2000, None)),
        ),
        "shuffled_conditioning_test_perm_seed0": lambda: (
            test,
            observed(Batch(test.batch.data, np.asarray(test.batch.condition)[order])),
        ),
    }[name]()
    tables = real.of(shapes), fake.of(shapes)
    values = [
        trends.trend_terms(jax.random.key(s), *tables, as_published=True).chi2.sum() for s in range(SEEDS)
    ]
    assert abs(np.mean(values) - reference["mean"]) < 3 * reference["std"]


def test_real_events_are_at_the_floor(real_split, key):
    test, train = real_split
    first, second = (rows(train, part) for part in (slice(1000), slice(1000, 2000)))
    found, floor = (
        trends.trend_chi2(key, test.of(shapes), other.of(shapes)).estimate for other in (first, second)
    )
    ratio = quotient(found, floor)
    assert abs(ratio.value - 1) < 3 * ratio.error
    assert ratio.error < 0.2


def test_the_trends_are_told_in_all_their_forms(key):
    real, batch = observed(noise(0, 300)), noise(1, 300)
    holes = batch.data.copy()
    holes[:30] = 0
    fake = changed(batch, holes)
    found = SUITES["trends"](key, real, fake)
    plain = trends.trend_chi2(key, real.of(shapes), fake.of(shapes))
    assert found["trend_chi2"] == plain.estimate
    cut = trends.trend_chi2(key, real.of(suppressed_shapes), fake.of(suppressed_shapes))
    assert found["trend_chi2_zero_suppressed"] == cut.estimate
    assert found["trend_chi2_as_published"].value == np.inf
    assert found["empty_fraction"].value == pytest.approx(0.1)
    quick = suites.quick(key, real, fake)
    assert quick.value == plain.estimate.value
    assert np.isnan(quick.error)


def test_a_generator_of_nothing_is_infinitely_far(key):
    real = observed(noise(0, 300))
    nothing = changed(real.batch, 0 * real.batch.data)
    assert suites.quick(key, real, nothing).value == np.inf
    distances = SUITES["moments"](key, real, nothing)
    assert distances["wasserstein_Mean0"].value == np.inf
    assert np.isfinite(distances["wasserstein_Sum"].value)
    assert {one.value for one in SUITES["physics"](key, real, nothing).values()} == {np.inf}


def test_moment_distances_are_by_name(key):
    batch = noise(2, 60)
    batch.data[5] = 0
    real, fake = observed(batch), changed(batch, 2 * batch.data)
    result = SUITES["moments"](key, real, fake)
    assert list(result) == [f"wasserstein_{name}" for name in MOMENT_NAMES]
    assert result["wasserstein_Sum"].value == pytest.approx(batch.data.sum() / 60, rel=1e-5)
    assert result["wasserstein_Mean0"].value == pytest.approx(0, abs=1e-5)
    known = [side["Cov01"][side["empty"] == 0] for side in (real, fake)]
    assert result["wasserstein_Cov01"] == with_bootstrap(jax.random.fold_in(key, 4), *known)


def test_physics_distances_see_wrong_shapes_and_leave_empty_ones_out(key):
    real, batch = observed(noise(0, 400)), noise(1, 400)
    batch.data[:20] = 0
    near = SUITES["physics"](key, real, observed(batch))
    far = SUITES["physics"](key, real, changed(batch, batch.data**3))
    for name in ("fpd", "kpd"):
        assert far[name].value > 10 * abs(near[name].value)


def test_the_manifold_of_responses_holds_itself(key):
    real = observed(noise(3, 80))
    assert SUITES["manifold"](key, real, real)["manifold_coverage"].value == 1
    silent = changed(real.batch, np.where(np.arange(80)[:, None, None] < 40, 0, real.batch.data))
    assert SUITES["manifold"](key, real, silent)["manifold_coverage"].value < 1


@pytest.fixture(scope="module")
def areas():
    """Of equal laws, of brighter and of partly empty generated responses."""
    key = jax.random.key(0)
    real, batch = observed(noise(0, 400)), noise(1, 400)
    holes = np.where(np.arange(400)[:, None, None] < 200, 0, batch.data)
    fakes = {
        "same": observed(batch),
        "brighter": changed(batch, 1.5 * batch.data),
        "empty": changed(batch, holes),
        "below": changed(batch, np.where(batch.data < 1, 0.9, batch.data)),
    }
    return {name: SUITES["classifier"](key, real, fake) for name, fake in fakes.items()}


@pytest.mark.parametrize("seen", ["auc_moments", "auc_pixels"])
def test_classifiers_tell_brighter_responses_from_real_ones(areas, seen):
    same = areas["same"][seen]
    assert abs(same.value - 0.5) < 4 * same.error
    assert areas["brighter"][seen].value > 0.75


def test_empty_responses_give_a_generator_away(areas):
    assert areas["empty"]["auc_moments"].value > 0.7


def test_cells_below_the_threshold_do_not_count_for_the_one_that_sees_cells(areas):
    assert areas["below"]["auc_pixels"] == areas["same"]["auc_pixels"]
    assert areas["below"]["auc_moments"].value > 0.9


def test_real_digits_against_themselves(key, real_split):
    test, train = real_split
    train = rows(train, slice(1000))
    result = SUITES["classifier"](key, test, train)["auc_moments"]
    assert abs(result.value - 0.5) < 4 * result.error
    wider = changed(train.batch, train.batch.data * (1 + 0.5 * (np.arange(16) > 8)))
    assert SUITES["classifier"](key, test, wider)["auc_moments"].value > result.value + 0.02


def test_geometry_is_one_pull(key):
    real, fake = observed(make_events(0, 300)), observed(make_events(1, 300))
    found = SUITES["geometry"](key, real, fake)["geometry_rms_pull"]
    assert 0.5 < found.value < 2.0
    moved = changed(fake.batch, np.roll(fake.batch.data, 1, axis=1))
    assert SUITES["geometry"](key, real, moved)["geometry_rms_pull"].value > 5


def test_every_metric_has_words():
    names = [
        "trend_chi2",
        "trend_chi2_as_published",
        "geometry_rms_pull",
        "empty_fraction",
        "wasserstein_Sum",
    ]
    for name in (*names, "fpd", "auc_moments", "manifold_recall"):
        found = glossary.meaning(name, suites.MEANINGS)
        assert found.says
        assert found.better in (-1, 1)
    assert glossary.meaning("trend_chi2_as_published", suites.MEANINGS).title == "Trend χ² as published"
