"""Features of pad responses for distances in many dimensions and for classifiers."""

import numpy as np

from jaxgen.metrics.table import Table
from jaxgen.systems.tpc_pads.observables import FEATURE_NAMES, MOMENT_NAMES, TRACK, suppressed


def moments_of(table: Table, *, kept: bool = True) -> np.ndarray:
    """The six moments, [N, 6]; with `kept` only of responses that are not empty."""
    every = np.stack([table[name] for name in MOMENT_NAMES], axis=1)
    return every[table["empty"] == 0] if kept else every


def shape_features(table: Table) -> np.ndarray:
    """Five moments and log10(Sum) of the responses that are not empty, [N', 6]."""
    found = moments_of(table)
    return np.concatenate([found[:, :5], np.log10(found[:, 5:])], axis=1)


def response_features(table: Table) -> np.ndarray:
    """Five moments, log10(1 + Sum), and whether the image is empty, [N, 7]; missing moments are zero."""
    every = moments_of(table, kept=False)
    empty = table["empty"][:, None]
    shape = np.where(empty > 0, 0.0, every[:, :5])
    return np.concatenate([shape, np.log10(1 + every[:, 5:]), empty], axis=1)


def track_features(table: Table) -> np.ndarray:
    """The five track parameters, [N, 5]."""
    return np.stack([table[name] for name in FEATURE_NAMES], axis=1)


def condition_features(table: Table) -> np.ndarray:
    """The five track parameters and further columns of the condition, [N, 5 + C - 4]."""
    further = np.asarray(table.batch.condition, np.float64)[:, TRACK:]
    return np.concatenate([track_features(table), further], axis=1)


def pixel_features(table: Table) -> np.ndarray:
    """log10(1 + amplitude) of all cells, [N, pads * time bins].

    Amplitudes below one ADC count are set to zero: few detectors record them, and they alone would identify a
    generator without a threshold.
    """
    images = suppressed(np.asarray(table.batch.data, np.float64))
    return np.log10(1 + images).reshape(len(images), -1)
