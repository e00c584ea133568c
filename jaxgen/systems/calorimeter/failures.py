"""Sentences that describe where generated showers are worst."""

from itertools import pairwise

import numpy as np

from jaxgen.base import Key
from jaxgen.metrics import correlations, format, memorization
from jaxgen.metrics import failures as general
from jaxgen.metrics.failures import Shift
from jaxgen.metrics.table import Samples, Table, present
from jaxgen.systems.calorimeter.observables import CORRELATED, is_empty, is_lost, occupancy
from jaxgen.systems.calorimeter.observables.energy_response import Response, shower_response
from jaxgen.systems.calorimeter.observables.features import unoriented_features
from jaxgen.systems.calorimeter.suites import JUDGED

ERRORS = 4.0  # significance from which a response or a cell is reported
FEWEST_IN_RANGE = 30  # smallest number of showers in a range of incident energy


def failures(key: Key, samples: Samples, *, number: int = 5) -> list[str]:
    """The worst observables, energy ranges, cells and correlations, one sentence each.

    Args:
      key: not used.
      samples: samples of an evaluation.
      number: largest number of observables.

    Returns:
      Sentences, those on unphysical showers first; empty if nothing is significant.
    """
    del key
    test, generated, floor, train = samples
    found = shower_response(test, generated)
    worst = general.worst_shifts(samples, JUDGED, number=number)
    sides = (np.stack([table[name] for name in CORRELATED], axis=1) for table in (test, generated, floor))
    told = (unoriented_features(table) for table in (test, generated.first(test.number), train))
    return [
        *_impossible(test, generated),
        *(general.describe(one) + _range(name, samples, found.edges, one) for name, one in worst),
        *_response(found),
        *_cells(test, generated),
        *general.worst_correlation(
            list(sides),
            [test.labels[name].name for name in CORRELATED],
            kind=correlations.spearman,
            words="rank correlation",
        ),
        *memorization.repetitions(*told),
    ]


def _impossible(test: Table, generated: Table) -> list[str]:
    lost, without = (float(np.mean(chosen(generated))) for chosen in (is_lost, is_empty))
    sentences = [general.not_finite(lost, "showers")] if lost else []
    if without > float(np.mean(is_empty(test))):
        sentences.append(f"{format.percent(without)} of the generated showers have no energy at all.")
    return sentences


def _range(name: str, samples: Samples, edges: np.ndarray, overall: Shift) -> str:
    """Text on the range of incident energy where an observable is worst, if worse than overall."""
    ratios = []
    for low, high in pairwise(edges):
        inside = []
        for table in (samples.test, samples.generated, samples.floor):
            energy = table["incident_energy"]
            inside.append(table[name][(energy >= low) & (energy < high)])
        enough = min(len(present(part)) for part in inside) >= FEWEST_IN_RANGE
        found = general.shift(overall.label, *inside) if enough else None
        ratios.append((0.0 if found is None else found.ratio, low, high))
    if len(ratios) < 2 or not max(ratios)[0] > overall.ratio:
        return ""
    ratio, low, high = max(ratios)
    return f" It is worst at {low:g} to {high:g} GeV: {format.number(ratio, 2)} times the floor there."


def _response(found: Response) -> list[str]:
    """The ranges of incident energy where response and resolution deviate most, if significantly."""
    sentences = []
    parts = (
        ("mean visible energy", found.linearity, found.linearity_error),
        ("energy resolution", found.resolution, found.resolution_error),
        ("width of the response's core", found.core, found.core_error),
    )
    for what, ratio, error in parts:
        off = np.abs(ratio - 1)
        significant = np.where(np.isfinite(ratio) & (off > ERRORS * error), off, 0.0)
        if not significant.any():
            continue
        bin_ = int(np.argmax(significant))
        low, high = found.edges[bin_], found.edges[bin_ + 1]
        sentences.append(
            f"At {low:g} to {high:g} GeV the {what} is {format.number(float(ratio[bin_]), 3)} times that of "
            f"real showers (± {format.number(float(error[bin_]), 1)})."
        )
    return sentences


def _cells(test: Table, generated: Table) -> list[str]:
    """The cell that is active too often or too rarely, if that is significant among all cells."""
    sides = [occupancy.finite_only(table) for table in (test, generated)]
    if not all(map(len, sides)):
        return []
    ours, theirs = map(occupancy.occupancy_map, sides)
    pooled = sum(len(s) * m for s, m in zip(sides, (ours, theirs), strict=True)) / sum(map(len, sides))
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 0.0) * sum(1 / len(side) for side in sides))
    off = np.where(error > 0, np.abs(theirs - ours) / np.where(error > 0, error, 1.0), 0.0)
    if not off.max() > ERRORS + 1:  # the largest of 900 cells
        return []
    ix, iy = (int(i) for i in np.unravel_index(np.argmax(np.abs(theirs - ours) * (off > ERRORS)), off.shape))
    wrong, right = (format.percent(side[ix, iy]) for side in (theirs, ours))
    beyond = int(np.sum(off > ERRORS))
    return [
        f"Cell ({ix}, {iy}) is active in {wrong} of the generated showers instead of {right}; "
        f"{beyond} cells are off by more than {ERRORS:g} errors."
    ]
