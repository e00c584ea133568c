import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.systems.calorimeter import observables as measured
from jaxgen.systems.calorimeter.cells import CELL, RINGS
from tests.systems.calorimeter import toy_showers

BATCH = toy_showers.make(0, 20)
SHOWERS = np.asarray(BATCH.data)


def test_one_shower_cell_by_cell():
    shower = SHOWERS[3].astype(np.float64)
    found = {name: values[3] for name, values in toy_showers.table_of(SHOWERS).items()}
    total = energy = moment = square = right = 0.0
    active = 0
    for ix in range(30):
        for iy in range(30):
            total += shower[ix, iy]
            moment += shower[ix, iy] * (ix - 14.5) * CELL
            active += shower[ix, iy] >= 0.1
            energy += shower[ix, iy] if max(abs(ix - 14.5), abs(iy - 14.5)) == 1.5 else 0.0
            right += shower[ix, iy] if ix >= 15 else 0.0
    for ix in range(30):
        square += shower[ix].sum() * ((ix - 14.5) * CELL - moment / total) ** 2
    expected = {
        "visible": total,
        "e1": energy,
        "share_e1": energy / total,
        "x": moment / total,
        "width_x": np.sqrt(square / total),
        "asymmetry_x": 2 * right / total - 1,
        "active_cells": active,
        "hottest": shower.max(),
        "hottest_share": shower.max() / total,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-10), name


def test_rings_and_the_rest_add_up():
    found = toy_showers.table_of(SHOWERS)
    np.testing.assert_allclose(found["e0"] + found["e1"] + found["e2"] + found["outside"], found["visible"])
    np.testing.assert_allclose(found["e1_over_e0"] * found["e0"], found["e1"])
    np.testing.assert_allclose(found["e0"], SHOWERS[:, RINGS.e0].sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(SHOWERS.sum((1, 2), dtype=np.float64), found["visible"])


def test_turned_showers_have_turned_observables():
    found, turned = (toy_showers.table_of(x) for x in (SHOWERS, np.swapaxes(SHOWERS, 1, 2)))
    for name in ("", "width_", "asymmetry_"):
        np.testing.assert_allclose(found[f"{name}x"], turned[f"{name}y"], atol=1e-9)
    mirrored = toy_showers.table_of(SHOWERS[:, ::-1])
    np.testing.assert_allclose(mirrored["x"], -found["x"], atol=1e-9)
    np.testing.assert_allclose(mirrored["asymmetry_x"], -found["asymmetry_x"], atol=1e-12)


def test_what_a_shower_has_not_is_nan():
    showers = np.zeros((4, 30, 30), np.float32)
    showers[1, 2, 3], showers[2, 0, 0], showers[3, 14, 14], showers[3, 0, 0] = np.inf, 5.0, 2.0, -7.0
    found = toy_showers.table_of(showers)
    assert found["visible"].tolist()[0] == 0.0
    assert measured.is_empty(found).tolist() == [True, False, False, False]
    assert measured.is_lost(found).tolist() == [False, True, False, False]
    assert np.isnan(found["x"][0])
    assert found["active_cells"][0] == 0
    assert all(np.isnan(values[1]) for values in found.values())
    assert found["visible"][2] == 5.0
    assert found["width_x"][2] == 0.0
    assert np.isnan(found["e1_over_e0"][2])
    assert found["visible"][3] == 2.0  # below zero is empty
    assert np.isnan(found["e2_over_e1"][3])


def test_many_showers_are_done_in_parts(monkeypatch):
    whole = toy_showers.table_of(SHOWERS)
    monkeypatch.setattr(measured, "CHUNK", 7)
    parts = toy_showers.table_of(SHOWERS)
    for name in whole:
        np.testing.assert_allclose(whole[name], parts[name], rtol=1e-12)
    assert all(values.shape == (0,) for values in toy_showers.table_of(SHOWERS[:0]).values())


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="showers of shape"):
        toy_showers.table_of(np.zeros((3, 8, 16)))


def test_the_response_needs_the_incident_energy():
    found = toy_showers.table(BATCH)
    np.testing.assert_allclose(found["incident_energy"], BATCH.condition[:, 0])
    np.testing.assert_allclose(
        found["response"], found["visible"] / (1e3 * BATCH.condition[:, 0].astype(float))
    )
    bare = toy_showers.table_of(SHOWERS)
    assert np.isnan([bare["response"], bare["incident_energy"]]).all()


def test_every_column_has_words_with_its_unit():
    found = toy_showers.table(BATCH)
    assert set(found) == set(found.labels)
    assert found.labels["e0"].text == "energy of the 4 central cells [MeV]"
    assert found.labels["active_cells"].text == "cells with 0.1 MeV or more"
    assert found.labels["width_x"].unit == "mm"
    assert set(measured.CORRELATED) < set(found)


def test_real_showers_are_as_their_description_says(real_data):
    with np.load(real_data / "calo30_geant4.npz") as file:
        images, energy = file["images"][:2000], file["energy"][:2000]
    found = toy_showers.table(Batch(images, energy[:, None]))
    assert found["response"].mean() == pytest.approx(0.149, abs=0.001)
    shares = [found[name].mean() for name in ("share_e0", "share_e1", "share_e2")]
    np.testing.assert_allclose(shares, [0.494, 0.323, 0.110], atol=0.02)
