"""The command `jaxgen`, and the same for the scripts of single experiments."""

import os
import signal
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jaxgen import settings
from jaxgen.cli import flags, help, options, presets
from jaxgen.cli.arguments import Expanded, expand
from jaxgen.cli.flags import Given
from jaxgen.cli.systems import find
from jaxgen.data.advice import AdvisedError
from jaxgen.system import System

USER_ERRORS = (ValueError, FileNotFoundError, FloatingPointError, OSError)
HELP = ("--help", "--helpshort", "--helpfull", "-h", "help")
MODES = ("train", "evaluate", "sample", "report")


class Command(NamedTuple):
    """A command but that of the training.

    Attributes:
      does: `does(words, given)`.
      options: class of its flags.
      usage: how it is called.
      words: what it does, in a sentence.
    """

    does: Callable[[list[str], Given], None]
    options: type[options.General]
    usage: str
    words: str


def _evaluate(words: list[str], given: Given) -> None:
    from jaxgen.cli import training

    training.evaluate(_only(words, "run folder"), given)


def _report(words: list[str], given: Given) -> None:
    from jaxgen.cli import training

    training.report(_only(words, "run folder"), given)


def _sample(words: list[str], given: Given) -> None:
    from jaxgen.cli import sampling

    sampling.sample(_only(words, "run folder or generator"), given)


def _info(words: list[str], given: Given) -> None:
    from jaxgen.cli import looking

    looking.show(_only(words, "run folder or generator"), given)


def _list(words: list[str], given: Given) -> None:
    from jaxgen.cli import looking

    looking.show_systems(words)


def _compare(words: list[str], given: Given) -> None:
    from jaxgen.cli import comparing

    comparing.compare(words, given)


TRAIN = "trains a model of a detector, or resumes, judges it and writes a report"
COMMANDS = {
    "evaluate": Command(_evaluate, options.Evaluating, "RUN", "judges a run anew and writes its report"),
    "sample": Command(_sample, options.Sampling, "RUN|FILE", "writes events of a trained generator"),
    "report": Command(_report, options.Reporting, "RUN", "writes the figures and the page of a run"),
    "compare": Command(_compare, options.Comparing, "RUN RUN ...", "puts judged runs side by side"),
    "list": Command(_list, options.General, "[SYSTEM ...]", "shows detectors, their models and presets"),
    "info": Command(_info, options.Opened, "RUN|FILE", "shows what a run or a generator is"),
}


def main() -> None:
    """The command `jaxgen`."""
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Does what a command line of `jaxgen` says, and returns the exit status."""
    if not words or words[0] in HELP:
        print(_overview())
        return 0
    command, *rest = words
    if command == "train":
        return _guarded("jaxgen train", lambda: _train(rest), rest)
    if command in COMMANDS:
        return _guarded(f"jaxgen {command}", lambda: _other(command, rest), rest)
    return _guarded("jaxgen", lambda: _unknown(command), rest)


def experiment(system: str) -> None:
    """The script of one experiment: its flags, and --mode with --workdir for the other commands."""
    program = Path(sys.argv[0])
    sys.exit(run_experiment(system, sys.argv[1:], program=program.stem))


def run_experiment(system: str, words: Sequence[str], *, program: str) -> int:
    """Does what the command line of an experiment's script says, and returns the exit status."""
    return _guarded(program, lambda: _experiment(system, words, program), words)


def _experiment(name: str, words: Sequence[str], program: str) -> None:
    system = find(name)
    command = f"python experiments/{program}.py"
    if any(word in HELP for word in words):
        print(help.of_training(system, command, short="--helpshort" in words))
        print(f"\nOther modes (--mode=NAME --workdir=RUN): {', '.join(MODES[1:])}, as of the command jaxgen.")
        return
    expanded = expand(words, lambda preset: presets.path(system, preset))
    mode, rest = _take(expanded, "mode", MODES)
    if mode in (None, "train"):
        _train_with(system, rest, f"{program}.py")
        return
    folder, rest = _take(rest, "workdir")
    if folder is None:
        raise ValueError(f"Expected --workdir, the run folder, with --mode={mode}; got none.")
    _call(mode, [folder], rest, f"{program}.py --mode={mode}")


def _take(expanded: Expanded, name: str, known: Sequence[str] = ()) -> tuple[str | None, Expanded]:
    """The value of a flag that stands among arguments, and the others."""
    start = f"--{name}="
    found = [one for one in expanded.arguments if one.text.startswith(start)]
    others = [one for one in expanded.arguments if one not in found]
    if not found:
        return None, expanded
    value = found[-1].text.removeprefix(start)
    if known and value not in known:
        raise found[-1].says(f"Expected --{name} to be one of {', '.join(known)}; got {value!r}.")
    return value, expanded._replace(arguments=others)


