"""What a run trains: a recipe or a user-defined learner, and the options of the run."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxgen import checks
from jaxgen.base import Batch, Learner, Length, Sampler
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.data.order import steps_per_epoch
from jaxgen.recipe import Recipe, check_learner, example_of
from jaxgen.run import folder as folders
from jaxgen.run.generator import CONDITIONS, Generator
from jaxgen.run.options import FREE, Options
from jaxgen.settings import as_json
from jaxgen.training import parallel
from jaxgen.training.loop import LoopConfig, Members


class Plan(NamedTuple):
    """What to train.

    Attributes:
      recipe: the recipe; None for a user-defined learner.
      own: the user-defined learner.
      steps: number of updates of the whole run.
      batch_size: number of events per update.
      spec: description of events and conditions.
    """

    recipe: Recipe | None
    own: Learner | None
    steps: int
    batch_size: int
    spec: Spec

    def learner(self, train_events: int, devices: int = 1) -> Learner:
        """The learner for this number of training events and devices.

        Raises:
          ValueError: if devices or batches do not fit.
        """
        parallel.check_devices(devices, self.batch_size)
        length = Length(self.steps, steps_per_epoch(train_events, self.batch_size))
        if self.recipe is not None:
            return self.recipe.build(length, parallel.axis_name(devices))
        if self.own is None or devices > 1:
            raise ValueError(f"Expected one device for a learner of one's own; got {devices}.")
        return self.own

    def sampler(self) -> Sampler:
        """The function that generates events from published parameters."""
        return self.recipe.sampler() if self.recipe is not None else self.own.sample  # type: ignore[union-attr]

    def loop(self, options: Options) -> LoopConfig:
        """Lengths of the training and of its parts."""
        shared = {field.name for field in fields(LoopConfig)} & asdict(options).keys()
        chosen = {name: getattr(options, name) for name in shared}
        return LoopConfig(steps=self.steps, batch_size=self.batch_size, **chosen)

    def example(self) -> Batch:
        """Events of zeros, used for their shapes."""
        return example_of(self.spec)

    def generator(
        self,
        learner: Learner,
        members: Members,
        step: int,
        known: "Known",
        card: Mapping[str, Any],
        *,
        sampler: Sampler | None = None,
    ) -> Generator:
        """A generator from the published parameters of the members.

        Args:
          learner: learner that trained them.
          members: states of all members.
          step: number of updates done.
          known: conditions of the training.
          card: card of the generator.
          sampler: result of an earlier call of `sampler`, whose compiled form is reused.
        """
        published = [learner.publish(members.state(m)) for m in range(len(np.asarray(members.died)))]
        params = jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *published)
        return Generator(
            sampler=sampler or self.sampler(),
            params=params,
            spec=self.spec,
            ranges=known.ranges,
            conditions=known.conditions,
            recipe=self.recipe,
            step=step,
            died=tuple(int(when) for when in np.asarray(members.died)),
            card=card,
            default=next(iter(members.alive), 0),
        )


class Known(NamedTuple):
    """Training conditions that a generator stores.

    Attributes:
      ranges: smallest and largest value of each condition, [C].
      conditions: up to 10,000 of the conditions, [M, C].
    """

    ranges: tuple[tuple[float, float], ...]
    conditions: np.ndarray


def known_of(data: Dataset) -> Known:
    """The conditions of a training split that a generator stores."""
    from jaxgen.data.trained_ranges import ranges_of

    condition = np.asarray(data.train.condition)
    return Known(tuple(ranges_of(condition)), condition[:CONDITIONS])


def plan_of(recipe: Recipe | Learner, data: Dataset, steps: int | None, batch_size: int | None) -> Plan:
    """The plan for a recipe, with steps and batch size replaced if given, or for a learner.

    Raises:
      ValueError: for data that do not match the recipe, or a learner without steps and batch size.
    """
    if not isinstance(data, Dataset):
        raise ValueError(f"Expected a Dataset to train on; got {type(data).__name__}.")
    if isinstance(recipe, Recipe):
        changed = recipe.with_length(steps=steps, batch_size=batch_size)
        _check_spec(changed, data.spec)
        return Plan(changed, None, changed.settings.steps, changed.settings.batch_size, data.spec)
    if not isinstance(recipe, Learner):
        raise ValueError(f"Expected a recipe or a Learner to train; got {type(recipe).__name__}.")
    if steps is None or batch_size is None:
        raise ValueError("Expected steps= and batch_size= for a learner of one's own; got none.")
    checks.count(steps=steps, batch_size=batch_size)
    check_learner(recipe, example_of(data.spec), data.spec.shape)
    return Plan(None, recipe, int(steps), int(batch_size), data.spec)


def _check_spec(recipe: Recipe, spec: Spec) -> None:
    wanted = recipe.spec
    if wanted is None:
        return
    pairs = (
        ("events of the shape", wanted.shape, spec.shape),
        (
            "conditions",
            [column.name for column in wanted.condition],
            [column.name for column in spec.condition],
        ),
    )
    for what, want, got in pairs:
        if want != got:
            raise ValueError(f"Expected {what} {want}, as the recipe was made for; got {got}.")


def configuration(plan: Plan, options: Options, data: Dataset) -> dict[str, Any]:
    """The configuration of a new run: settings, options, data, versions, revision, device."""
    recipe = plan.recipe
    settings = {"steps": plan.steps, "batch_size": plan.batch_size}
    return {
        "system": None if recipe is None else recipe.system.name,
        "model": None if recipe is None else recipe.name,
        "settings": settings if recipe is None else as_json(recipe.settings),
        "parts": {} if recipe is None else recipe.named_parts(),
        "options": asdict(options),
        "data": folders.describe_data(data),
        "versions": folders.versions(),
        "revision": folders.revision(),
        "device": jax.devices()[0].device_kind,
        "finished": None,
    }


def differing(old: Mapping[str, Any], new: Mapping[str, Any], *, extendable: bool) -> list[str]:
    """Differences between two configurations that affect the training, one phrase each.

    Args:
      old: configuration in the run folder.
      new: requested configuration.
      extendable: whether a run may be extended.

    >>> old = {"system": "a", "model": "gan", "settings": {"steps": 5}, "options": {"seed": 1}, "parts": {}}
    >>> differing(old, {**old, "options": {"seed": 2}, "settings": {"steps": 9}}, extendable=True)
    ['seed was 1, is 2']
    """
    phrases = []
    for name in ("system", "model"):
        if old.get(name) != new.get(name):
            phrases.append(f"{name} was {old.get(name)}, is {new.get(name)}")
    if phrases:
        return phrases
    for group in ("settings", "options", "parts"):
        before, after = old[group], new[group]
        for name in sorted((before.keys() | after.keys()) - FREE):
            was, is_now = before.get(name), after.get(name)
            longer = name == "steps" and extendable and was is not None and is_now >= was
            if was != is_now and not longer:
                phrases.append(f"{name} was {was}, is {is_now}")
    return phrases


def check_same(old: Mapping[str, Any], new: Mapping[str, Any], plan: Plan, path: Path) -> None:
    """Raises unless a run with this configuration can continue another one.

    Raises:
      ValueError: with the differences.
    """
    extendable = plan.recipe is None or plan.recipe.settings.extendable
    phrases = differing(old, new, extendable=extendable)
    if phrases:
        raise ValueError(
            f"Expected the settings of the run in {path}; {'; '.join(phrases)}. "
            "Give them as they were, another workdir, or overwrite."
        )
    if old["data"].get("sha256") != new["data"]["sha256"]:
        was, now = (_told(config["data"].get("source", {})) for config in (old, new))
        others = "others" if was == now else f"those of {now}, not of {was}"
        raise ValueError(f"Expected the data that the run in {path} was trained on; got {others}.")


def _told(source: Mapping[str, Any]) -> str:
    """Description of a source of data."""
    return ", ".join(f"{name} {value}" for name, value in source.items()) or "arrays"
