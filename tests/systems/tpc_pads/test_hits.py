"""Malformed files: whatever is wrong is a ValueError that names the line."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaxgen.systems.tpc_pads.data import digits as tpc_digits
from jaxgen.systems.tpc_pads.data import hits as tpc_hits

TRACK = "params: -1.371 -29.330 40.020 30.995 23 0.479"
HITS = "30 39 3.792e+00 30 40 6.767e+00"
HEADER = "evtId,ipad,itime,amp,crossing_angle,dip_angle"


def digits(*lines):
    return "\n".join(lines) + "\n"


FAULTS = {
    "empty file": (b"", 1),
    "blank lines only": (b"\n \n", 1),
    "binary garbage": (bytes(range(256)), 1),
    "not UTF-8": (digits(TRACK, HITS, TRACK).encode() + b"30 \xff 1\n", 4),
    "other digits": (digits(TRACK, "30 39 \u0663"), 2),
    "zero byte": (digits(TRACK, "30 39 1\0"), 2),
    "lone carriage return": (digits(TRACK, HITS, TRACK, "30 39 1\r30 40 1"), 4),
    "truncated triple": (digits(TRACK, HITS, TRACK, "30 39 1 30 40"), 4),
    "NaN": (digits(TRACK, HITS, TRACK, "30 39 nan"), 4),
    "infinity": (digits(TRACK, "30 39 inf"), 2),
    "beyond float64": (digits(TRACK, "30 39 1e999"), 2),
    "beyond float32": (digits(TRACK, "30 39 1e39"), 2),
    "negative amplitude": (digits(TRACK, HITS, TRACK, "30 39 -1.0"), 4),
    "underscore": (digits(TRACK, "30 39 1_0"), 2),
    "word": (digits(TRACK, "30 39 many"), 2),
    "half a pad": (digits(TRACK, "30.5 39 1"), 2),
    "half a time bin": (digits(TRACK, "30 39.5 1"), 2),
    "huge pad": (digits(TRACK, "1e300 39 1"), 2),
    "one cell twice": (digits(TRACK, HITS, TRACK, f"{HITS} 30 39 1"), 4),
    "no hits line": (digits(TRACK, HITS, TRACK), 3),
    "two lines of parameters": (digits(TRACK, HITS, TRACK, TRACK), 4),
    "two lines of hits": (digits(TRACK, HITS, HITS), 3),
    "blank line at the end": (digits(TRACK, HITS, ""), 3),
    "five parameters": (digits("params: 1 2 40 30 23", HITS), 1),
    "no parameters": (digits("params:", HITS), 1),
    "mixed counts": (digits(TRACK, HITS, "params: 1 2", HITS), 3),
    "half a row": (digits("params: 1 2 40 30 2.5 1", HITS), 1),
    "huge drift": (digits("params: 1 2 1e12 30 2 1", HITS), 1),
    "NaN parameter": (digits(TRACK, HITS, "params: 1 2 nan 30 2 1", HITS), 3),
    "parameters in a file without": (digits(HITS, HITS, TRACK), 3),
    "misspelt": (digits("param: 1 2 40 30 2 1", HITS), 1),
    "unknown column": (digits(HEADER.replace("dip", "tip"), "0,41,269,1,2,3"), 1),
    "columns not from the start": (digits("evtId,ipad,itime,amp,crossing_angle,pT", "0,41,269,1,2,3"), 1),
    "one parameter column": (digits("evtId,ipad,itime,amp,crossing_angle", "0,41,269,1,2"), 1),
    "repeated column": (digits(f"{HEADER},dip_angle", "0,41,269,1,2,3,3"), 1),
    "header only": (digits(HEADER), 1),
    "short row": (digits(HEADER, "0,41,269,1,2,3", "0,41,270,1,2"), 3),
    "blank row": (digits(HEADER, "0,41,269,1,2,3", "", "0,41,270,1,2,3"), 3),
    "blank amplitude": (digits(HEADER, "0,41,269,,2,3"), 2),
    "hit and no hit": (digits(HEADER, "0,41,269,1,2,3", "0,,,,2,3"), 3),
    "varying parameter": (digits(HEADER, "0,41,269,1,2,3", "1,41,269,1,2,4", "0,41,270,1,2,5"), 4),
    "half an event": (digits(HEADER, "0,41,269,1,2,3", "0.5,41,270,1,2,3"), 3),
    "one cell twice, CSV": (digits(HEADER, "0,41,269,1,2,3", "1,41,269,1,2,3", "0,41,269,1,2,3"), 4),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_name_file_and_line(tmp_path, fault):
    content, line = FAULTS[fault]
    path = tmp_path / "faulty.dat"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=rf"faulty\.dat, line {line}: Expected .*\.$") as caught:
        tpc_hits.read_hits(path)
    assert type(caught.value) is ValueError


def valid_files():
    draw = np.random.default_rng(1)
    tracks = [[x, -2 * x, 100 + x, 30 + x / 10, 23, 0.479] for x in (1.25, -7.5, 12.75, 3.0)]
    images = np.where(draw.uniform(size=(4, 10, 16)) < 0.05, draw.exponential(50, (4, 10, 16)), 0)
    for count in tpc_hits.COUNTS:
        pads, times = tpc_digits.window_of(count).shape
        yield count, images[:, :pads, :times], np.array(tracks)[:, :count]


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """A valid file of each format, as bytes."""
    folder = tmp_path_factory.mktemp("valid")
    files = []
    for count, images, tracks in valid_files():
        tpc_digits.write_digits(folder / f"{count}.dat", images, tracks)
        tpc_digits.write_csv(folder / f"{count}.csv", images, tracks)
        files += [(folder / f"{count}.{kind}").read_bytes() for kind in ("dat", "csv")]
    return files


def mutate(content, draw):
    """One random fault in a file."""
    kind = draw(
        st.sampled_from(["flip", "delete", "insert", "truncate", "swap", "replace", "double", "drop"])
    )
    place = draw(st.integers(0, max(len(content) - 1, 0)))
    if kind == "flip" and content:
        return (
            content[:place] + bytes([content[place] ^ (1 << draw(st.integers(0, 7)))]) + content[place + 1 :]
        )
    if kind == "delete":
        return content[:place] + content[place + draw(st.integers(1, 40)) :]
    if kind == "insert":
        return content[:place] + draw(st.binary(min_size=1, max_size=5)) + content[place:]
    if kind == "truncate":
        return content[:place]
    if kind in ("double", "drop"):
        lines = content.split(b"\n")
        index = place % len(lines)
        return b"\n".join(
            lines[:index] + lines[index : index + 1] * (2 * (kind == "double")) + lines[index + 1 :]
        )
    parts = re.split(rb"([\s,]+)", content)
    first = 2 * (place % ((len(parts) + 1) // 2))
    if kind == "swap":
        second = 2 * (draw(st.integers(0, len(content))) % ((len(parts) + 1) // 2))
        parts[first], parts[second] = parts[second], parts[first]
    else:
        words = [
            b"nan",
            b"-inf",
            b"1e400",
            b"-1",
            b"0.5",
            b"",
            b"params:",
            b"1_0",
            b"9" * 400,
            b"1e-400",
            b"x",
        ]
        parts[first] = draw(st.sampled_from(words))
    return b"".join(parts)


def number_of_hits(content):
    """Hits in a well-formed file, counted without the reader."""
    text = content.decode("utf-8-sig")
    if "," in text.split("\n")[0]:
        index = text.split("\n")[0].replace(" ", "").replace('"', "").lower().rstrip().split(",").index("amp")
        return sum(bool(row.split(",")[index].strip()) for row in text.split("\n")[1:] if row.strip())
    return sum(len(row.split()) // 3 for row in text.split("\n") if not row.lstrip().startswith("params:"))


def test_the_unspoilt_files_read(contents, tmp_path):
    for index, content in enumerate(contents):
        (tmp_path / str(index)).write_bytes(content)
        read = tpc_digits.read_digits(tmp_path / str(index))
        assert read.number_hits == number_of_hits(content) > 0


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_spoilt_files_are_read_whole_or_refused_with_their_line(contents, tmp_path, data):
    content = data.draw(st.sampled_from(contents))
    for _ in range(data.draw(st.integers(1, 3))):
        content = mutate(content, data.draw)
    path = tmp_path / "spoilt"
    path.write_bytes(content)
    for strict in (True, False):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                read = tpc_digits.read_digits(path, strict=strict)
        except ValueError as error:
            line = int(re.match(r".*/spoilt, line (\d+): Expected ", str(error))[1])
            assert 1 <= line <= content.count(b"\n") + 1
            continue
        assert read.number_hits == number_of_hits(content)
        assert np.isfinite(read.images).all()
        assert np.isfinite(read.parameters).all()
        assert np.count_nonzero(read.images) <= read.number_hits - read.number_cut
        assert read.images.min() >= 0
