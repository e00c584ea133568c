"""Files of pad responses: formats, windows, and that writing undoes reading."""

import warnings

import numpy as np
import pytest

from jaxgen.systems.tpc_pads.data import digits as tpc_digits
from jaxgen.systems.tpc_pads.data import hits as tpc_hits

TRACK = "params: -1.371 -29.330 40.020 30.995 23 0.479"
TRACK_LENGTHS = {0: "", 2: "params: 14.996 16.941", 3: "params: 1.5 -2.5 100.25", 4: "params: 1 2 40.9 30.1"}
VALUES = (-1.371, -29.330, 40.020, 30.995, 23.0, 0.479)


def write(folder, text, name="digits.dat"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def random_events(number, *, parameters, dtype=np.float32, seed=0):
    draw = np.random.default_rng(seed)
    images = draw.exponential(20.0, (number, *tpc_digits.window_of(parameters).shape)) * (
        draw.uniform(size=(number, *tpc_digits.window_of(parameters).shape)) < 0.2
    )
    low, high = (-20, -60, 30, 20, 0, 0.1), (20, 60, 290, 80, 52, 2.5)
    tracks = draw.uniform(low, high, (number, 6))
    tracks[:, 4] = np.floor(tracks[:, 4])
    return images.astype(np.float32), tracks[:, :parameters].astype(dtype)


@pytest.mark.parametrize(
    ("number", "hit", "cell"),
    [
        (0, "41 269 2.5", (1, 4)),
        (2, "49 279 2.5", (9, 14)),
        (3, "40 100 2.5", (0, 7)),
        (4, "34 48 2.5", (7, 15)),
    ],
)
def test_hits_land_in_the_window_of_their_format(tmp_path, number, hit, cell):
    digits = tpc_digits.read_digits(write(tmp_path, "\n".join(filter(None, [TRACK_LENGTHS[number], hit]))))
    expected = np.zeros((1, *tpc_digits.window_of(number).shape), np.float32)
    expected[(0, *cell)] = 2.5
    np.testing.assert_array_equal(digits.images, expected)
    assert digits.parameters.shape == (1, number)


def test_positions_are_relative_to_the_whole_parts_of_the_track(tmp_path):
    digits = tpc_digits.read_digits(write(tmp_path, f"{TRACK}\n27 33 1.5 34 48 0.5\n"))
    assert digits.images[0, 0, 0] == 1.5
    assert digits.images[0, 7, 15] == 0.5
    assert np.count_nonzero(digits.images) == 2
    np.testing.assert_array_equal(digits.parameters, [VALUES])


@pytest.mark.parametrize("cell", ["26 40", "35 40", "30 32", "30 49"])
def test_a_hit_just_outside_is_an_error_or_counted(tmp_path, cell):
    path = write(tmp_path, f"{TRACK}\n30 40 5\n{TRACK}\n30 40 5 {cell} 7.0\n")
    with pytest.raises(
        ValueError, match=r"line 4: .*1 of 3 hits \(33\.333%\) in 1 of 2 events\. strict=False leaves"
    ):
        tpc_digits.read_digits(path)
    with pytest.warns(UserWarning, match=r"1 of 3 hits \(33\.333%\) in 1 of 2 events"):
        digits = tpc_digits.read_digits(path, strict=False)
    assert (digits.number_hits, digits.number_cut, digits.affected.tolist()) == (3, 1, [1])
    np.testing.assert_array_equal(digits.images[0], digits.images[1])


def test_a_wider_window_keeps_what_the_default_cuts(tmp_path):
    path = write(tmp_path, f"{TRACK}\n26 40 5\n")
    digits = tpc_digits.read_digits(path, window=tpc_digits.Window(pads=(-4, 5), times=(-7, 9)))
    assert digits.images.shape == (1, 9, 16)
    assert digits.images[0, 0, 7] == 5


def test_a_blank_line_of_hits_is_an_event_without_any(tmp_path):
    digits = tpc_digits.read_digits(write(tmp_path, f"{TRACK}\n\n{TRACK}\n30 40 5\n"))
    assert digits.images.sum((1, 2)).tolist() == [0, 5]


def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path):
    text = f"{TRACK}\n30 40 5\n"
    plain = tpc_digits.read_digits(write(tmp_path, text))
    windows = write(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "windows.dat")
    np.testing.assert_array_equal(tpc_digits.read_digits(windows).images, plain.images)


def test_csv_rows_may_come_in_any_order(tmp_path):
    header = "evtId,ipad,itime,amp," + ",".join(tpc_hits.PARAMETERS)
    values = ",".join(map(str, VALUES))
    path = write(tmp_path, f"{header}\n7,30,40,5,{values}\n3,31,40,6,{values}\n7,31,41,8,{values}\n")
    digits = tpc_digits.read_digits(path)
    assert digits.images.sum((1, 2)).tolist() == [6, 13]
    assert (digits.images[1, 3, 7], digits.images[1, 4, 8]) == (5, 8)
    np.testing.assert_array_equal(digits.parameters, [VALUES, VALUES])


