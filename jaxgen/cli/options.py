"""All flags of each command: those of the command itself, the run, the data, and every model's settings."""

import inspect
import re
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from jaxgen import settings
from jaxgen.run.options import LARGEST_SEED, Options
from jaxgen.settings import Checked, Described, setting
from jaxgen.system import System

SIMULATED = "simulated"
OUTSIDE = ("refuse", "mark")


@dataclass(frozen=True)
class General(Checked):
    """Flags of every command."""

    GROUP: ClassVar[str] = "general"

    quiet: bool = setting(False, "whether to print nothing but errors and what was asked for")
    traceback: bool = setting(False, "whether to print where in the code an error arose")
    compilation_cache: bool = setting(True, "whether to keep compiled programs in the user's cache folder")


@dataclass(frozen=True)
class Opened(General):
    """Flags of every command that opens a run or a generator."""

    system: str | None = setting(
        None, "Python package of the detector, where it is none of those that `jaxgen list` shows"
    )


@dataclass(frozen=True)
class Training(General):
    """Flags of the training, beside those of the run, the data and the model."""

    GROUP: ClassVar[str] = "run"

    workdir: str | None = setting(None, "run folder; the same command resumes a run that was stopped in it")
    overwrite: bool = setting(False, "whether to delete the run in the folder and start anew")
    tensorboard: bool = setting(False, "whether to write the files of TensorBoard too")


@dataclass(frozen=True)
class Evaluating(Opened):
    """Flags of an evaluation."""

    GROUP: ClassVar[str] = "evaluation"

    data: str | None = setting(None, "file of the events that the run was trained on, where it was moved")
    checkpoint: str | None = setting(
        None, "checkpoint to judge; that of the run where not given", choices=("best", "latest")
    )
    samples_per_condition: int | None = setting(
        None, "generated events for each test event; as the run says where not given", low=1
    )
    seed: int | None = setting(
        None, "seed of samples and bootstraps; that of the run where not given", low=0, high=LARGEST_SEED
    )


@dataclass(frozen=True)
class Sampling(Opened):
    """Flags of the generation of events."""

    GROUP: ClassVar[str] = "samples"

    num: int = setting(1000, "number of events", low=1)
    condition: str | None = setting(
        None,
        "conditions of all events by name, such as energy=50,theta=0.1; not those with a default",
    )
    conditions: str | None = setting(
        None,
        "file of conditions, columns by name: CSV, npz, npy, HDF5 or the detector's own format; "
        "drawn from those trained on where neither is given",
    )
    units: str | None = setting(
        None, "unit of the given conditions where it is not the trained one, such as MeV or energy=MeV"
    )
    member: int | None = setting(None, "member to sample from; the first one where not given", low=0)
    seed: int | None = setting(
        None, "seed of the samples; that of the run where not given", low=0, high=LARGEST_SEED
    )
    outside: str = setting(
        "refuse", "what to do with conditions outside of the trained range", choices=OUTSIDE
    )
    out: str | None = setting(
        None,
        "file or folder for the events; the file's ending gives the format. Where not given, the folder "
        "samples in the run folder, in the detector's own format",
    )
    overwrite: bool = setting(False, "whether to replace files of the same name")


@dataclass(frozen=True)
class Reporting(Opened):
    """Flags of a report."""

    GROUP: ClassVar[str] = "report"

    out: str | None = setting(None, "HTML file; report.html in the run folder where not given")
    data: str | None = setting(None, "file of the events that the run was trained on, where it was moved")


@dataclass(frozen=True)
class Comparing(Opened):
    """Flags of a comparison."""

    GROUP: ClassVar[str] = "comparison"

    out: str | None = setting(None, "HTML file for a page with all figures; none is written where not given")


def first_model(system: System) -> str:
    """The model that is trained where none is chosen."""
    return next(iter(system.models))


def of_training(system: System) -> list[Described]:
    """All flags of the training of a detector's models, in the order of their groups.

    >>> from jaxgen.systems import tpc_pads
    >>> [one.name for one in of_training(tpc_pads.SYSTEM) if one.group == "data"]
    ['data', 'data_events', 'data_seed', 'validation', 'strict']
    """
    several = len(system.models) > 1
    names = (*system.models, *(["all"] if several else []))
    words = "model; all trains each of them by its own preset" if several else "model"
    chooser = Described("model", first_model(system), str, words, choices=names, group="model")
    own, general = settings.describe(Training), settings.describe(General)
    return [
        *(one for one in own if one.name not in {known.name for known in general}),
        *settings.describe(Options),
        *of_data(system),
        chooser,
        *(one for one, _ in of_models(system).values()),
        *general,
    ]


