"""Metrics of four-lepton events: known answers, and any garbage is judged."""

from functools import partial

import jax
import numpy as np
import pytest
from scipy import stats

from jaxgen.metrics import classifier, glossary
from jaxgen.systems.four_leptons import suites
from jaxgen.systems.four_leptons.observables import MASSES
from tests.systems.four_leptons import lepton_batches as four_leptons

FAST = {name: suite for name, suite in suites.SUITES.items() if name != "classifier"}
WORSE = (
    "wasserstein_m4l",
    "kullback_leibler_m4l",
    "jensen_shannon_m4l",
    "bray_curtis_m4l",
    "wasserstein_lepton_pt",
    "wasserstein_lepton_energy",
    "frechet_raw",
    "fpd",
    "kpd",
)
REAL = four_leptons.table(four_leptons.make(0, 300))


def evaluate(key, real, fake, chosen=FAST):
    found = {}
    for suite in chosen.values():
        found.update(suite(key, real, fake))
    return found


def garbage(kind: str) -> np.ndarray:
    rng = np.random.default_rng(5)
    events = rng.normal(0, 60, (200, 8, 4))
    if kind == "huge":
        return 3e35 * events
    if kind == "some infinite":
        return np.where(rng.random(events.shape) < 0.01, np.inf, events)
    fills = {"all NaN": np.nan, "empty": 0.0, "constant": 7.0}
    return np.full_like(events, fills[kind]) if kind in fills else events


@pytest.mark.parametrize("kind", ["filled", "huge", "some infinite", "all NaN", "empty", "constant"])
def test_garbage_is_judged_without_a_warning(key, kind):
    found = evaluate(key, REAL, four_leptons.table(garbage(kind)))
    assert found["fpd"].value > 1.0
    assert found["wasserstein_lepton_pt"].value > 5.0
    assert found["nan_fraction"].error > 0
    if kind == "all NaN":
        assert found["nan_fraction"].value == 1.0
        assert found["wasserstein_m4l"].value == np.inf
        assert found["channel_share_4e"].value == 0.0
        assert found["peak_fraction_ratio"].value == 0.0


def test_a_wider_sample_is_told_from_one_of_the_same_law(key):
    same = evaluate(key, REAL, four_leptons.table(four_leptons.make(1, 400)))
    wide = evaluate(key, REAL, four_leptons.table(four_leptons.make(2, 400, scale=2.0)))
    assert set(same) == set(wide)
    for name in WORSE:
        assert wide[name].value > 2 * same[name].value, name
    assert wide["std_ratio_px"].value == pytest.approx(2.0, abs=0.3)
    assert same["std_ratio_px"].value == pytest.approx(1.0, abs=0.15)
    assert same["nan_fraction"].value == 0.0
    assert all(np.isfinite(estimate.error) and estimate.error > 0 for estimate in same.values())


def test_masses_and_quick_are_scipys(key):
    fake = four_leptons.table(four_leptons.make(3, 350, scale=1.2))
    found = suites.mass_suite(key, REAL, fake)
    for name in MASSES:
        columns = [side[name] for side in (REAL, fake)]
        assert found[f"wasserstein_{name}"].value == pytest.approx(stats.wasserstein_distance(*columns))
    assert suites.quick(key, REAL, fake).value == found["wasserstein_m4l"].value


def test_quick_of_nothing_is_infinite(key):
    assert suites.quick(key, REAL, four_leptons.table(garbage("all NaN"))).value == np.inf


def test_peak_fraction_counts_what_is_near_the_peak():
    real = np.concatenate([np.full(80, 125.0), np.linspace(60.0, 110.0, 20)])
    fake = np.concatenate([np.full(30, 125.4), np.full(10, 127.0), np.full(10, np.nan)])
    found = suites.peak_fraction_ratio(real, fake)
    assert found.value == pytest.approx(0.6 / 0.8)
    assert 0.05 < found.error < 0.15
    assert np.isnan(suites.peak_fraction_ratio(np.full(3, np.nan), fake).value)


def test_channels_are_counted(key):
    events = four_leptons.make(0, 300)
    channel = four_leptons.table(events)["channel"].astype(int)
    only = events[channel == 2]
    found = suites.channel_suite(key, REAL, four_leptons.table(only))
    assert found["channel_share_2e2mu"].value == 1.0
    share = np.bincount(channel, minlength=3) / 300
    assert found["channel_difference"].value == pytest.approx(1 - share[2])


@pytest.fixture
def small_networks(monkeypatch):
    monkeypatch.setattr(classifier, "Config", partial(classifier.Config, steps=200, widths=(16,)))


@pytest.mark.usefixtures("small_networks")
def test_classifier_tells_what_differs_and_only_that(key):
    fakes = [four_leptons.table(four_leptons.make(seed, 300, scale=s)) for seed, s in ((1, 1.0), (2, 3.0))]
    same, other = (suites.classifier_suite(key, REAL, fake) for fake in fakes)
    for name in ("auc_momenta", "auc_observables"):
        assert abs(same[name].value - 0.5) < 4 * same[name].error
        assert other[name].value > 0.7


def test_few_events_have_no_area(key):
    few = four_leptons.table(four_leptons.make(1, 20))
    found = suites.classifier_suite(key, REAL, few)
    assert all(np.isnan(estimate.value) for estimate in found.values())


def test_real_halves_are_at_the_floor(real_data):
    events = four_leptons.read(real_data / "zz4l_pythia8.csv", 6000)
    halves = [four_leptons.table(half) for half in np.split(events, 2)]
    found = evaluate(
        jax.random.key(0), *halves, {name: FAST[name] for name in ("mass", "correlations", "physics")}
    )
    assert found["wasserstein_m4l"].value < 8
    assert found["frobenius_pearson"].value < 2.5
    assert abs(found["fpd"].value) < 0.01
    assert found["peak_fraction_ratio"].value == pytest.approx(
        1.0, abs=4 * found["peak_fraction_ratio"].error
    )


def test_every_metric_has_its_words(key):
    few = four_leptons.table(four_leptons.make(1, 5))
    for name in evaluate(key, few, few, suites.SUITES):
        meaning = glossary.meaning(name, suites.MEANINGS)
        assert meaning.says, name
    assert glossary.meaning("std_ratio_px", suites.MEANINGS).title.endswith("standard deviations: px")