def _train(words: Sequence[str]) -> None:
    names = [word for word in words if not word.startswith("-")]
    wants_help = any(word in HELP for word in words)
    if not names or (wants_help and names[0] == "help"):
        if wants_help:
            print("jaxgen train SYSTEM --workdir=RUN [flags]: " + TRAIN + ".")
            print("\n`jaxgen train SYSTEM --help` explains its flags; `jaxgen list` shows all detectors.")
            return
        raise ValueError("Expected the name of a detector, as `jaxgen list` shows them; got none.")
    system = find(names[0])
    if wants_help:
        print(help.of_training(system, f"jaxgen train {names[0]}", short="--helpshort" in words))
        return
    rest = [*words]
    rest.remove(names[0])
    _train_with(system, expand(rest, lambda name: presets.path(system, name)), f"jaxgen train {system.name}")


def _train_with(system: System, expanded: Expanded, of: str) -> None:
    from jaxgen.cli import training

    given = flags.parse(options.of_training(system), expanded.arguments, of=of)
    if given.words:
        raise ValueError(f"Expected flags, each with two dashes; got {' '.join(given.words)}.")
    _prepare(given.values)
    training.train(system, given)


def _other(name: str, words: Sequence[str]) -> None:
    if any(word in HELP for word in words):
        command = COMMANDS[name]
        print(f"jaxgen {name} {command.usage} [flags]: {command.words}.")
        print("\n".join(help.of_flags(settings.describe(command.options))))
        return
    _call(name, [], expand(words, _no_preset), f"jaxgen {name}")


def _no_preset(name: str) -> Path:
    raise ValueError(f"Expected a preset in the training only; got --preset={name}.")


def _call(name: str, words: list[str], expanded: Expanded, of: str) -> None:
    command = COMMANDS[name]
    given = flags.parse(settings.describe(command.options), expanded.arguments, of=of)
    _prepare(given.values)
    command.does([*words, *given.words], given)


def _only(words: list[str], what: str) -> str:
    """The one word that a command takes.

    Raises:
      ValueError: where there is none or another number.
    """
    if len(words) != 1:
        raise ValueError(f"Expected one {what}; got {' '.join(words) or 'none'}.")
    return words[0]


def _unknown(command: str) -> None:
    from jaxgen import checks

    raise ValueError(checks.unknown("command", command, ["train", *COMMANDS]))


def _overview() -> str:
    rows = {"train SYSTEM": f"{TRAIN[:1].upper()}{TRAIN[1:]}."}
    rows |= {
        f"{name} {one.usage}": f"{one.words[:1].upper()}{one.words[1:]}." for name, one in COMMANDS.items()
    }
    lines = "\n".join(f"  {name:<22} {words}" for name, words in rows.items())
    return (
        "Generative fast simulation for high-energy physics.\n\n"
        f"{lines}\n\n"
        "`jaxgen COMMAND --help` explains a command, `jaxgen train SYSTEM --help` the flags of a detector.\n"
        "Begin with: jaxgen train tpc_pads --preset=quick --workdir=runs/quick"
    )


def _guarded(program: str, does: Callable[[], None], words: Sequence[str]) -> int:
    """Runs a command; what a user can cause ends in one sentence and exit status 1."""
    warnings.formatwarning = lambda message, *_, **__: f"{program}: {message}\n"
    try:
        does()
    except USER_ERRORS as error:
        if "--traceback" in words:
            raise
        print(f"{program}: {sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stop:
        return _stopped(program, stop)
    return 0


def _stopped(program: str, stop: KeyboardInterrupt) -> int:
    """Says how to go on, and returns the exit status of the signal.

    A second Ctrl-C ends the process at once, as Python would wait for the call that runs.
    """
    number = getattr(stop, "signal", None)
    print(f"{program}: {'Stopped' if number else 'Interrupted'}; the same command goes on.", file=sys.stderr)
    if number is None and sys.stdin is not None and sys.stdin.isatty():
        sys.stdout.flush()
        os._exit(128 + signal.SIGINT)
    return 128 + (number or signal.SIGINT)


def sentence(error: Exception) -> str:
    """What a user reads of an error."""
    if isinstance(error, AdvisedError):
        return error.worded(flags.text_of)
    if isinstance(error, OSError) and error.strerror:
        if error.filename is None:
            return error.strerror
        return f"Expected to be able to use {error.filename}; got: {error.strerror}."
    return str(error)


def _prepare(values: Mapping[str, Any]) -> None:
    """What holds for the whole process, before anything is compiled."""
    from absl import logging

    logging.set_verbosity(logging.WARNING)  # else every checkpoint says a page
    if values.get("compilation_cache", True):
        keep_compiled_programs()


def keep_compiled_programs() -> None:
    """Keeps compiled programs in the user's cache folder."""
    import jax

    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "jaxgen"
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
