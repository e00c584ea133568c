"""Features of four-lepton events for distances in many dimensions and for classifiers."""

import numpy as np

from jaxgen.metrics.table import Table
from jaxgen.systems.four_leptons import slots as leptons

LEAST = 1e-3  # GeV; smaller masses and transverse momenta are set to this value


def observable_features(table: Table) -> np.ndarray:
    """Masses, pT, pseudorapidities, angles in pairs, and pT and rapidity of the system, [N, 15].

    The four-lepton mass and all transverse momenta are given as log10 of GeV.
    """
    columns = (
        _log10(table["m4l"]),
        table["mz1"],
        table["mz2"],
        _log10(table["lepton_pt"]),
        table["lepton_eta"],
        table["pair_angle"],
        _log10(table["system_pt"]),
        table["system_rapidity"],
    )
    return np.column_stack(columns)


def unoriented_features(table: Table) -> np.ndarray:
    """The columns of `observable_features` for events reflected to positive rapidity of the system, [N, 15].

    They are invariant under rotations about the beam and reflections.
    """
    rapidity = table["system_rapidity"]
    eta = table["lepton_eta"] * np.where(rapidity < 0, -1.0, 1.0)[:, None]
    kept = table.of(observable_features)
    return np.column_stack([kept[:, :7], eta, kept[:, 11:14], np.abs(rapidity)])


def momentum_features(table: Table) -> np.ndarray:
    """Momenta of the four leptons and the channel, [N, 19].

    Momenta are log10 pT, pseudorapidity, and sine and cosine of the azimuth, relative to the first lepton for
    the other three. Energies are omitted: for leptons on their mass shell they add no information,
    and differences in their rounding errors would identify generated events.
    """
    azimuth = table["lepton_phi"].copy()
    azimuth[:, 1:] -= azimuth[:, :1]
    channel = np.nan_to_num(table["channel"]).astype(int)
    columns = (
        _log10(table["lepton_pt"]),
        table["lepton_eta"],
        np.sin(azimuth),
        np.cos(azimuth),
        np.eye(len(leptons.CHANNELS))[channel],
    )
    return np.column_stack(columns)


def momentum_columns(table: Table) -> np.ndarray:
    """The finite events as rows of 32 numbers, (E, px, py, pz) of each slot, float64."""
    rows = np.asarray(table.batch.data).reshape(table.number, -1)
    return rows[np.isfinite(rows).all(axis=1)].astype(np.float64)


def channel_members(table: Table) -> np.ndarray:
    """1 in the column of each event's channel, else 0, [N, 3]; events that are not finite are omitted."""
    return (table["channel"][:, None] == np.arange(len(leptons.CHANNELS))).astype(np.float64)


def _log10(values: np.ndarray) -> np.ndarray:
    return np.log10(np.maximum(values, LEAST))
