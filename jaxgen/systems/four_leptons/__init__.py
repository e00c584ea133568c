"""Events of two Z bosons, or a Higgs boson, decaying to four leptons: the momenta in eight slots.

>>> data = simulate(0, 10, condition="channel")
>>> learner("gan", data, steps=100)
Recipe gan of four_leptons: steps=100, batch_size=64
"""

from jaxgen.systems.four_leptons.data import dataset, read
from jaxgen.systems.four_leptons.system import SYSTEM, simulate

learner = SYSTEM.learner

__all__ = ["SYSTEM", "dataset", "learner", "read", "simulate"]
