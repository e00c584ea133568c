"""Real events, a good generator, a bad one and one whose events are in the wrong place get four verdicts."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import numpy as np
import pytest

from jaxgen.data.dataset import Dataset, as_batch, split
from jaxgen.metrics import verdicts
from jaxgen.metrics.classifier import Config
from jaxgen.run.evaluation import evaluate
from jaxgen.system import System
from jaxgen.systems import calorimeter, four_leptons, tpc_pads
from jaxgen.systems.calorimeter import simulator as showers
from jaxgen.systems.four_leptons import simulator as leptons
from jaxgen.systems.tpc_pads import simulator as pads

NUMBER = 800  # test events, and training events
Change = Callable[[np.random.Generator, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A system, and what is done to its real events.

    Attributes:
      system: the detector.
      again: `again(seed, condition)`, real events anew.
      good: `good(rng, events)`, changed so little that it is just seen.
      bad: changed much.
      misplaced: numbers that are right but in the wrong event, or events that are under the wrong condition.
      conclusion: on these.
    """

    system: System
    again: Callable[[int, np.ndarray], np.ndarray]
    good: Change
    bad: Change
    misplaced: Change
    conclusion: str


def pads_again(seed: int, condition: np.ndarray) -> np.ndarray:
    return np.asarray(pads.simulate(jax.random.key(seed), condition))


def showers_again(seed: int, condition: np.ndarray) -> np.ndarray:
    return np.asarray(showers.simulate(jax.random.key(seed), condition))


def leptons_again(seed: int, condition: np.ndarray) -> np.ndarray:
    return np.asarray(leptons.simulate(jax.random.key(seed), len(condition)))


def cells(strength: float) -> Change:
    """Each cell varied by itself."""
    return lambda rng, events: events * rng.gamma(strength**-2, strength**2, events.shape)


def momenta(strength: float) -> Change:
    """The momentum of each lepton varied by itself."""
    return lambda rng, events: events * (1 + strength * rng.normal(size=(*events.shape[:2], 1)))


def stretched(rng: np.random.Generator, events: np.ndarray) -> np.ndarray:
    """Other scales for energy, px, py and pz."""
    return events * np.array([1.3, 1.6, 0.6, 1.2])


def other_condition(rng: np.random.Generator, events: np.ndarray) -> np.ndarray:
    return rng.permutation(events)


def other_event(rng: np.random.Generator, events: np.ndarray) -> np.ndarray:
    """Every column shuffled among the events."""
    return rng.permuted(events.reshape(len(events), -1), axis=0).reshape(events.shape)


TPC, SHOWERS, LEPTONS = tpc_pads.SYSTEM, calorimeter.SYSTEM, four_leptons.SYSTEM
CASES = (
    Case(TPC, pads_again, cells(0.28), cells(1.5), other_condition, verdicts.CONDITIONS),
    Case(SHOWERS, showers_again, cells(0.037), cells(1.0), other_condition, verdicts.CONDITIONS),
    Case(LEPTONS, leptons_again, momenta(0.085), stretched, other_event, verdicts.RELATIONS),
)


def dataset(system: System) -> Dataset:
    assert system.simulate is not None
    made = system.simulate(0, 2 * NUMBER)
    joined = (np.concatenate(parts) for parts in zip(made.train, made.test, strict=True))
    return split(as_batch(*joined), made.spec, test_fraction=0.5)


def quickly(system: System) -> System:
    """The detector with the classifiers and the headline metric alone."""
    judging = system.judging()
    quick = {"headline": lambda *given: {system.headline: judging.quick(*given)}}
    suites = {**quick, "classifier": judging.suites["classifier"]}
    return replace(system, judging=lambda: judging._replace(suites=suites))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.system.name)
def test_four_generators_get_four_verdicts(case, monkeypatch):
    monkeypatch.setattr("jaxgen.systems.calorimeter.suites.CONFIG", Config(steps=300))
    data, system, rng = dataset(case.system), quickly(case.system), np.random.default_rng(0)
    condition = np.asarray(data.test.condition)
    same, other = case.again(1, condition), case.again(2, condition)
    expected = (
        (verdicts.SAME, same),
        (verdicts.CLOSE, case.good(rng, other)),
        (verdicts.APART, case.bad(rng, other)),
        (case.conclusion, case.misplaced(rng, other)),
    )
    for conclusion, events in expected:
        scores = evaluate(as_batch(events.astype(np.float32), condition), data, system=system)
        said = scores.verdict()
        assert said[0].startswith("A classifier that is shown a generated and a real event finds")
        assert said[-1] == f"Conclusion: the generated events {conclusion}."
