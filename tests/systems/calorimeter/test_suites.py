import jax
import numpy as np
import pytest
from scipy import stats

from jaxgen.base import Batch
from jaxgen.metrics import glossary
from jaxgen.metrics.classifier import Config
from jaxgen.systems.calorimeter import suites as shower_suites
from jaxgen.systems.calorimeter.observables import features as shower_features
from tests.systems.calorimeter import toy_showers

FAST = {name: suite for name, suite in shower_suites.SUITES.items() if name != "classifier"}
WORSE = (
    "wasserstein_response",
    "wasserstein_width_x",
    "linearity_worst",
    "occupancy_difference",
    "mean_shower_difference",
    "cell_separation",
    "separation_power_width_y",
    "separation_power_mean",
    "fpd",
    "kpd",
)
REAL = toy_showers.make(0, 300)


def tables(*batches):
    return [toy_showers.table(batch) for batch in batches]


def evaluate(key, real, fake):
    found, sides = {}, tables(real, fake)
    for suite in FAST.values():
        found.update(suite(key, *sides))
    return found


def garbage(kind: str) -> Batch:
    rng = np.random.default_rng(5)
    data = rng.normal(0, 60, (120, 30, 30))
    fills = {"all NaN": np.nan, "empty": 0.0, "constant": 7.0, "below zero": -1.0}
    if kind in fills:
        data = np.full_like(data, fills[kind])
    if kind == "huge":
        data *= 3e35
    if kind == "some infinite":
        data = np.where(rng.random(data.shape) < 0.0005, np.inf, data)
    return Batch(data.astype(np.float32), REAL.condition[:120])


@pytest.mark.parametrize(
    "kind", ["filled", "huge", "some infinite", "all NaN", "empty", "constant", "below zero"]
)
def test_garbage_is_judged_without_a_warning(key, kind):
    found = evaluate(key, REAL, garbage(kind))
    assert found["fpd"].value > 0.5
    assert found["separation_power_mean"].value > 0.5
    assert found["wasserstein_visible"].value > 500
    shares = found["invalid_fraction"].value, found["empty_fraction"].value
    expected = {"all NaN": (1.0, 0.0), "empty": (0.0, 1.0), "below zero": (0.0, 1.0)}
    if kind == "some infinite":
        assert 0.1 < shares[0] < 0.9
    else:
        assert shares == expected.get(kind, (0.0, 0.0))
    if kind == "all NaN":
        assert found["wasserstein_x"].value == np.inf


def test_worse_showers_are_told_from_those_of_the_same_law(key):
    same = evaluate(key, REAL, toy_showers.make(1, 300))
    worse = evaluate(key, REAL, toy_showers.make(2, 300, gain=1.2, width=26.0))
    assert set(same) == set(worse)
    for name in WORSE:
        assert worse[name].value > 1.5 * same[name].value, name
    assert worse["linearity_worst"].value == pytest.approx(0.2, abs=0.03)
    assert same["invalid_fraction"].value == same["empty_fraction"].value == 0.0
    assert all(np.isfinite(estimate.error) and estimate.error > 0 for estimate in same.values())


def test_without_conditions_what_needs_them_is_not_known(key):
    bare = [toy_showers.without_condition(side) for side in (REAL, toy_showers.make(1, 200))]
    found = evaluate(key, *bare)
    unknown = {name for name, estimate in found.items() if np.isnan(estimate.value)}
    assert unknown == {
        "wasserstein_response",
        "separation_power_response",
        "linearity_worst",
        "resolution_worst",
        "resolution_core_worst",
        "resolution_fitted_worst",
    }


def test_few_showers_have_no_area_and_no_distance(key):
    sides = tables(REAL, REAL.first(5))
    assert all(np.isnan(x.value) for x in shower_suites.classifier_suite(key, *sides).values())
    assert shower_suites.physics_suite(key, *sides)["fpd"].value == np.inf
    none = tables(REAL, REAL.first(0))
    assert all(np.isnan(x.value) for x in shower_suites.separation_suite(key, *none).values())


