"""A figure with its words."""

from typing import NamedTuple

from matplotlib.figure import Figure


class Illustration(NamedTuple):
    """A figure with what a reader needs to judge it.

    Attributes:
      name: of its files, without an ending.
      title: a few words.
      caption: what is drawn and what to look for.
      figure: to be drawn.
    """

    name: str
    title: str
    caption: str
    figure: Figure
