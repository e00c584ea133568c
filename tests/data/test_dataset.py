"""Data sets: what their columns mean, how they are split, and what they say of themselves."""

import json

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from jaxgen.base import Batch
from jaxgen.data import dataset
from jaxgen.data.dataset import KINDS, Column, Dataset, Spec, split

CHANNEL = Column("channel", labels=("4e", "4mu", "2e2mu"), kind="label")
CONDITION = (
    Column("dip_angle", "deg", -60.0, 60.0),
    Column("row", "", 0.0, 52.0, "count", default=23.0),
    Column("photon", kind="flag", default=1.0),
    CHANNEL,
)
LEPTONS = Spec(
    "leptons",
    ("slot", "component"),
    (8, 2),
    (Column("energy", "GeV", 0.0), Column("momentum", "GeV")),
    CONDITION,
)
IMAGES = Spec("images", ("pad", "time bin"), (3, 4), (Column("charge", "fC", 0.0),), CONDITION[:1])
ROWS = Spec("rows", ("cell",), (5,), (Column("charge", "fC"),))


def events(spec: Spec, number: int = 12) -> Batch:
    draw = np.random.default_rng(0)
    table = draw.normal(size=(number, len(spec.condition)))
    for place, column in enumerate(spec.condition):
        if column.kind != "real":
            table[:, place] = draw.integers(0, 3, number)
    data = draw.exponential(size=(number, *spec.shape))
    return Batch(data.astype(np.float32), table.astype(np.float32))


def data_of(spec: Spec, number: int = 12) -> Dataset:
    return split(events(spec, number), spec)


@pytest.mark.parametrize("spec", [LEPTONS, IMAGES, ROWS])
def test_a_spec_survives_json(spec):
    """With ends of ranges that JSON has not, defaults, labels and all kinds."""
    text = json.dumps(spec.as_json(), allow_nan=False)
    assert Spec.from_json(json.loads(text)) == spec


def test_a_column_has_one_of_the_kinds():
    assert {column.kind for column in CONDITION} == set(KINDS)
    with pytest.raises(ValueError, match="kind of row to be one of real, count, flag, label; got 'integer'"):
        Spec("x", ("cell",), (5,), (Column("charge"),), (Column("row", kind="integer"),))


def test_a_spec_that_does_not_fit_its_shape_is_refused():
    with pytest.raises(ValueError, match="Expected 2 names of axes; got cell"):
        Spec("x", ("cell",), (5, 4), (Column("charge"),))
    with pytest.raises(ValueError, match=r"each place of the last axis of \(5, 4\); got 3"):
        Spec("x", ("slot", "component"), (5, 4), (Column("a"), Column("b"), Column("c")))
    with pytest.raises(ValueError, match="got 2"):
        Spec("x", (), (), (Column("a"), Column("b")))


def test_words_of_columns_and_units():
    assert CONDITION[0].text == "dip angle [deg]"
    assert CONDITION[1].text == "row"
    assert LEPTONS.unit == "GeV"
    assert Spec("x", ("part",), (2,), (Column("a", "GeV"), Column("b", "rad"))).unit == "GeV, rad"


@pytest.mark.parametrize("number", [4, 10, 101, 4000])
def test_the_split_is_that_of_scikit_learn(number):
    batch = Batch(np.arange(number), -np.arange(number))
    train, test = train_test_split(np.arange(number), test_size=0.25, random_state=42)
    data = split(batch, ROWS)
    np.testing.assert_array_equal(data.train.data, train)
    np.testing.assert_array_equal(data.test.data, test)
    np.testing.assert_array_equal(data.test.condition, -test)
    assert len(data.validation.data) == 0


@pytest.mark.parametrize(("share", "kept"), [(0.0, 75), (0.2, 60), (0.999, 1)])
def test_validation_takes_the_last_training_events(share, kept):
    batch = Batch(np.arange(100.0), -np.arange(100.0))
    whole, data = split(batch, ROWS), split(batch, ROWS, validation=share)
    assert data.train.data.tobytes() == whole.train.data[:kept].tobytes()
    for part, want in zip(data.validation, whole.train, strict=True):
        np.testing.assert_array_equal(part, want[kept:])
    np.testing.assert_array_equal(data.test.data, whole.test.data)


