import jax
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.metrics import trends
from jaxgen.plots import saving
from jaxgen.systems.tpc_pads import figures as pads


def test_every_published_figure_is_there_once(real, fake, spec):
    found = pads.pad_illustrations(real, fake, spec, member_images=np.stack([fake.data] * 2))
    names = [one.name for one in found]
    cells = ["amplitudes", "occupancy", "mean_response"]
    assert names[:6] == ["samples", "moments", "moments_threshold", *cells]
    assert names[6:] == [f"trend_{name}" for name in ("Mean0", "Mean1", "Sigma02", "Sigma12", "Cov01", "Sum")]
    assert all(one.title and one.caption and one.figure.axes for one in found)
    assert found[1].figure.legends[0].get_texts()[1].get_text() == "generated: 2 × 240 events, 0 empty"


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_a_collapsed_generator_is_drawn(real, spec):
    nothing = Batch(np.zeros_like(real.data), real.condition)
    found = {one.name: one.figure for one in pads.pad_illustrations(real, nothing, spec)}
    for name in ("samples", "amplitudes", "mean_response", "trend_Mean0"):
        assert saving.render(found[name], dpi=20)


def test_chi2_is_taken_apart_by_the_labels_of_the_data_set(real, fake, spec):
    tables = trends.pad_table(real), trends.pad_table(fake)
    detail = trends.trend_terms(jax.random.key(0), *tables, resamples=5)
    table, bins = pads.chi2_illustrations(detail, spec, floor=detail)
    assert "floor" in table.caption
    assert [axes.get_xlabel() for axes in bins.figure.axes[:2]] == ["crossing angle [deg]", "dip angle [deg]"]
