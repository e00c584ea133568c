"""Events from a generator: for whom, from which key, in which pieces."""

import warnings

import jax
import numpy as np
import pytest

from jaxgen.base import Estimate, Learner
from jaxgen.metrics.scores import Score
from jaxgen.run.fitting import fit
from jaxgen.run.loading import load
from tests.run.toys import SYSTEM, simulate


@pytest.fixture(scope="module")
def data():
    return simulate(0, 400)


@pytest.fixture(scope="module")
def generator(data):
    return fit(SYSTEM.learner("mean", data), data, members=2, quiet=True).generator


@pytest.fixture(scope="module")
def blind():
    """One that knows nothing of its events."""
    data = simulate(0, 80, known=False)
    return fit(SYSTEM.learner("mean", data), data, quiet=True).generator


CONDITION = np.array([[1.0, 0.5, 1.0], [2.0, -1.0, 0.0], [3.0, 1.0, 1.0]])


class Frame:
    """As much of a table as libraries of tables have in common."""

    columns = ("particle", "position", "angle")

    def __getitem__(self, name):
        return CONDITION[:, ["position", "angle", "particle"].index(name)]


class TestConditions:
    @pytest.mark.parametrize(
        "given",
        [
            CONDITION.tolist(),
            CONDITION.astype(np.float32),
            {"Position": [1, 2, 3], "angle": CONDITION[:, 1], "particle": ["electron", "pion", "electron"]},
            np.rec.fromarrays(CONDITION.T, names="position,angle,particle"),
            Frame(),
        ],
        ids=["list", "array", "mapping", "structured", "table"],
    )
    def test_in_any_form_give_the_same_events(self, generator, given):
        np.testing.assert_array_equal(generator.sample(0, given), generator.sample(0, CONDITION))

    def test_scalars_stand_for_all_events(self, generator):
        one = generator.sample(0, {"position": 1.0, "angle": 0.5, "particle": 1}, num=4)
        np.testing.assert_array_equal(one, generator.sample(0, np.tile(CONDITION[:1], (4, 1))))

    def test_missing_ones_take_their_defaults_and_that_is_said(self, generator):
        with pytest.warns(UserWarning, match=r"taken to be angle = 1 deg, particle = 0\."):
            found = generator.sample(0, {"position": [1.0, 2.0]})
        np.testing.assert_array_equal(found, generator.sample(0, [[1.0, 1.0, 0.0], [2.0, 1.0, 0.0]]))

    def test_are_used_over_and_over(self, generator):
        batch = generator.batch(0, CONDITION, 7)
        np.testing.assert_array_equal(batch.condition, CONDITION[[0, 1, 2, 0, 1, 2, 0]])
        np.testing.assert_array_equal(batch.data, generator.sample(0, batch.condition))

    def test_of_more_than_events_the_first_are_used_and_that_is_said(self, generator):
        with pytest.warns(UserWarning, match="Of 3 conditions the first 2 are used, one for each event"):
            batch = generator.batch(0, CONDITION, 2)
        np.testing.assert_array_equal(batch.condition, CONDITION[:2])
        np.testing.assert_array_equal(batch.data, generator.sample(0, CONDITION[:2]))

    def test_may_come_in_other_units_and_with_further_columns(self, generator):
        table = {"position": 1e-3 * CONDITION[:, 0], "angle": CONDITION[:, 1], "particle": CONDITION[:, 2]}
        for options in (
            {"condition": table, "units": "m"},
            {"condition": {**table, "time": 1.0}, "units": "m"},
        ):
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                batch = generator.batch(0, **options)
            assert [str(one.message) for one in said] == (
                ["Of the conditions, time are not used."] if "time" in options["condition"] else []
            )
            np.testing.assert_allclose(batch.condition, CONDITION, rtol=1e-6)
        np.testing.assert_array_equal(generator.sample(0, table, units="m"), batch.data)
        with pytest.raises(ValueError, match="Expected units of conditions that are given; got 'm'"):
            generator.sample(0, num=2, units="m")

    def test_in_another_unit_by_their_values_are_refused_or_said(self, generator):
        far = {"position": [5000.0], "angle": 0.0, "particle": "pion"}
        with pytest.raises(ValueError, match=r"which would be inside as um: units='um' converts\."):
            generator.sample(0, far)
        with pytest.warns(UserWarning, match=r"got 5000 for event 0, which would be inside as um\."):
            assert np.ma.is_masked(generator.sample(0, far, outside="mark"))
        assert generator.sample(0, far, units="um").shape == (1, 5)

    def test_are_drawn_from_those_trained_on(self, generator, data):
        batch = generator.batch(0, num=1000)
        known = {tuple(row) for row in np.asarray(data.train.condition)}
        drawn = {tuple(row) for row in batch.condition}
        assert drawn <= known
        assert len(drawn) > 0.9 * len(known)

    def test_without_any_there_must_be_a_number(self, generator, blind):
        for one in (generator, blind):
            with pytest.raises(ValueError, match="Expected conditions, or num"):
                one.sample(0)
        assert blind.sample(0, num=3).shape == blind.sample(0, np.zeros((3, 0))).shape == (3, 5)

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"positon": 1.0}, "got positon, did you mean position?"),
            ({"angle": 1.0}, "Expected all conditions without a default, position; got no position."),
            ({"position": [1, 2], "angle": [1, 2, 3], "particle": 0}, "Expected columns of one length, 3"),
            (
                {"position": 1.0, "angle": 0.0, "particle": "muon"},
                "to be pion (0), electron (1); got 'muon'.",
            ),
            ({"position": 1.0, "angle": 0.0, "particle": 2}, "to be pion (0), electron (1); got 2."),
            (
                [[1.0, 2.0]],
                "Expected conditions of 3 columns, position, angle, particle; got the shape (1, 2).",
            ),
            ([[np.nan, 0.0, 0.0]], "Expected finite conditions; got nan as position 0."),
        ],
    )
    def test_that_cannot_be_are_refused(self, generator, given, message):
        with pytest.raises(ValueError, match="Expected") as caught:
            generator.sample(0, given)
        assert message in str(caught.value)

    def test_outside_of_the_range_are_refused_or_marked(self, generator):
        far = [[1.0, 0.5, 1.0], [50.0, 0.5, 1.0]]
        with pytest.raises(ValueError, match=r"Expected position within .* mm; got 50 for event 1\."):
            generator.sample(0, far)
        marked = generator.sample(0, far, outside="mark")
        assert np.ma.getmaskarray(marked).any(axis=1).tolist() == [False, True]
        np.testing.assert_array_equal(marked.data[0], generator.sample(0, far[:1])[0])
        with pytest.raises(ValueError, match="Expected outside to be refuse or mark; got 'ignore'"):
            generator.sample(0, far, outside="ignore")


