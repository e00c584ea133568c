"""Opens the files next door by name, as `experiments` is no package."""

import importlib.util
from pathlib import Path


def load(name: str):
    """The experiment of a file in experiments/, named without its ending; its flags are defined then."""
    path = Path(__file__).resolve().parents[1] / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EXPERIMENT
