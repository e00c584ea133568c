"""Real showers and generated ones side by side."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from jaxgen import checks
from jaxgen.plots import format as words
from jaxgen.plots import style
from jaxgen.systems.calorimeter.cells import THRESHOLD
from jaxgen.systems.calorimeter.observables import incident

BELOW = "#eeeeee"
SIDE = 1.13  # inches of an image
GAP = 0.05
INNER = slice(9, 21)  # cells along an axis that are shown on the linear scale
PAIR = 2 * SIDE + 0.36  # inches for a pair and its title
TOP, LEFT = 0.1, 0.3


def shower_pairs(
    real: ArrayLike,
    fake: ArrayLike,
    condition: ArrayLike,
    spec: words.SpecLike,
    *,
    logarithmic: bool = True,
    number: int = 16,
    columns: int = 8,
) -> Figure:
    """The first showers of a sample, each above a generated one for the same particle.

    On the logarithmic scale all showers share their colours and cells below 0.1 MeV are gray; on the linear
    one only the inner 12 x 12 cells are shown, and each pair reaches from zero to the real shower's hottest
    cell.

    Args:
      real: showers [N, 30, 30]; the first ones are shown, whatever they look like.
      fake: showers [N or more, 30, 30], row i for the particle of real shower i.
      condition: of the particles, [N, C]; the first column is the incident energy in GeV.
      spec: of the data set, for the unit.
      logarithmic: which scale.
      number: of pairs.
      columns: pairs in a row.

    Returns:
      A figure with two axes a pair, and one for the colours.

    Raises:
      ValueError: where the images differ in shape or in number from what is needed.
    """
    ours, theirs = (np.asarray(x)[:number] for x in (real, fake))
    checks.same_shape(real=ours, fake=theirs)
    energies = incident(condition)
    common = LogNorm(THRESHOLD, max(float(ours.max(initial=0.0)), 10 * THRESHOLD))
    rows = max(1, -(-len(ours) // columns))
    figure = style.figure(TOP + PAIR * rows, fixed=True)
    for i, pair in enumerate(zip(ours, theirs, strict=True)):
        norm = common if logarithmic else Normalize(0.0, float(pair[0].max()) or 1.0)
        for part, (event, name) in enumerate(zip(pair, ("real", "generated"), strict=True)):
            axes = _place(figure, i, part, rows, columns)
            draw_shower(axes, event if logarithmic else event[INNER, INNER], norm)
            style.dress(axes, y=name if i % columns == 0 else "", grid=False)
            axes.set(xticks=[], yticks=[])
            if part == 0 and np.isfinite(energies[i]):
                decimals = 1 if energies[i] < 9.95 else 0
                axes.set_title(f"{energies[i]:.{decimals}f} GeV", fontsize=style.SMALL, pad=3)
    _scale(figure, common if logarithmic else Normalize(0.0, 1.0), spec, logarithmic=logarithmic)
    return figure


def _scale(figure: Figure, norm: Normalize, spec: words.SpecLike, *, logarithmic: bool) -> None:
    bar = figure.add_axes((0.918, 0.25, 0.012, 0.5))
    extend = "both" if logarithmic else "max"
    label = f"energy of a cell [{spec.unit}]" if logarithmic else "energy of a cell / hottest real cell"
    mappable = ScalarMappable(norm, style.SEQUENTIAL)
    figure.colorbar(mappable, cax=bar, extend=extend).set_label(label, fontsize=style.TEXT)
    bar.tick_params(labelsize=style.SMALL)


def _place(figure: Figure, index: int, part: int, rows: int, columns: int) -> Axes:
    """Axes of one shower: `part` 0 above, 1 below."""
    width, height = figure.get_size_inches()
    row, column = divmod(index, columns)
    bottom = (rows - 1 - row) * PAIR + 0.08 + (1 - part) * (SIDE + GAP)
    left = LEFT + column * (SIDE + GAP)
    return figure.add_axes((left / width, bottom / height, SIDE / width, SIDE / height))


def draw_shower(axes: Axes, event: np.ndarray, norm: Normalize) -> None:
    """One shower, x to the right and y upwards; what is below a logarithmic scale, or not finite, is gray."""
    axes.set_facecolor(BELOW)
    lowest = norm.vmin if isinstance(norm, LogNorm) and norm.vmin else -np.inf
    shown = np.ma.masked_less(np.ma.masked_invalid(event), lowest)
    axes.imshow(shown.T, norm=norm, cmap=style.SEQUENTIAL, origin="lower", interpolation="nearest")
    axes.spines[:].set_visible(False)
