"""How events scatter around what a decoder says of them."""

from collections.abc import Callable
from typing import NamedTuple

from jaxgen.base import Array


class Observation(NamedTuple):
    """A law of events on the networks' scale, with the numbers of a decoder as its parameters.

    Attributes:
      numbers: standard normal numbers that drawing one event takes.
      log_likelihood: `log_likelihood(output, data) -> [B]`, of events [B, D].
      draw: `draw(output, normal) -> data`, of standard normal numbers [B, numbers].
    """

    numbers: int
    log_likelihood: Callable[[Array, Array], Array]
    draw: Callable[[Array, Array], Array]
