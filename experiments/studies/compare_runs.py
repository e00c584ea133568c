"""Puts finished runs side by side: a table of their metrics and a figure.

    python experiments/studies/compare_runs.py --metric=trend_chi2 --figure=comparison runs/sn runs/gp

Runs whose flags differ in the seed only are one line: the mean over seeds and their spread.
"""

import json
from pathlib import Path

import numpy as np
from absl import app, flags

from jaxgen import plots
from jaxgen.base import Estimate
from jaxgen.cli.settings import NEUTRAL
from jaxgen.plots.comparison import Scored, compare_runs
from jaxgen.run.run_folder import RunFolder

FLAGS = flags.FLAGS
flags.DEFINE_string("metric", "trend_chi2", "of the table")
flags.DEFINE_string("figure", None, "name of PNG and PDF files to write")

Line = dict[str, list[float]]


def group_of(config: dict) -> str:
    """The flags that a run has of its own, without its seed."""
    kept = {k: v for k, v in config["flags"].items() if k not in NEUTRAL | {"seed", "num_seeds"}}
    return json.dumps(kept, sort_keys=True)


def read(paths: list[Path]) -> dict[str, list[tuple[Path, dict, dict]]]:
    """Configuration and metrics of every run, by group."""
    groups: dict[str, list[tuple[Path, dict, dict]]] = {}
    for path in paths:
        folder = RunFolder(path)
        config = folder.read_config()
        judged = json.loads(folder.evaluation.read_text(encoding="utf-8"))
        groups.setdefault(group_of(config), []).append((path, config, judged["metrics"]))
    return groups


def members(runs: list[tuple[Path, dict, dict]], metric: str) -> np.ndarray:
    """The value of every seed of a group."""
    return np.array([value for _, _, metrics in runs for value in metrics[metric]["members"]], float)


def scored(runs: list[tuple[Path, dict, dict]], metric: str) -> Scored:
    """Mean over seeds with the error of one sample, and the floor."""
    row = runs[0][2][metric]
    values = members(runs, metric)
    floor = Estimate(row["floor"]["value"], row["floor"]["error"])
    return Scored(Estimate(float(values.mean()), row["error"]), floor, tuple(values))


def main(argv: list[str]) -> None:
    groups = read([Path(name) for name in argv[1:]])
    print(f"{'runs':<40} {'seeds':>5} {FLAGS.metric:>16} {'spread':>8} {'floor':>8} {'ratio':>6}")
    table = {}
    for runs in groups.values():
        values = members(runs, FLAGS.metric)
        floor = runs[0][2][FLAGS.metric]["floor"]["value"]
        spread = values.std(ddof=1) if len(values) > 1 else float("nan")
        name = "+".join(path.name for path, _, _ in runs)
        print(
            f"{name:<40} {len(values):>5} {values.mean():>16.1f} {spread:>8.1f} {floor:>8.1f} "
            f"{values.mean() / floor:>6.2f}"
        )
        table[name] = {metric: scored(runs, metric) for metric in runs[0][2]}
    if FLAGS.figure:
        path = Path(FLAGS.figure)
        plots.save(compare_runs(table), path.parent, path.name)


if __name__ == "__main__":
    app.run(main)
