"""What generating costs is measured once and kept."""

import json

import pytest

from jaxgen.run import speed
from jaxgen.run.fitting import fit
from tests.run.toys import SYSTEM, simulate


@pytest.fixture
def run(tmp_path):
    data = simulate()
    return fit(SYSTEM.learner("mean", data), data, workdir=tmp_path / "run", quiet=True)


def test_is_kept_for_the_generator_that_it_was_measured_for(run, monkeypatch):
    condition, folder = simulate().test.condition, run.folder.path
    monkeypatch.setattr(speed, "SECONDS", 0.0)
    first = speed.kept(run.generator, condition, folder)
    assert first.events_per_second > 0
    assert first.parameters == 5
    assert speed.kept(run.generator, condition, folder) == first
    path = folder / speed.SPEED
    path.write_text(json.dumps({**json.loads(path.read_text()), "step": 3, "batch": 7}))
    assert speed.kept(run.generator, condition, folder).batch == speed.BATCH  # measured again
    assert dict(first.table())["parameters of the generator"] == "5"


def test_a_page_that_is_written_again_is_the_same(run):
    run.evaluate()
    page = run.report().read_bytes()
    assert run.report().read_bytes() == page
    assert b"events per second" in page
