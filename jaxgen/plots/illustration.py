"""Figures with captions, saved reproducibly as bytes and files."""

import base64
import io
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure

METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
DPI = 150
PIXELS_PER_INCH = 96  # of a page at 100 %


class Illustration(NamedTuple):
    """A figure with title and caption; a notebook displays both.

    Attributes:
      name: name of its files, without ending.
      title: short title.
      caption: what is drawn and what to look for.
      figure: the figure.
    """

    name: str
    title: str
    caption: str
    figure: Figure

    def _repr_html_(self) -> str:
        words = f"<b>{escape(self.title)}.</b> {escape(self.caption)}"
        return f"<figure>{image(self.figure, escape(self.title))}<figcaption>{words}</figcaption></figure>"

    def __repr__(self) -> str:
        return f"Illustration {self.name}: {self.title}"

    def save(self, folder: Path | str) -> list[Path]:
        """Writes NAME.png and NAME.pdf, each atomically, into a folder that is created if needed.

        Raises:
          ValueError: if the name is not a plain file name.
        """
        if not self.name or Path(self.name).name != self.name:
            raise ValueError(f"Expected a plain file name for a figure; got {self.name!r}.")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for kind in METADATA:
            path = folder / f"{self.name}.{kind}"
            partial = folder / f"{self.name}.{kind}.partial"
            partial.write_bytes(render(self.figure, kind=kind))
            partial.replace(path)
            paths.append(path)
        return paths


def render(figure: Figure, *, kind: str = "png", dpi: int = DPI) -> bytes:
    """A figure as the bytes of a file, without dates or versions.

    Args:
      figure: figure to draw.
      kind: png or pdf.
      dpi: resolution in pixels per inch of a PNG and of images inside a PDF.

    Raises:
      ValueError: for another kind.
    """
    if kind not in METADATA:
        raise ValueError(f"Expected a figure kind of {' or '.join(METADATA)}; got {kind!r}.")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi, metadata=METADATA[kind])
    figure.set_layout_engine("none")  # keeps the layout; computing it again costs as much as drawing
    return buffer.getvalue()


def image(figure: Figure, words: str, *, file: Path | None = None) -> str:
    """A figure as an HTML image.

    Args:
      figure: figure to draw.
      words: alternative text, as HTML.
      file: a PNG of this figure, embedded if it exists; otherwise the figure is drawn.
    """
    data = file.read_bytes() if file is not None and file.is_file() else render(figure)
    width, height = (round(PIXELS_PER_INCH * inches) for inches in figure.get_size_inches())
    source = base64.b64encode(data).decode("ascii")
    return f'<img src="data:image/png;base64,{source}" width="{width}" height="{height}" alt="{words}">'
