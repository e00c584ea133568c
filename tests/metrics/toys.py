"""Events of a made-up detector: rows of cells with a charge, an angle each."""

import numpy as np

from jaxgen.base import Batch
from jaxgen.data.dataset import Column, Spec
from jaxgen.metrics import general
from jaxgen.metrics.table import Samples, Table

SPEC = Spec("cells", ("cell",), (4,), (Column("charge", "fC", 0.0),), (Column("angle", "deg", -1.0, 1.0),))


def make(seed: int, number: int, *, shift: float = 0.0) -> Batch:
    draw = np.random.default_rng(seed)
    angle = draw.uniform(-1, 1, (number, 1))
    charge = draw.gamma(4.0, 1.0, (number, 1)) + angle + draw.normal(0, 0.3, (number, 4)) + shift
    return Batch(charge.astype(np.float32), angle.astype(np.float32))


def observed(seed: int, number: int, *, shift: float = 0.0) -> Table:
    return general.observe(make(seed, number, shift=shift), SPEC)


def samples(*, shift: float = 0.0, number: int = 300) -> Samples:
    return Samples(
        observed(0, number), observed(1, number, shift=shift), observed(2, number), observed(3, 3 * number)
    )
