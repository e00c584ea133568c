"""Puts finished runs side by side: a table of their metrics and a figure.

    python experiments/studies/compare_runs.py --metric=trend_chi2 --figure=comparison runs/sn runs/gp

Runs that differ in the seed only are one line: the mean over seeds and their standard deviation.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from absl import app, flags

import jaxgen
from jaxgen import checks
from jaxgen.metrics.scores import Score, Scores
from jaxgen.run.options import FREE

FLAGS = flags.FLAGS
flags.DEFINE_string("metric", "trend_chi2", "of the table")
flags.DEFINE_string("figure", None, "name of PNG and PDF files to write")


def group_of(run: jaxgen.Run) -> str:
    """All that a run has of its own, without its seed."""
    config = run.config
    kept = {name: config[name] for name in ("system", "model", "settings", "parts")}
    kept["options"] = {k: v for k, v in config["options"].items() if k not in FREE | {"seed", "members"}}
    return json.dumps({**kept, "data": config["data"]["sha256"]}, sort_keys=True)


def together(scores: Sequence[Scores]) -> Scores:
    """Scores as of one run whose members are those of all; errors and floors are those of the first."""

    def joined(rows: Sequence[Score]) -> Score:
        values = tuple(value for row in rows for value in row.members)
        estimate = rows[0].estimate._replace(value=float(np.mean(values)))
        return replace(rows[0], estimate=estimate, members=values)

    return replace(scores[0], rows={name: joined([one[name] for one in scores]) for name in scores[0]})


def read(paths: Sequence[Path]) -> dict[str, Scores]:
    """Scores of every group of runs, by the names of their folders, or by their paths where names are equal.

    Raises:
      FileNotFoundError: where a run was not judged.
    """
    unique = len({path.name for path in paths}) == len(paths)
    groups: dict[str, dict[str, Scores]] = {}
    for path in paths:
        run = jaxgen.Run.open(path)
        if run.scores is None:
            raise FileNotFoundError(f"Expected a judged run in {path}; found no evaluation.json there.")
        groups.setdefault(group_of(run), {})[path.name if unique else str(path)] = run.scores
    return {"+".join(runs): together(list(runs.values())) for runs in groups.values()}


def main(argv: list[str]) -> None:
    compared = jaxgen.compare(read([Path(name) for name in argv[1:]]))
    metric = FLAGS.metric
    checks.one_of("--metric", metric, sorted(set.intersection(*map(set, compared.scores.values()))))
    print(f"{'runs':<40} {'seeds':>5} {metric:>16} {'std':>8} {'floor':>8} {'ratio':>6}")
    for name, scores in compared.scores.items():
        score = scores[metric]
        value, floor = score.estimate.value, score.floor.value
        print(
            f"{name:<40} {len(score.members):>5} {value:>16.1f} {score.member_std:>8.1f} {floor:>8.1f} "
            f"{value / floor:>6.2f}"
        )
    if FLAGS.figure:
        path = Path(FLAGS.figure)
        compared.figure()._replace(name=path.name).save(path.parent)


if __name__ == "__main__":
    app.run(main)
