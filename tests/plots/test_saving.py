import ast
from pathlib import Path

import pytest

import jaxgen.plots
from jaxgen.plots import histograms, saving


def test_the_same_figure_gives_the_same_bytes(real, fake, spec, tmp_path):
    def draw():
        return histograms.log_amplitudes(real.data, fake.data, spec)

    one, other = draw(), draw()
    first = [path.read_bytes() for path in saving.save(one, tmp_path / "a", "amplitudes")]
    assert first == [path.read_bytes() for path in saving.save(one, tmp_path / "a", "amplitudes")]
    assert first == [path.read_bytes() for path in saving.save(other, tmp_path / "b", "amplitudes")]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["amplitudes.pdf", "amplitudes.png"]
    assert first[0].startswith(b"\x89PNG")
    assert first[1].startswith(b"%PDF")
    assert b"CreationDate" not in first[1]
    assert b"Software" not in first[0]


@pytest.mark.parametrize("name", ["", "../x", "a/b"])
def test_names_that_are_paths_are_refused(name, real, fake, spec, tmp_path):
    with pytest.raises(ValueError, match="plain file name"):
        saving.save(histograms.log_amplitudes(real.data, fake.data, spec), tmp_path, name)


def test_other_kinds_are_refused(real, fake, spec):
    with pytest.raises(ValueError, match="png or pdf"):
        saving.render(histograms.log_amplitudes(real.data, fake.data, spec), kind="gif")


def test_no_figure_has_global_state():
    for path in Path(jaxgen.plots.__file__).parent.glob("*.py"):
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        }
        assert not names & {"matplotlib.pyplot", "pyplot", "rcParams", "pylab"}, path
