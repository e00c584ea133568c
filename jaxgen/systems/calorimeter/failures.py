"""Where generated showers are worst, in words."""

from itertools import pairwise

import numpy as np

from jaxgen.base import Batch, Key
from jaxgen.metrics import correlations, distances
from jaxgen.plots import format as words
from jaxgen.plots.repetition import repetitions
from jaxgen.systems.calorimeter import observables as measured
from jaxgen.systems.calorimeter import suites as shower_suites
from jaxgen.systems.calorimeter.figures import CORRELATED
from jaxgen.systems.calorimeter.labels import OBSERVABLES
from jaxgen.systems.calorimeter.observables import features as shower_features
from jaxgen.systems.calorimeter.observables import occupancy as shower_occupancy
from jaxgen.systems.calorimeter.observables.energy_response import Response, shower_response
from jaxgen.systems.calorimeter.suites import Values

FLOORS = 2.0  # from how many floors on an observable is named
ERRORS = 4.0  # and from how many errors on a response or a cell
FEWEST_IN_RANGE = 30  # showers in a range of incident energy


def failures(key: Key, test: Batch, generated: Batch, train: Batch, *, number: int = 5) -> list[str]:
    """The observables, energy ranges, cells and correlations that are worst, one sentence each.

    Args:
      key: not used.
      test: real showers [N, 30, 30] in MeV, conditions [N, C].
      generated: showers [K, 30, 30], conditions [K, C].
      train: real showers; as many of them as there are generated ones give the floors.
      number: of observables, at most.

    Returns:
      Sentences, those on impossible showers first; none where nothing stands out.
    """
    del key
    floor = Batch(*(x[: len(generated.data)] for x in train))
    sides = [shower_suites.values_of(batch) for batch in (test, generated, floor)]
    energies = [measured.incident(batch.condition) for batch in (test, generated, floor)]
    found = shower_response(test, generated)
    return [
        *_impossible(sides[0], sides[1]),
        *_observables(sides, energies, found.edges, number),
        *_response(found),
        *_cells(test, generated),
        *_correlations(*sides),
        *_repeated(test, generated, train),
    ]


def _impossible(ours: Values, theirs: Values) -> list[str]:
    lost = float(np.mean(np.isnan(theirs["visible"])))
    without = float(np.mean(theirs["visible"] == 0))
    sentences = (
        [f"{_percent(lost)} of the generated showers hold values that are not finite."] if lost else []
    )
    if without > float(np.mean(ours["visible"] == 0)):
        sentences.append(f"{_percent(without)} of the generated showers have no energy at all.")
    return sentences


def _observables(
    sides: list[Values], energies: list[np.ndarray], edges: np.ndarray, number: int
) -> list[str]:
    found = {}
    for name in OBSERVABLES:
        columns = [side[name] for side in sides]
        ratio, far, near = _over_floor(columns)
        if ratio > FLOORS:
            found[name] = ratio, far, near, columns
    worst = sorted(found.items(), key=lambda item: -item[1][0])[:number]
    return [
        describe(name, ratio, far, near, *(_known(x) for x in columns[:2]))
        + _range(columns, energies, edges, ratio)
        for name, (ratio, far, near, columns) in worst
    ]


def _known(values: np.ndarray) -> np.ndarray:
    return values[~np.isnan(values)]


def _over_floor(columns: list[np.ndarray]) -> tuple[float, float, float]:
    """Wasserstein distance over its floor, the distance, the floor; 0 where there is nothing to compare."""
    real, fake, other = (_known(column) for column in columns)
    if not (len(real) and len(fake) and len(other)):
        return 0.0, 0.0, 0.0
    far, near = distances.wasserstein(real, fake), distances.wasserstein(real, other)
    if not far > 0:
        return 0.0, far, near
    return (far / near if near else float("inf")), far, near


