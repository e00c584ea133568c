"""Model families of an experiment that has several: which flags each takes and how its learner is built."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from absl import flags

from jaxgen.base import Learner
from jaxgen.cli.experiment import Length
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset

Groups = Mapping[str, list[flags.FlagHolder]]
"""Flags that some families take and others do not, in named groups."""


class Family(NamedTuple):
    """A model family.

    Attributes:
      make: builds its learner, `make(settings, dataset, length, axis_name)`.
      flags: names of those it looks at, of the flags that not every family does.
    """

    make: Callable[[Settings, Dataset, Length, str | None], Learner]
    flags: frozenset[str]


def names(groups: Groups, *wanted: str) -> frozenset[str]:
    """Names of the flags of some groups."""
    return frozenset(holder.name for group in wanted for holder in groups[group])


def unused(groups: Groups, family: Family) -> frozenset[str]:
    """Names of the flags that are for other families."""
    return names(groups, *groups) - family.flags


def check_unused(settings: Settings, groups: Groups, family: Family) -> None:
    """Sees that nothing was asked for that the chosen model does not look at.

    Raises:
      ValueError: naming the first flag of another model that is not at its default.
    """
    others = unused(groups, family)
    for holder in (holder for group in groups.values() for holder in group):
        if holder.name in others and settings[holder.name] != holder.default:
            raise ValueError(
                f"Expected flags of --model={settings['model']}; got --{holder.name}, which it does not use."
            )