def test_a_full_training_sees_the_test_events_too():
    batch = Batch(np.arange(100.0), np.zeros((100, 0)))
    data = split(batch, ROWS, full=True, test_fraction=0.1, seed=3)
    np.testing.assert_array_equal(data.train.data, batch.data)
    np.testing.assert_array_equal(data.test.data, split(batch, ROWS, test_fraction=0.1, seed=3).test.data)
    assert len(data.test.data) == 10


def test_splits_that_make_no_sense_are_refused():
    batch = Batch(np.zeros(4), np.zeros(4))
    with pytest.raises(ValueError, match=r"both splits; got 1 events and a test share of 0\.25"):
        split(Batch(np.zeros(1), np.zeros(1)), ROWS)
    with pytest.raises(ValueError, match="both splits"):
        split(batch, ROWS, test_fraction=0.0)
    for share in (-0.1, 1.0, np.nan):
        with pytest.raises(ValueError, match=r"validation share within \[0, 1\)"):
            split(batch, ROWS, validation=share)


def test_a_number_is_described_as_numpy_would():
    values = np.random.default_rng(0).normal(3.0, 2.0, (40, 5))
    flat = values.ravel()
    expected = [200, flat.mean(), flat.std(), flat.min(), *np.quantile(flat, [0.25, 0.5, 0.75]), flat.max()]
    found = dataset.describe_values(values)
    assert list(found) == list(dataset.SUMMARY)
    np.testing.assert_allclose(list(found.values()), expected, rtol=1e-12)


def test_only_finite_values_are_described():
    values = np.array([1.0, np.nan, 3.0, np.inf, -np.inf])
    found = dataset.describe_values(values)
    assert (found["count"], found["mean"], found["max"]) == (2, 2.0, 3.0)
    nothing = dataset.describe_values(np.full(3, np.nan))
    assert nothing["count"] == 0
    assert all(np.isnan(value) for name, value in nothing.items() if name != "count")


def test_columns_are_those_of_events_and_conditions():
    data = data_of(LEPTONS)
    found = {column.name: values for column, values in data.columns()}
    assert list(found) == ["energy", "momentum", "dip_angle", "row", "photon", "channel"]
    np.testing.assert_array_equal(found["momentum"], data.train.data[..., 1])
    np.testing.assert_array_equal(found["channel"], data.train.condition[:, 3])
    ((column, values),) = data_of(ROWS).columns()
    assert (column.name, values.shape) == ("charge", (9, 5))


def test_a_summary_has_a_line_a_column():
    data = data_of(LEPTONS)
    heads, lines = data.summary()
    by_name = {line[0]: dict(zip(heads, line, strict=True)) for line in lines}
    assert list(by_name)[-1] == "channel (4e, 4mu, 2e2mu)"
    assert by_name["dip_angle"]["nominal range"] == "-60 to 60"
    assert by_name["momentum"]["nominal range"] == "any"
    assert by_name["energy"]["unit"] == "GeV"
    assert float(by_name["energy"]["mean"]) == pytest.approx(data.train.data[..., 0].mean(), rel=1e-3)
    assert float(by_name["energy"]["largest"]) == pytest.approx(data.train.data[..., 0].max(), rel=1e-3)


def test_a_data_set_says_what_it_holds():
    data = split(events(LEPTONS), LEPTONS, validation=0.4)
    assert repr(data) == (
        "Dataset leptons: 6 training, 3 validation and 3 test events of shape (8, 2) in GeV, "
        "conditions dip_angle, row, photon, channel"
    )
    assert repr(data_of(ROWS)).endswith("in fC, no conditions")
    html = data._repr_html_()
    assert html.startswith("<p>Dataset leptons: 6 training")
    assert html.count("<tr>") == 1 + 6


def test_show_prints_the_words_and_the_table(capsys):
    data_of(IMAGES).show()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Dataset images: 9 training")
    assert [line.split()[0] for line in lines[1:]] == ["column", "charge", "dip_angle"]


@pytest.mark.parametrize(("spec", "names"), [(IMAGES, ["events", "columns"]), (LEPTONS, ["columns"])])
def test_figures_are_by_name(spec, names):
    assert list(data_of(spec).figures()) == names


def test_the_source_is_kept_beside_the_events():
    data = data_of(ROWS)
    made = data.made_by(simulate=7, number=12)
    assert (data.source, made.source) == ({}, {"simulate": 7, "number": 12})
    assert made.train is data.train
