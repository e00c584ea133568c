"""All figures of calorimeter showers, with their captions."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from jaxgen.metrics import correlations, format
from jaxgen.metrics.table import Samples, Table
from jaxgen.plots import binning, general, histograms
from jaxgen.plots.correlation_maps import correlation_maps
from jaxgen.plots.histograms import Quantity
from jaxgen.plots.illustration import Illustration
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.figures import cells
from jaxgen.systems.calorimeter.figures.profiles import lateral_profiles
from jaxgen.systems.calorimeter.figures.response import response_figure
from jaxgen.systems.calorimeter.observables import CORRELATED, is_empty, is_lost
from jaxgen.systems.calorimeter.observables.energy_response import shower_response

ENERGIES = ("visible", "response", "e0", "e1", "e2", "outside")
SHARES = ("share_e0", "share_e1", "share_e2", "e1_over_e0", "e2_over_e1", "hottest_share")
SHAPES = ("x", "width_x", "asymmetry_x", "y", "width_y", "asymmetry_y", "active_cells", "hottest")
RATIOS = ("e1_over_e0", "e2_over_e1")
SIGNED = ("x", "y", "asymmetry_x", "asymmetry_y")
BINS = 80
EXPLAINED = f"{histograms.EXPLAINED} {histograms.EXPLAINED_NOTE}".replace("events", "showers")


def draw(samples: Samples) -> list[Illustration]:
    """The figures of real and generated showers.

    Args:
      samples: samples in which generated shower i is for the particle of test shower i; showers that are not
        finite are counted and ignored.

    Returns:
      Images, means, occupancy, profiles, energies, shares, shapes, cells, response if incident energies
      are known, and correlations.
    """
    test, generated, _, _ = samples
    return [
        *_image_illustrations(test, generated),
        *_cell_illustrations(test, generated),
        *_histogram_illustrations(samples),
        *_response_illustrations(test, generated),
        _correlation_illustration(test, generated),
    ]


def _image_illustrations(test: Table, generated: Table) -> list[Illustration]:
    words = (
        "The first 16 showers of the test split, each above a generated one, for the same particle where it "
        "is known: not a selection."
    )
    return [
        Illustration(
            "showers_logarithmic",
            "Real showers, each above one generated for the same particle, logarithmic",
            f"{words} All on one scale; cells below 0.1 MeV are gray. They should be alike in brightness, "
            "place, reach and grain, not equal.",
            cells.shower_pairs(test, generated),
        ),
        Illustration(
            "showers_linear",
            "The same showers on a linear scale: the core",
            f"{words} The inner 12 × 12 cells, each pair on its own scale up to the hottest real cell: "
            "nearly all energy is in a few cells.",
            cells.shower_pairs(test, generated, logarithmic=False),
        ),
    ]


def _cell_illustrations(test: Table, generated: Table) -> list[Illustration]:
    return [
        Illustration(
            "mean_shower",
            "Average shower: differences beyond 3 errors in many cells are not chance",
            "Mean energy of each cell; the right map is the difference in units of its statistical error, "
            "with colours up to ±10.",
            cells.mean_showers(test, generated),
        ),
        Illustration(
            "occupancy",
            "Occupancy: which cells are active too often or too rarely",
            "Share of showers in which a cell has 0.1 MeV or more.",
            cells.occupancy_maps(test, generated),
        ),
        Illustration(
            "profiles",
            "Lateral profiles: how far from the axis the energy reaches",
            "Mean energy in columns, rows and annuli of cells, on a logarithmic scale. Annuli are around "
            "each shower's own barycentre.",
            lateral_profiles(test, generated),
        ),
        Illustration(
            "cell_spectra",
            "Energies of single cells: the generated spectrum should follow the real one",
            "All cells together, and one cell of each distance from the centre: energies of 0.1 MeV or more "
            "on logarithmic scales, with the share of showers in which the cell is active.",
            cells.cell_spectra(test, generated),
        ),
    ]


def _histogram_illustrations(samples: Samples) -> list[Illustration]:
    known = [name for name in ENERGIES if np.isfinite(samples.test[name]).any()]
    parts = (
        (
            "ring_energies",
            "Visible energy and energies of rings of cells: the generated line should follow the real one",
            "",
            known,
        ),
        (
            "ring_shares",
            "Shares and ratios of the rings of cells",
            "E0 is the energy of the 4 central cells, E1 of the ring of 12 cells around them, "
            "E2 of the next 20. "
            "Showers without energy, or without it in the lower ring of a ratio, are in no bin. ",
            SHARES,
        ),
        ("shapes", "Barycentres, widths, asymmetries and active cells", "", SHAPES),
    )
    return [
        Illustration(name, title, f"{text}{EXPLAINED}", _observable_histograms(samples, names))
        for name, title, text, names in parts
    ]


def _observable_histograms(samples: Samples, names: Sequence[str]) -> Figure:
    figure = histograms.quantity_histograms([_quantity(samples, name) for name in names])
    histograms.numbered_legend(figure, [_counted(side) for side in (samples.test, samples.generated)])
    return figure


def _quantity(samples: Samples, name: str) -> Quantity:
    sides = [table[name] for table in (samples.test, samples.generated, samples.floor)]
    return general.quantity(
        samples.test.labels[name],
        *sides,
        edges=observable_edges(name, *sides[:2]),
        logarithmic="x" if name in RATIOS else "",
    )


def observable_edges(name: str, real: np.ndarray, *fakes: np.ndarray) -> np.ndarray:
    """Bin edges of an observable that cover the samples, within its possible range.

    Edges for the number of active cells are half-integers, and all bins have the same integer width.
    """
    lowest = -np.inf if name in ("x", "y") else -1.0 if name in SIGNED else 0.0
    highest = 1.0 if name in (*SHARES, *SIGNED[2:]) and name not in RATIOS else np.inf
    edges = binning.edges(real, *fakes, low=lowest, high=highest, logarithmic=name in RATIOS, most=BINS)
    if name == "active_cells":
        low, high = np.floor(edges[0]), min(edges[-1], CELLS**2)
        step = max(int(np.ceil((high - low) / BINS)), 1)
        return np.arange(low - 0.5, high + step, step)
    return edges


def _counted(side: Table) -> str:
    """Number of showers, and how many are not finite or have no energy."""
    counts = (int(is_lost(side).sum()), "not finite"), (int(is_empty(side).sum()), "without energy")
    texts = [f"{number:,} {what}" for number, what in counts if number]
    return ", ".join([format.count(side.number, "shower"), *texts])


def _response_illustrations(test: Table, generated: Table) -> list[Illustration]:
    found = shower_response(test, generated)
    if len(found.edges) < 2:
        return []
    return [
        Illustration(
            "response",
            "Linearity and resolution: points should lie within the shades",
            "Mean, relative standard deviation and width of the core of visible over incident energy in bins "
            "of incident energy. Shades: generated over real within 1 % for the mean and within 10 % for the "
            "widths. A few showers that leak make most of the standard deviation's error.",
            response_figure(found),
        )
    ]


def _correlation_illustration(test: Table, generated: Table) -> Illustration:
    matrices = []
    for side in (test, generated):
        columns = np.column_stack([side[name] for name in CORRELATED])
        matrices.append(correlations.spearman(columns[np.isfinite(columns).all(axis=1)]))
    names = [test.labels[name].short for name in CORRELATED]
    return Illustration(
        "observable_correlations",
        "Correlations of observables: the closer the right map is to white, the better",
        "Spearman correlations of every two observables over showers with energy.",
        correlation_maps(matrices[0], matrices[1], names, name="Spearman"),
    )
