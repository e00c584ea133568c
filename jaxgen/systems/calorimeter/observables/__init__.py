"""Observables of calorimeter showers: energies, positions and widths.

All in float64 on the host. Cells with negative energy count as empty.
"""

import numpy as np
from numpy.typing import ArrayLike

from jaxgen import checks
from jaxgen.base import Batch
from jaxgen.data.dataset import Spec
from jaxgen.metrics.table import Label, Table
from jaxgen.systems.calorimeter.cells import CELLS, CENTRES, RINGS, THRESHOLD

CHUNK = 4096  # number of showers in float64 at a time

CORRELATED = (
    "visible",
    "e0",
    "e1",
    "e2",
    "outside",
    "x",
    "width_x",
    "asymmetry_x",
    "y",
    "width_y",
    "asymmetry_y",
    "active_cells",
    "hottest",
)
"""Observables whose correlations are compared."""


def observe(batch: Batch, spec: Spec) -> Table:
    """All observables of showers.

    Showers with a cell that is not finite have no observables. Those without energy have no
    barycentre, width, asymmetry or share; a ratio of rings needs energy in the ring of the denominator.

    Args:
      batch: energies [N, 30, 30] in MeV, conditions [N, C] that begin with the incident energy in GeV.
      spec: spec of the data set, for the unit.

    Returns:
      The columns of `labels`, [N] each; NaN for a missing value. The response is visible over incident
      energy; both incident energy and response are NaN if C is 0.

    Raises:
      ValueError: for another shape.

    >>> from jaxgen.systems.calorimeter import data
    >>> shower = np.zeros((1, 30, 30))
    >>> shower[0, 15, 14], shower[0, 16, 14] = 3.0, 1.0
    >>> found = observe(Batch(shower, np.array([[0.02]])), data.make_spec(condition="energy"))
    >>> found["visible"].item(), found["response"].item(), round(found["x"].item(), 2)
    (4.0, 0.2, 15.15)
    """
    showers = np.asarray(batch.data)
    checks.shape("showers", showers, (None, CELLS, CELLS))
    starts = range(0, max(len(showers), 1), CHUNK)
    parts = [_observables(finite_showers(showers[i : i + CHUNK])) for i in starts]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    incident = _incident(batch.condition)
    columns |= {"response": quotient(columns["visible"], 1e3 * incident), "incident_energy": incident}
    return Table(columns, labels(spec), batch, spec)


def labels(spec: Spec) -> dict[str, Label]:
    """Names and units of all columns of `observe`."""
    energy = spec.unit
    return {
        "visible": Label("visible energy", energy, "visible energy"),
        "e0": Label("energy of the 4 central cells", energy, "E0"),
        "e1": Label("energy of the ring of 12 cells", energy, "E1"),
        "e2": Label("energy of the ring of 20 cells", energy, "E2"),
        "outside": Label("energy outside the rings", energy, "E outside"),
        "e1_over_e0": Label("ratio E1 / E0", "", "E1 / E0"),
        "e2_over_e1": Label("ratio E2 / E1", "", "E2 / E1"),
        "share_e0": Label("E0 / visible energy", "", "share of E0"),
        "share_e1": Label("E1 / visible energy", "", "share of E1"),
        "share_e2": Label("E2 / visible energy", "", "share of E2"),
        "x": Label("barycentre in x", "mm", "⟨x⟩"),
        "y": Label("barycentre in y", "mm", "⟨y⟩"),
        "width_x": Label("width in x", "mm", "width x"),
        "width_y": Label("width in y", "mm", "width y"),
        "asymmetry_x": Label("asymmetry right − left", "", "asymmetry x"),
        "asymmetry_y": Label("asymmetry up − down", "", "asymmetry y"),
        "active_cells": Label(f"cells with {THRESHOLD:g} {energy} or more", "", "active cells"),
        "hottest": Label("energy of the hottest cell", energy, "hottest cell"),
        "hottest_share": Label("hottest cell / visible energy", "", "share of hottest cell"),
        "response": Label("visible / incident energy", "", "response"),
        "incident_energy": Label("incident energy", "GeV"),
    }


def is_lost(table: Table) -> np.ndarray:
    """Showers with a cell that is not finite, bool [N]."""
    return np.isnan(table["visible"])


def is_empty(table: Table) -> np.ndarray:
    """Showers that are finite but without energy, bool [N]."""
    return table["visible"] == 0


def finite_showers(showers: ArrayLike) -> np.ndarray:
    """Showers [N, 30, 30] as float64 without negative energies; all NaN if a cell is not finite.

    Raises:
      ValueError: for another shape.
    """
    showers = np.asarray(showers)
    checks.shape("showers", showers, (None, CELLS, CELLS))
    whole = np.isfinite(showers).all(axis=(1, 2), keepdims=True)
    return np.where(whole, np.maximum(showers, 0.0), np.nan).astype(np.float64)


def _observables(showers: np.ndarray) -> dict[str, np.ndarray]:
    """Observables that do not depend on the condition, for showers from `finite_showers`."""
    visible = showers.sum(axis=(1, 2))
    e0, e1, e2 = (showers[:, ring].sum(axis=1) for ring in RINGS)
    along_x, along_y = showers.sum(axis=2), showers.sum(axis=1)
    hottest = showers.max(axis=(1, 2), initial=0.0)
    x, width_x = _mean_and_width(along_x)
    y, width_y = _mean_and_width(along_y)
    return {
        "visible": visible,
        "e0": e0,
        "e1": e1,
        "e2": e2,
        "outside": showers[:, ~(RINGS.e0 | RINGS.e1 | RINGS.e2)].sum(axis=1),
        "e1_over_e0": quotient(e1, e0),
        "e2_over_e1": quotient(e2, e1),
        "share_e0": quotient(e0, visible),
        "share_e1": quotient(e1, visible),
        "share_e2": quotient(e2, visible),
        "x": x,
        "y": y,
        "width_x": width_x,
        "width_y": width_y,
        "asymmetry_x": _asymmetry(along_x),
        "asymmetry_y": _asymmetry(along_y),
        "active_cells": np.where(np.isnan(visible), np.nan, np.sum(showers >= THRESHOLD, axis=(1, 2))),
        "hottest": hottest,
        "hottest_share": quotient(hottest, visible),
    }


def quotient(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Ratio of two arrays, NaN unless the denominator is above zero.

    >>> quotient(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    positive = denominator > 0
    return np.where(positive, numerator / np.where(positive, denominator, 1.0), np.nan)


def _mean_and_width(profile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean position and standard deviation, in mm, of the energy along an axis [N, 30]."""
    total = profile.sum(axis=1)
    mean = quotient(profile @ CENTRES, total)
    square = quotient(np.sum(profile * (CENTRES - mean[:, None]) ** 2, axis=1), total)
    return mean, np.sqrt(square)


def _asymmetry(profile: np.ndarray) -> np.ndarray:
    low, high = profile[:, : CELLS // 2].sum(axis=1), profile[:, CELLS // 2 :].sum(axis=1)
    return quotient(high - low, low + high)


def _incident(condition: ArrayLike) -> np.ndarray:
    """Incident energy in GeV from conditions [N, C], [N]; NaN if C is 0 or it is not finite."""
    condition = np.asarray(condition, np.float64)
    energy = condition[:, 0] if condition.shape[1] else np.full(len(condition), np.nan)
    return np.where(np.isfinite(energy), energy, np.nan)
