"""Fingerprints of data and files that are never half written; the rest is met in test_runner."""

import json
import math
import os

import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.data.dataset import split
from jaxgen.run import run_folder
from jaxgen.run.run_folder import RunFolder
from jaxgen.systems.tpc_pads.data import SPEC


def dataset(*, change: float = 0.0):
    data = np.arange(8 * 128, dtype=np.float32).reshape(8, 8, 16)
    data[3, 2, 1] += change
    return split(Batch(data, np.ones((8, 6), np.float32)), SPEC)


def test_the_fingerprint_tells_a_single_bit():
    smallest = float(np.spacing(np.float32(3 * 128 + 33)))
    assert run_folder.fingerprint(dataset()) == run_folder.fingerprint(dataset())
    assert run_folder.fingerprint(dataset()) != run_folder.fingerprint(dataset(change=smallest))


def test_json_replaces_the_old_file_in_one_move(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    run_folder.write_json(path, {"old": 1})
    seen = []
    replace = os.replace

    def watch(source, target):
        seen.append((json.loads(path.read_text()), json.loads(source.read_text())))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watch)
    run_folder.write_json(path, {"new": 2})
    assert seen == [({"old": 1}, {"new": 2})]
    assert json.loads(path.read_text()) == {"new": 2}
    assert list(tmp_path.iterdir()) == [path]


def test_json_holds_no_nan(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        run_folder.write_json(tmp_path / "a.json", {"a": math.nan})
    assert not list(tmp_path.iterdir())


def test_clear_keeps_the_configuration_to_the_last(tmp_path, monkeypatch):
    """Else a deletion that was cut short would leave files that no run claims."""
    folder = RunFolder(tmp_path)
    folder.start({"experiment": "x", "flags": {}, "data": {}, "versions": {}})
    for name in run_folder.CONTENTS[:-1]:
        (tmp_path / name).write_text("")
    order = []
    unlink = type(tmp_path).unlink
    monkeypatch.setattr(type(tmp_path), "unlink", lambda path: (order.append(path.name), unlink(path)))
    folder.clear()
    assert order[-1] == "config.json"
    assert not list(tmp_path.iterdir())
