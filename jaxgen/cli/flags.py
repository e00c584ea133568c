"""Flags made from descriptions of settings, in flag values of their own, shared by no two commands."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from absl import flags

from jaxgen.cli.arguments import Argument
from jaxgen.settings import Described, checked

TRUE = ("true", "t", "yes", "1")
FALSE = ("false", "f", "no", "0")


class SettingParser(flags.ArgumentParser):
    """Reads the value of a setting; what the setting cannot be is an error in one sentence."""

    def __init__(self, one: Described) -> None:
        super().__init__()
        self.one = one
        self.syntactic_help = one.allowed()

    def parse(self, argument: str) -> Any:
        """The value of a text.

        Raises:
          ValueError: for a value that the setting cannot have.

        >>> SettingParser(Described("steps", 1, int, low=1)).parse("1e3")
        1000
        """
        return checked(self.one._replace(name=f"--{self.one.name}"), value_of(self.one, argument))


def value_of(one: Described, text: str) -> Any:
    """The value that a text stands for; the text itself where it stands for none of the setting's type."""
    if one.kind is bool:
        known = {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}
        return known.get(text.lower(), text)
    if one.kind not in (int, float):
        return text
    try:
        return int(text) if one.kind is int else float(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


class Given(NamedTuple):
    """What stood on a command line and in its files.

    Attributes:
      values: of flags that were given, by name.
      last: the argument that each value is of.
      words: arguments that are no flags, in order.
    """

    values: dict[str, Any]
    last: dict[str, Argument]
    words: list[str]

    def typed(self) -> set[str]:
        """Names of the flags that stood on the command line itself."""
        return {name for name, argument in self.last.items() if not argument.place}

    def choose(self, described: Sequence[Described]) -> dict[str, Any]:
        """The values of some flags, where they were given."""
        names = {one.name for one in described}
        return {name: value for name, value in self.values.items() if name in names}


def define(described: Sequence[Described]) -> flags.FlagValues:
    """Flags of these settings, none of which is given yet."""
    values = flags.FlagValues()
    for one in described:
        if one.kind is bool:
            flags.DEFINE_bool(one.name, None, one.sentence(), flag_values=values)
        else:
            serializer: flags.ArgumentSerializer = flags.ArgumentSerializer()
            if one.kind is tuple:
                serializer = flags.ListSerializer(",")
            flags.DEFINE(
                SettingParser(one),
                one.name,
                None,
                one.sentence(),
                serializer=serializer,
                flag_values=values,
            )
    return values


def parse(described: Sequence[Described], arguments: Sequence[Argument], *, of: str) -> Given:
    """Reads arguments; later ones win.

    Args:
      described: settings that may be given.
      arguments: of the command line and its files.
      of: the command, for errors.

    Raises:
      ValueError: for an unknown flag, with the nearest known one, or a value that a flag cannot have; the
        place is named where it is a file.
    """
    known = {one.name: one for one in described}
    values = define(described)
    last: dict[str, Argument] = {}
    words: list[str] = []
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if not argument.text.startswith("-"):
            words.append(argument.text)
            continue
        name, equals, text = argument.text.lstrip("-").partition("=")
        one, negated = _find(known, name, argument, of)
        if one.kind is bool:
            text = _truth(argument, name, text, equals=bool(equals), negated=negated)
        elif not equals:
            text = _next(argument, left, one)
        try:
            values[one.name].parse(text)
        except flags.IllegalFlagValueError as error:
            raise argument.says(str(error.__context__ or error)) from error
        last[one.name] = argument
    return Given({name: values[name].value for name in last}, last, words)


def _find(known: Mapping[str, Described], name: str, argument: Argument, of: str) -> tuple[Described, bool]:
    """The setting of a flag, and whether it is negated."""
    if name in known:
        return known[name], False
    positive = name.removeprefix("no")
    if positive != name and positive in known and known[positive].kind is bool:
        return known[positive], True
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean --{near[0]}?" if near else " --help lists all."
    raise argument.says(f"Expected a flag of {of}; got --{name}.{hint}")


def _truth(argument: Argument, name: str, text: str, *, equals: bool, negated: bool) -> str:
    if not equals:
        return "false" if negated else "true"
    if negated or text.lower() not in (*TRUE, *FALSE):
        raise argument.says(f"Expected --{name} alone or true or false as its value; got {text!r}.")
    return "true" if text.lower() in TRUE else "false"


def _next(argument: Argument, left: list[Argument], one: Described) -> str:
    """The word after a flag without "="."""
    if not left or left[0].text.startswith("--") or left[0].place != argument.place:
        raise argument.says(f"Expected a value, --{one.name}=...; got none.")
    return left.pop(0).text


def text_of(name: str, value: Any) -> str:
    """The argument that gives a flag this value.

    >>> text_of("symmetries", False), text_of("regularizer", ("spectral_norm",))
    ('--nosymmetries', '--regularizer=spectral_norm')
    """
    if isinstance(value, bool):
        return f"--{'' if value else 'no'}{name}"
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"--{name}={text}"
