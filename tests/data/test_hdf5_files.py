"""Sound HDF5 files that cannot be read, and why."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

from jaxgen.data import hdf5_files

READ = """
import sys
from jaxgen.data import hdf5_files
try:
    with hdf5_files.reading(sys.argv[1]) as file:
        hdf5_files.read(file["a"], sys.argv[1])
except ValueError as error:
    print(error)
"""


def test_a_file_open_to_write_elsewhere(tmp_path):
    path = tmp_path / "open.h5"
    with h5py.File(path, "w") as file:
        file["a"] = np.ones(3)
        file.flush()
        said = subprocess.run(
            [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True
        )
    assert said.stdout.strip() == (
        f"Expected a complete HDF5 file; got {path}: another program has it open to write, or was stopped "
        "while it wrote."
    )


def test_a_filter_that_is_not_installed(tmp_path, monkeypatch):
    path = tmp_path / "packed.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=np.ones(100), compression="gzip")

    class Unreadable:
        def __init__(self, dataset):
            self.name, self.id = dataset.name, dataset.id

        def __getitem__(self, index):
            raise OSError("Can't synchronously read data (can't open directory (/usr/local/lib/plugin))")

    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda code: False)
    with (
        h5py.File(path) as file,
        pytest.raises(
            ValueError, match=r"Expected a dataset a that can be read; got .*: it is compressed by deflate"
        ),
    ):
        hdf5_files.read(Unreadable(file["a"]), path)
