"""The commands that show detectors, models and presets, and what is in a run or a generator."""

from collections.abc import Mapping
from pathlib import Path

import jax

from jaxgen import systems
from jaxgen.cli import presets
from jaxgen.cli.flags import Given
from jaxgen.cli.systems import find, known


def show_systems(names: list[str]) -> None:
    """Prints detectors, their models and their presets, a line each."""
    for number, name in enumerate(names or systems.PACKAGES):
        system = find(name)
        print(f"{'' if number == 0 else chr(10)}{system.name}: {system.title}")
        default = next(iter(system.models))
        _print_table(
            "models",
            {
                model: system.model(model).title + (" (default)" if model == default else "")
                for model in system.models
            },
        )
        _print_table("presets", {preset: presets.title(system, preset) for preset in presets.names(system)})
    if not names:
        print("\nTrain one: jaxgen train tpc_pads --preset=quick --workdir=runs/quick")


def _print_table(head: str, rows: Mapping[str, str]) -> None:
    if rows:
        width = max(map(len, rows))
        print(f"  {head}")
        print("\n".join(f"    {name:<{width}}  {words}".rstrip() for name, words in rows.items()))


def show(path: str, given: Given) -> None:
    """Prints what a run folder or a generator's file holds: what was trained, how good it is, its conditions.

    Raises:
      FileNotFoundError: where there is neither.
      ValueError: for damaged files.
    """
    from jaxgen.run.loading import load

    folder = Path(path)
    generator = load(folder, system=known(given.values.get("system")))
    print(generator)
    one = sum(leaf[0].size for leaf in jax.tree.leaves(generator.params))
    print(f"\nParameters of the generator: {one:,}. Size on disk: {_size(folder)}.")
    for name, fact in generator.card.items():
        if isinstance(fact, str):
            print(f"{name.capitalize()}: {fact}.")
    for sentence in generator.quality():
        print(sentence)


def _size(path: Path) -> str:
    """Size of a file or of all files in a folder.

    >>> _size(Path("nowhere"))
    '0 kB'
    """
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    number = sum(one.stat().st_size for one in files)
    return f"{number / 1e6:,.1f} MB" if number >= 1e6 else f"{number / 1e3:,.0f} kB"
