"""Experiments' files as modules, one set of flags at a time: two experiments may not define a flag twice."""

import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from absl import flags
from absl.testing import flagsaver

from jaxgen.cli import settings
from tests.cli.toys import ROOT, tpc_sn

_LOADED: dict[str, tuple[ModuleType, dict[str, flags.Flag]]] = {}


@contextlib.contextmanager
def experiment(name: str) -> Iterator[ModuleType]:
    """The module of experiments/NAME.py, its flags in place of those of other experiments."""
    before = _taken_out(holder.name for holder in tpc_sn().FLAGS)
    try:
        if name not in _LOADED:
            module = _load(ROOT / "experiments" / f"{name}.py")
            _LOADED[name] = module, {holder.name: flags.FLAGS[holder.name] for holder in module.FLAGS}
        else:
            for key, flag in _LOADED[name][1].items():
                flags.FLAGS[key] = flag
        yield _LOADED[name][0]
    finally:
        _taken_out(holder.name for holder in _LOADED[name][0].FLAGS)
        for key, flag in before.items():
            flags.FLAGS[key] = flag


def settings_of(module: ModuleType, *arguments: str) -> dict:
    """Settings that a command line gives, inside `experiment`."""
    with flagsaver.flagsaver():
        try:
            flags.FLAGS([module.EXPERIMENT.name, *arguments])
            return settings.read(flags.FLAGS, module.FLAGS)
        finally:
            flags.FLAGS.unparse_flags()


def _taken_out(names: Iterator[str]) -> dict[str, flags.Flag]:
    found = {}
    for name in names:
        found[name] = flags.FLAGS[name]
        delattr(flags.FLAGS, name)
    return found


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
