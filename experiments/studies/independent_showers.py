"""Judges a trained generator of showers on more real ones than its test split has.

    python -c "from jaxgen.systems.calorimeter import geant4 as g, data as s; \\
        s.write('more.npz', g.generate_geant4(6000, seed=2026).batch)"
    python experiments/studies/independent_showers.py --showers=more.npz --suite=response runs/cascade

For every seed of the run it generates showers for the conditions of the file, and prints the metrics as the
report does: mean over seeds, error of one sample, spread, and the same of the run's training showers in
their place. Then linearity and resolution by incident energy, the means over seeds; the error is that of
one seed, most of which is that of the real showers. The file must not be the one that the run has read.
"""

from pathlib import Path

import experiment_files
import jax
import numpy as np
from absl import app, flags, logging

from jaxgen.base import Batch
from jaxgen.run import evaluation, sampling, trained_run
from jaxgen.run.run_folder import RunFolder
from jaxgen.systems.calorimeter import data as calorimeter_showers
from jaxgen.systems.calorimeter import suites as shower_suites
from jaxgen.systems.calorimeter.observables import energy_response as shower_response

FLAGS = flags.FLAGS
KEY = jax.random.key(2026)


def generate(experiment, folder: RunFolder, condition: np.ndarray) -> tuple[Batch, list[Batch]]:
    """Training showers of a run, and those that each of its seeds makes for these conditions."""
    run = trained_run.load(experiment, folder)
    draw = sampling.make_sampler(run.learner, finish=experiment.finish)
    known = condition[:, : run.dataset.test.condition.shape[1]]
    keys = jax.random.split(KEY, len(run.members))
    made = [draw(key, state, known) for key, state in zip(keys, run.members, strict=True)]
    return run.dataset.train, made


def print_metrics(rows: dict[str, evaluation.Row]) -> None:
    print("| metric | value | spread | real against real |\n|---|---|---|---|")
    for name, row in rows.items():
        floor = row["floor"]
        spread = "" if row["spread"] is None else f"{row['spread']:.3g}"
        value = f"{row['value']:.4g} ± {row['error']:.2g}"
        print(f"| {name} | {value} | {spread} | {floor['value']:.4g} ± {floor['error']:.2g} |")


def print_response(real: Batch, made: list[Batch], train: Batch) -> None:
    """Generated over real means and widths in every range of energy."""
    found = [shower_response.shower_response(real, fake) for fake in (*made, train)]
    print("| incident energy, GeV | linearity | resolution | real against real | |\n|---|---|---|---|---|")
    for i, (low, high) in enumerate(zip(found[0].edges[:-1], found[0].edges[1:], strict=True)):
        cells = [f"{low:g} to {high:g}"]
        for part in (found[:-1], found[-1:]):
            for name in ("linearity", "core"):
                values = [getattr(one, name)[i] for one in part]
                errors = [getattr(one, f"{name}_error")[i] for one in part]
                cells.append(f"{np.mean(values):.4f} ± {np.mean(errors):.4f}")
        print(f"| {' | '.join(cells)} |")


def main(argv: list[str], experiment) -> None:
    logging.set_verbosity(logging.WARNING)
    real = calorimeter_showers.read_showers(FLAGS.showers)
    condition = np.tile(np.asarray(real.condition), (FLAGS.times, 1))
    suites = {name: shower_suites.SUITES[name] for name in FLAGS.suite}
    for name in argv[1:]:
        train, made = generate(experiment, RunFolder(Path(name).absolute()), condition)
        print(f"{name}: {len(made)} seeds, {len(condition)} generated and {len(real.data)} real showers\n")
        print_metrics(evaluation.evaluate(KEY, suites, real, train, made))
        print()
        print_response(real, made, train)


if __name__ == "__main__":
    flags.DEFINE_string("showers", None, "file of real showers with their conditions", required=True)
    flags.DEFINE_multi_enum("suite", ["response"], list(shower_suites.SUITES), "metrics")
    flags.DEFINE_integer("times", 1, "showers generated for each of the real ones", lower_bound=1)
    calorimeter = experiment_files.load("calorimeter")
    app.run(lambda argv: main(argv, calorimeter))
