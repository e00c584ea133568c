"""A training and what came of it: its log, its generator, its scores, its figures and its page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from jaxgen import checks, display, screen
from jaxgen.base import Metric
from jaxgen.data.dataset import Dataset
from jaxgen.manifest import read_json, write_json
from jaxgen.metrics.scores import Scores
from jaxgen.metrics.table import Samples
from jaxgen.recipe import Recipe
from jaxgen.run import drawing, evaluation
from jaxgen.run import folder as folders
from jaxgen.run.evaluation import EVALUATION, Judged
from jaxgen.run.folder import RunFolder
from jaxgen.run.generator import Generator
from jaxgen.run.history import History
from jaxgen.run.loading import check_parts, load
from jaxgen.run.options import CHECKPOINTS, Options, check_seed
from jaxgen.run.plan import Known, Plan
from jaxgen.run.records import card_of, checkpoints_of, chosen_step, read_log, read_sampled_parts
from jaxgen.system import System
from jaxgen.training import loop
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.loop import Members

if TYPE_CHECKING:
    from jaxgen.plots.illustration import Illustration


class Run:
    """A training, finished or stopped; `fit` gives one, `Run.open` opens that of a folder.

    Args:
      plan: what was trained.
      options: how.
      config: as `config.json` has it.
      known: conditions that it was trained on.
      history: what was logged.
      members: states that samples come from, and the update that they are of; read from the folder when
        needed where not given.
      data: what it was trained on, where it is at hand.
      folder: None for a run in memory.
      quiet: whether to show nothing while events are generated, judged and drawn.

    Attributes:
      plan: as given.
      options: as given.
      config: as given.
      history: as given.
      folder: as given.
      quiet: as given.

    >>> from jaxgen import fit
    >>> from jaxgen.systems import tpc_pads
    >>> data = tpc_pads.simulate(0, 64)
    >>> fit(tpc_pads.learner("gan", data), data, steps=2, batch_size=8, quiet=True)
    Run of gan of tpc_pads: 2 updates of 8 events, seed 0, in memory
    """

    def __init__(
        self,
        plan: Plan,
        options: Options,
        config: Mapping[str, Any],
        known: Known,
        history: History,
        *,
        members: tuple[Members, int] | None = None,
        data: Dataset | None = None,
        folder: RunFolder | None = None,
        quiet: bool = False,
    ) -> None:
        self.plan, self.options, self.config = plan, options, config
        self.history, self.folder, self.quiet = history, folder, quiet
        self._known, self._members, self._data = known, members, data
        self._judged: Judged | None = None
        self._generator: Generator | None = None
        self._figures: dict[str, Illustration] | None = None

    @classmethod
    def open(cls, folder: str | Path, *, system: Any = None, **parts: Any) -> "Run":
        """The run in a folder; its training data are not needed.

        Args:
          folder: of the run.
          system: the detector, its package or name, where it is none of the registry.
          **parts: the own objects that it was trained with, such as `generator=` and `critic=`.

        Raises:
          FileNotFoundError: where there is no run, or none with a checkpoint.
          ValueError: where its files are damaged, or it needs other objects.
        """
        found = RunFolder(Path(folder).absolute())
        config = found.read_config()
        if config["system"] is None:
            raise ValueError(
                f"Expected a run of a system's model in {found.path}; got one of an own learner."
            )
        sampled = read_sampled_parts(found)
        generator = load(found.generator, system=system, **{k: v for k, v in parts.items() if k in sampled})
        assert generator.recipe is not None
        recipe = Recipe(
            generator.recipe.system,
            config["model"],
            generator.recipe.with_length(
                steps=config["settings"]["steps"], batch_size=config["settings"]["batch_size"]
            ).settings,
            generator.recipe.statistics,
            generator.spec,
            parts,
        )
        check_parts(recipe, config["parts"], found.path)
        settings = recipe.settings
        plan = Plan(recipe, None, settings.steps, settings.batch_size, generator.spec)
        options = Options(**config["options"])
        history = History(read_log(found), members=options.members)
        known = Known(generator.ranges, generator.conditions)
        run = cls(plan, options, config, known, history, folder=found)
        wanted = chosen_step(run._checkpoints(), options)
        if wanted in (None, generator.step):  # else it was killed between checkpoint and generator
            run._generator = generator
        return run

    def with_saved_generator(self) -> "Run":
        """The same run; its generator is the one in its folder."""
        assert self.folder is not None
        assert self.plan.recipe is not None
        recipe = self.plan.recipe
        named = {name: recipe.parts[name] for name in recipe.model.sampled_parts if name in recipe.parts}
        self._generator = load(self.folder.generator, system=recipe.system, **named)
        return self

    @property
    def system(self) -> System | None:
        """The detector; None for a learner of one's own."""
        return None if self.plan.recipe is None else self.plan.recipe.system

    @property
    def trained_steps(self) -> int:
        """Updates that were done."""
        if self.folder is not None:
            return self._checkpoints().latest_step() or 0
        return len(self.history) and int(self.history[-1]["step"])

    @property
    def generator(self) -> Generator:
        """What was trained, ready to sample from."""
        if self._generator is None:
            members, step = self.states()
            card = card_of(self.config, step, self._scores_in_folder(step))
            self._generator = self.plan.generator(self.learner(), members, step, self._known, card)
        return self._generator

    @property
    def scores(self) -> Scores | None:
        """Of the last evaluation of this generator; None where there was none."""
        if self._judged is not None:
            return self._judged.scores
        if self.folder is None or self.system is None:
            return None
        found = self._scores_in_folder(self.generator.step)
        return None if found is None else evaluation.scores_from(found, self.system)

    @property
    def samples(self) -> Samples | None:
        """Tables of the last evaluation, those of the first member; None where it was not judged here."""
        return None if self._judged is None else self._judged.samples

    def evaluate(
        self,
        data: Dataset | None = None,
        *,
        metrics: Mapping[str, Metric] | None = None,
        samples_per_condition: int | None = None,
        seed: int | None = None,
        system: Any = None,
        quiet: bool | None = None,
    ) -> Scores:
        """Judges what was trained against the test split of a data set.

        A run in a folder keeps the scores there and on the generator's card, where the data are those that it
        was trained on. Where they are others, the scores say so.

        Args:
          data: real events; those of the training where not given.
          metrics: further ones by name, `metric(key, real, fake) -> Estimate` of batches.
          samples_per_condition: generated events a test event; that of the run where not given.
          seed: of the samples and of the bootstraps; that of the run where not given.
          system: the detector, where the run is of a learner of one's own.
          quiet: whether to show nothing meanwhile; as in `fit` where not given.

        Returns:
          All metrics with errors, floors and members.

        Raises:
          ValueError: where there are no data, or the detector is not known.
        """
        from jaxgen import systems

        if samples_per_condition is not None:
            checks.count(samples_per_condition=samples_per_condition)
        if seed is not None:
            check_seed(seed)
        given = self.data(data)
        if [column.name for column in given.spec.condition] != [one.name for one in self.plan.spec.condition]:
            wanted = ", ".join(column.name for column in self.plan.spec.condition) or "none"
            raise ValueError(f"Expected data with the conditions of the training, {wanted}; got others.")
        detector = self.system if system is None else systems.get(system)
        if detector is None:
            raise ValueError("Expected system=, the detector that an own learner is for; got none.")
        key = jax.random.fold_in(jax.random.key(self.options.seed if seed is None else seed), EVALUATION)
        times = samples_per_condition or self.options.samples_per_condition
        condition = np.tile(np.asarray(given.test.condition), (times, 1))
        same = self._trained_on(given)
        notes = [*self._notes(), *([] if same else [_others(given)])]
        with screen.Stages("Judging", "Judged", quiet=self.quiet if quiet is None else quiet) as stages:
            generated = evaluation.generate(self.generator, key, condition, progress=stages)
            self._judged = evaluation.judge(
                key, detector, given, generated, metrics=metrics, notes=notes, progress=stages
            )
        self._figures = None
        if self.folder is not None and same:
            self._keep(self._judged.scores)
        return self._judged.scores

    def _notes(self) -> list[str]:
        died = self.generator.died
        return [f"Member {m} died at update {step} and is left out." for m, step in enumerate(died) if step]

    def data(self, data: Dataset | None = None) -> Dataset:
        """The data that the run is judged by: those given, those of the training, or these made again.

        Raises:
          ValueError: where there are none.
        """
        if data is not None:
            if not isinstance(data, Dataset):
                raise ValueError(f"Expected a Dataset to judge by; got {type(data).__name__}.")
            if self._data is None and self._trained_on(data):
                self._data = data
            return data
        if self._data is None:
            source = self.config["data"]["source"]
            if self.system is None or not source:
                raise ValueError(
                    "Expected the data to judge by, evaluate(data); the run was opened without, and its data "
                    "are of no file and no simulator."
                )
            try:
                again = self.system.again(source)
            except (OSError, ValueError) as error:
                raise ValueError(f"Expected the run's data, or others, evaluate(data). {error}") from error
            if not self._trained_on(again):
                raise ValueError(
                    f"Expected the data that the run was trained on; those of {dict(source)} are others now."
                )
            self._data = again
        return self._data

    def _trained_on(self, data: Dataset) -> bool:
        return folders.fingerprint(data) == self.config["data"]["sha256"]

    def _keep(self, scores: Scores) -> None:
        assert self.folder is not None
        step = self.generator.step
        trained = self._checkpoints().latest_step()
        judged = dict(scores.judged)
        content = {"step": step, "trained": trained, "judged": judged, "metrics": scores.as_json()}
        write_json(self.folder.evaluation, content)
        if self.plan.recipe is not None:
            self._generator = self.generator.with_card(card_of(self.config, step, content))
            self._generator.write(self.folder.generator)

    def _scores_in_folder(self, step: int) -> dict[str, Any] | None:
        """The evaluation in the folder, where it is one of this step."""
        if self.folder is None or not self.folder.evaluation.is_file():
            return None
        found = read_json(self.folder.evaluation)
        return found if found.get("step") == step else None

    def figures(self, data: Dataset | None = None) -> "dict[str, Illustration]":
        """All figures by name: the training, the critic's scores, and those of the detector.

        Args:
          data: to judge by, where the run was not judged yet.
        """
        if self._figures is not None:
            return self._figures
        if self._judged is None:
            self.evaluate(data)
        assert self._judged is not None
        with screen.Stages("Drawing", "Drawn", quiet=self.quiet) as stages:
            self._figures = drawing.draw(self, self._judged, progress=stages)
        return self._figures

    def report(self, path: str | Path | None = None, *, command: str = "") -> Path:
        """Writes one page that says what was trained, how good it is, how sure that is and where it fails.

        Args:
          path: of the HTML file; report.html in the run folder where not given, which gets the figures too.
          command: that makes the run again, to stand on the page.

        Raises:
          ValueError: where neither a path is given nor a folder is there.
        """
        from jaxgen.run import reporting

        figures = list(self.figures().values())
        with screen.Stages("Report", "Report written", quiet=self.quiet) as stages:
            stages("figures and sentences")
            return reporting.write(self, figures, None if path is None else Path(path), command=command)

    def failures(self) -> Sequence[str]:
        """Where generated events of the first member are worst, a sentence each.

        A run that was not judged yet, or whose scores are only those of its folder, is judged first.
        """
        if self.system is None:
            return []
        if self._judged is None:
            self.evaluate()
        assert self._judged is not None
        key = jax.random.fold_in(jax.random.key(self.options.seed), EVALUATION)
        return self.system.failures(key, self._judged.samples)

    def learner(self) -> Any:
        """What it was trained by."""
        return self.plan.learner(self.config["data"]["train_events"])

    def states(self) -> tuple[Members, int]:
        """The members that samples come from, and their update."""
        if self._members is None:
            example = loop.example_members(self.learner(), self.plan.example(), self.plan.loop(self.options))
            wanted = chosen_step(self._checkpoints(), self.options)
            if self._generator is not None:
                wanted = self._generator.step
            step, members = self._checkpoints().restore(example, step=wanted)
            self._members = members, step
        return self._members

    def _checkpoints(self) -> Checkpoints:
        assert self.folder is not None
        return checkpoints_of(self.folder, self.options, self.system)

    def choose(self, checkpoint: str) -> "Run":
        """The same run with the generator of another checkpoint, "best" or "latest", from now on.

        Raises:
          ValueError: where none was judged, or the run is in memory.
        """
        if self.folder is None:
            raise ValueError("Expected a run in a folder to choose a checkpoint of; got one in memory.")
        checks.one_of("checkpoint", checkpoint, CHECKPOINTS)
        kept = self._checkpoints()
        step = kept.best_step() if checkpoint == "best" else kept.latest_step()
        if step is None:
            raise ValueError(f"Expected a {checkpoint} checkpoint in {self.folder.checkpoints}; found none.")
        self.options = replace(self.options, checkpoint=checkpoint)
        self.config = {**self.config, "options": asdict(self.options)}
        write_json(self.folder.config, self.config)
        if step != self.generator.step:
            example = loop.example_members(self.learner(), self.plan.example(), self.plan.loop(self.options))
            self._members = self._checkpoints().restore(example, step=step)[1], step
            self._generator = self._judged = self._figures = None
            self.generator.write(self.folder.generator)
        return self

    def __repr__(self) -> str:
        recipe = self.plan.recipe
        what = "an own learner" if recipe is None else f"{recipe.name} of {recipe.system.name}"
        members = f", {self.options.members} members" if self.options.members > 1 else ""
        where = "in memory" if self.folder is None else f"in {self.folder.path}"
        stopped = self.config.get("finished")
        end = f" (stopped at {stopped:,})" if stopped else ""
        step = self._members[1] if self._members else self._generator.step if self._generator else None
        chosen = "" if step in (None, stopped or self.plan.steps) else f", generator of update {step:,}"
        return (
            f"Run of {what}: {self.plan.steps:,} updates{end} of {self.plan.batch_size} events, "
            f"seed {self.options.seed}{members}{chosen}, {where}"
        )

    def _repr_html_(self) -> str:
        scores = self.scores
        table = display.paragraph("Not judged yet.") if scores is None else scores._repr_html_()
        return display.paragraph(repr(self)) + table


def _others(data: Dataset) -> str:
    return (
        f"Judged by other events than those of the training: {len(data.test.data)} test events of "
        f"{data.spec.name}, fingerprint {folders.fingerprint(data)[:16]}."
    )