def describe(name: str, ratio: float, far: float, near: float, real: np.ndarray, fake: np.ndarray) -> str:
    """An observable that is not as it should be, as a sentence.

    >>> describe("width_x", 30.0, 5.0, 0.17, np.array([20.0, 30.0]), np.array([18.0, 22.0]))
    'Width in x: its Wasserstein distance of 5 mm is 30 times its floor of 0.17 mm; its mean is 5 mm too low \
and its standard deviation is 2 instead of 5 mm.'
    """
    label = OBSERVABLES[name]
    floors, spread, instead = (words.number(x, 2) for x in (ratio, float(fake.std()), float(real.std())))
    distance, floor, shift = (
        f"{words.number(x, 2)} {label.unit}".rstrip()
        for x in (far, near, abs(float(fake.mean() - real.mean())))
    )
    side = "high" if fake.mean() > real.mean() else "low"
    return (
        f"{label.name[0].upper()}{label.name[1:]}: its Wasserstein distance of {distance} is {floors} times "
        f"its floor of {floor}; its mean is {shift} too {side} and its standard deviation is {spread} "
        f"instead of {f'{instead} {label.unit}'.rstrip()}."
    )


def _range(columns: list[np.ndarray], energies: list[np.ndarray], edges: np.ndarray, overall: float) -> str:
    """Where in incident energy an observable is worst, if worse than overall, to end a paragraph."""
    ratios = []
    for low, high in pairwise(edges):
        inside = [
            column[(energy >= low) & (energy < high)]
            for column, energy in zip(columns, energies, strict=True)
        ]
        enough = min(len(_known(part)) for part in inside) >= FEWEST_IN_RANGE
        ratios.append((_over_floor(inside)[0] if enough else 0.0, low, high))
    if len(ratios) < 2 or not max(ratios)[0] > overall:
        return ""
    ratio, low, high = max(ratios)
    return f" It is worst at {low:g} to {high:g} GeV: {words.number(ratio, 2)} times the floor there."


def _response(found: Response) -> list[str]:
    """The ranges of incident energy where response and resolution are farthest off, if significantly."""
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
            f"At {low:g} to {high:g} GeV the {what} is {words.number(float(ratio[bin_]), 3)} times that of "
            f"real showers (± {words.number(float(error[bin_]), 1)})."
        )
    return sentences


def _cells(test: Batch, generated: Batch) -> list[str]:
    """The cell that is active too often or too rarely, where that is significant among all cells."""
    sides = [shower_occupancy.finite_only(batch.data) for batch in (test, generated)]
    if not all(map(len, sides)):
        return []
    ours, theirs = (shower_occupancy.occupancy_map(side) for side in sides)
    pooled = sum(len(s) * m for s, m in zip(sides, (ours, theirs), strict=True)) / sum(map(len, sides))
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 0.0) * sum(1 / len(side) for side in sides))
    off = np.where(error > 0, np.abs(theirs - ours) / np.where(error > 0, error, 1.0), 0.0)
    if not off.max() > ERRORS + 1:  # the largest of 900
        return []
    ix, iy = (int(i) for i in np.unravel_index(np.argmax(np.abs(theirs - ours) * (off > ERRORS)), off.shape))
    beyond = int(np.sum(off > ERRORS))
    return [
        f"Cell ({ix}, {iy}) is active in {_percent(theirs[ix, iy])} of the generated showers instead of "
        f"{_percent(ours[ix, iy])}; {beyond} cells are off by more than {ERRORS:g} errors."
    ]


def _correlations(ours: Values, theirs: Values, floor: Values) -> list[str]:
    """The two observables whose correlation is farthest off, where that is far beyond its floor."""
    matrices = []
    for side in (ours, theirs, floor):
        columns = np.column_stack([side[name] for name in CORRELATED])
        columns = columns[np.isfinite(columns).all(axis=1)]
        if len(columns) < shower_suites.FEWEST:
            return []
        matrices.append(correlations.spearman(columns))
    real, fake, other = matrices
    missed = np.triu(np.abs(fake - real), 1)
    if not missed.max() > FLOORS * np.triu(np.abs(other - real), 1).max():
        return []
    row, column = (int(i) for i in np.unravel_index(np.argmax(missed), missed.shape))
    pair = " and ".join(OBSERVABLES[CORRELATED[i]].name for i in (row, column))
    numbers = " instead of ".join(f"{matrix[row, column]:.2f}" for matrix in (fake, real)).replace("-", "−")
    return [f"The rank correlation of {pair} is {numbers}."]


def _repeated(test: Batch, generated: Batch, train: Batch) -> list[str]:
    """Whether training showers are repeated, told by observables that turns and mirrors leave alone."""
    few = Batch(*(x[: len(test.data)] for x in generated))
    return repetitions(*(shower_features.unoriented_features(batch) for batch in (test, few, train)))


def _percent(share: float) -> str:
    return f"{words.number(100 * float(share), 2)} %"
