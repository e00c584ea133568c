import numpy as np

from jaxgen.plots import maps


def drawn(figure, index):
    return np.asarray(figure.axes[index].get_images()[0].get_array())


def test_occupancy_is_the_share_of_events_above_threshold(spec):
    real, fake = np.zeros((4, 8, 16)), np.zeros((2, 8, 16))
    real[:3, 1, 2] = 1.0
    fake[:1, 1, 2] = 5.0
    figure = maps.occupancy(real, fake, spec)
    assert drawn(figure, 0)[1, 2] == 0.75
    assert drawn(figure, 1)[1, 2] == 0.5
    assert drawn(figure, 2)[1, 2] == -0.25
    assert figure.axes[0].get_xlabel() == "time bin"
    assert figure.axes[0].get_ylabel() == "pad"
    assert len(figure.axes) == 5  # three maps, two colour bars


def test_mean_response_is_judged_in_units_of_its_error(spec):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(10, 1, (400, 8, 16)), rng.normal(10, 1, (400, 8, 16))
    fake[:, 0, 0] += 1.0
    pull = drawn(maps.mean_response(real, fake, spec), 2)
    assert 11 < pull[0, 0] < 17  # 1 / sqrt(2 / 400) = 14.1
    assert np.delete(pull.ravel(), 0).std() < 1.3


def test_empty_samples_are_drawn(spec):
    nothing = np.zeros((3, 8, 16))
    assert np.all(drawn(maps.mean_response(nothing, nothing, spec), 2) == 0)
    assert np.all(drawn(maps.occupancy(nothing, nothing, spec), 0) == 0)
