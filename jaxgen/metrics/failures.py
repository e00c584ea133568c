"""Sentences that describe where generated events are worst, for any observables."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from jaxgen.metrics import distances, format
from jaxgen.metrics.table import Label, Samples, present

FLOORS = 2.0  # ratio to the floor from which a deviation is reported
FEWEST = 10  # number of rows below which correlations are not compared


class Shift(NamedTuple):
    """An observable whose generated distribution deviates from the real one.

    Attributes:
      label: label of the observable.
      ratio: Wasserstein distance over its floor.
      distance: Wasserstein distance of generated to real events.
      floor: Wasserstein distance of real events to other real events.
      real: real values, [N].
      fake: generated values, [K].
    """

    label: Label
    ratio: float
    distance: float
    floor: float
    real: np.ndarray
    fake: np.ndarray


def shift(label: Label, real: np.ndarray, fake: np.ndarray, other: np.ndarray) -> Shift | None:
    """The deviation of an observable; None if a sample has no values of it, or the distance is zero.

    Args:
      label: label of the observable.
      real: values of any shape; NaN is ignored.
      fake: generated values; NaN is ignored.
      other: values of other real events in place of the generated ones.
    """
    known = [present(values) for values in (real, fake, other)]
    if not all(map(len, known)):
        return None
    far, near = (distances.wasserstein(known[0], side) for side in known[1:])
    if not far > 0:
        return None
    return Shift(label, far / near if near else float("inf"), far, near, *known[:2])


def worst_shifts(samples: Samples, names: Sequence[str], *, number: int = 5) -> list[tuple[str, Shift]]:
    """Observables with the largest distance in units of their floors, worst first, from a ratio of two on.

    Args:
      samples: real and generated events.
      names: names of the columns to compare.
      number: largest number of observables returned.
    """
    found = {}
    for name in names:
        columns = (table[name] for table in (samples.test, samples.generated, samples.floor))
        one = shift(samples.test.labels[name], *columns)
        if one is not None and one.ratio > FLOORS:
            found[name] = one
    return sorted(found.items(), key=lambda item: -item[1].ratio)[:number]


def describe(one: Shift) -> str:
    """A shift as a sentence.

    >>> mass = Label("four-lepton mass", "GeV")
    >>> describe(Shift(mass, 30.0, 51.0, 1.7, np.array([200.0, 300.0]), np.array([180.0, 220.0])))
    'Four-lepton mass: its Wasserstein distance of 51 GeV is 30 times its floor of 1.7 GeV; its mean is \
50 GeV too low and its standard deviation is 20 instead of 50 GeV.'
    """
    label, real, fake = one.label, one.real, one.fake
    floors, std, instead = (format.number(x, 2) for x in (one.ratio, float(fake.std()), float(real.std())))
    distance, floor, moved = (
        f"{format.number(x, 2)} {label.unit}".rstrip()
        for x in (one.distance, one.floor, abs(float(fake.mean() - real.mean())))
    )
    side = "high" if fake.mean() > real.mean() else "low"
    return (
        f"{label.name[0].upper()}{label.name[1:]}: its Wasserstein distance of {distance} is {floors} times "
        f"its floor of {floor}; its mean is {moved} too {side} and its standard deviation is {std} "
        f"instead of {f'{instead} {label.unit}'.rstrip()}."
    )


def not_finite(share: float, noun: str = "events") -> str:
    """A fraction of events with values that are not finite, as a sentence.

    >>> not_finite(0.02)
    '2 % of the generated events hold values that are not finite.'
    """
    return f"{format.percent(share)} of the generated {noun} hold values that are not finite."


def worst_correlation(
    sides: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    kind: Callable[[np.ndarray], np.ndarray],
    words: str = "correlation",
) -> list[str]:
    """The pair of columns whose correlation deviates most, if the deviation is far above its floor.

    Args:
      sides: columns of test, generated and other real events, [N, D] each; rows that are not finite are
        ignored.
      names: names of the columns, [D].
      kind: correlation function, such as `correlations.pearson`.
      words: name of this kind of correlation.

    Returns:
      One sentence or none.
    """
    kept = [side[np.isfinite(side).all(axis=1)] for side in sides]
    if min(map(len, kept)) < FEWEST:
        return []
    real, fake, other = map(kind, kept)
    missed = np.triu(np.abs(fake - real), 1)
    if not missed.max() > FLOORS * np.triu(np.abs(other - real), 1).max():
        return []
    row, column = (int(i) for i in np.unravel_index(np.argmax(missed), missed.shape))
    numbers = " instead of ".join(f"{matrix[row, column]:.2f}" for matrix in (fake, real)).replace("-", "−")
    return [f"The {words} of {names[row]} and {names[column]} is {numbers}."]
