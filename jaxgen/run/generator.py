"""A trained generator: events from a random key and conditions, without training data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import numpy as np

from jaxgen import checks, display, screen
from jaxgen.base import Batch, Key, PyTree, Sampler
from jaxgen.data import conditions, trained_ranges
from jaxgen.data.dataset import Spec, as_batch
from jaxgen.ops import random_numbers
from jaxgen.recipe import Recipe
from jaxgen.run import artifact
from jaxgen.run.artifact import Artifact
from jaxgen.settings import as_json
from jaxgen.system import System

SIZES = (1, 32, 1000, 16_000)
"""Sizes of compiled calls; the last call of a sample is padded to the next size and truncated."""

FEW = 32
WIDE = {
    "xla_cpu_prefer_vector_width": 512
}  # makes exponentials and noise a sixth faster, but training slower
OUTSIDE = ("refuse", "mark")
CONDITIONS = 10_000  # number of training conditions kept to draw from
DRAWN = 1  # folded into a key to draw conditions


def compiled(sample: Sampler, params: PyTree, *, few: bool = False) -> Callable[..., jax.Array]:
    """The sampler compiled for the device of the parameters.

    Args:
      sample: function that generates events.
      params: parameters of one member.
      few: whether the parameters become constants of the program, as passing them to every call can take
        longer than generating an event. Otherwise all members share the program.

    Returns:
      `call(key, condition, first) -> data`.
    """
    leaves = [leaf for leaf in jax.tree.leaves(params) if isinstance(leaf, jax.Array)]
    on_cpu = bool(leaves) and next(iter(leaves[0].devices())).platform == "cpu"
    options = WIDE if on_cpu else None
    if few:
        return jax.jit(
            lambda key, condition, first: sample(key, params, condition, first), compiler_options=options
        )
    shared = jax.jit(sample, compiler_options=options)
    return lambda key, condition, first: shared(key, params, condition, first)


@dataclass(frozen=True, eq=False)
class Generator:
    """A trained generator with one or several members.

    Attributes:
      sampler: function that generates events from published parameters.
      params: parameters of all members, [K, ...].
      spec: description of events and conditions.
      ranges: smallest and largest value of each condition in training, [C].
      conditions: conditions of some training events, [M, C].
      recipe: what was trained; None for a user-defined learner, which cannot be saved.
      step: number of updates.
      died: the update at which each member had a value that is not finite, 0 for surviving members, [K].
      card: description of training data, quality and software versions.
      default: the member used for sampling.

    >>> import jaxgen
    >>> from jaxgen.systems import tpc_pads
    >>> data = tpc_pads.simulate(0, 64)
    >>> run = jaxgen.fit(tpc_pads.learner("gan", data), data, steps=2, batch_size=8, quiet=True)
    >>> track = {"crossing_angle": 5.0, "dip_angle": 30.0, "drift_length": 100.5, "pad_coordinate": 35.2}
    >>> run.generator.sample(0, {**track, "row": 23, "pT": 0.4785}, num=3).shape
    (3, 8, 16)
    """

    sampler: Sampler = field(repr=False)
    params: PyTree = field(repr=False)
    spec: Spec
    ranges: tuple[tuple[float, float], ...] = ()
    conditions: np.ndarray = field(default_factory=lambda: np.zeros((1, 0), np.float32), repr=False)
    recipe: Recipe | None = None
    step: int = 0
    died: tuple[int, ...] = (0,)
    card: Mapping[str, Any] = field(default_factory=dict, repr=False)
    default: int = 0

    @cached_property
    def _member(self) -> PyTree:
        """Parameters of the member used for sampling, on the device."""
        return jax.tree.map(lambda x: jax.numpy.asarray(x[self.default]), self.params)

    @cached_property
    def _few(self) -> Callable[..., jax.Array]:
        return compiled(self.sampler, self._member, few=True)

    @cached_property
    def _many(self) -> Callable[..., jax.Array]:
        return compiled(self.sampler, self._member)

    @property
    def members(self) -> list[int]:
        """Numbers of the surviving members."""
        return [m for m, died in enumerate(self.died) if not died]

    @property
    def system(self) -> System | None:
        """The detector; None for a user-defined learner."""
        return None if self.recipe is None else self.recipe.system

    def member(self, number: int) -> "Generator":
        """The same generator with another member used for sampling.

        Raises:
          ValueError: if there is no such member, or it died.
        """
        checks.whole(member=number)
        if number >= len(self.died):
            raise ValueError(f"Expected a member from 0 to {len(self.died) - 1}; got {number}.")
        if self.died[number]:
            raise ValueError(f"Expected a member that lives; {number} died at update {self.died[number]}.")
        return self._changed(default=number)

    def sample(
        self,
        key: int | Key,
        condition: Any = None,
        num: int | None = None,
        *,
        first: int = 0,
        units: Any = None,
        outside: str = "refuse",
        piece: int | None = None,
        quiet: bool = False,
    ) -> np.ndarray:
        """Generates events.

        Event i depends only on the key, the number i and its own condition, not on the number of events or
        the size of pieces. So `first=1000` continues a sample of 1,000.

        Args:
          key: a seed, or a key of jax.random, typed or legacy.
          condition: an array [N, C], or columns by name, a mapping or a table, in the units of the spec. A
            scalar applies to all events, and missing columns take their defaults, with a warning; further
            columns are ignored, with a warning. By default drawn from the training conditions.
          num: number of events; by default the number of conditions. Fewer conditions than events are
            repeated, beginning with the first condition for the first event, whatever its number; of more
            conditions than events only the first are used, with a warning.
          first: number of the first event.
          units: units of the numbers if they are not those of the spec: text such as "MeV", for all columns
            of that dimension, or "energy=MeV,theta=deg", or a mapping by name.
          outside: treatment of conditions outside of the trained range: "refuse" raises an error, "mark"
            returns a masked array in which these events are masked.
          piece: events per compiled call; by default chosen by the size of the sample.
          quiet: whether to suppress the progress line, which is shown after three seconds.

        Returns:
          Events in physical units, [num, ...].

        Raises:
          ValueError: for invalid conditions, or if neither conditions nor `num` are given.
        """
        seed = random_numbers.as_key(key)
        given = self._condition(seed, condition, num, first, units)
        if outside not in OUTSIDE:
            raise ValueError(f"Expected outside to be {' or '.join(OUTSIDE)}; got {outside!r}.")
        if outside == "refuse" and self.ranges:
            trained_ranges.check_inside(self.spec.condition, given, self.ranges)
        with screen.Count("Generating", len(given), "events", quiet=quiet) as count:
            events = self.events(seed, given, first=first, piece=piece, progress=count)
        if outside == "refuse" or not self.ranges:
            return events
        for sentence in trained_ranges.doubts(self.spec.condition, given, self.ranges):
            conditions.warn(sentence)
        beyond = ~trained_ranges.inside(self.spec.condition, given, self.ranges).all(axis=1)
        mask = np.broadcast_to(beyond.reshape(-1, *(1,) * (events.ndim - 1)), events.shape)
        return np.ma.masked_array(events, mask)

    def batch(
        self,
        key: int | Key,
        condition: Any = None,
        num: int | None = None,
        *,
        units: Any = None,
        **options: Any,
    ) -> Batch:
        """Events as from `sample`, with their conditions in the units of the spec."""
        seed = random_numbers.as_key(key)
        given = self._condition(seed, condition, num, options.get("first", 0), units).copy()
        return as_batch(self.sample(seed, given, **options), given)

    def _condition(self, key: Key, condition: Any, num: int | None, first: int, units: Any) -> np.ndarray:
        """The conditions of the events, [num, C] float32."""
        if num is not None:
            checks.count(num=num)
        if condition is not None and len(self.spec.condition):
            return conditions.as_array(self.spec.condition, condition, number=num, units=units)
        if units is not None:
            raise ValueError(f"Expected units of conditions that are given; got {units!r} and no conditions.")
        if num is None:
            given = None if condition is None else np.shape(condition)
            if given is None or len(given) != 2 or given[1]:
                raise ValueError("Expected conditions, or num, how many events to generate; got neither.")
            num = given[0]
        if condition is not None and np.size(condition):
            raise ValueError("Expected no conditions, as this generator has none; got some.")
        bits = _bits(key, int(num), _first(first, int(num)))
        return self.conditions[(bits.astype(np.uint64) * len(self.conditions)) >> np.uint64(32)]

    def events(
        self,
        key: Key,
        condition: np.ndarray,
        *,
        first: int = 0,
        piece: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        """Events for an array of conditions [N, C] float32, without checks; see `sample`.

        `progress(done)` is called with the number of events after each compiled call.
        """
        if piece is not None:
            checks.count(piece=piece)
        first = _first(first, len(condition))
        done, start = [], 0
        while start < len(condition):
            left = len(condition) - start
            size = piece or next((size for size in SIZES if size >= left), SIZES[-1])
            part = condition[start : start + size]
            if len(part) < size:
                part = np.resize(part, (size, condition.shape[1]))
            call = self._few if size <= FEW else self._many
            drawn = np.asarray(call(key, part, _words(first + start)))
            done.append(drawn[:left])
            start += size
            if progress is not None:
                progress(min(start, len(condition)))
        events = done[0] if len(done) == 1 else np.concatenate(done)
        return events if self.system is None else self.system.finish(events)

    def save(self, path: str | Path) -> Path:
        """Writes one ZIP file for `jaxgen.load`.

        Raises:
          ValueError: for a user-defined learner, which cannot be saved.
        """
        path = Path(path)
        with TemporaryDirectory() as folder:
            self.write(Path(folder) / "generator")
            artifact.pack(Path(folder) / "generator", path)
        return path

    def write(self, folder: Path) -> None:
        """Writes a folder for `jaxgen.load` and replaces an older one.

        Raises:
          ValueError: for a user-defined learner, which cannot be saved.
        """
        if self.recipe is None:
            raise ValueError(
                "Expected a generator of a system's model to be saved; got one of an own learner."
            )
        named = self.recipe.named_parts()
        description = {
            "system": self.recipe.system.name,
            "model": self.recipe.name,
            "settings": as_json(self.recipe.settings),
            "parts": {name: named[name] for name in self.recipe.model.sampled_parts if name in named},
            "spec": self.spec.as_json(),
            "ranges": [list(ends) for ends in self.ranges],
            "step": self.step,
            "died": list(self.died),
            "default": self.default,
            "card": dict(self.card),
        }
        host = jax.tree.map(np.asarray, self.params)
        artifact.write(folder, Artifact(description, host, dict(self.recipe.statistics), self.conditions))

    def with_card(self, card: Mapping[str, Any]) -> "Generator":
        """The same generator with another card."""
        return self._changed(card=card)

    def _changed(self, **fields: Any) -> "Generator":
        kept = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Generator(**{**kept, **fields})

    def __repr__(self) -> str:
        return (
            f"{self._name()}\n{display.plain_table(*self._inputs())}" if self.spec.condition else self._name()
        )

    def _name(self) -> str:
        what = (
            "of an own learner" if self.recipe is None else f"{self.recipe.name} of {self.recipe.system.name}"
        )
        several = len(self.died)
        dead = [f"member {m} died at update {step}" for m, step in enumerate(self.died) if step]
        members = f", member {self.default} of {several}" if several > 1 else ""
        return (
            f"Generator {what}: events of shape {self.spec.shape} in {self.spec.unit or 'pure numbers'}, "
            f"trained for {self.step} updates{members}{''.join(f', {text}' for text in dead)}"
        )

    def _inputs(self) -> tuple[tuple[str, ...], list[list[str]]]:
        heads = ("condition", "unit", "trained on", "default")
        lines = []
        for column, (low, high) in zip(self.spec.condition, self.ranges, strict=False):
            labels = f" ({', '.join(column.labels)})" if column.labels else ""
            default = "" if column.default is None else f"{column.default:g}"
            lines.append([f"{column.name}{labels}", column.unit, f"{low:.4g} to {high:.4g}", default])
        return heads, lines

    def _repr_html_(self) -> str:
        table = display.table(*self._inputs()) if self.spec.condition else ""
        facts = [f"{name}: {value}" for name, value in self.card.items() if isinstance(value, str)]
        judged = self.quality()
        return display.paragraph(self._name()) + table + "".join(map(display.paragraph, [*facts, *judged]))

    def quality(self) -> list[str]:
        """Sentences on its quality from the evaluation on its card; empty if it was not evaluated."""
        from jaxgen.run.evaluation import scores_from

        found = self.card.get("evaluation")
        if not found or self.system is None:
            return []
        return scores_from(found, self.system).verdict()


def _first(first: int, number: int) -> int:
    """The number of the first event, such that all event numbers are below 2^64."""
    checks.whole(first=first)
    if int(first) + number > 2**64:
        raise ValueError(f"Expected numbers of events below 2^64; got {number} of them from {first} on.")
    return int(first)


def _words(number: int) -> np.ndarray:
    """`random_numbers.words` of a number, computed faster on the host."""
    return np.array([number >> 32, number & 0xFFFFFFFF], np.uint32)


@partial(jax.jit, static_argnums=1)
def _drawn(key: Key, number: int, first: Any) -> jax.Array:
    own = random_numbers.threefry_key(jax.random.fold_in(key, DRAWN))
    return random_numbers.threefry_bits(own, number, start=first)


def _bits(key: Key, number: int, first: int) -> np.ndarray:
    """Random words for drawing the conditions of events first, first + 1, ..., uint32 [number]."""
    largest = SIZES[-1]
    size = next((size for size in SIZES if size >= number), -(-number // largest) * largest)
    return np.asarray(_drawn(key, size, _words(first)))[:number]
