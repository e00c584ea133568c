"""Sentences that describe where generated four-lepton events are worst."""

import numpy as np

from jaxgen.base import Key
from jaxgen.metrics import correlations, format, memorization
from jaxgen.metrics import failures as worst
from jaxgen.metrics.general import invalid
from jaxgen.metrics.table import Samples, Table
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.observables import KINEMATICS, LABELS, MASSES
from jaxgen.systems.four_leptons.observables.features import (
    channel_members,
    momentum_columns,
    unoriented_features,
)

ERRORS = 4.0  # significance from which the fraction of a channel is reported

COLUMNS = [f"{component} of {slot}" for slot in leptons.SLOTS for component in leptons.COMPONENTS]


def failures(key: Key, samples: Samples, *, number: int = 5) -> list[str]:
    """The worst observables, channels and correlations, one sentence each.

    Args:
      key: not used.
      samples: samples of an evaluation.
      number: largest number of observables.

    Returns:
      Sentences, those on unphysical events first; empty if nothing is significant.
    """
    del key
    test, generated, floor, train = samples
    few = generated.first(test.number)
    return [
        *_impossible(generated),
        *(
            worst.describe(one)
            for _, one in worst.worst_shifts(samples, (*MASSES, *KINEMATICS), number=number)
        ),
        *_channels(test, generated),
        *worst.worst_correlation(
            [side.of(momentum_columns) for side in (test, generated, floor)],
            COLUMNS,
            kind=correlations.pearson,
        ),
        *memorization.repetitions(*(side.of(unoriented_features) for side in (test, few, train))),
    ]


def _impossible(generated: Table) -> list[str]:
    lost = float(np.mean(invalid(generated)))
    sentences = [worst.not_finite(lost)] if lost else []
    for name in MASSES:
        share = float(np.mean(np.isnan(generated[name]))) - lost
        if share > 0:
            text = f"{format.percent(share)} of the generated events have no {LABELS[name].short}: m² < 0."
            sentences.append(text)
    return sentences


def _channels(test: Table, generated: Table) -> list[str]:
    sentences = []
    sides = [table.of(channel_members) for table in (test, generated)]
    for i, name in enumerate(leptons.CHANNELS):
        ours, theirs = (float(np.mean(side[:, i])) for side in sides)
        error = np.sqrt(sum(ours * (1 - ours) / len(side) for side in sides))
        if abs(theirs - ours) > ERRORS * error:
            has, should = format.percent(theirs), format.percent(ours)
            sentences.append(f"Channel {name} has {has} of the events instead of {should}.")
    return sentences
