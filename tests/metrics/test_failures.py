"""What is farthest off is named first, with its floor, and nothing is said of noise."""

import numpy as np
import pytest

from jaxgen.metrics import correlations, failures
from jaxgen.metrics.table import Label
from tests.metrics import toys

LABEL = Label("charge", "fC")
DRAW = np.random.default_rng(0)


def test_a_shift_is_judged_by_its_floor():
    real, other = DRAW.normal(size=400), DRAW.normal(size=400)
    found = failures.shift(LABEL, real, real + 1.0, other)
    assert found.distance == pytest.approx(1.0)
    assert found.ratio == pytest.approx(found.distance / found.floor)
    assert found.floor < 0.2
    holes = np.concatenate([real, [np.nan]])[:, None]
    assert failures.shift(LABEL, holes, holes + 1.0, other).distance == pytest.approx(1.0)


def test_there_is_no_shift_of_nothing():
    values, nothing = np.arange(5.0), np.full(5, np.nan)
    for sides in ((nothing, values, values), (values, nothing, values), (values, values, nothing)):
        assert failures.shift(LABEL, *sides) is None
    assert failures.shift(LABEL, values, values, values + 1) is None
    assert failures.shift(LABEL, values, values + 1, values).ratio == np.inf


def test_the_worst_come_first_and_noise_is_left_out():
    samples = toys.samples(shift=0.7)
    names = ["charge", "mean_charge", "std_charge"]
    found = failures.worst_shifts(samples, names)
    assert {name for name, _ in found} == {"charge", "mean_charge"}
    ratios = [one.ratio for _, one in found]
    assert ratios == sorted(ratios, reverse=True)
    ((name, worst),) = failures.worst_shifts(samples, names, number=1)
    assert (name, worst.ratio) == (found[0][0], ratios[0])
    assert failures.worst_shifts(samples, ["std_charge"]) == []
    alike = samples._replace(generated=samples.floor)
    assert failures.worst_shifts(alike, names) == []


def test_a_sentence_says_the_side_and_the_unit():
    real = np.array([1.0, 3.0])
    found = failures.shift(LABEL, real, real + 2.0, real + 0.5)
    assert failures.describe(found) == (
        "Charge: its Wasserstein distance of 2 fC is 4 times its floor of 0.5 fC; its mean is 2 fC too high "
        "and its standard deviation is 1 instead of 1 fC."
    )
    plain = failures.shift(Label("share"), real, real - 2.0, real + 0.5)
    assert "its mean is 2 too low" in failures.describe(plain)


def test_a_share_that_is_not_finite_is_said():
    assert failures.not_finite(0.5, "showers") == (
        "50 % of the generated showers hold values that are not finite."
    )


def correlated(rho: float, seed: int, number: int = 400) -> np.ndarray:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(number, 3))
    x[:, 2] = rho * x[:, 0] + np.sqrt(1 - rho**2) * x[:, 2]
    return x


def test_the_worst_correlation_is_named_with_both_numbers():
    sides = [correlated(0.9, 0), correlated(-0.9, 1), correlated(0.9, 2)]
    (sentence,) = failures.worst_correlation(sides, ["a", "b", "c"], kind=correlations.pearson)
    assert sentence == "The correlation of a and c is −0.90 instead of 0.90."
    (sentence,) = failures.worst_correlation(
        sides, ["a", "b", "c"], kind=correlations.spearman, words="rank correlation"
    )
    assert sentence.startswith("The rank correlation of a and c is ")


def test_noise_of_correlations_is_not_named():
    sides = [correlated(0.9, seed) for seed in (0, 2, 2)]
    assert failures.worst_correlation(sides, "abc", kind=correlations.pearson) == []


def test_rows_that_are_not_finite_are_left_out_and_few_say_nothing():
    sides = [correlated(0.9, 0), correlated(-0.9, 1), correlated(0.9, 2)]
    broken = [np.concatenate([side, np.full((5, 3), np.nan)]) for side in sides]
    names = ["a", "b", "c"]
    expected = failures.worst_correlation(sides, names, kind=correlations.pearson)
    assert failures.worst_correlation(broken, names, kind=correlations.pearson) == expected
    few = [sides[0], sides[1][:9], sides[2]]
    assert failures.worst_correlation(few, names, kind=correlations.pearson) == []
