"""Leaves modules of missing extras out of the doctests."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("geant4_pybind") else ["jaxgen/datasets/geant4_*.py"]
