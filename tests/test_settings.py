"""Settings say what they are once, and refuse what they cannot be in one sentence."""

from dataclasses import FrozenInstanceError, dataclass, replace

import numpy as np
import pytest

from jaxgen import settings
from jaxgen.learners import settings as learners
from jaxgen.settings import Settings, setting


@dataclass(frozen=True)
class Toy(Settings):
    """One setting of each kind."""

    steps: int = 300
    rate: float = setting(1e-3, "of learning", above=0, high=1, unit="1/update")
    width: float | None = setting(None, "of the layers", low=2)
    buffered: bool = setting(False, "keep the latest events")
    start: str = setting("random", "where it begins", choices=("random", "kmeans"))
    regularizer: tuple[str, ...] = setting(("none",), "of the critic", choices=("none", "clip", "penalty"))


@dataclass(frozen=True)
class Best(Toy):
    """Other defaults of inherited settings."""

    rate: float = 0.5
    regularizer: tuple[str, ...] = ("clip", "penalty")


def test_a_description_is_all_that_is_known():
    found = {one.name: one for one in settings.describe(Toy)}
    assert list(found) == ["steps", "batch_size", "rate", "width", "buffered", "start", "regularizer"]
    assert found["rate"] == settings.Described(
        "rate", 1e-3, float, "of learning", unit="1/update", high=1, above=0, group="model"
    )
    assert (found["width"].kind, found["width"].optional, found["width"].default) == (float, True, None)
    assert (found["buffered"].kind, found["start"].kind, found["regularizer"].kind) == (bool, str, tuple)
    assert found["start"].choices == ("random", "kmeans")


def test_an_inherited_setting_keeps_its_words_and_bounds():
    toy, best = ({one.name: one for one in settings.describe(kind)} for kind in (Toy, Best))
    for name in ("rate", "regularizer"):
        assert best[name].default != toy[name].default
        assert best[name]._replace(default=None) == toy[name]._replace(default=None)
    assert (toy["steps"].default, toy["steps"].low) == (300, 1)
    assert toy["steps"].words == "updates of the whole run, each from one batch"
    with pytest.raises(ValueError, match="Expected rate of at most 1; got 2"):
        Best(rate=2.0)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"steps": 0}, "Expected steps of at least 1; got 0."),
        ({"steps": 1.5}, "Expected steps to be a whole number; got 1.5."),
        ({"steps": True}, "Expected steps to be a whole number; got True."),
        ({"steps": None}, "Expected steps to be a whole number; got None."),
        ({"rate": 0}, "Expected rate above 0; got 0."),
        ({"rate": 1.1}, "Expected rate of at most 1; got 1.1."),
        ({"rate": "1"}, "Expected rate to be a number; got '1'."),
        ({"rate": float("nan")}, "Expected a finite number for rate; got nan."),
        ({"rate": float("inf")}, "Expected a finite number for rate; got inf."),
        ({"width": 1}, "Expected width of at least 2; got 1."),
        ({"buffered": 1}, "Expected buffered to be True or False; got 1."),
        ({"start": "middle"}, "Expected start to be one of random, kmeans; got 'middle'."),
        ({"start": 3}, "Expected start to be a name; got 3."),
        ({"regularizer": ()}, "Expected regularizer to be none or any of clip, penalty; got ()."),
        ({"regularizer": ("none", "clip")}, "none or any of clip, penalty; got ('none', 'clip')."),
        ({"regularizer": ("clip", "clip")}, "got ('clip', 'clip')."),
        ({"regularizer": "clips"}, "got 'clips'."),
        ({"regularizer": [["clip"]]}, "none or any of clip, penalty; got [['clip']]."),
        ({"regularizer": 5}, "none or any of clip, penalty; got 5."),
    ],
)
def test_what_a_setting_cannot_be_is_said(given, sentence):
    with pytest.raises(ValueError, match=next(iter(given))) as error:
        Toy(**given)
    assert str(error.value).endswith(sentence)


def test_values_become_what_they_stand_for():
    toy = Toy(rate=1, width=3, regularizer="penalty,clip")
    assert (type(toy.rate), type(toy.width)) == (float, float)
    assert toy.regularizer == ("penalty", "clip")
    assert Toy(regularizer=["clip"]) == Toy(regularizer=("clip",))
    assert Toy(width=None).width is None
    swept = Toy(steps=np.int64(7), rate=np.float32(0.5), buffered=np.bool_(True), width=np.float64(4))
    assert [type(value) for value in (swept.steps, swept.rate, swept.buffered, swept.width)] == [
        int,
        float,
        bool,
        float,
    ]


def test_settings_are_frozen_and_checked_when_they_are_replaced():
    toy = Toy()
    with pytest.raises(FrozenInstanceError):
        toy.steps = 5
    with pytest.raises(ValueError, match="Expected steps of at least 1"):
        replace(toy, steps=0)


def test_an_unknown_name_is_told_with_the_nearest():
    assert settings.make(Toy, "gan", {"rate": 0.5}).rate == 0.5
    with pytest.raises(ValueError, match="regulariser") as error:
        settings.make(Toy, "gan", {"regulariser": "clip"})
    assert (
        str(error.value) == "Expected settings of the model gan; got regulariser, did you mean regularizer?"
    )
    with pytest.raises(ValueError, match=r"got momentum; it has steps, batch_size, rate, width, .*\.$"):
        settings.make(Toy, "gan", {"momentum": 0.5})


def test_json_gives_the_same_settings_again():
    toy = Toy(regularizer=("clip", "penalty"), width=4.0)
    found = settings.as_json(toy)
    assert found["regularizer"] == ["clip", "penalty"]
    assert Toy(**found) == toy


KINDS = (
    learners.OptimizerSettings,
    learners.DescentSettings,
    learners.LikelihoodSettings,
    learners.VariationalSettings,
    learners.AdversarialSettings,
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_of_the_learners_is_said_in_words(kind):
    described = settings.describe(kind)
    assert all(one.words and not one.words.endswith(".") for one in described)
    assert settings.make(kind, "x", settings.as_json(kind())) == kind()


@pytest.mark.parametrize(
    ("changes", "extendable"),
    [
        ({}, True),
        ({"decay": "exponential"}, True),
        ({"decay": "cosine"}, False),
        ({"spectral_form": "scheduled"}, False),
        ({"spectral_form": "scheduled", "regularizer": "none"}, True),
    ],
)
def test_a_run_is_longer_only_where_nothing_looks_at_its_length(changes, extendable):
    assert learners.AdversarialSettings(**changes).extendable == extendable
