"""The flags that every experiment has, and settings as plain values once they are read."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags

Settings = Mapping[str, Any]

LARGEST_SEED = 2**32 - 1
MODES = ("train", "evaluate", "sample")
NEUTRAL = frozenset(
    {
        "mode",
        "workdir",
        "overwrite",
        "save_every",
        "evaluate_every",
        "keep_checkpoints",
        "checkpoint",
        "num_samples",
        "samples_per_condition",
        "conditions",
        "tensorboard",
        "compilation_cache",
        "traceback",
    }
)
"""Flags that do not change what is trained."""
OWN = frozenset(
    {
        "mode",
        "workdir",
        "overwrite",
        "num_samples",
        "conditions",
        "traceback",
        "devices",
    }
)
"""Flags that evaluating and sampling do not take from the run folder; they use one device."""
PLACES = frozenset({"data"})
"""Flags that say where the data are; what they are is told by their fingerprint."""


def define_common() -> list[flags.FlagHolder]:
    """Defines the flags that all experiments share, and returns them."""
    return [
        flags.DEFINE_enum("mode", "train", MODES, "what to do; all but train need only --workdir"),
        flags.DEFINE_string("workdir", None, "run folder; the same command resumes the run in it"),
        flags.DEFINE_bool("overwrite", False, "delete what a run folder holds and start anew"),
        flags.DEFINE_integer("steps", 10_000, "updates of the whole run, each from one batch", lower_bound=1),
        flags.DEFINE_integer("batch_size", 32, "events an update, over all devices", lower_bound=1),
        flags.DEFINE_integer(
            "seed",
            0,
            "of the run; with --mode=sample, of the samples",
            lower_bound=0,
            upper_bound=LARGEST_SEED,
        ),
        flags.DEFINE_integer(
            "num_seeds", 1, "members trained together, each with its own seed", lower_bound=1
        ),
        flags.DEFINE_integer("devices", 1, "devices that share each batch", lower_bound=1),
        flags.DEFINE_integer("log_every", 100, "updates between lines of the log", lower_bound=1),
        flags.DEFINE_integer("save_every", 1000, "updates between checkpoints", lower_bound=1),
        flags.DEFINE_integer(
            "evaluate_every", 0, "updates between quick evaluations; 0 for none", lower_bound=0
        ),
        flags.DEFINE_integer(
            "keep_checkpoints", 3, "latest checkpoints that stay, beside the best", lower_bound=1
        ),
        flags.DEFINE_enum(
            "checkpoint", "latest", ("latest", "best"), "which one to evaluate and to sample from"
        ),
        flags.DEFINE_integer(
            "samples_per_condition", 10, "generated events a test event to judge by", lower_bound=1
        ),
        flags.DEFINE_integer("num_samples", 1000, "events that --mode=sample writes", lower_bound=1),
        flags.DEFINE_string("conditions", None, "file with conditions to sample for; default the test split"),
        flags.DEFINE_bool("tensorboard", False, "write TensorBoard's files too"),
        flags.DEFINE_bool("compilation_cache", True, "keep compiled programs in the user's cache folder"),
        flags.DEFINE_bool("traceback", False, "show where in the code an error arose"),
    ]


def read(values: flags.FlagValues, holders: Sequence[flags.FlagHolder]) -> dict[str, Any]:
    """The values of flags, as JSON can hold them, in the order of their names.

    Files that are there are named from the root, so that a run folder can be used from anywhere.

    Raises:
      ValueError: for a number that is not finite.
    """
    chosen = {name: values[name].value for name in sorted(holder.name for holder in holders)}
    for name, value in chosen.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"Expected a finite number for --{name}; got {value}.")
        if name in PLACES and value != values[name].default and Path(str(value)).exists():
            chosen[name] = str(Path(str(value)).absolute())
    return chosen


def adopt(values: flags.FlagValues, old: Settings) -> None:
    """Takes from the settings of a run every flag that was not given.

    Args:
      values: flags of this call, changed in place.
      old: settings of the run folder.

    Raises:
      ValueError: for a flag that was given and is not as it was, or one that this experiment does not know.
    """
    present = given(values)
    for name, value in old.items():
        if name in OWN:
            continue
        if name not in values:
            raise ValueError(f"Expected the flags of this version in the run folder; got --{name}, unknown.")
        free = name in NEUTRAL | PLACES or (name == "seed" and values.mode == "sample")
        if name not in present:
            _set(values, name, value)
        elif not free and values[name].value != value:
            raise ValueError(
                f"Expected --{name} as in the run folder, {value}; got {values[name].value}. Leave it out."
            )


def _set(values: flags.FlagValues, name: str, value: Any) -> None:
    """Sets a flag to a value from a file, as strictly as from the command line."""
    try:
        if value is None and values[name].default is not None:
            raise ValueError("got none")
        if value is not None:
            values[name].unparse()
            values[name].parse(value)
    except (flags.Error, ValueError, TypeError) as error:
        raise ValueError(f"Expected a value for --{name} in the run folder; {error}.") from None


def given(values: flags.FlagValues) -> set[str]:
    """Names of the flags that stood on the command line or in a flagfile."""
    return {name for name in values if values[name].present}


def differing(
    old: Settings, new: Settings, *, extendable: bool, ignored: frozenset[str] = frozenset()
) -> list[str]:
    """Flags whose values differ in a way that changes what is trained.

    Args:
      old: settings of the run folder.
      new: settings asked for.
      extendable: whether a run may be made longer.
      ignored: flags that may differ, beside those of `NEUTRAL`.

    Returns:
      A phrase for each.

    >>> differing({"seed": 1, "mode": "train"}, {"seed": 2, "mode": "sample"}, extendable=False)
    ['--seed was 1, is 2']
    """
    phrases = []
    for name in sorted((old.keys() | new.keys()) - NEUTRAL - ignored):
        before, after = old.get(name), new.get(name)
        longer = name == "steps" and extendable and before is not None and after >= before
        if before != after and not longer:
            phrases.append(f"--{name} was {before}, is {after}")
    return phrases
