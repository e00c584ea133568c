"""Arguments of a command line and of its flagfiles and presets, each with its place."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

COMMENTS = ("#", "//")
FILES = ("flagfile", "preset")


class Argument(NamedTuple):
    """A word of a command line or a line of a file.

    Attributes:
      text: of it.
      place: file and line; empty for the command line.
    """

    text: str
    place: str = ""

    def says(self, sentence: str) -> ValueError:
        """An error on this argument, which begins with its place."""
        return ValueError(f"{self.place}: {sentence}" if self.place else sentence)


class Expanded(NamedTuple):
    """Arguments in the order in which later ones win: those of presets, of flagfiles, of the command line.

    Attributes:
      arguments: in this order.
      presets: names of the presets among them.
    """

    arguments: list[Argument]
    presets: list[str]


def expand(words: Sequence[str], preset: Callable[[str], Path]) -> Expanded:
    """Puts the lines of flagfiles and presets in place of their names.

    Args:
      words: of the command line.
      preset: gives the file of a preset's name.

    Raises:
      ValueError: for a file that contains itself, or a file's name that is missing.
      FileNotFoundError: for a file that is not there.

    >>> expand(["--steps=5", "--seed=1"], Path).arguments
    [Argument(text='--steps=5', place=''), Argument(text='--seed=1', place='')]
    """
    presets: list[Argument] = []
    files: list[Argument] = []
    names: list[str] = []

    def read(path: Path, into: list[Argument], parents: tuple[Path, ...]) -> None:
        if path.resolve() in parents:
            raise ValueError(f"Expected a flagfile that does not contain itself; got {path}.")
        inner = (*parents, path.resolve())
        for kind, argument in _sorted(_lines(path)):
            if kind == "preset":
                names.append(argument.text)
                read(preset(argument.text), presets, inner)
            elif kind == "flagfile":
                read(_beside(Path(argument.text), path), into, inner)
            else:
                into.append(argument)

    own: list[Argument] = []
    for kind, argument in _sorted([Argument(word) for word in words]):
        if kind == "preset":
            names.append(argument.text)
            read(preset(argument.text), presets, ())
        elif kind == "flagfile":
            read(Path(argument.text), files, ())
        else:
            own.append(argument)
    return Expanded([*presets, *files, *own], names)


def _sorted(arguments: Sequence[Argument]) -> Iterator[tuple[str, Argument]]:
    """Arguments with "preset" or "flagfile" where they name one, and then that name alone."""
    waiting: tuple[str, Argument] | None = None
    for argument in arguments:
        if waiting is not None:
            yield waiting[0], Argument(argument.text, argument.place)
            waiting = None
            continue
        name, equals, value = argument.text.lstrip("-").partition("=")
        if not argument.text.startswith("--") or name not in FILES:
            yield "", argument
        elif not equals:
            waiting = name, argument
        elif value:
            yield name, Argument(value, argument.place)
        else:
            raise argument.says(f"Expected a name as --{name}; got none.")
    if waiting is not None:
        raise waiting[1].says(f"Expected a name as --{waiting[0]}; got none.")


def _lines(path: Path) -> list[Argument]:
    """The lines of a flagfile that are not empty and no comments.

    Raises:
      FileNotFoundError: where there is no such file.
      ValueError: for a line that is no flag.
    """
    if not path.is_file():
        raise FileNotFoundError(f"Expected a flagfile; found none at {path}.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"Expected a flagfile of text; got other bytes in {path}.") from error
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip()
        if not plain or plain.startswith(COMMENTS):
            continue
        argument = Argument(plain, f"{path}, line {number}")
        if not plain.startswith("-"):
            raise argument.says(f"Expected a flag, with two dashes; got {plain}.")
        found.append(argument)
    return found


def _beside(path: Path, parent: Path) -> Path:
    """A file that a flagfile names: in the working folder, or else beside the flagfile."""
    return path if path.is_absolute() or path.is_file() else parent.parent / path
