"""All figures of four-lepton events, with their captions."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from jaxgen.metrics import correlations, format
from jaxgen.metrics.table import Label, Samples, Table, present
from jaxgen.plots import binning, general, histograms, style
from jaxgen.plots.column_spread import column_spread
from jaxgen.plots.correlation_maps import correlation_maps
from jaxgen.plots.histograms import Quantity
from jaxgen.plots.illustration import Illustration
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.observables import MASSES, peak
from jaxgen.systems.four_leptons.observables.features import channel_members, momentum_columns
from jaxgen.systems.four_leptons.suites import WINDOW

MOMENTA = ("electron_1_pt", "electron_2_pt", "lepton_pt")
SHAPES = ("lepton_eta", "pair_angle", "cross_angle", "system_pt", "system_rapidity", "lepton_energy")
BINS = 80
ZOOM = 5.0  # GeV on both sides of a peak
NARROW = 0.2  # fraction of the real events within 1 GeV of the peak from which the peak is drawn enlarged
SHORT_SLOTS = ("e⁻1", "e⁻2", "e⁺1", "e⁺2", "μ⁻1", "μ⁻2", "μ⁺1", "μ⁺2")
_EDGES = f"{histograms.EXPLAINED} {histograms.EXPLAINED_NOTE}"


def draw(samples: Samples) -> list[Illustration]:
    """Masses, momenta, angles, energies, correlations, standard deviations and channels.

    Args:
      samples: samples of an evaluation; generated values that are not finite are counted and ignored.
    """
    test, generated, floor, _ = samples
    return [
        *mass_illustrations(test, generated, floor),
        Illustration(
            "lepton_pt",
            "Transverse momenta: the generated line should follow the real one",
            "Two slots of electrons as published, events without that electron at 0; and the four leptons "
            f"of every event. {_EDGES}",
            _drawn(test, generated, floor, names=MOMENTA, logarithmic="y"),
        ),
        Illustration(
            "shapes",
            "Directions, energies and the motion of the four leptons together",
            f"All four leptons, both pairs or all four combinations across of every event. {_EDGES}",
            _drawn(test, generated, floor, names=SHAPES),
        ),
        Illustration(
            "slot_energies",
            "Energy of each slot of an event",
            "As published, on a logarithmic scale; an event without that lepton is at 0, in the first bin. "
            f"{_EDGES}",
            _slot_energies(test, generated, floor),
        ),
        *_column_illustrations(test, generated),
    ]


def mass_illustrations(test: Table, generated: Table, floor: Table) -> list[Illustration]:
    """The three masses on both scales, and an enlarged narrow peak."""
    caption = (
        "m(4ℓ) of all leptons of an event together, m(Z1) of the pair nearer to the Z mass, "
        "m(Z2) of the other. Generated events whose squared mass is below "
        f"zero, or that are not finite, have no mass: they are counted above. {_EDGES}"
    )
    titles = {
        "": "Invariant masses: peaks should have the same place, height and width",
        "y": "Invariant masses on a logarithmic scale: the tails",
    }
    found = []
    for logarithmic, title in titles.items():
        figure = _drawn(test, generated, floor, names=MASSES, logarithmic=logarithmic)
        found.append(Illustration("masses_logarithmic" if logarithmic else "masses", title, caption, figure))
    known = present(test["m4l"])
    if not len(known):
        return found
    centre = peak(known)
    if np.mean(np.abs(known - centre) < WINDOW) > NARROW:
        text = f"The four-lepton mass within {ZOOM:g} GeV of the real peak at {centre:.2f} GeV."
        figure = _enlarged(test, generated, centre)
        found.append(Illustration("peak", "The peak of the four-lepton mass enlarged", text, figure))
    return found


def _enlarged(test: Table, generated: Table, centre: float) -> Figure:
    edges = np.linspace(centre - ZOOM, centre + ZOOM, BINS + 1)
    sides = test["m4l"], [generated["m4l"]]
    panels = [Quantity(test.labels["m4l"], *sides, edges, scale) for scale in ("", "y")]
    figure = histograms.quantity_histograms(panels, columns=2)
    histograms.numbered_legend(figure, [format.count(side.number) for side in (test, generated)])
    return figure


def _drawn(
    test: Table, generated: Table, floor: Table, *, names: Sequence[str], logarithmic: str = ""
) -> Figure:
    panels = []
    for name in names:
        label = test.labels[name]
        columns = [side[name] for side in (test, generated, floor)]
        edges = observable_edges(label, *columns[:2])
        panels.append(general.quantity(label, *columns, edges=edges, logarithmic=logarithmic))
    figure = histograms.quantity_histograms(panels)
    histograms.numbered_legend(figure, [_counted(side, names) for side in (test, generated)])
    return figure


def observable_edges(label: Label, real: np.ndarray, *fakes: np.ndarray) -> np.ndarray:
    """Bin edges of an observable that cover the samples, within its possible range."""
    low = 0.0 if label.unit else -np.inf
    return binning.edges(real, *fakes, low=low, high=np.pi if label.unit == "rad" else np.inf)


def _counted(side: Table, names: Sequence[str]) -> str:
    """Number of events, and how many lack a value of a mass."""
    lost = {name: int(np.isnan(side[name]).sum()) for name in names if name in MASSES}
    texts = [f"{side.labels[name].short} {number:,}" for name, number in lost.items() if number]
    return format.count(side.number) + (f", without {', '.join(texts)}" if texts else "")


def _slot_energies(test: Table, generated: Table, floor: Table) -> Figure:
    panels = []
    for i, name in enumerate(leptons.SLOTS):
        columns = [side["slot_energy"][:, i] for side in (test, generated, floor)]
        label = Label("energy", "GeV", name)
        edges = binning.edges(*columns[:2], low=0.0, most=BINS)
        panels.append(general.quantity(label, *columns, edges=edges, logarithmic="y"))
    figure = histograms.quantity_histograms(panels, columns=4, height=3.3)
    histograms.numbered_legend(figure, [format.count(side.number) for side in (test, generated)])
    return figure


def _column_illustrations(test: Table, generated: Table) -> list[Illustration]:
    real, fake = test.of(momentum_columns), generated.of(momentum_columns)
    caption = (
        "Correlations of the energies and momenta of all slots, in each slot E, px, py, pz; columns of equal "
        "values have none. e⁻1 is the slot of the first electron, e⁺ are positrons, μ⁻ muons, μ⁺ antimuons."
    )
    maps = [
        Illustration(
            f"{name.lower()}_correlations",
            f"{name} correlations: the closer the right map is to white, the better",
            caption,
            correlation_maps(kind(real), kind(fake), SHORT_SLOTS, name=name),
        )
        for name, kind in (("Pearson", correlations.pearson), ("Spearman", correlations.spearman))
    ]
    return [
        *maps,
        Illustration(
            "column_std",
            "Standard deviation of each column: ratios far below 1 vary too little",
            "Standard deviation of energy and momentum of each slot over all events, empty slots included.",
            column_spread(real, fake, leptons.SLOTS, leptons.COMPONENTS, unit=test.spec.unit),
        ),
        Illustration(
            "channels",
            "Shares of the channels: points should lie on the bars",
            "Share of events in each channel, by the slots that hold most energy, with binomial errors.",
            channel_shares(test.of(channel_members), generated.of(channel_members)),
        ),
    ]


def channel_shares(real: np.ndarray, fake: np.ndarray) -> Figure:
    """Bars for the fractions of real events, points for generated ones, both with binomial errors.

    Args:
      real: 1 in the column of each event's channel, else 0, [N, 3].
      fake: the same for generated events, [K, 3].
    """
    figure = style.figure(2.6, width=5.0)
    axes = figure.subplots()
    place = np.arange(len(leptons.CHANNELS))
    for members, label in ((real, "real"), (fake, "generated")):
        number = max(len(members), 1)
        share = members.sum(axis=0) / number
        error = np.sqrt(share * (1 - share) / number)
        if label == "real":
            axes.bar(place, share, 0.7, yerr=error, color=style.REAL, alpha=0.35, capsize=2, label=label)
        else:
            axes.errorbar(
                place, share, error, fmt="o", color=style.FAKE, markersize=5, capsize=2, label=label
            )
    axes.set_xticks(place, leptons.CHANNELS)
    axes.tick_params(axis="x", length=0)
    style.dress(axes, y="share of events")
    axes.grid(False, axis="x")
    style.legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
