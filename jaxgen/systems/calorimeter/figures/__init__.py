"""All figures of calorimeter showers, with their captions."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from jaxgen.base import Batch
from jaxgen.metrics import correlations
from jaxgen.plots import format as words
from jaxgen.plots import histograms, style
from jaxgen.plots.correlation_maps import correlation_maps
from jaxgen.plots.histograms import Quantity
from jaxgen.plots.illustration import Illustration
from jaxgen.systems.calorimeter import suites as shower_suites
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.figures import grids as shower_grids
from jaxgen.systems.calorimeter.figures import maps as shower_maps
from jaxgen.systems.calorimeter.figures import profiles as shower_profiles
from jaxgen.systems.calorimeter.figures import spectra as shower_spectra
from jaxgen.systems.calorimeter.figures.response import response_figure
from jaxgen.systems.calorimeter.labels import OBSERVABLES
from jaxgen.systems.calorimeter.observables.energy_response import shower_response
from jaxgen.systems.calorimeter.suites import Values
from jaxgen.systems.four_leptons.figures import distance_note

ENERGIES = ("visible", "response", "e0", "e1", "e2", "outside")
SHARES = ("share_e0", "share_e1", "share_e2", "e1_over_e0", "e2_over_e1", "hottest_share")
SHAPES = ("x", "width_x", "asymmetry_x", "y", "width_y", "asymmetry_y", "active_cells", "hottest")
RATIOS = ("e1_over_e0", "e2_over_e1")
SIGNED = ("x", "y", "asymmetry_x", "asymmetry_y")
CORRELATED = ("visible", "e0", "e1", "e2", "outside", *SHAPES)
BINS = 60
_EDGES = (
    "The bins cover the central 99.8 % of the real showers and a quarter more on each side; the first and "
    "the last bin hold what lies beyond. Lower panels: generated over real, arrows are ratios above 2. W₁ is "
    "the Wasserstein distance, the floor that of training showers in place of generated ones."
)


def shower_illustrations(
    test: Batch, generated: Batch, train: Batch, spec: words.SpecLike
) -> list[Illustration]:
    """The figures of real and generated showers.

    Args:
      test: real showers [N, 30, 30] in MeV, conditions [N, C].
      generated: at least as many, shower i for the particle of real shower i for i < N; what is not finite is
        counted and left out.
      train: real showers for the floors.
      spec: of the data set, for its unit.

    Returns:
      Images, means, occupancy, profiles, energies, shares, shapes, cells, response where incident energies
      are known, and correlations.
    """
    number = min(len(train.data), len(generated.data))
    batches = test, generated, Batch(*(x[:number] for x in train))
    sides = [shower_suites.values_of(batch) for batch in batches]
    return [
        *_image_illustrations(test, generated, spec),
        *_cell_illustrations(test, generated, spec),
        *_histogram_illustrations(*sides),
        *_response_illustrations(test, generated),
        _correlation_illustration(*sides[:2]),
    ]


def _image_illustrations(test: Batch, generated: Batch, spec: words.SpecLike) -> list[Illustration]:
    words_of = (
        "The first 16 showers of the test split, each above a generated one, for the same particle where it "
        "is known: not a selection."
    )
    number = min(16, len(test.data), len(generated.data))
    arrays = test.data[:number], generated.data[:number], np.asarray(test.condition)[:number]
    return [
        Illustration(
            "showers_logarithmic",
            "Real and generated showers, logarithmic",
            f"{words_of} All on one scale; cells below 0.1 MeV are gray. They should be alike in brightness, "
            "place, reach and grain, not equal.",
            shower_grids.shower_pairs(*arrays, spec),
        ),
        Illustration(
            "showers_linear",
            "Real and generated showers, linear",
            f"{words_of} The inner 12 × 12 cells, each pair on its own scale up to the hottest real cell: "
            "nearly all energy is in a few cells.",
            shower_grids.shower_pairs(*arrays, spec, logarithmic=False),
        ),
    ]


def _cell_illustrations(test: Batch, generated: Batch, spec: words.SpecLike) -> list[Illustration]:
    sides = test.data, generated.data
    return [
        Illustration(
            "mean_shower",
            "Average shower",
            "Mean energy of each cell; the right map is the difference in units of its statistical error, so "
            "values beyond 3 in many cells are not chance.",
            shower_maps.mean_showers(*sides, spec),
        ),
        Illustration(
            "occupancy",
            "Occupancy",
            "Share of showers in which a cell has 0.1 MeV or more.",
            shower_maps.occupancy_maps(*sides),
        ),
        Illustration(
            "profiles",
            "Lateral profiles",
            "Mean energy in columns, rows and annuli of cells, on a logarithmic scale. Annuli are around "
            "each shower's own barycentre.",
            shower_profiles.lateral_profiles(*sides, spec),
        ),
        Illustration(
            "cell_spectra",
            "Energies of single cells",
            "All cells together, and one cell of each distance from the centre: energies of 0.1 MeV or more "
            "on logarithmic scales, with the share of showers in which the cell is active.",
            shower_spectra.cell_spectra(*sides, spec),
        ),
    ]


def _histogram_illustrations(ours: Values, theirs: Values, floor: Values) -> list[Illustration]:
    known = [name for name in ENERGIES if np.isfinite(ours[name]).any()]
    parts = (
        ("ring_energies", "Visible energy and energies of rings", "", known),
        (
            "ring_shares",
            "Shares and ratios of rings",
            "Showers without energy, or without it in the lower ring of a ratio, are in no bin. ",
            SHARES,
        ),
        ("shapes", "Barycentres, widths, asymmetries and active cells", "", SHAPES),
    )
    return [
        Illustration(name, title, f"{text}{_EDGES}", _drawn(ours, theirs, floor, names))
        for name, title, text, names in parts
    ]


def _drawn(ours: Values, theirs: Values, floor: Values, names: Sequence[str]) -> Figure:
    panels = [_quantity(name, ours[name], theirs[name], floor[name]) for name in names]
    figure = histograms.quantity_histograms(panels)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    named = [f"{label}: {_counted(side)}" for label, side in zip(labels, (ours, theirs), strict=True)]
    style.legend(figure, handles=handles, labels=named, loc="outside upper center", ncols=2)
    return figure


def _quantity(name: str, real: np.ndarray, fake: np.ndarray, floor: np.ndarray) -> Quantity:
    label = OBSERVABLES[name]
    note = distance_note(real, fake, floor, label.unit)
    logarithmic = "x" if name in RATIOS else ""
    return Quantity(label, real, [fake], observable_edges(name, real), logarithmic, note)


def observable_edges(name: str, real: np.ndarray, *, bins: int = BINS) -> np.ndarray:
    """Edges of bins of an observable, around its central share and within what it can be.

    Those of active cells are between whole numbers, each bin as many wide.
    """
    if name in RATIOS:
        return histograms.moment_edges(real, bins=bins, logarithmic=True)
    edges = histograms.moment_edges(real, bins=bins)
    lowest = -np.inf if name in ("x", "y") else -1.0 if name in SIGNED else 0.0
    highest = 1.0 if name in (*SHARES, *SIGNED[2:]) else np.inf
    low, high = max(edges[0], lowest), min(edges[-1], highest)
    if name == "active_cells":
        step = max(int(np.ceil((min(high, CELLS**2) - low) / bins)), 1)
        return np.arange(np.floor(low) - 0.5, min(high, CELLS**2) + step, step)
    return np.linspace(low, high, bins + 1)


def _counted(side: Mapping[str, np.ndarray]) -> str:
    """Number of showers, and how many are not finite or without energy."""
    visible = side["visible"]
    lost, without = int(np.isnan(visible).sum()), int(np.sum(visible == 0))
    texts = [f"{n:,} {what}" for n, what in ((lost, "not finite"), (without, "without energy")) if n]
    return ", ".join([style.count(len(visible), "shower"), *texts])


def _response_illustrations(test: Batch, generated: Batch) -> list[Illustration]:
    found = shower_response(test, generated)
    if len(found.edges) < 2:
        return []
    return [
        Illustration(
            "response",
            "Linearity and resolution",
            "Mean, relative spread and width of the core of visible over incident energy in bins of "
            "incident energy. Shades: generated over real within 1 % for the mean and within 10 % for the "
            "widths. A few showers that leak make most of the spread's error.",
            response_figure(found),
        )
    ]


def _correlation_illustration(ours: Values, theirs: Values) -> Illustration:
    matrices = []
    for side in (ours, theirs):
        columns = np.column_stack([side[name] for name in CORRELATED])
        matrices.append(correlations.spearman(columns[np.isfinite(columns).all(axis=1)]))
    names = [OBSERVABLES[name].short for name in CORRELATED]
    return Illustration(
        "observable_correlations",
        "Correlations of observables",
        "Spearman correlations of every two observables over showers with energy. The closer the right map "
        "is to white, the better.",
        correlation_maps(matrices[0], matrices[1], names, name="Spearman"),
    )
