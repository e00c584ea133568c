"""Where generated four-lepton events are worst, in words."""

import numpy as np

from jaxgen.base import Batch, Key
from jaxgen.metrics import correlations, distances
from jaxgen.plots import format as words
from jaxgen.plots.repetition import repetitions
from jaxgen.systems.four_leptons import observables as measured
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons import suites as lepton_suites
from jaxgen.systems.four_leptons.labels import OBSERVABLES
from jaxgen.systems.four_leptons.observables import features as lepton_features

FLOORS = 2.0  # from how many floors on an observable is named
ERRORS = 4.0  # from how many errors on a share or a correlation is


def failures(key: Key, test: Batch, generated: Batch, train: Batch, *, number: int = 5) -> list[str]:
    """The observables, channels and correlations that are worst, one sentence each.

    Args:
      key: not used.
      test: real events [N, 8, 4].
      generated: events [K, 8, 4].
      train: real events; as many of them as there are generated ones give the floors.
      number: of observables, at most.

    Returns:
      Sentences, those on impossible events first; none where nothing stands out.
    """
    del key
    floor = Batch(*(x[: len(generated.data)] for x in train))
    return [
        *_impossible(generated),
        *_observables(test, generated, floor, number),
        *_channels(test, generated),
        *_correlations(test, generated, floor),
        *_repeated(test, generated, train),
    ]


def _impossible(generated: Batch) -> list[str]:
    events = measured.finite_events(generated.data)
    lost = float(np.mean(np.isnan(events).any(axis=(1, 2))))
    sentences = [f"{_percent(lost)} of the generated events hold values that are not finite."] if lost else []
    masses = measured.observables(events)
    for name in lepton_suites.MASSES:
        share = measured.nan_fraction(getattr(masses, name)) - lost
        if share > 0:
            label = OBSERVABLES[name]
            sentences.append(f"{_percent(share)} of the generated events have no {label.short}: m² < 0.")
    return sentences


def _observables(test: Batch, generated: Batch, floor: Batch, number: int) -> list[str]:
    sides = [measured.observables(batch.data) for batch in (test, generated, floor)]
    found = {}
    for name in OBSERVABLES:
        real, fake, other = (measured.present(getattr(side, name)) for side in sides)
        if not (len(real) and len(fake) and len(other)):
            continue
        near, far = distances.wasserstein(real, other), distances.wasserstein(real, fake)
        ratio = far / near if near else float("inf")
        if ratio > FLOORS and far > 0:
            found[name] = ratio, far, near, real, fake
    worst = sorted(found.items(), key=lambda item: -item[1][0])[:number]
    return [describe(name, *values) for name, values in worst]


def describe(name: str, ratio: float, far: float, near: float, real: np.ndarray, fake: np.ndarray) -> str:
    """An observable that is not as it should be, as a sentence.

    >>> describe("m4l", 30.0, 51.0, 1.7, np.array([200.0, 300.0]), np.array([180.0, 220.0]))
    'Four-lepton mass: its Wasserstein distance of 51 GeV is 30 times its floor of 1.7 GeV; its mean is \
50 GeV too low and its standard deviation is 20 instead of 50 GeV.'
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


def _channels(test: Batch, generated: Batch) -> list[str]:
    sentences = []
    sides = [lepton_suites.channel_membership(batch) for batch in (test, generated)]
    for i, name in enumerate(leptons.CHANNELS):
        ours, theirs = (float(np.mean(side[:, i])) for side in sides)
        error = np.sqrt(sum(ours * (1 - ours) / len(side) for side in sides))
        if abs(theirs - ours) > ERRORS * error:
            sentences.append(
                f"Channel {name} has {_percent(theirs)} of the events instead of {_percent(ours)}."
            )
    return sentences


def _correlations(test: Batch, generated: Batch, floor: Batch) -> list[str]:
    """The pair of columns whose correlation is farthest off, where that is far beyond its floor."""
    sides = [lepton_suites.columns_of(batch) for batch in (test, generated, floor)]
    if min(map(len, sides)) < lepton_suites.FEWEST:
        return []
    real, fake, other = (correlations.pearson(side) for side in sides)
    missed = np.triu(np.abs(fake - real), 1)
    if not missed.max() > FLOORS * np.triu(np.abs(other - real), 1).max():
        return []
    row, column = (int(i) for i in np.unravel_index(np.argmax(missed), missed.shape))
    pair = f"{_column(row)} and {_column(column)}"
    numbers = " instead of ".join(f"{matrix[row, column]:.2f}" for matrix in (fake, real)).replace("-", "−")
    return [f"The correlation of {pair} is {numbers}."]


def _column(index: int) -> str:
    slot, component = divmod(index, len(leptons.COMPONENTS))
    return f"{leptons.COMPONENTS[component]} of {leptons.SLOTS[slot]}"


def _percent(share: float) -> str:
    """A share in per cent.

    >>> _percent(0.123), _percent(0.00012)
    ('12 %', '0.012 %')
    """
    return f"{words.number(100 * share, 2)} %"


def _repeated(test: Batch, generated: Batch, train: Batch) -> list[str]:
    """Whether training events are repeated, told by observables that turns and mirrors leave alone."""
    few = Batch(*(x[: len(test.data)] for x in generated))
    return repetitions(*(lepton_features.unoriented_features(batch) for batch in (test, few, train)))
