"""Figures with their words: the same bytes for the same figure, whole files or none."""

import ast
import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import jaxgen.plots
from jaxgen.plots import illustration, style
from jaxgen.plots.illustration import Illustration

HOSTILE = "<script>alert('x')</script> & \"quotes\""


def draw(
    name: str = "line", *, title: str = "A line", caption: str = "It rises.", seed: int = 0
) -> Illustration:
    figure = style.figure(1.5, width=2.0)
    figure.add_subplot().plot(np.arange(5), np.random.default_rng(seed).normal(size=5))
    return Illustration(name, title, caption, figure)


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_same_figure_gives_the_same_bytes(kind, begins):
    """Drawn again, or drawn anew; no date and no version is in them."""
    one, other = draw(), draw()
    first = illustration.render(one.figure, kind=kind)
    assert first.startswith(begins)
    assert illustration.render(one.figure, kind=kind) == first
    assert illustration.render(other.figure, kind=kind) == first
    assert b"CreationDate" not in first
    assert b"Software" not in first
    assert illustration.render(draw(seed=1).figure, kind=kind) != first


def test_both_files_are_saved_whole(tmp_path):
    folder = tmp_path / "made" / "here"
    paths = draw().save(folder)
    assert [path.name for path in paths] == ["line.png", "line.pdf"]
    first = [path.read_bytes() for path in paths]
    paths[0].write_bytes(b"old")
    assert [path.read_bytes() for path in draw().save(str(folder))] == first
    assert sorted(path.name for path in folder.iterdir()) == ["line.pdf", "line.png"]


def test_a_file_is_complete_or_absent(tmp_path, monkeypatch):
    """A run killed while it writes leaves no half figure under its name."""

    def fails(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(KeyboardInterrupt):
        draw().save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["line.png.partial"]


@pytest.mark.parametrize("name", ["", "../x", "a/b"])
def test_names_that_are_paths_are_refused(name, tmp_path):
    with pytest.raises(ValueError, match="plain file name"):
        draw(name).save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_other_kinds_are_refused():
    with pytest.raises(ValueError, match="Expected a figure kind of png or pdf; got 'gif'"):
        illustration.render(draw().figure, kind="gif")


class Reader(HTMLParser):
    """Tags with their attributes, and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_a_notebook_shows_figure_and_words():
    one = draw(title=HOSTILE, caption=HOSTILE)
    reader = Reader()
    reader.feed(one._repr_html_())
    tags = [tag for tag, _ in reader.tags]
    assert tags == ["figure", "img", "figcaption", "b"]
    attributes = reader.tags[1][1]
    assert attributes["alt"] == HOSTILE
    assert (attributes["width"], attributes["height"]) == ("192", "144")
    data = base64.b64decode(attributes["src"].split(",")[1])
    assert data == illustration.render(one.figure)
    assert reader.text == f"{HOSTILE}. {HOSTILE}"
    assert repr(draw()) == "Illustration line: A line"


def test_a_file_that_was_just_written_is_taken_as_it_is(tmp_path):
    path = tmp_path / "line.png"
    drawn = illustration.image(draw().figure, "words", file=path)
    path.write_bytes(b"\x89PNG as saved")
    found = illustration.image(draw().figure, "words", file=path)
    assert drawn == illustration.image(draw().figure, "words")
    (source,) = re.findall(r"base64,([^\"]*)", found)
    assert base64.b64decode(source) == b"\x89PNG as saved"


def test_no_figure_has_global_state():
    for path in Path(jaxgen.plots.__file__).parent.glob("*.py"):
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        }
        assert not names & {"matplotlib.pyplot", "pyplot", "rcParams", "pylab"}, path
