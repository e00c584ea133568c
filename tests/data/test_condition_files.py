"""Conditions in files as people have them; all hold the same events."""

import gzip
import pickle
import sys

import h5py
import numpy as np
import pytest

from jaxgen.data import condition_files
from jaxgen.data.dataset import Column

COLUMNS = (
    Column("energy", "GeV", 1.0, 100.0),
    Column("theta", "rad", 0.0, 0.3, default=0.0),
    Column("particle", kind="label", labels=("electron", "photon"), default=1.0),
)
ENERGY, THETA, PARTICLE = [50.0, 20.5], [0.1, 0.2], [1.0, 0.0]
TABLE = np.array([ENERGY, THETA, PARTICLE]).T
ROWS = "50,0.1,photon\n20.5,0.2,electron\n"
TEXTS = {
    "plain": "energy,theta,particle\n" + ROWS,
    "order and case": "Particle,THETA,Energy\nPhoton,0.1,50\nELECTRON,0.2,20.5\n",
    "labels as numbers": "energy,theta,particle\n50,0.1,1\n20.5,0.2,0\n",
    "byte order mark": "\ufeffenergy,theta,particle\n" + ROWS,
    "carriage returns": "energy,theta,particle\r\n50,0.1,photon\r\n20.5,0.2,electron\r\n",
    "spaces": "energy, theta, particle\n 50, 0.1, photon\n20.5 , 0.2 ,electron\n",
    "quotes": '"energy","theta","particle"\n"50","0.1","photon"\n20.5,0.2,"electron"\n',
    "blank lines, no last end": "\nenergy,theta,particle\n\n50,0.1,photon\n\n20.5,0.2,electron",
    "index of pandas": ",energy,theta,particle\n0,50,0.1,photon\n1,20.5,0.2,electron\n",
    "comment above": "# made by hand\n#energy,theta,particle\n" + ROWS,
    "numpy.savetxt": "# energy theta particle\n5.0e+01 1.0e-01 1.0e+00\n2.05e+01 2.0e-01 0.0e+00\n",
    "numpy.savetxt without names": "5.0e+01 1.0e-01 1.0e+00\n2.05e+01 2.0e-01 0.0e+00\n",
    "tabs": "energy\ttheta\tparticle\n50\t0.1\tphoton\n20.5\t0.2\telectron\n",
    "semicolons": "energy;theta;particle\n50;0.1;photon\n20.5;0.2;electron\n",
    "white space": "energy [GeV]  theta (mrad) particle\n50   100 photon\n 20.5 200 electron\n",
    "units in names": "energy [MeV],theta (deg),particle\n"
    f"50000,{np.degrees(0.1)},photon\n20500,{np.degrees(0.2)},electron\n",
    "units after names": "energy_MeV,theta_mrad,particle\n50000,100,photon\n20500,200,electron\n",
}


def found_in(path, **options):
    found = condition_files.read(COLUMNS, path, **options)
    return np.stack([found.columns[column.name] for column in COLUMNS], axis=1), found.unused


@pytest.mark.parametrize("spelling", TEXTS)
def test_every_spelling_of_text_is_read(tmp_path, spelling):
    path = tmp_path / "tracks.txt"
    path.write_bytes(TEXTS[spelling].encode())
    table, unused = found_in(path)
    np.testing.assert_allclose(table, TABLE, rtol=1e-12)
    assert unused == []


def test_text_may_be_compressed_and_have_further_columns(tmp_path):
    text = "energy,theta,particle,weight,name\n50,0.1,photon,2,a\n20.5,0.2,electron,3,b\n"
    (tmp_path / "tracks.csv.gz").write_bytes(gzip.compress(text.encode()))
    table, unused = found_in(tmp_path / "tracks.csv.gz")
    np.testing.assert_array_equal(table, TABLE)
    assert unused == ["weight", "name"]


def structured():
    return np.array([(1, 50.0, 0.1), (0, 20.5, 0.2)], [("particle", "i4"), ("energy", "f8"), ("Theta", "f8")])


