"""Pad responses of the MPD time projection chamber: amplitudes in 8 pads and 16 time bins of one track.

>>> data = simulate(0, 400)
>>> learner("gan", data, steps=100)
Recipe gan of tpc_pads: steps=100, batch_size=32
"""

from jaxgen.systems.tpc_pads.data import dataset, read
from jaxgen.systems.tpc_pads.system import SYSTEM, simulate

learner = SYSTEM.learner

__all__ = ["SYSTEM", "dataset", "learner", "read", "simulate"]
