"""What `import jaxgen` offers: short, complete, quick to import, every name with an example that runs."""

import doctest
import inspect
import subprocess
import sys

import pytest

import jaxgen

HEAVY = ("flax", "optax", "orbax", "matplotlib", "absl", "scipy", "rich", "jinja2")


def python(code: str) -> str:
    """What a fresh process prints."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_dir_is_short_and_complete():
    assert dir(jaxgen) == sorted(jaxgen.__all__) == sorted(jaxgen.HOMES)
    assert len(dir(jaxgen)) < 20
    with pytest.raises(AttributeError, match="module 'jaxgen' has no attribute 'gan'"):
        _ = jaxgen.gan


@pytest.mark.parametrize("name", jaxgen.__all__)
def test_every_name_has_a_docstring_with_an_example(name):
    thing = getattr(jaxgen, name)
    assert doctest.DocTestParser().get_examples(inspect.getdoc(thing)), f"{name} has no example"
    assert thing.__name__ == name


def test_importing_brings_nothing_heavy():
    code = "import jaxgen, sys; print(*[name for name in sys.modules if '.' not in name])"
    assert not set(python(code).split()) & {*HEAVY, "numpy", "jax"}


def test_importing_after_jax_takes_no_time():
    """Far below the 0.3 s that are promised, as nothing is imported yet."""
    code = "import jax, time; start = time.perf_counter(); import jaxgen; print(time.perf_counter() - start)"
    assert float(python(code)) < 0.3


def test_names_come_with_what_they_need_only():
    code = "import jaxgen, sys; jaxgen.load; print(*[name for name in sys.modules if '.' not in name])"
    assert not set(python(code).split()) & {"matplotlib", "absl", "orbax", "optax", "rich", "jinja2"}


def test_two_experiments_run_in_one_process():
    code = """
import importlib.util, sys
from pathlib import Path
for name in ("tpc_sn", "calorimeter", "four_lepton"):
    spec = importlib.util.spec_from_file_location(name, Path("experiments") / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    print(module.experiment.__name__)
"""
    assert python(code).split() == ["experiment"] * 3