def save_hdf5(path, *, group=None, strings=True):
    with h5py.File(path, "w") as file:
        into = file.create_group(group) if group else file
        energy = into.create_dataset("Energy", data=1000 * np.array(ENERGY)[:, None])
        energy.attrs["units"] = "MeV"
        into["theta"] = THETA
        into["particle"] = ["photon", "electron"] if strings else np.array([b"photon", b"electron"])
        if group == "conditions":
            file["showers"] = np.zeros((2, 5))


ARRAYS = {
    "npz": lambda path: np.savez(path, theta=THETA, ENERGY=ENERGY, particle=["photon", "electron"]),
    "npz of rows": lambda path: np.savez(
        path, theta=np.array(THETA)[:, None], energy=ENERGY, particle=[1, 0]
    ),
    "npz of one structured array": lambda path: np.savez(path, structured()),
    "npz of one array": lambda path: np.savez(path, TABLE),
    "npz of events": lambda path: np.savez(path, data=np.zeros((2, 4)), condition=TABLE),
    "npy": lambda path: np.save(path, TABLE),
    "npy, structured": lambda path: np.save(path, structured()),
    "hdf5": save_hdf5,
    "hdf5, bytes": lambda path: save_hdf5(path, strings=False),
    "hdf5, one group": lambda path: save_hdf5(path, group="tracks"),
    "hdf5, its own group": lambda path: save_hdf5(path, group="conditions"),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_every_kind_of_arrays_is_read_whatever_the_name(tmp_path, kind):
    path = tmp_path / "tracks"
    with path.open("wb") as file:
        ARRAYS[kind](file) if kind.startswith("np") else ARRAYS[kind](path)
    np.testing.assert_allclose(found_in(path)[0], TABLE, rtol=1e-12)


def test_one_structured_dataset_is_read(tmp_path):
    with h5py.File(tmp_path / "tracks.h5", "w") as file:
        file["table"] = structured()
    np.testing.assert_array_equal(found_in(tmp_path / "tracks.h5")[0], TABLE)


def test_several_groups_are_named(tmp_path):
    with h5py.File(tmp_path / "tracks.h5", "w") as file:
        file["a/energy"], file["b/energy"] = ENERGY, ENERGY
    with pytest.raises(ValueError, match=r"at the top or in one group; got a, b in .*tracks\.h5"):
        condition_files.read(COLUMNS, tmp_path / "tracks.h5")


def test_units_that_are_given_convert(tmp_path):
    path = tmp_path / "tracks.csv"
    path.write_text("energy,theta\n50000,0.1\n")
    found = condition_files.read(COLUMNS, path, given_units="MeV")
    assert {name: values.tolist() for name, values in found.columns.items()} == {
        "energy": [50.0],
        "theta": [0.1],
    }
    np.save(tmp_path / "tracks.npy", TABLE * [1000.0, 180 / np.pi, 1.0])
    table, _ = found_in(tmp_path / "tracks.npy", given_units="energy=MeV,theta=deg")
    np.testing.assert_allclose(table, TABLE, rtol=1e-12)


FAULTS = {
    "empty": (b"", "Expected columns of numbers; got an empty file, PATH."),
    "blank": (b"\n \n", "PATH, line 1: Expected numbers; got an empty file."),
    "header alone": (b"energy,theta\n", "PATH, line 1: Expected rows below the header; got none."),
    "comments alone": (b"# energy\n", "PATH, line 1: Expected rows of numbers; got comments alone."),
    "missing": (
        b"theta,E\n0.1,50\n",
        "Expected all conditions without a default, energy; got no energy in PATH; there are theta, E.",
    ),
    "a slip": (
        b"enrgy,theta\n50,0.1\n",
        "Expected conditions among energy, theta, particle; got enrgy in PATH, did you mean energy?",
    ),
    "a slip of one with a default": (
        b"energy,thetta\n50,0.1\n",
        "Expected conditions among energy, theta, particle; got thetta in PATH, did you mean theta?",
    ),
    "none of them": (b"a,b\n1,2\n", "Expected columns among energy, theta, particle; got a, b in PATH."),
    "twice": (b"energy,Energy\n50,51\n", "Expected each condition once; got energy and Energy in PATH."),
    "word": (b"energy\n50\n\nmany\n", "PATH, line 4: Expected energy to be a finite number; got 'many'."),
    "NaN": (b"energy\n50\nnan\n", "PATH, line 3: Expected energy to be a finite number; got 'nan'."),
    "blank field": (
        b"energy,theta\n50,\n",
        "PATH, line 2: Expected theta to be a finite number; got nothing.",
    ),
    "label": (
        b"energy,particle\n50,muon\n",
        "PATH, line 2: Expected particle to be electron (0), photon (1); got 'muon'.",
    ),
    "short row": (
        b"energy,theta\n50,0.1\n50\n",
        "PATH, line 3: Expected 2 fields as in the first line; got 1.",
    ),
    "unit": (
        b"energy [furlong]\n50\n",
        "Expected energy in eV, keV, MeV, GeV, TeV; got 'furlong' for PATH.",
    ),
    "columns without names": (
        b"50 0.1\n",
        "Expected names of columns, or 3 columns without, energy, theta, particle; "
        "got the shape (1, 2) in PATH.",
    ),
    "pickle": (
        pickle.dumps({"energy": 50.0}),
        "PATH, line 1: Expected text; got a pickled object, which is not read as it could run code.",
    ),
    "Parquet": (b"PAR1abc", "PATH, line 1: Expected text; got a Parquet file."),
    "binary": (b"\x01\x02", "PATH, line 1: Expected printable text; got the byte 0x01."),
    "broken NPZ": (
        b"PK\x03\x04abc",
        "Expected a complete .npy or .npz file; got PATH: File is not a zip file.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_said_with_the_file(tmp_path, fault):
    content, sentence = FAULTS[fault]
    path = tmp_path / "tracks.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="Expected") as error:
        condition_files.read(COLUMNS, path)
    assert str(error.value) == sentence.replace("PATH", str(path))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"theta": THETA}, "without a default, energy; got no energy in PATH; there are theta."),
        (
            {"energy": ENERGY, "theta": [0.1, np.nan]},
            "PATH, event 1: Expected theta to be a finite number; got nan.",
        ),
        (
            {"energy": ENERGY, "theta": [0.1] * 3},
            "Expected columns of one length, 3; got 2 values of energy in PATH.",
        ),
        ({"energy": np.ones((2, 3)), "theta": 0.1}, "Expected energy of shape (N,); got (2, 3) in PATH."),
        (
            {"energy": np.ones(2, complex), "theta": 0.1},
            "PATH: Expected real numbers as energy; got complex128.",
        ),
        ({"energy": [], "theta": []}, "Expected conditions of one event or more; got none in PATH."),
        (
            {"energy": ENERGY, "particle": [0, 2]},
            "PATH, event 1: Expected particle to be electron (0), photon (1); got 2.",
        ),
    ],
)
def test_what_is_wrong_with_arrays_is_said(tmp_path, arrays, sentence):
    path = tmp_path / "tracks.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="Expected") as error:
        condition_files.read(COLUMNS, path)
    assert str(error.value).endswith(sentence.replace("PATH", str(path)))


def test_objects_are_not_unpickled(tmp_path):
    path = tmp_path / "tracks.npy"
    np.save(path, np.array([{"energy": 50.0}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="Expected") as error:
        condition_files.read(COLUMNS, path)
    assert str(error.value) == (
        f"Expected arrays of numbers; got Python objects in {path}, which are not read as they could run "
        "code: save each column with numpy.savez(PATH, NAME=NUMBERS)."
    )


def test_a_missing_file_a_missing_package_and_no_conditions_are_said(tmp_path, monkeypatch):
    with pytest.raises(
        FileNotFoundError, match=r"Expected a file of conditions; there is no file .*none\.csv"
    ):
        condition_files.read(COLUMNS, tmp_path / "none.csv")
    with pytest.raises(ValueError, match="this generator has none"):
        condition_files.read((), tmp_path / "none.csv")
    save_hdf5(tmp_path / "tracks.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ValueError, match=r'package h5py .*; got none: pip install "jaxgen\[hdf5\]"\.'):
        condition_files.read(COLUMNS, tmp_path / "tracks.h5")
