"""Figures of what is in a data set: its first events, their mean, and every column."""

from dataclasses import replace

import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.data.dataset import Column, Dataset, Spec, split
from jaxgen.plots import dataset, illustration

CHARGE = Column("charge", "fC", 0.0)
CONDITION = (Column("dip_angle", "deg"), Column("channel", labels=("4e", "4mu"), kind="label"))
SPECS = {
    "images": Spec("images", ("pad", "time bin"), (3, 5), (CHARGE,), CONDITION),
    "rows": Spec("rows", ("cell",), (6,), (CHARGE,), CONDITION),
    "columns": Spec("leptons", ("slot", "part"), (4, 2), (Column("energy", "GeV"), Column("p", "GeV"))),
    "volumes": Spec("volumes", ("x", "y", "z"), (2, 2, 2), (CHARGE,)),
}


def make(name: str, number: int = 20) -> Dataset:
    spec = SPECS[name]
    draw = np.random.default_rng(0)
    data = draw.exponential(size=(number, *spec.shape)).astype(np.float32)
    condition = np.zeros((number, len(spec.condition)), np.float32)
    if spec.condition:
        condition[:, 0], condition[:, 1] = draw.normal(size=number), draw.integers(0, 2, number)
    return split(Batch(data, condition), spec)


def titles(figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


@pytest.mark.parametrize(
    ("name", "figures"),
    [("images", ["events", "columns"]), ("rows", ["events", "columns"]), ("columns", ["columns"])],
)
def test_events_are_drawn_where_they_are_rows_or_images(name, figures):
    found = dataset.draw(make(name))
    assert [one.name for one in found] == figures
    for one in found:
        assert one.title
        assert one.caption.endswith(".")
        assert illustration.render(one.figure, dpi=20)


def test_volumes_have_their_columns_drawn():
    assert [one.name for one in dataset.draw(make("volumes"))] == ["columns"]


def test_images_are_the_first_ones_and_the_mean_of_all_on_one_scale():
    data = make("images")
    figure = dataset.draw(data)[0].figure
    assert titles(figure)[:9] == [*(f"event {i}" for i in range(8)), "mean of all"]
    images = [axes.get_images()[0] for axes in figure.axes[:9]]
    np.testing.assert_allclose(
        images[2].get_array().filled(0), np.where(data.train.data[2] < 1e-4, 0, data.train.data[2])
    )
    np.testing.assert_allclose(images[8].get_array(), data.train.data.mean(axis=0), rtol=1e-6)
    assert len({id(image.norm) for image in images}) == 1
    assert images[0].norm.vmax == pytest.approx(data.train.data[:8].max())
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("time bin", "pad")
    assert figure.axes[-1].get_ylabel() == "charge [fC]"


def test_rows_are_steps():
    data = make("rows")
    axes = dataset.draw(data)[0].figure.axes[1]
    np.testing.assert_allclose(axes.patches[0].get_data().values, data.train.data[1])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("cell", "charge [fC]")


def test_every_column_has_a_panel_with_its_unit():
    figure = dataset.draw(make("images"))[1].figure
    assert [axes.get_xlabel() for axes in figure.axes] == ["charge [fC]", "dip angle [deg]", "channel"]
    assert [label.get_text() for label in figure.axes[2].get_xticklabels()] == ["4e", "4mu"]
    heights = [bar.get_height() for bar in figure.axes[2].patches]
    assert sum(heights) == 15


def test_many_zeros_are_left_out_and_said():
    data = make("rows")
    data.train.data[:, :5] = 0.0
    axes = dataset.draw(data)[1].figure.axes[0]
    assert axes.get_title(loc="right") == "83 % zeros"
    assert sum(bar.get_height() for bar in axes.patches) == 15


def test_values_that_are_not_finite_and_empty_events_are_drawn():
    data = make("images")
    data.train.data[:] = 0.0
    data.train.data[0] = np.nan
    for one in dataset.draw(data):
        assert illustration.render(one.figure, dpi=20)


def test_the_first_label_is_counted_however_common():
    data = make("rows")
    most = np.zeros_like(data.train.condition)
    most[:3, 1] = 1
    common = replace(data, train=Batch(data.train.data, most))
    bars = dataset.draw(common)[-1].figure.axes[-1].patches
    assert [bar.get_height() for bar in bars] == [len(most) - 3, 3]


def test_constant_columns_are_named_and_not_drawn():
    data = make("images")
    data.train.condition[:, 0] = 23.0
    columns = dataset.draw(data)[-1]
    assert [axes.get_xlabel() for axes in columns.figure.axes] == ["charge [fC]", "channel"]
    assert "the same in all events: dip angle 23 deg." in columns.caption


def test_images_over_x_and_y_have_x_to_the_right_and_square_cells():
    spec = Spec("showers", ("x cell", "y cell"), (3, 5), (CHARGE,))
    data = np.random.default_rng(0).exponential(size=(20, 3, 5)).astype(np.float32) + 1
    made = split(Batch(data, np.zeros((20, 0), np.float32)), spec)
    axes = dataset.draw(made)[0].figure.axes[2]
    np.testing.assert_allclose(axes.get_images()[0].get_array(), made.train.data[2].T)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x cell", "y cell")
    assert axes.get_aspect() == 1.0
