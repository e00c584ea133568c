"""Runs one experiment for several values of one flag, and draws metrics against the value.

    python experiments/studies/scan_flag.py --experiment=four_lepton --scan=components --values=10,42,94 \
        --metrics=wasserstein_m4l,nan_fraction --folder=runs/scan -- \
        --flagfile=experiments/flags/four_lepton_gmm.flags --data=zz4l.csv

What stands after the lone -- goes to every run. Runs are resumed and finished ones left as they are, so the
same command goes on; more values may be added later. It prints a table and writes scan.png and scan.pdf.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from absl import app, flags
from matplotlib.figure import Figure

import jaxgen
from jaxgen.metrics.scores import Score, Scores
from jaxgen.plots import style
from jaxgen.plots.illustration import Illustration

FLAGS = flags.FLAGS
flags.DEFINE_string("experiment", "four_lepton", "file in experiments/, without its ending")
flags.DEFINE_string("scan", None, "flag whose values are tried", required=True)
flags.DEFINE_list("values", None, "values to try", required=True)
flags.DEFINE_list("metrics", None, "metrics to show", required=True)
flags.DEFINE_string("folder", None, "for the runs, one folder a value, and the figure", required=True)


def run(value: str, rest: list[str]) -> Scores:
    """Metrics of the run with this value."""
    folder = Path(FLAGS.folder).absolute() / f"{FLAGS.scan}_{value}"
    script = Path(__file__).resolve().parents[1] / f"{FLAGS.experiment}.py"
    subprocess.run(
        [sys.executable, str(script), *rest, f"--{FLAGS.scan}={value}", f"--workdir={folder}"], check=True
    )
    return jaxgen.Run.open(folder).scores


def error(score: Score) -> float:
    """Standard deviation over seeds, or the statistical error of one."""
    return score.estimate.error if np.isnan(score.member_std) else score.member_std


def table(found: Mapping[str, Scores]) -> str:
    """One line a value."""
    heads = "".join(f"{name:>28}" for name in FLAGS.metrics)
    lines = [f"{FLAGS.scan:<16}{heads}"]
    for value, scores in found.items():
        rows = [scores[name] for name in FLAGS.metrics]
        cells = (f"{row.estimate.value:.5g} ± {error(row):.2g}" for row in rows)
        lines.append(f"{value:<16}" + "".join(f"{cell:>28}" for cell in cells))
    first = next(iter(found.values()))
    floors = (f"{first[name].floor.value:.5g}" for name in FLAGS.metrics)
    return "\n".join([*lines, f"{'real events':<16}" + "".join(f"{cell:>28}" for cell in floors)])


def draw(found: Mapping[str, Scores]) -> Figure:
    """One panel a metric: values with their errors, and the floor of real events."""
    figure = style.figure(2.6 * len(FLAGS.metrics))
    place = np.array([float(value) for value in found])
    for i, name in enumerate(FLAGS.metrics):
        axes = figure.add_subplot(len(FLAGS.metrics), 1, i + 1)
        rows = [scores[name] for scores in found.values()]
        shown, errors = [row.estimate.value for row in rows], [error(row) for row in rows]
        axes.errorbar(place, shown, yerr=errors, fmt="o-", color=style.FAKE, capsize=2)
        axes.axhline(rows[0].floor.value, color=style.REAL, linestyle="--", linewidth=0.8)
        if place.min() > 0 and place.max() > 20 * place.min():
            axes.set_xscale("log")
        style.dress(axes, x=FLAGS.scan.replace("_", " "), title=rows[0].title)
    return figure


def main(argv: list[str]) -> None:
    found = {value: run(value, argv[1:]) for value in FLAGS.values}
    print(table(found))
    caption = "Values with the standard deviation over seeds, or the error of one; dashed, other real events."
    Illustration("scan", f"Scan of {FLAGS.scan}", caption, draw(found)).save(FLAGS.folder)


if __name__ == "__main__":
    app.run(main)
