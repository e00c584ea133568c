"""Matching of column names in user input to the columns of a spec."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from jaxgen.data import units
from jaxgen.data.dataset import Column

ALIKE = 0.8
"""Similarity above which an unknown name counts as a misspelled name of a missing column."""

_UNIT = re.compile(r"(.+?)\s*(?:\[(.*)\]|\((.*)\))\s*")


class Named(NamedTuple):
    """A column in the input.

    Attributes:
      name: name as given.
      unit: unit stated in the name, as in "energy [MeV]"; None if there is none.
    """

    name: Any
    unit: str | None


class Matched(NamedTuple):
    """Result of matching names to columns.

    Attributes:
      given: matched columns, by their names in the spec.
      unused: names that match no column.
    """

    given: dict[str, Named]
    unused: list[str]


def plain(name: Any) -> str:
    """A name normalized for comparison.

    >>> plain(" Dip-Angle")
    'dip_angle'
    """
    return str(name).strip().lower().replace(" ", "_").replace("-", "_")


def listed(columns: Sequence[Column]) -> str:
    """Names of columns as text."""
    return ", ".join(column.name for column in columns) or "none"


def match(columns: Sequence[Column], names: Iterable[Any], *, extra: bool = True, where: str = "") -> Matched:
    """Matches names to the columns of a spec.

    Args:
      columns: columns of the spec.
      names: names in the input, in any case, with or without a unit as in "energy [MeV]", "energy (MeV)" or
        "energy_MeV".
      extra: whether names that match no column are allowed.
      where: end of the error message, stating where the names come from.

    Raises:
      ValueError: for a column that is given twice, a name that looks like a misspelling of a missing column,
        or, without `extra`, any name that matches no column.

    >>> found = match((Column("energy", "GeV"), Column("theta", "rad")), ["Energy [MeV]", "weight"])
    >>> found.given["energy"].unit, found.unused
    ('MeV', ['weight'])
    """
    known = {plain(column.name): column for column in columns}
    found: dict[str, Named] = {}
    unused = []
    for name in names:
        column, unit = _column(known, name)
        if column is None:
            unused.append(str(name))
            continue
        if column.name in found:
            earlier = found[column.name].name
            raise ValueError(f"Expected each condition once; got {earlier} and {name}{where}.")
        found[column.name] = Named(name, unit)
    missing = [column for column in columns if column.name not in found]
    for name in unused:
        near = _near(name, missing if extra else columns, ALIKE if extra else 0.6)
        if near or not extra:
            hint = f", did you mean {near}?" if near else "."
            raise ValueError(f"Expected conditions among {listed(columns)}; got {name}{where}{hint}")
    return Matched({column.name: found[column.name] for column in columns if column.name in found}, unused)


def _column(known: dict[str, Column], name: Any) -> tuple[Column | None, str | None]:
    """The column that matches a name, and the unit stated in the name."""
    if plain(name) in known:
        return known[plain(name)], None
    if bracket := _UNIT.fullmatch(str(name)):
        return known.get(plain(bracket[1])), (bracket[2] or bracket[3] or "").strip() or None
    stem, _, unit = str(name).strip().rpartition("_")
    column = known.get(plain(stem))
    return (column, unit) if column is not None and unit and units.factor(column, unit) else (None, None)


def _near(name: str, columns: Sequence[Column], cutoff: float) -> str | None:
    names = {plain(column.name): column.name for column in columns}
    near = difflib.get_close_matches(plain(name), names, n=1, cutoff=cutoff)
    return names[near[0]] if near else None
