"""Fingerprints of data, and folders that are cleared in an order that leaves nothing unclaimed."""

import numpy as np

from jaxgen.run import folder as folders
from jaxgen.run.folder import RunFolder
from jaxgen.systems import tpc_pads


def dataset(*, change: float = 0.0, validation: float = 0.0):
    images = np.arange(8 * 128, dtype=np.float32).reshape(8, 8, 16)
    images[3, 2, 1] += change
    return tpc_pads.dataset(images, np.ones((8, 6)), validation=validation)


def test_the_fingerprint_tells_a_single_bit_and_the_splits():
    smallest = float(np.spacing(np.float32(3 * 128 + 33)))
    assert folders.fingerprint(dataset()) == folders.fingerprint(dataset())
    assert folders.fingerprint(dataset()) != folders.fingerprint(dataset(change=smallest))
    assert folders.fingerprint(dataset()) != folders.fingerprint(dataset(validation=0.5))


def test_clear_keeps_the_configuration_to_the_last(tmp_path, monkeypatch):
    """Else a deletion that was cut short would leave files that no run claims."""
    folder = RunFolder(tmp_path)
    folder.start({"settings": {}, "options": {}, "parts": {}, "data": {}, "versions": {}})
    for name in folders.CONTENTS[:-1]:
        (tmp_path / name).write_text("")
    order = []
    unlink = type(tmp_path).unlink
    monkeypatch.setattr(type(tmp_path), "unlink", lambda path: (order.append(path.name), unlink(path)))
    folder.clear()
    assert order[-1] == "config.json"
    assert sorted(order) == sorted(folders.CONTENTS)
    assert not list(tmp_path.iterdir())
