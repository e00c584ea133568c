"""Judges a trained generator of showers on more real ones than its test split has.

    python -c "from jaxgen.systems.calorimeter import geant4 as g, data as s; \\
        s.write_showers('more.npz', g.generate_geant4(6000, seed=2026).batch)"
    python experiments/studies/independent_showers.py --showers=more.npz --suite=response runs/cascade

For every seed of the run it generates showers for the conditions of the file, and prints the metrics as the
report does: mean over seeds, error of one sample, standard deviation of the seeds, and the same of the run's
training showers in their place. Then linearity and resolution by incident energy, the means over seeds; the
error is that of one seed, most of which is that of the real showers. The file must not be the one that the
run has read.
"""

from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np
from absl import app, flags, logging

import jaxgen
from jaxgen.metrics.scores import Scores
from jaxgen.metrics.table import Table
from jaxgen.run import evaluation
from jaxgen.system import System
from jaxgen.systems import calorimeter
from jaxgen.systems.calorimeter.data import read_showers
from jaxgen.systems.calorimeter.data.conditions import kind_of
from jaxgen.systems.calorimeter.observables.energy_response import shower_response
from jaxgen.systems.calorimeter.suites import JUDGING

FLAGS = flags.FLAGS
flags.DEFINE_string("showers", None, "file of real showers with their conditions", required=True)
flags.DEFINE_multi_enum("suite", ["response"], list(JUDGING.suites), "metrics")
flags.DEFINE_integer("times", 1, "showers generated for each of the real ones", lower_bound=1)
KEY = jax.random.key(2026)


def judged_by(names: Sequence[str]) -> System:
    """The calorimeter, of whose metrics there are these suites only."""
    judging = JUDGING._replace(suites={name: JUDGING.suites[name] for name in names})
    return replace(calorimeter.SYSTEM, judging=lambda: judging)


def print_metrics(scores: Scores) -> None:
    print("| metric | value | standard deviation | real against real |\n|---|---|---|---|")
    for name, score in scores.items():
        value, floor = (f"{one.value:.4g} ± {one.error:.2g}" for one in (score.estimate, score.floor))
        std = "" if np.isnan(score.member_std) else f"{score.member_std:.3g}"
        print(f"| {name} | {value} | {std} | {floor} |")


def print_response(real: Table, made: Sequence[Table], train: Table) -> None:
    """Generated over real means and widths in every range of energy."""
    found = [shower_response(real, fake) for fake in (*made, train)]
    print("| incident energy, GeV | linearity | resolution | real against real | |\n|---|---|---|---|---|")
    for i, (low, high) in enumerate(zip(found[0].edges[:-1], found[0].edges[1:], strict=True)):
        cells = [f"{low:g} to {high:g}"]
        for part in (found[:-1], found[-1:]):
            for name in ("linearity", "core"):
                values = [getattr(one, name)[i] for one in part]
                errors = [getattr(one, f"{name}_error")[i] for one in part]
                cells.append(f"{np.mean(values):.4f} ± {np.mean(errors):.4f}")
        print(f"| {' | '.join(cells)} |")


def report(name: str) -> None:
    """Prints both tables of one run."""
    run, system = jaxgen.Run.open(name), judged_by(FLAGS.suite)
    trained_on = system.again(run.config["data"]["source"])
    spec = trained_on.spec
    real = read_showers(FLAGS.showers, condition=kind_of(len(spec.condition)))
    condition = np.tile(np.asarray(real.condition), (FLAGS.times, 1))
    made = evaluation.generate(run.generator, KEY, condition)
    found = evaluation.judge(KEY, system, replace(trained_on, test=real), made)
    print(f"{name}: {len(made)} seeds, {len(condition)} generated and {len(real.data)} real showers\n")
    print_metrics(found.scores)
    print()
    tables = [system.observe(batch, spec) for batch in made]
    print_response(found.samples.test, tables, found.samples.train)


def main(argv: list[str]) -> None:
    logging.set_verbosity(logging.WARNING)
    for name in argv[1:]:
        report(name)


if __name__ == "__main__":
    app.run(main)
