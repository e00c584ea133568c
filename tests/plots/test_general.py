"""Figures of any detector: a histogram of each observable, and their correlations."""

import numpy as np

from jaxgen.base import Batch
from jaxgen.data.dataset import Column, Spec
from jaxgen.metrics import general as observables
from jaxgen.metrics.table import Label, Samples
from jaxgen.plots import binning, general, histograms, illustration
from tests.metrics import toys

NAMES = ["charge", "mean charge", "std charge"]


def test_observables_and_correlations_are_drawn():
    samples = toys.samples(shift=0.5)
    shown = general.draw(samples)
    assert [one.name for one in shown] == ["observables", "correlations"]
    axes = shown[0].figure.axes
    assert [one.get_title(loc="left") for one in axes[::2]] == NAMES
    assert [one.get_xlabel() for one in axes[1::2]] == [
        "charge [fC]",
        "mean of charge [fC]",
        "standard deviation of charge [fC]",
    ]
    assert axes[0].get_title(loc="right").startswith("W₁ 0.4")
    texts = [text.get_text() for text in shown[0].figure.legends[0].get_texts()]
    assert texts == ["real: 300 events", "generated: 300 events"]
    labels = [label.get_text() for label in shown[1].figure.axes[0].get_xticklabels()]
    assert labels == ["mean charge", "std charge"]
    for one in shown:
        assert one.caption.endswith(".")
        assert illustration.render(one.figure, dpi=20)


def test_one_observable_has_no_correlations():
    spec = Spec("x", ("cell",), (1,), (Column("q", "fC"),))

    def observed(seed):
        data = np.random.default_rng(seed).normal(size=(50, 1))
        return observables.observe(Batch(data, np.zeros((50, 0))), spec)

    shown = general.draw(Samples(*map(observed, range(4))))
    assert [one.name for one in shown] == ["observables"]


def test_a_generator_of_nothing_is_drawn():
    samples = toys.samples()
    batch = toys.make(1, 300)
    nothing = observables.observe(Batch(np.full_like(batch.data, np.nan), batch.condition), toys.SPEC)
    shown = general.draw(samples._replace(generated=nothing))
    assert [one.name for one in shown] == ["observables"]
    assert shown[0].figure.axes[0].get_title(loc="right") == "nothing to compare"
    assert illustration.render(shown[0].figure, dpi=20)


def test_a_quantity_has_edges_of_both_samples_and_a_note():
    real, fake, floor = np.random.default_rng(0).normal(size=(3, 100, 2))
    label = Label("charge", "fC", "Q")
    found = general.quantity(label, real, 3 * fake, floor)
    np.testing.assert_array_equal(found.edges, binning.edges(real, 3 * fake))
    assert found.real.shape == (200,)
    assert [x.shape for x in found.fake] == [(200,)]
    assert found.note == histograms.distance_note(real, 3 * fake, floor, "fC")
    given = general.quantity(label, real, fake, floor, edges=np.linspace(0, 1, 4), logarithmic="y")
    assert (len(given.edges), given.logarithmic) == (4, "y")
