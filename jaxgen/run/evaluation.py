"""Judges generated events: every metric with its error, its floor and its value for each member."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxgen import checks
from jaxgen.base import Batch, Estimate, Judge, Key, Metric, PyTree
from jaxgen.data.dataset import Dataset, as_batch
from jaxgen.metrics import glossary, scores
from jaxgen.metrics.scores import Score, Scores
from jaxgen.metrics.table import Samples, Suite, Table
from jaxgen.run.folder import fingerprint
from jaxgen.run.generator import Generator
from jaxgen.run.options import Options, check_seed
from jaxgen.run.sides import apart, together
from jaxgen.screen import Stages, silent
from jaxgen.system import System

EVALUATION, QUICK = 1, 3  # what the seed is folded with for draws outside of training
OWN = "own"
CHUNK = 1000  # events that a critic sees at a time


class Judged(NamedTuple):
    """What an evaluation found.

    Attributes:
      scores: of all metrics.
      samples: tables of the first member, for figures.
    """

    scores: Scores
    samples: Samples


def judge(
    key: Key,
    system: System,
    data: Dataset,
    generated: Sequence[Batch],
    *,
    metrics: Mapping[str, Metric] | None = None,
    notes: Sequence[str] = (),
    progress: Callable[[str], None] = silent,
) -> Judged:
    """Works out all metrics for all members, and for real events in the place of generated ones.

    All metrics compare equal numbers of events, the generated ones and those of the floor for the same
    conditions, see `run.sides`. A classifier compares all test events with one generated event for each.

    Args:
      key: for bootstraps and classifiers; the floor and the members use keys of their own.
      system: the detector.
      data: its test split is what is compared with, its training split the floor.
      generated: one batch for each member.
      metrics: further ones by name, `metric(key, real, fake) -> Estimate` of batches.
      notes: sentences on what is judged.
      progress: `progress(words)`, called with what is worked out next.
    """
    judging = system.judging()
    if not len(data.test.data) or not len(data.train.data):
        raise ValueError("Expected test and training events to judge by; got an empty split.")
    for batch in generated:
        checks.shape("generated events", batch.data, (None, *data.spec.shape))
        checks.shape("their conditions", batch.condition, (len(batch.data), len(data.spec.condition)))
    test, train = (system.observe(batch, data.spec) for batch in (data.test, data.train))
    tables = [system.observe(batch, data.spec) for batch in generated]
    ways = {True: together(test, train, tables), False: apart(test, train, tables)}
    suites = {**judging.suites, **({OWN: _own_suite(metrics)} if metrics else {})}
    rows: dict[str, Score] = {}
    for index, (title, suite) in enumerate(suites.items()):
        progress(f"{index + 1} of {len(suites)}, {title}")
        real, other, fakes = ways[title in judging.paired]
        own = jax.random.fold_in(key, index)
        floors = suite(jax.random.fold_in(own, 0), real, other)
        results = [suite(jax.random.fold_in(own, 1 + m), real, fake) for m, fake in enumerate(fakes)]
        for name, found in floors.items():
            if name in rows:
                raise ValueError(f"Expected other names for own metrics than those there are; got {name}.")
            rows[name] = scores.of_members(
                name,
                [result[name] for result in results],
                found,
                number=fakes[0].number,
                floor_number=other.number,
                meaning=glossary.meaning(name, judging.meanings, test.labels),
            )
    judged = {
        "system": system.name,
        "data": fingerprint(data),
        "test_events": test.number,
        "generated_events": tables[0].number,
    }
    return Judged(
        Scores(rows, system.headline, tuple(notes), judged),
        Samples(test, tables[0], train.first(tables[0].number), train),
    )


def _own_suite(metrics: Mapping[str, Metric]) -> Suite:
    """Metrics of a user as a suite."""

    def suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
        found = {}
        for index, (name, metric) in enumerate(metrics.items()):
            try:
                value = metric(jax.random.fold_in(key, index), real.batch, fake.batch)
            except Exception as error:
                got = f"{type(error).__name__}: {error}"
                raise ValueError(f"Expected the metric {name} to give an Estimate; got {got}") from error
            numbers = isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))
            if not numbers:
                raise ValueError(
                    f"Expected the metric {name} to give an Estimate(value, error); "
                    f"got {type(value).__name__}."
                )
            found[name] = Estimate(float(value[0]), float(value[1]))
        return found

    return suite


def _is_number(value: Any) -> bool:
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf"


def generate(
    generator: Generator, key: Key, condition: np.ndarray, *, progress: Callable[[str], None] = silent
) -> list[Batch]:
    """Events of all members that live, for conditions [N, C], whatever these are."""

    def events(member: int) -> Batch:
        several = f" of member {member}" if len(generator.members) > 1 else ""
        number = f"{len(condition):,} events{several}"
        progress(f"generating {number}")
        made = generator.member(member).events(
            jax.random.fold_in(key, member),
            condition,
            progress=lambda done: progress(f"generated {done:,} of {number}"),
        )
        return as_batch(made, condition)

    return [events(m) for m in generator.members]


def evaluate(
    what: Any,
    data: Dataset,
    *,
    system: Any = None,
    metrics: Mapping[str, Metric] | None = None,
    samples_per_condition: int | None = None,
    seed: int | None = None,
    quiet: bool | None = None,
) -> Scores:
    """Judges a run, a generator, or events from anywhere against the test split of a data set.

    Args:
      what: a `Run`, a `Generator`, or generated events as a `Batch`, their conditions those of test events.
      data: real events.
      system: the detector, a name, package or value; that of the run or generator where not given.
      metrics: further ones by name, `metric(key, real, fake) -> Estimate` of batches.
      samples_per_condition: generated events a test event, for figures; metrics use one of them. Where not
        given that of the run, else 10.
      seed: of the samples and of the bootstraps; where not given that of the run, else 0.
      quiet: whether to show nothing meanwhile; where not given as `fit` was told for the run, else not.

    Returns:
      All metrics with errors, floors and members.

    Raises:
      ValueError: where the detector is not known, or events and data do not fit together.

    >>> from jaxgen.systems import tpc_pads
    >>> data = tpc_pads.simulate(0, 400)
    >>> scores = evaluate(data.train, data, system=tpc_pads, quiet=True)  # real events as if generated
    >>> scores.verdict()[-1]
    'Conclusion: the generated events cannot be told from real events with this sample.'
    """
    from jaxgen import systems
    from jaxgen.run.run import Run

    if isinstance(what, Run):
        return what.evaluate(
            data,
            metrics=metrics,
            samples_per_condition=samples_per_condition,
            seed=seed,
            system=system,
            quiet=quiet,
        )
    if samples_per_condition is None:
        samples_per_condition = Options.samples_per_condition
    seed = Options.seed if seed is None else seed
    checks.count(samples_per_condition=samples_per_condition)
    check_seed(seed)
    known = what.system if isinstance(what, Generator) else None
    detector = systems.get(system) if system is not None else known
    if detector is None:
        raise ValueError("Expected system=, the detector of the events; got none.")
    key = jax.random.fold_in(jax.random.key(seed), EVALUATION)
    if not isinstance(what, Generator | Batch):
        raise ValueError(f"Expected a Run, a Generator or a Batch to judge; got {type(what).__name__}.")
    with Stages("Judging", "Judged", quiet=bool(quiet)) as stages:
        if isinstance(what, Generator):
            condition = np.tile(np.asarray(data.test.condition), (samples_per_condition, 1))
            generated = generate(what, key, condition, progress=stages)
        else:
            generated = [as_batch(np.asarray(what.data), np.asarray(what.condition))]
        return judge(key, detector, data, generated, metrics=metrics, progress=stages).scores


def scores_from(found: Mapping[str, Any], system: System) -> Scores:
    """Scores from an `evaluation.json`."""
    own = system.judging().meanings
    metrics = found["metrics"]
    rows = {name: scores.from_json(name, row, glossary.meaning(name, own)) for name, row in metrics.items()}
    return Scores(rows, system.headline, judged=found.get("judged", {}))


def critic_scores(judge: Judge, state: PyTree, batch: Batch) -> np.ndarray:
    """What a critic says of all events of a batch, [N]."""
    score = jax.jit(judge.score)
    pieces = []
    for start in range(0, len(batch.data), CHUNK):
        rows = np.arange(start, start + CHUNK) % len(batch.data)
        filled = as_batch(np.asarray(batch.data)[rows], np.asarray(batch.condition)[rows])
        pieces.append(np.asarray(score(state, filled)))
    return np.concatenate(pieces)[: len(batch.data)]
