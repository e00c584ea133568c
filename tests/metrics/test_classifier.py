import jax
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import log_loss, roc_auc_score

from jaxgen.metrics import classifier


def gaussians(seed, *, shift, number=1500, width=3):
    rng = np.random.default_rng(seed)
    fake = rng.normal(size=(number, width))
    fake[:, 0] += shift
    return rng.normal(size=(number, width)), fake


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_shifted_gaussians_reach_the_best_possible_area(key, shift):
    result = classifier.two_sample_test(key, *gaussians(0, shift=shift))
    best = stats.norm.cdf(shift / np.sqrt(2))
    assert abs(result.auc.value - best) < 3 * result.auc.error + 0.005
    assert result.auc.error == pytest.approx(0.0145, rel=0.3)


def test_a_correlation_is_found_that_no_single_feature_shows(key):
    real, fake = gaussians(1, shift=0)
    fake[:, 1] = 0.8 * fake[:, 0] + 0.6 * fake[:, 1]
    assert classifier.two_sample_test(key, real, fake).auc.value > 0.65


def test_figures_are_those_of_scikit_learn(key):
    result = classifier.two_sample_test(key, *gaussians(2, shift=0.5))
    scores = np.concatenate([result.real_scores, result.fake_scores])
    label = np.repeat([0, 1], [len(result.real_rows), len(result.fake_rows)])
    assert len(label) == 1500
    assert result.auc.value == pytest.approx(roc_auc_score(label, scores))
    chance = np.where(label, 0.5 / label.sum(), 0.5 / (1 - label).sum())
    expected = log_loss(label, 1 / (1 + np.exp(-scores)), sample_weight=chance)
    assert result.log_loss.value == pytest.approx(expected)


def test_unequal_samples_are_weighed_alike(key):
    rng = np.random.default_rng(3)
    result = classifier.two_sample_test(key, rng.normal(size=(300, 3)), rng.normal(size=(2700, 3)))
    assert abs(result.auc.value - 0.5) < 4 * result.auc.error
    assert result.log_loss.value == pytest.approx(np.log(2), abs=0.03)
    assert result.auc.error > 0.02


def test_events_of_equal_law_give_one_half_with_the_error_that_is_stated():
    """Also where each condition has an event in both samples, which lessens the error."""
    rng = np.random.default_rng(8)
    config = classifier.Config(steps=60, widths=(16,), batch=64)
    found: dict[bool, list] = {False: [], True: []}
    for seed in range(60):
        for shared, kept in found.items():
            condition = rng.normal(size=(2, 200, 2))
            condition[1] = condition[shared * -1 + 1]
            sides = np.concatenate([condition, condition[..., :1] + 0.3 * rng.normal(size=(2, 200, 1))], -1)
            groups = np.tile(np.arange(200), 2) if shared else np.arange(400)
            kept.append(
                classifier.two_sample_test(jax.random.key(seed), *sides, groups=groups, config=config).auc
            )
    errors = {}
    for shared, kept in found.items():
        values, stated = np.array(kept).T
        errors[shared] = np.sqrt(np.mean(stated**2))
        assert abs(values.mean() - 0.5) < 3 * errors[shared] / np.sqrt(60)
        assert values.std(ddof=1) == pytest.approx(errors[shared], rel=0.28)  # three errors of a spread of 60
    assert errors[True] < 0.8 * errors[False]


def test_same_key_same_result(key):
    samples = gaussians(4, shift=0.5)
    first, second = (classifier.two_sample_test(key, *samples) for _ in range(2))
    np.testing.assert_array_equal(first.fake_scores, second.fake_scores)
    assert first.auc == second.auc
    assert first.auc != classifier.two_sample_test(jax.random.key(1), *samples).auc


def test_memory_of_a_condition_does_not_leak(key):
    """Real and generated events in pairs of one condition, equal in law but for the condition."""
    rng = np.random.default_rng(5)
    condition = rng.uniform(size=(1500, 3))
    groups = np.tile(np.arange(1500), 2)
    result = classifier.two_sample_test(key, condition, condition, groups=groups)
    assert result.auc == (0.5, pytest.approx(0.0, abs=1e-9))
    np.testing.assert_array_equal(result.real_rows, result.fake_rows)


def test_halves_are_even_and_keep_groups(key):
    groups = np.repeat(np.arange(50), 4)
    held_out = classifier.hold_out(key, groups)
    assert held_out.sum() == 100
    assert (held_out.reshape(50, 4) == held_out[::4, None]).all()


def test_few_conditions_are_no_groups(key):
    real, fake = gaussians(9, shift=0.0, number=50)
    result = classifier.two_sample_test(key, real, fake, groups=np.zeros(100))
    assert 30 < len(result.real_rows) + len(result.fake_rows) < 70


def test_constant_feature_is_no_obstacle(key):
    real, fake = gaussians(6, shift=1.0)
    real[:, 2] = fake[:, 2] = 7
    assert classifier.two_sample_test(key, real, fake).auc.value > 0.7


def test_area_by_bin_sees_where_the_difference_is(key):
    real, fake = gaussians(7, shift=0.0)
    fake[:, 0] += 2 * (fake[:, 1] > 0)
    result = classifier.two_sample_test(key, real, fake)
    low, high, empty = classifier.auc_by_bin(result, real[:, 1], fake[:, 1], np.array([-9, 0, 9, 10]))
    assert abs(low.value - 0.5) < 4 * low.error
    assert high.value > 0.85
    assert np.isnan(empty.value)


def test_bad_samples_are_refused(key):
    good = np.zeros((20, 2))
    with pytest.raises(ValueError, match="fake features of shape"):
        classifier.two_sample_test(key, good, np.zeros((20, 3)))
    with pytest.raises(ValueError, match="finite features"):
        classifier.two_sample_test(key, good, good + np.inf)
    with pytest.raises(ValueError, match="each of two halves; got 20 real and 1 generated"):
        classifier.two_sample_test(key, good, good[:1])