class TestKeys:
    def test_a_seed_a_typed_and_a_legacy_key_are_one(self, generator):
        events = [
            generator.sample(key, CONDITION)
            for key in (7, np.int64(7), jax.random.key(7), jax.random.PRNGKey(7))
        ]
        for other in events[1:]:
            np.testing.assert_array_equal(events[0], other)
        assert not np.isin(generator.sample(8, CONDITION), events[0]).any()

    @pytest.mark.parametrize("key", ["7", 1.5, True, -1, 2**32, jax.numpy.zeros(2)])
    def test_nothing_else_is_one(self, generator, key):
        with pytest.raises(ValueError, match="Expected a seed"):
            generator.sample(key, CONDITION)


class TestPieces:
    @pytest.mark.parametrize("piece", [1, 7, 1000])
    def test_leave_no_trace(self, generator, piece):
        whole = generator.batch(0, num=2100)
        part = generator.batch(0, num=2100 if piece > 1 else 60, piece=piece)
        np.testing.assert_array_equal(part.condition, whole.condition[: len(part.condition)])
        np.testing.assert_allclose(part.data, whole.data[: len(part.data)], rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("piece", [7, 1000])
    def test_of_one_size_give_the_same_bits(self, generator, piece):
        longer = generator.sample(0, num=2100, piece=piece)
        shorter = generator.sample(0, num=1003, piece=piece)
        np.testing.assert_array_equal(shorter, longer[:1003])

    @pytest.mark.parametrize("first", [1, 999, 2**32 - 2])
    def test_a_sample_can_be_continued(self, generator, first):
        whole = generator.batch(0, num=6, first=first)
        for event in range(6):
            alone = generator.batch(0, num=1, first=first + event)
            np.testing.assert_array_equal(alone.condition[0], whole.condition[event])
            np.testing.assert_allclose(alone.data[0], whole.data[event], rtol=1e-5, atol=1e-5)

    def test_events_beyond_32_bits_are_others(self, generator):
        near, far = (generator.sample(0, CONDITION, first=first) for first in (0, 2**32))
        assert not np.isin(far, near).any()

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"num": 0}, "num; got 0"),
            ({"num": 2.5}, "num; got 2.5"),
            ({"num": 2, "piece": 0}, "piece; got 0"),
            ({"num": 2, "first": -1}, "got -1"),
        ],
    )
    def test_numbers_must_be_numbers_of_events(self, generator, options, message):
        with pytest.raises(ValueError, match="Expected a whole number") as caught:
            generator.sample(0, **options)
        assert message in str(caught.value)


