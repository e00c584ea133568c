"""The command that puts runs side by side."""

from pathlib import Path

from jaxgen.cli.flags import Given
from jaxgen.cli.systems import known


def compare(folders: list[str], given: Given) -> None:
    """Prints the metrics of judged runs side by side, and writes a page on them where asked for.

    Raises:
      ValueError: for a single run, or runs that cannot be compared.
    """
    from jaxgen.run.comparison import compare as side_by_side

    known(given.values.get("system"))
    if len(folders) < 2:
        raise ValueError(f"Expected two runs or more; got {' '.join(folders) or 'none'}.")
    compared = side_by_side(names_of(folders))
    print(compared)
    if given.values.get("out") is not None:
        print(f"Comparison: {compared.report(given.values['out'])}")


def names_of(folders: list[str]) -> dict[str, str]:
    """Short names of folders: as many of their last parts as tell them apart.

    Raises:
      ValueError: where a folder stands there twice.

    >>> names_of(["runs/a/gan", "runs/b/gan"])
    {'a/gan': 'runs/a/gan', 'b/gan': 'runs/b/gan'}
    """
    parts = [Path(folder).absolute().parts for folder in folders]
    if len(set(parts)) < len(parts):
        raise ValueError(f"Expected different runs; got {' '.join(folders)}.")
    length = 1
    while len({one[-length:] for one in parts}) < len(parts):
        length += 1
    return {"/".join(one[-length:]): folder for one, folder in zip(parts, folders, strict=True)}
