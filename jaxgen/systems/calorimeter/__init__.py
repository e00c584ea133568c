"""Showers in a calorimeter of 30 x 30 cells: energy deposits of a photon or an electron.

>>> data = simulate(0, 40)
>>> learner("cascade", data, steps=100)
Recipe cascade of calorimeter: steps=100, batch_size=32
"""

from jaxgen.systems.calorimeter.data import dataset, read
from jaxgen.systems.calorimeter.system import SYSTEM, simulate

learner = SYSTEM.learner

__all__ = ["SYSTEM", "dataset", "learner", "read", "simulate"]
