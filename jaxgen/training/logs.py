"""The log of a run: `metrics.jsonl`, and optionally files for TensorBoard.

Each line of `metrics.jsonl` is one JSON object. A run that is killed and resumed has the same lines as
an uninterrupted run, except for the times.
"""

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import jax
import numpy as np

from jaxgen import extras

NAME = "metrics.jsonl"
TENSORBOARD = ("tensorboardX", "tensorboard", "for TensorBoard's files")
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Logs:
    """The log of a run, in its folder or in memory; with several processes, only the first one writes.

    Args:
      folder: folder of the run; None for a log in memory only.
      step: step of the checkpoint from which the run is resumed; later lines are removed, since they will be
        written again. None for a run from the start, which removes all lines.
      tensorboard: whether to write TensorBoard files to `folder/tensorboard`.

    Attributes:
      kept: lines of the run before it was resumed.
      entries: all lines.
    """

    def __init__(
        self,
        folder: Path | str | None,
        *,
        step: int | None = None,
        tensorboard: bool = False,
    ) -> None:
        self._start = (time.monotonic(), time.process_time())
        self._before = (0.0, 0.0)
        self._file = None
        self._board = None
        self.kept: list[dict[str, Any]] = []
        self.entries: list[dict[str, Any]] = []
        if folder is None or jax.process_index() != 0:
            return
        path = Path(folder) / NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = _cut(path, step)
        self.kept, self.entries = kept, list(kept)
        if kept:
            self._before = (kept[-1].get("wall_seconds", 0.0), kept[-1].get("cpu_seconds", 0.0))
        if tensorboard:
            writer = extras.load(*TENSORBOARD).SummaryWriter
            purged = 0 if step is None else step + 1
            self._board = writer(str(Path(folder) / "tensorboard"), purge_step=purged)
        self._file = path.open("a", encoding="utf-8")

    def write(
        self,
        step: int,
        metrics: Mapping[str, Any],
        *,
        epoch: float | None = None,
        rate: float | None = None,
    ) -> dict[str, Any]:
        """Writes one line and flushes it to the file.

        Args:
          step: number of updates done.
          metrics: scalars, or one value for each member [K].
          epoch: number of passes over the data done.
          rate: updates per second since the previous line, without the time for compiling, evaluation and
            saving.

        Returns:
          The entry: step, epoch, total wall and CPU seconds of the run including resumptions, steps per
          second, and the metrics, as numbers and lists of numbers.
        """
        now = time.monotonic()
        entry = {
            "step": int(step),
            **({} if epoch is None else {"epoch": epoch}),
            "wall_seconds": round(self._before[0] + now - self._start[0], 3),
            "cpu_seconds": round(self._before[1] + time.process_time() - self._start[1], 3),
            **({} if rate is None else {"steps_per_second": round(rate, 3)}),
            **{name: to_number(value) for name, value in metrics.items()},
        }
        self.entries.append(entry)
        if self._file is not None:
            self._file.write(to_line(entry))
            self._file.flush()
        if self._board is not None:
            for name, value in entry.items():
                self._board.add_scalar(name, float(np.mean(value)), int(step))
            self._board.flush()
        return entry

    def image(self, step: int, name: str, image: Any) -> None:
        """Shows an image in TensorBoard, if enabled.

        Args:
          step: number of updates done.
          name: name of the image.
          image: [H, W], scaled from its smallest finite value, black, to its largest, white; or [H, W, 3],
            red, green and blue from 0 to 255.
        """
        if self._board is not None:
            colored = np.ndim(image) == 3
            pixels = np.asarray(image, np.uint8) if colored else gray(image)
            self._board.add_image(name, pixels, int(step), dataformats="HWC" if colored else "HW")

    def close(self) -> None:
        """Closes the files."""
        for file in (self._file, self._board):
            if file is not None:
                file.close()

    def __enter__(self) -> "Logs":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_metrics(path: Path | str) -> list[dict[str, Any]]:
    """Reads a `metrics.jsonl` file, or the one in a run folder.

    An incomplete last line, as left by a killed run, is ignored.

    Returns:
      One dictionary per line, in order; values that are not finite are converted back to floats.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: with the line that is not a JSON object with a step.
    """
    path = Path(path)
    return _parse(path / NAME if path.is_dir() else path)


def to_number(value: Any) -> Any:
    """A scalar as a Python number, an array as a list of them.

    >>> to_number(np.float32(0.5)), to_number(np.arange(2))
    (0.5, [0, 1])
    """
    return np.asarray(value).tolist()


def to_line(entry: Mapping[str, Any]) -> str:
    r"""One line of JSON; values that are not finite, which JSON does not support, become strings.

    >>> to_line({"step": 1, "loss": float("nan")})
    '{"step": 1, "loss": "NaN"}\n'
    """
    return json.dumps({name: _encode(value) for name, value in entry.items()}, allow_nan=False) + "\n"


def gray(image: Any) -> np.ndarray:
    """The values of an image [H, W] as brightness from 0 to 255; values that are not finite are black."""
    values = np.asarray(image, np.float64)
    finite = np.isfinite(values)
    low, high = (values[finite].min(), values[finite].max()) if finite.any() else (0.0, 0.0)
    scaled = (np.where(finite, values, low) - low) / (high - low if high > low else 1.0)
    return np.round(255 * scaled).astype(np.uint8)


def tile(images: Any) -> np.ndarray:
    """Arranges images [N, H, W] in a nearly square grid with gaps of one pixel.

    >>> tile(np.ones((3, 2, 2))).shape
    (5, 5)
    """
    images = np.asarray(images, np.float64)
    number, height, width = images.shape
    columns = math.ceil(math.sqrt(number))
    rows = math.ceil(number / columns)
    sheet = np.full((rows * (height + 1), columns * (width + 1)), images.min(initial=0.0))
    for i, image in enumerate(images):
        top, left = (i // columns) * (height + 1), (i % columns) * (width + 1)
        sheet[top : top + height, left : left + width] = image
    return sheet[:-1, :-1]


def _encode(value: Any) -> Any:
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return NON_FINITE.get(value, value) if isinstance(value, str) else value


def _parse(path: Path) -> list[dict[str, Any]]:
    lines = path.read_bytes().split(b"\n")
    entries = []
    for number, line in enumerate(
        lines[:-1], start=1
    ):  # excludes the text after the last line feed, an incomplete line
        try:
            entry = json.loads(line)
            int(entry["step"])
        except (ValueError, KeyError, TypeError):
            raise ValueError(
                f"Expected a JSON object with a step in line {number} of {path}; got {line[:60]!r}."
            ) from None
        entries.append({name: _decode(value) for name, value in entry.items()})
    return entries


def _cut(path: Path, step: int | None) -> list[dict[str, Any]]:
    """Keeps the complete lines up to a step, atomically, and returns them."""
    if not path.exists():
        return []
    kept = [] if step is None else [entry for entry in _parse(path) if entry["step"] <= step]
    text = "".join(map(to_line, kept))
    if text.encode() != path.read_bytes():
        temporary = path.with_name(path.name + ".partial")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    return kept
