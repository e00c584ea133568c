"""Flags made from the settings of models, and those of runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags

from jaxgen.cli.experiment import SIMULATED, DataFlag, Experiment
from jaxgen.settings import Described

LARGEST_SEED = 2**32 - 1
MODES = ("train", "evaluate", "sample")
OPTIONS = {
    "seed": "seed",
    "num_seeds": "members",
    "devices": "devices",
    "log_every": "log_every",
    "save_every": "save_every",
    "evaluate_every": "evaluate_every",
    "keep_checkpoints": "keep_checkpoints",
    "checkpoint": "checkpoint",
    "samples_per_condition": "samples_per_condition",
}
"""Flags of a run by name, and the options of `fit` that they are."""


class NamesParser(flags.ListParser):
    """Reads different names, separated by commas, so that a flag given later replaces one given before.

    Attributes:
      known: the names; the first one means none of them and stands alone.
    """

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__()
        self.known = tuple(known)
        self.syntactic_help = f"any of {', '.join(known)}, separated by commas"

    def parse(self, argument: str | list[str]) -> list[str]:
        """The names in the order given.

        Raises:
          ValueError: for other names, a name given twice, or the first one with others.

        >>> NamesParser(("none", "one", "two")).parse("two,one")
        ['two', 'one']
        """
        names = super().parse(argument)
        alone = self.known[0] in names and len(names) > 1
        if not names or set(names) - set(self.known) or len(set(names)) < len(names) or alone:
            raise ValueError(
                f"Expected {self.known[0]} or any of {', '.join(self.known[1:])}; got {argument}."
            )
        return names


def define_run(values: flags.FlagValues) -> list[flags.FlagHolder]:
    """Defines the flags of all runs, and returns them."""
    return [
        flags.DEFINE_enum(
            "mode", "train", MODES, "what to do; all but train need only --workdir", flag_values=values
        ),
        flags.DEFINE_string(
            "workdir", None, "run folder; the same command resumes the run in it", flag_values=values
        ),
        flags.DEFINE_bool(
            "overwrite", False, "delete what a run folder holds and start anew", flag_values=values
        ),
        flags.DEFINE_integer(
            "seed",
            0,
            "of the run; with --mode=sample, of the samples",
            lower_bound=0,
            upper_bound=LARGEST_SEED,
            flag_values=values,
        ),
        flags.DEFINE_integer(
            "num_seeds",
            1,
            "members trained together, each with its own seed",
            lower_bound=1,
            flag_values=values,
        ),
        flags.DEFINE_integer(
            "devices", 1, "devices that share each batch", lower_bound=1, flag_values=values
        ),
        flags.DEFINE_integer(
            "log_every", 100, "updates between lines of the log", lower_bound=1, flag_values=values
        ),
        flags.DEFINE_integer(
            "save_every", 1000, "updates between checkpoints", lower_bound=1, flag_values=values
        ),
        flags.DEFINE_integer(
            "evaluate_every",
            0,
            "updates between quick evaluations; 0 for one at the end",
            lower_bound=0,
            flag_values=values,
        ),
        flags.DEFINE_integer(
            "keep_checkpoints",
            3,
            "latest checkpoints that stay, beside the best",
            lower_bound=1,
            flag_values=values,
        ),
        flags.DEFINE_enum(
            "checkpoint",
            "latest",
            ("latest", "best"),
            "which one the generator comes from",
            flag_values=values,
        ),
        flags.DEFINE_integer(
            "samples_per_condition",
            10,
            "generated events a test event to judge by",
            lower_bound=1,
            flag_values=values,
        ),
        flags.DEFINE_integer(
            "num_samples", 1000, "events that --mode=sample writes", lower_bound=1, flag_values=values
        ),
        flags.DEFINE_string(
            "conditions",
            None,
            "file with conditions to sample for; drawn from those trained on if not given",
            flag_values=values,
        ),
        flags.DEFINE_enum(
            "outside",
            "refuse",
            ("refuse", "mark"),
            "what becomes of conditions outside of the trained range",
            flag_values=values,
        ),
        flags.DEFINE_bool("tensorboard", False, "write TensorBoard's files too", flag_values=values),
        flags.DEFINE_bool(
            "compilation_cache", True, "keep compiled programs in the user's cache folder", flag_values=values
        ),
        flags.DEFINE_bool("traceback", False, "show where in the code an error arose", flag_values=values),
    ]


def define_data(experiment: Experiment, values: flags.FlagValues) -> list[flags.FlagHolder]:
    """Defines the flags that say which data, and returns them."""
    return [
        flags.DEFINE_string("data", SIMULATED, f"file of events, or {SIMULATED}", flag_values=values),
        flags.DEFINE_integer(
            "data_events",
            experiment.events,
            "events to simulate, both splits together",
            lower_bound=4,
            flag_values=values,
        ),
        flags.DEFINE_integer("data_seed", 0, "of the simulated events", lower_bound=0, flag_values=values),
        *(_define_data_flag(one, values) for one in experiment.data),
    ]


def _define_data_flag(one: DataFlag, values: flags.FlagValues) -> flags.FlagHolder:
    if isinstance(one.default, bool):
        return flags.DEFINE_bool(one.name, one.default, one.words, flag_values=values)
    if one.choices:
        return flags.DEFINE_enum(one.name, one.default, one.choices, one.words, flag_values=values)
    return flags.DEFINE_integer(one.name, one.default, one.words, lower_bound=one.low, flag_values=values)


def define_settings(experiment: Experiment, values: flags.FlagValues) -> list[flags.FlagHolder]:
    """Defines a flag for each setting of any model and one that chooses the model, and returns them."""
    names = [*experiment.detector.models, *(["all"] if experiment.all_models else [])]
    chooser = flags.DEFINE_enum("model", experiment.model, names, "which model", flag_values=values)
    found = experiment.described()
    several = len(experiment.detector.models) > 1
    return [
        chooser,
        *(
            _define_setting(one, _words(experiment, one, models, several=several), values)
            for one, models in found.values()
        ),
    ]


def define(
    experiment: Experiment, values: flags.FlagValues, arguments: Sequence[str]
) -> list[flags.FlagHolder]:
    """Defines the flags that a command line can have, and returns them.

    Args:
      experiment: whose.
      values: takes them.
      arguments: of the command line; where they only sample, no model's settings need be known.
    """
    holders = [*define_run(values), *define_data(experiment, values)]
    if samples_only(arguments, {holder.name for holder in holders}):
        return holders
    return [*holders, *define_settings(experiment, values)]


def samples_only(arguments: Sequence[str], known: set[str]) -> bool:
    """Whether only events are to be sampled, and no flag of a model stands there.

    >>> samples_only(["--mode=sample", "--workdir=a"], {"mode", "workdir"}), samples_only([], set())
    (True, False)
    """
    names = [argument.removeprefix("--").split("=")[0] for argument in arguments]
    plain = all(name in known or name.removeprefix("no") in known for name in names)
    return plain and "--mode=sample" in arguments


def _words(experiment: Experiment, one: Described, models: Sequence[str], *, several: bool) -> str:
    """Help of a setting: what it is, whose, and what it is where it is not given."""
    usual = {}
    for model in models:
        every = {**experiment.defaults, **experiment.own_defaults.get(model, {})}
        usual[model] = every.get(one.name, one.default)
    known = list(usual.values())
    if any(value != known[0] for value in known):
        default = ", ".join(f"{value} for {model}" for model, value in usual.items())
    else:
        default = str(known[0])
    whose = f" ({', '.join(models)})" if several and len(models) < len(experiment.detector.models) else ""
    unit = f" [{one.unit}]" if one.unit else ""
    return f"{one.words}{unit}{whose}; default {default}"


def _define_setting(one: Described, words: str, values: flags.FlagValues) -> flags.FlagHolder:
    if one.kind is tuple:
        parser = NamesParser(one.choices)
        return flags.DEFINE(
            parser, one.name, None, words, serializer=flags.ListSerializer(","), flag_values=values
        )
    if one.kind is bool:
        return flags.DEFINE_bool(one.name, None, words, flag_values=values)
    if one.choices:
        return flags.DEFINE_enum(one.name, None, one.choices, words, flag_values=values)
    if one.kind is int:
        low = None if one.low is None else int(one.low)
        return flags.DEFINE_integer(one.name, None, words, lower_bound=low, flag_values=values)
    if one.kind is float:
        return flags.DEFINE_float(
            one.name, None, words, lower_bound=one.low, upper_bound=one.high, flag_values=values
        )
    return flags.DEFINE_string(one.name, None, words, flag_values=values)


def given_settings(values: flags.FlagValues, experiment: Experiment) -> dict[str, Any]:
    """The settings that stood on the command line or in a flagfile."""
    return {
        name: values[name].value
        for name in experiment.described()
        if name in values and values[name].value is not None
    }


def given(values: flags.FlagValues, names: Sequence[str] | Mapping[str, Any]) -> set[str]:
    """Those of some flags that stood on the command line or in a flagfile."""
    return {name for name in names if name in values and values[name].present}


def source(values: flags.FlagValues, experiment: Experiment) -> dict[str, Any]:
    """Where the data come from, as a data set says it."""
    simulated = values["data"].value == SIMULATED
    way = "simulate" if simulated else "read"
    first = (
        {"simulate": values["data_seed"].value, "number": values["data_events"].value}
        if simulated
        else {"read": values["data"].value}
    )
    rest = {one.argument or one.name: values[one.name].value for one in experiment.data if way in one.ways}
    return {**first, **rest}