def of_models(system: System) -> dict[str, tuple[Described, dict[str, Any]]]:
    """Every setting of any model, with its default in each model that has it; choices are joined."""
    found: dict[str, tuple[Described, dict[str, Any]]] = {}
    for name in system.models:
        for one in settings.describe(system.model(name).settings):
            known, defaults = found.get(one.name, (one, {}))
            choices = tuple(dict.fromkeys((*known.choices, *one.choices)))
            found[one.name] = known._replace(choices=choices), {**defaults, name: one.default}
    return found


def of_data(system: System) -> list[Described]:
    """Flags that say which data: a file or the simulator, and the keyword arguments of both."""
    found = [
        Described("data", SIMULATED, str, f"file of events, or {SIMULATED}, by the simulator", group="data")
    ]
    if system.simulate is not None:
        number = inspect.signature(system.simulate).parameters.get("number")
        default = number.default if number is not None and isinstance(number.default, int) else 20_000
        words = "events to simulate, all splits together"
        found += [
            Described("data_events", default, int, words, low=4, group="data"),
            Described("data_seed", 0, int, "seed of the simulator", low=0, group="data"),
        ]
    for make in (system.simulate, system.read):
        known = {one.name for one in found}
        found += [one for one in keyword_arguments(make) if one.name not in known] if make else []
    return found


def keyword_arguments(function: Callable[..., Any]) -> list[Described]:
    """The keyword-only arguments of a function that are numbers, names or yes and no, by its signature.

    Their words come from the "Args:" of its docstring.
    """
    words = _argument_words(inspect.getdoc(function) or "")
    hints = typing.get_type_hints(function)
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        options = typing.get_args(hints.get(name)) or (hints.get(name, type(parameter.default)),)
        kind = next((option for option in options if option in (bool, int, float, str)), None)
        if kind is None or parameter.default is parameter.empty:
            continue
        optional = type(None) in options
        text = words.get(name, name).rstrip(".")
        found.append(Described(name, parameter.default, kind, text, optional=optional, group="data"))
    return found


def _argument_words(docstring: str) -> dict[str, str]:
    """What a docstring says on each argument."""
    _, _, after = docstring.partition("Args:\n")
    block = re.split(r"\n\S", after)[0]
    found = re.findall(r"^  (\w+): (.*(?:\n    .*)*)", block, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}


def source(system: System, given: Mapping[str, Any], typed: Collection[str] = ()) -> dict[str, Any]:
    """Where the data come from, as `System.again` takes it.

    Args:
      system: the detector.
      given: flags of the data that were given.
      typed: those of them that stood on the command line itself. What a preset or flagfile says on simulated
        events is of no use for those of a file, and is left out.

    Raises:
      ValueError: for a typed flag that is of no use, or where there is neither file nor simulator.
    """
    simulated = given.get("data", SIMULATED) == SIMULATED
    make = system.simulate if simulated else system.read
    if make is None:
        wanted = "--data=FILE, as there is no simulator" if simulated else "no --data, which cannot be read"
        raise ValueError(f"Expected {wanted} of {system.name}; got {given.get('data', 'none')}.")
    defaults = {one.name: one.default for one in of_data(system)}
    ways = {"data_seed": "simulate", "data_events": "number"} if simulated else {"data": "read"}
    first = {key: given.get(name, defaults[name]) for name, key in ways.items()}
    allowed = {one.name for one in keyword_arguments(make)}
    useless = [name for name in given if name not in (*ways, *allowed, "data")]
    for name in useless:
        if name in typed:
            kind = "simulated events" if simulated else "events of a file"
            raise ValueError(f"Expected flags on {kind}; got --{name}, which is of no use there.")
    return {**first, **{name: value for name, value in given.items() if name in allowed}}


def model_settings(system: System, model: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among the flags that were given, for one model.

    Raises:
      ValueError: for a setting that the model does not have.
    """
    known = {one.name for one in settings.describe(system.model(model).settings)}
    for name, (_, defaults) in of_models(system).items():
        if name in given and name not in known:
            raise ValueError(
                f"Expected flags of --model={model}; got --{name}, of {' or '.join(defaults)} alone."
            )
    return {name: value for name, value in given.items() if name in known}
