import numpy as np
import pytest

from jaxgen.systems.tpc_pads.figures import samples


def test_each_pair_shares_a_scale(real, spec):
    figure = samples.sample_pairs(real.data, 2 * real.data, real.condition, spec)
    assert len(figure.axes) == 2 * 20 + 1
    norms = {id(axes.get_images()[0].norm) for axes in figure.axes[:-1]}
    assert len(norms) == 1
    np.testing.assert_allclose(figure.axes[0].get_images()[0].get_array().filled(0), real.data[0])
    assert figure.axes[-1].get_ylabel() == "amplitude [ADC counts]"


def test_fewer_events_give_fewer_pairs(real, spec):
    figure = samples.sample_pairs(real.data[:7], real.data[:7], real.condition[:7], spec)
    assert len(figure.axes) == 2 * 7 + 1


def test_title_names_the_track(spec):
    title = samples.track_title(np.array([-3.6, 41.2, 120.0, 3.0]), spec)
    assert title == "crossing −4°, dip 41°, drift 120"


def test_unpaired_events_are_refused(real, spec):
    with pytest.raises(ValueError, match="shape"):
        samples.sample_pairs(real.data, real.data[:3], real.condition, spec)
