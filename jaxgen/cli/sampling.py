"""The command that writes events of a trained generator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from jaxgen.cli.flags import Given
from jaxgen.cli.options import Sampling
from jaxgen.cli.systems import known
from jaxgen.data import condition_files, conditions, event_files
from jaxgen.run.folder import RunFolder
from jaxgen.run.generator import Generator
from jaxgen.run.loading import load


def sample(path: str, given: Given) -> None:
    """Writes generated events; the same seed gives the same bytes.

    Reads the generator in the run folder, or in a file, and nothing else.

    Raises:
      ValueError: for conditions that cannot be used, or a file that is there.
      FileNotFoundError: where there is no generator.
    """
    usual = Sampling()
    values = {**vars(usual), **given.values}
    generator = load(path, system=known(values["system"]))
    if values["member"] is not None:
        generator = generator.member(values["member"])
    seed = values["seed"]
    if seed is None:
        seed = int(generator.card.get("seed", 0))
    condition = _condition(generator, values)
    units = None if values["conditions"] is not None else values["units"]  # a file's are converted
    out = _out(path, values["out"])
    system = generator.system
    own = None if system is None else system.write
    options = {"own": own, "overwrite": values["overwrite"]}
    with _folder(out if values["out"] is None else None):
        event_files.check(out, generator.batch(seed, None, 1, quiet=True), generator.spec, **options)
        batch = generator.batch(seed, condition, values["num"], outside=values["outside"], units=units)
        written = event_files.write(out, batch, generator.spec, **options)
    if not values["quiet"]:
        beyond = np.ma.getmaskarray(np.asanyarray(batch.data)).reshape(len(batch.data), -1).any(axis=1).sum()
        if beyond:
            print(f"{beyond:,} events are for conditions outside of the trained range, and are marked.")
        for file in written:
            print(f"Wrote {values['num']:,} events to {file}.")


def _condition(generator: Generator, values: Mapping[str, Any]) -> Any:
    """What to generate for, by name; None where nothing was given."""
    columns = generator.spec.condition
    if values["condition"] is not None and values["conditions"] is not None:
        raise ValueError("Expected --condition or --conditions; got both.")
    if values["condition"] is not None:
        return conditions.from_text(columns, values["condition"])
    if values["conditions"] is None:
        return None
    found, unused = condition_files.read(
        columns, values["conditions"], system=generator.system, given_units=values["units"]
    )
    if unused and not values["quiet"]:
        print(f"Of the columns of {values['conditions']}, {', '.join(unused)} are not used, as in training.")
    return found


@contextmanager
def _folder(path: Path | None) -> Iterator[None]:
    """Makes a folder, which is taken away again where nothing comes to be in it."""
    if path is not None:
        path.mkdir(exist_ok=True)
    try:
        yield
    finally:
        with suppress(OSError):
            if path is not None:
                path.rmdir()


def _out(path: str, out: str | None) -> Path:
    """Where the events go: samples in the run folder, where nothing is said."""
    if out is not None:
        return Path(out)
    folder = RunFolder(Path(path).absolute())
    if not folder.exists():
        raise ValueError(f"Expected --out=FILE for events of {path}, which is no run folder; got none.")
    return folder.samples
