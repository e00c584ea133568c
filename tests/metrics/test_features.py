"""Features alike in scale, whatever is missing."""

import numpy as np

from jaxgen.metrics import features

DRAW = np.random.default_rng(0)


def test_real_features_become_standard():
    real, fake = DRAW.normal(5, [1, 10, 0.1], (500, 3)), DRAW.normal(6, [1, 10, 0.1], (400, 3))
    ours, theirs = features.standardized(real, fake, cut=100.0)
    np.testing.assert_allclose(ours.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(ours.std(axis=0), 1, rtol=1e-9)
    np.testing.assert_allclose(theirs, (fake - real.mean(axis=0)) / real.std(axis=0), rtol=1e-9)


def test_what_is_not_finite_is_at_the_cut_and_changes_no_scale():
    real = np.concatenate([DRAW.normal(size=(100, 1)), [[np.nan], [np.inf], [-np.inf]]])
    ours, theirs = features.standardized(real, np.array([[np.nan], [np.inf], [1e9]]), cut=5.0)
    assert theirs.ravel().tolist() == [-5.0, 5.0, 5.0]
    assert ours[100:].ravel().tolist() == [-5.0, 5.0, -5.0]
    alone, _ = features.standardized(real[:100], real[:1], cut=5.0)
    np.testing.assert_allclose(ours[:100], alone, rtol=1e-12)


def test_a_constant_feature_keeps_its_unit():
    ours, theirs = features.standardized(np.full((5, 1), 3.0), np.array([[3.0], [4.5]]))
    assert ours.ravel().tolist() == [0.0] * 5
    assert theirs.ravel().tolist() == [0.0, 1.5]
    nothing, _ = features.standardized(np.full((5, 1), np.nan), np.zeros((2, 1)))
    assert nothing.ravel().tolist() == [-10.0] * 5


def test_events_of_one_condition_share_a_label():
    one, other = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[3.0, 4.0], [1.0, 2.0], [1.0, 3.0]])
    found = features.groups(one, other)
    assert found.shape == (5,)
    assert found[0] == found[3]
    assert found[1] == found[2]
    assert len(set(found.tolist())) == 3
    assert features.groups(np.zeros((4, 0)), np.zeros((3, 0))) is None


def test_rounding_to_float32_keeps_conditions_together():
    value = np.array([[0.1]])
    assert len(set(features.groups(value, value.astype(np.float32)).tolist())) == 1


def test_scales_are_those_of_the_real_sample():
    real, fake = DRAW.normal(5, 2, (50, 2)), DRAW.normal(size=(20, 2))
    real[:, 1] = 7.0
    ours, theirs = features.scaled_alike(real, fake)
    np.testing.assert_allclose(ours[:, 0].std(), 1)
    np.testing.assert_allclose(theirs[:, 0] * real[:, 0].std(), fake[:, 0])
    np.testing.assert_array_equal(theirs[:, 1], fake[:, 1])