def test_distances_and_quick_are_scipys(key):
    fake = toy_showers.make(3, 250, gain=1.1)
    sides = tables(REAL, fake)
    found = shower_suites.ring_suite(key, *sides)
    parts = []
    for name in ("e0", "e1", "e2"):
        real, other = (side[name] for side in sides)
        distance = stats.wasserstein_distance(real, other)
        assert found[f"wasserstein_{name}"].value == pytest.approx(distance)
        parts.append(distance / real.std())
    assert shower_suites.quick(key, *sides).value == pytest.approx(np.mean(parts))
    assert found["ring_distance"].value == pytest.approx(np.mean(parts))
    assert shower_suites.quick(key, *tables(REAL, garbage("all NaN"))).value == np.inf


def test_every_metric_has_words(key):
    for name in evaluate(key, REAL, REAL):
        found = glossary.meaning(name, shower_suites.MEANINGS)
        assert found.says, name
        assert found.better, name
    assert set(shower_suites.MEANINGS) <= set(evaluate(key, REAL, REAL))


def test_contrasts_see_single_cells_and_not_products():
    profile = 1e6 * np.exp(-((np.arange(30) - 14.5) ** 2) / 200)
    smooth = np.outer(profile, profile)[None]
    rough = smooth.copy()
    rough[0, 14, 14] *= 1.5
    found = [shower_features.cell_features(toy_showers.table_of(x))[0] for x in (smooth, rough)]
    mixed = found[0][3:6]  # the smallest scale, in all three squares of cells
    np.testing.assert_allclose(mixed, -6.0, atol=1e-3)
    assert np.all(found[1][3:6] - mixed > 1.0)
    np.testing.assert_array_equal(found[0][36:], found[1][36:])


def test_features_say_what_is_known():
    real, bare, lost = tables(REAL, toy_showers.without_condition(REAL), garbage("all NaN"))
    full = shower_features.condition_features(real)
    assert full.shape == (300, 6)
    np.testing.assert_allclose(np.hypot(full[:, 3], full[:, 4]), np.tan(REAL.condition[:, 3]), rtol=1e-6)
    np.testing.assert_allclose(10 ** full[:, 0], REAL.condition[:, 0], rtol=1e-6)
    assert shower_features.high_level_features(real).shape == (300, 18)
    assert shower_features.high_level_features(bare).shape == (300, 17)
    assert np.isnan(shower_features.all_features(lost)).any(axis=1).all()


def test_classifiers_tell_what_differs_and_only_that(key, monkeypatch):
    monkeypatch.setattr(shower_suites, "CONFIG", Config(steps=80, widths=(16,)))
    real, *others = tables(
        REAL, toy_showers.make(1, 300), toy_showers.make(2, 300, noise=0.9), garbage("all NaN")
    )
    same, noisy, lost = (shower_suites.classifier_suite(key, real, x) for x in others)
    for name, area in same.items():
        assert abs(area.value - 0.5) < 4 * area.error, name
        assert noisy[name].value > 0.75, name
        assert lost[name].value > 0.99, name


def test_the_classifier_is_sharp_on_real_showers(real_data):
    with np.load(real_data / "calo30_geant4.npz") as file:
        images = file["images"][:4000]
        columns = [file[name][:4000] for name in ("energy", "x0", "y0", "theta", "phi")]
        condition = np.stack([*columns, file["pdg"][:4000] == 22], axis=1).astype(np.float32)
    rng = np.random.default_rng(0)
    smear = np.maximum(rng.normal(1, 0.2, (2000, 30, 30)), 0).astype(np.float32)
    real, half = (Batch(images[i : i + 2000], condition[i : i + 2000]) for i in (0, 2000))
    smeared = Batch(half.data * smear, half.condition)
    ours, *theirs = tables(real, half, smeared)
    same, other = (shower_suites.classifier_suite(jax.random.key(0), ours, x)["auc_cells"] for x in theirs)
    assert abs(same.value - 0.5) < 3 * same.error
    assert other.value > 0.94
