"""Figures as bytes and files, the same ones for the same figure."""

import io
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
DPI = 150


def render(figure: Figure, *, kind: str = "png", dpi: int = DPI) -> bytes:
    """A figure as the bytes of a file, without dates or versions.

    Args:
      figure: to draw.
      kind: png or pdf.
      dpi: pixels an inch of a PNG and of pictures inside a PDF.

    Raises:
      ValueError: for another kind.
    """
    if kind not in METADATA:
        raise ValueError(f"Expected a figure kind of {' or '.join(METADATA)}; got {kind!r}.")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi, metadata=METADATA[kind])
    figure.set_layout_engine("none")  # found once; finding it again costs as much as drawing
    return buffer.getvalue()


def save(figure: Figure, folder: Path | str, name: str) -> list[Path]:
    """Writes NAME.png and NAME.pdf, each in one move, into a folder that is made where it is missing.

    Args:
      figure: to draw.
      folder: to write into.
      name: without an ending and without a path.

    Returns:
      The two files.

    Raises:
      ValueError: where the name is no plain file name.
    """
    if not name or Path(name).name != name:
        raise ValueError(f"Expected a plain file name for a figure; got {name!r}.")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind in METADATA:
        path = folder / f"{name}.{kind}"
        partial = folder / f"{name}.{kind}.partial"
        partial.write_bytes(render(figure, kind=kind))
        partial.replace(path)
        paths.append(path)
    return paths
