"""The flags that every experiment has, and settings as plain values once they are read."""

from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags

Settings = Mapping[str, Any]

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


def define_common() -> list[flags.FlagHolder]:
    """Defines the flags that all experiments share, and returns them."""
    return [
        flags.DEFINE_enum("mode", "train", MODES, "what to do; all but train need only --workdir"),
        flags.DEFINE_string("workdir", None, "run folder; the same command resumes the run in it"),
        flags.DEFINE_bool("overwrite", False, "delete what a run folder holds and start anew"),
        flags.DEFINE_integer("steps", 10_000, "updates of the whole run, each from one batch", lower_bound=1),
        flags.DEFINE_integer("batch_size", 32, "events an update, over all devices", lower_bound=1),
        flags.DEFINE_integer("seed", 0, "of the run"),
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
    """The values of flags, as JSON can hold them, in the order of their names."""
    return {name: values[name].value for name in sorted(holder.name for holder in holders)}


def given(values: flags.FlagValues) -> set[str]:
    """Names of the flags that stood on the command line or in a flagfile."""
    return {name for name in values if values[name].present}


def differing(old: Settings, new: Settings, *, extendable: bool) -> list[str]:
    """Flags whose values differ in a way that changes what is trained.

    Args:
      old: settings of the run folder.
      new: settings asked for.
      extendable: whether a run may be made longer.

    Returns:
      A phrase for each.

    >>> differing({"seed": 1, "mode": "train"}, {"seed": 2, "mode": "sample"}, extendable=False)
    ['--seed was 1, is 2']
    """
    phrases = []
    for name in sorted((old.keys() | new.keys()) - NEUTRAL):
        before, after = old.get(name), new.get(name)
        longer = name == "steps" and extendable and before is not None and after >= before
        if before != after and not longer:
            phrases.append(f"--{name} was {before}, is {after}")
    return phrases