@pytest.mark.parametrize("parameters", tpc_hits.COUNTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["events.dat", "events.csv"])
def test_reading_gives_back_what_was_written(tmp_path, parameters, dtype, name):
    images, tracks = random_events(40, parameters=parameters, dtype=dtype)
    images[3] = 0  # an event without hits
    writer = tpc_digits.write_csv if name.endswith("csv") else tpc_digits.write_digits
    writer(tmp_path / name, images, tracks, threshold=0.0)
    digits = tpc_digits.read_digits(tmp_path / name)
    np.testing.assert_array_equal(digits.images, images)
    np.testing.assert_array_equal(digits.parameters.astype(dtype), tracks)
    assert digits.number_cut == 0


@pytest.mark.parametrize("parameters", tpc_hits.COUNTS)
def test_digits_to_csv_and_back_are_the_same_bytes(tmp_path, parameters):
    tpc_digits.write_digits(tmp_path / "a.dat", *random_events(20, parameters=parameters))
    tpc_digits.convert(tmp_path / "a.dat", tmp_path / "b.csv")
    tpc_digits.convert(tmp_path / "b.csv", tmp_path / "c.dat")
    assert (tmp_path / "b.csv").read_text().startswith("evtId,ipad,itime,amp")
    assert (tmp_path / "c.dat").read_bytes() == (tmp_path / "a.dat").read_bytes()


def test_cells_below_the_threshold_are_not_written(tmp_path):
    images = np.zeros((1, 8, 16), np.float32)
    images[0, 2, 3:6] = [np.nextafter(np.float32(1), np.float32(0)), 1.0, -3.0]
    tpc_digits.write_digits(tmp_path / "a.dat", images, np.array([VALUES]))
    assert (tmp_path / "a.dat").read_text().splitlines()[1].split() == ["29", "37", "1.000e+00"]


@pytest.mark.parametrize("edge", [41.0, 255.0, 257.0])
def test_whole_parts_survive_being_written(tmp_path, edge):
    below = np.nextafter(np.float32(edge), np.float32(0))
    images, tracks = random_events(2, parameters=6)
    tracks[:, 2:4] = [[below, 30.5], [30.5, below]]
    tpc_digits.write_digits(tmp_path / "a.dat", images, tracks, threshold=0.0)
    np.testing.assert_array_equal(tpc_digits.read_digits(tmp_path / "a.dat").images, images)


@pytest.mark.parametrize(
    ("images", "parameters", "message"),
    [
        (np.ones((2, 8, 16)), np.ones((1, 6)), "shape"),
        (np.ones((1, 8, 15)), np.ones((1, 6)), "shape"),
        (np.ones((1, 8, 16)), np.ones((1, 5)), "number of parameters"),
        (np.ones((0, 8, 16)), np.ones((0, 6)), "events"),
        (np.full((1, 8, 16), np.nan), np.ones((1, 6)), "finite amplitudes"),
        (np.ones((1, 8, 16)), np.full((1, 6), np.inf), "finite parameters"),
        (np.ones((1, 8, 16)), np.full((1, 6), 0.5), "whole pad rows"),
    ],
)
def test_what_could_not_be_read_is_not_written(tmp_path, images, parameters, message):
    with pytest.raises(ValueError, match=message):
        tpc_digits.write_digits(tmp_path / "a.dat", images, parameters)
    assert not (tmp_path / "a.dat").exists()


def test_parameters_alone_come_from_files_of_hits(tmp_path):
    images, tracks = random_events(5, parameters=6, dtype=np.float64)
    tpc_digits.write_digits(tmp_path / "a.dat", images, tracks)
    tpc_digits.convert(tmp_path / "a.dat", tmp_path / "a.csv")
    for path in (tmp_path / "a.dat", tmp_path / "a.csv"):
        np.testing.assert_array_equal(tpc_digits.read_parameters(path), tracks)
    with pytest.raises(ValueError, match="line 1: Expected parameters of tracks; got hits alone"):
        tpc_digits.read_parameters(write(tmp_path, "41 269 2.5\n"))


def test_the_published_events_read_as_the_reference_does(real_data, golden):
    digits = tpc_digits.read_digits(real_data / "tpc_digits.dat")
    with np.load(golden / "tpc_real_reference.npz") as reference:
        np.testing.assert_allclose(digits.images[:10], reference["first10_images"], rtol=1e-7)
        np.testing.assert_allclose(digits.parameters[:10], reference["first10_features"], rtol=1e-12)
        sums = digits.images.sum((1, 2), dtype=np.float64)
        np.testing.assert_allclose(sums, reference["moments"][:, 5], rtol=1e-6)
    assert digits.images.shape == (4000, 8, 16)
    assert digits.number_cut == 0


def test_the_published_file_is_written_byte_for_byte(real_data, tmp_path):
    digits = tpc_digits.read_digits(real_data / "tpc_digits.dat")
    tpc_digits.write_digits(tmp_path / "a.dat", digits.images, digits.parameters, threshold=0.0)
    assert (tmp_path / "a.dat").read_bytes() == (real_data / "tpc_digits.dat").read_bytes()


def test_the_published_file_without_parameters_reads(real_data, tmp_path):
    path = real_data / "tpc_digits_v0.dat"
    with pytest.warns(UserWarning, match=r"80 of 13947 hits \(0\.574%\) in 4 of 1000 events"):
        digits = tpc_digits.read_digits(path, strict=False)
    assert digits.images.shape == (1000, 10, 15)
    tpc_digits.convert(path, tmp_path / "v0.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        again = tpc_digits.read_digits(tmp_path / "v0.csv", strict=False)
    np.testing.assert_array_equal(again.images, digits.images)
