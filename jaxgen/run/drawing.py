"""Draws the figures of a run: training curves, the critic's scores, and those of the detector."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jaxgen import checks
from jaxgen.run import evaluation
from jaxgen.run.evaluation import Judged
from jaxgen.screen import silent

if TYPE_CHECKING:
    from jaxgen.run.run import Run


class Figures(dict[str, Any]):
    """Figures by name; the error for an unknown name lists the known ones."""

    def __missing__(self, name: str) -> Any:
        raise KeyError(checks.unknown("figure", name, self))


def draw(run: "Run", judged: Judged, *, progress: Callable[[str], None] = silent) -> Figures:
    """All figures of a run by name.

    Args:
      run: an evaluated run.
      judged: result of its evaluation.
      progress: `progress(words)`, called with the name of the next figure.
    """
    from jaxgen.plots.scores import score_illustration

    progress("the training")
    samples = judged.samples
    shown = [run.history.plot(titles={name: score.title for name, score in judged.scores.items()})]
    learner = run.learner()
    if learner.judge is not None:
        progress("the critic's scores")
        state = run.states()[0].state(run.generator.default)
        sides = (
            evaluation.critic_scores(learner.judge, state, table.batch)
            for table in (samples.test, samples.generated)
        )
        shown.append(score_illustration(*sides, probability=learner.judge.probability))
    progress("generated and test events")
    drawn = run.system.draw(samples) if run.system is not None else []
    return Figures({one.name: one for one in [*shown, *drawn]})