class TestMembers:
    def test_each_has_its_own_events(self, generator):
        first, second = (generator.member(m).sample(0, CONDITION) for m in (0, 1))
        np.testing.assert_array_equal(first, generator.sample(0, CONDITION))
        assert not np.array_equal(first, second)

    def test_must_be_there(self, generator):
        with pytest.raises(ValueError, match="Expected a member from 0 to 1; got 2"):
            generator.member(2)


class TestOwnObjects:
    """The folder names them; loading needs the same."""

    def test_are_needed_again(self, data, tmp_path):
        class Network:
            pass

        class Other:
            pass

        recipe = SYSTEM.learner("mean", data, generator=Network())
        path = fit(recipe, data, quiet=True).generator.save(tmp_path / "own.zip")
        assert load(path, generator=Network()).sample(0, CONDITION).shape == (3, 5)
        for given, name in [({}, "nothing"), ({"generator": Other()}, "Other")]:
            with pytest.raises(ValueError, match=r"Expected generator=.*Network for .*; got .*" + name):
                load(path, **given)

    def test_a_learner_of_ones_own_cannot_be_saved(self, data, tmp_path):
        recipe = SYSTEM.learner("mean", data)
        own = recipe.build(recipe_length())
        assert isinstance(own, Learner)
        run = fit(own, data, steps=4, batch_size=8, quiet=True)
        assert run.generator.sample(0, CONDITION).shape == (3, 5)
        with pytest.raises(ValueError, match="got one of an own learner"):
            run.generator.save(tmp_path / "own.zip")

    def test_a_member_stays_the_member(self, generator, tmp_path):
        again = load(generator.member(1).save(tmp_path / "second.zip"))
        np.testing.assert_array_equal(again.sample(0, num=3), generator.member(1).sample(0, num=3))
        assert "member 1 of 2" in repr(again)

    def test_a_folder_in_its_place_stays(self, generator, tmp_path):
        with pytest.raises(ValueError, match="Expected the path of a file for the generator; got the folder"):
            generator.save(tmp_path)
        assert not list(tmp_path.parent.glob("*.partial"))

    def test_of_another_system_is_refused(self, generator, tmp_path):
        from jaxgen.systems import tpc_pads

        path = generator.save(tmp_path / "dots.zip")
        with pytest.raises(ValueError, match=r"Expected the system dots for .*; got tpc_pads\."):
            load(path, system=tpc_pads.SYSTEM)


@pytest.mark.parametrize("number", [0, -1, 3.5, 1e3, True, "4"])
def test_whole_numbers_of_events_are_asked_for(generator, number):
    with pytest.raises(ValueError, match="Expected a whole number from 1 on as num; got"):
        generator.sample(0, CONDITION[0], num=number)
    with pytest.raises(ValueError, match="Expected a whole number from 1 on as piece; got"):
        generator.sample(0, CONDITION[0], num=2, piece=number)


def test_a_judged_generator_shows_how_good_it_is(generator):
    row = Score("distance", Estimate(2.0, 0.5), Estimate(1.0, 0.2)).as_json()
    judged = generator.with_card({"trained": "well", "evaluation": {"metrics": {"distance": row}}})
    assert "is 2.00 ± 0.50; real events in place of generated ones give 1.00 ± 0.20" in judged._repr_html_()


def recipe_length():
    from jaxgen.base import Length

    return Length(4, 10)


def test_a_generator_says_what_it_is(generator):
    text = repr(generator)
    assert text.startswith(
        "Generator mean of dots: events of shape (5,) in lm, trained for 12 updates, member 0 of 2"
    )
    assert "position" in text
    assert "<td>mm</td>" in generator._repr_html_()
