"""All figures of four-lepton events, with their captions."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from jaxgen.base import Batch
from jaxgen.metrics import correlations, distances
from jaxgen.plots import format as words
from jaxgen.plots import histograms, style
from jaxgen.plots.column_spread import column_spread
from jaxgen.plots.correlation_maps import correlation_maps
from jaxgen.plots.histograms import Quantity
from jaxgen.plots.illustration import Illustration
from jaxgen.systems.four_leptons import observables as measured
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons import suites as lepton_suites
from jaxgen.systems.four_leptons.figures.channels import channel_shares
from jaxgen.systems.four_leptons.labels import OBSERVABLES
from jaxgen.systems.four_leptons.observables import Observables

MASSES = ("m4l", "mz1", "mz2")
MOMENTA = ("electron_1_pt", "electron_2_pt", "lepton_pt")
SHAPES = ("lepton_eta", "pair_angle", "cross_angle", "system_pt", "system_rapidity", "lepton_energy")
BINS = 80
ZOOM = 5.0  # GeV on both sides of a peak
NARROW = 0.2  # share of the real events within 1 GeV of the peak from which on it is drawn enlarged
SHORT_SLOTS = ("e⁻1", "e⁻2", "e⁺1", "e⁺2", "μ⁻1", "μ⁻2", "μ⁺1", "μ⁺2")
_EDGES = (
    "The bins cover the central 99.8 % of the real events and a quarter more on each side; the first and the "
    "last bin hold what lies beyond. Lower panels: generated over real, arrows are ratios above 2. W₁ is the "
    "Wasserstein distance, the floor that of training events in place of generated ones."
)


def lepton_illustrations(
    test: Batch, generated: Batch, train: Batch, spec: words.SpecLike
) -> list[Illustration]:
    """The figures of real and generated four-lepton events.

    Args:
      test: real events [N, 8, 4].
      generated: events [K, 8, 4]; what is not finite is counted and left out.
      train: real events for the floors.
      spec: of the data set, for its unit.

    Returns:
      Masses, momenta, angles, energies, correlations, spread and channels.
    """
    number = min(len(train.data), len(generated.data))
    batches = test, generated, Batch(*(x[:number] for x in train))
    sides = [measured.observables(batch.data) for batch in batches]
    return [
        *_mass_illustrations(*sides),
        Illustration(
            "lepton_pt",
            "Transverse momenta",
            "Two slots of electrons as published, events without that electron at 0; and the four leptons "
            f"of every event. {_EDGES}",
            _drawn(*sides, names=MOMENTA, logarithmic="y"),
        ),
        Illustration(
            "shapes",
            "Directions, energies and the motion of the four leptons together",
            f"All four leptons, both pairs or all four combinations across of every event. {_EDGES}",
            _drawn(*sides, names=SHAPES),
        ),
        _energy_illustration(*batches),
        *_column_illustrations(test, generated, spec),
    ]


def _mass_illustrations(ours: Observables, theirs: Observables, floor: Observables) -> list[Illustration]:
    caption = (
        "All leptons of an event together, and its two pairs. Generated events whose squared mass is below "
        f"zero, or that are not finite, have no mass: they are counted above and drawn at 0. {_EDGES}"
    )
    found = [
        Illustration("masses", "Invariant masses", caption, _drawn(ours, theirs, floor, names=MASSES)),
        Illustration(
            "masses_logarithmic",
            "Invariant masses, logarithmic",
            caption,
            _drawn(ours, theirs, floor, names=MASSES, logarithmic="y"),
        ),
    ]
    known = measured.present(ours.m4l)
    if not len(known):
        return found
    centre = measured.peak(known)
    if np.mean(np.abs(known - centre) < lepton_suites.WINDOW) > NARROW:
        text = f"The four-lepton mass within {ZOOM:g} GeV of the real peak at {centre:.2f} GeV."
        found.append(Illustration("peak", "The peak enlarged", text, _peak(ours.m4l, theirs.m4l, centre)))
    return found


def _peak(real: np.ndarray, fake: np.ndarray, centre: float) -> Figure:
    edges = np.linspace(centre - ZOOM, centre + ZOOM, BINS + 1)
    panels = [
        Quantity(OBSERVABLES["m4l"], real, [fake], edges, logarithmic, overflow=False)
        for logarithmic in ("", "y")
    ]
    figure = histograms.quantity_histograms(panels, columns=2)
    _legend(figure, [style.count(len(x)) for x in (real, fake)])
    return figure


def _drawn(
    ours: Observables, theirs: Observables, floor: Observables, *, names: Sequence[str], logarithmic: str = ""
) -> Figure:
    panels = []
    for name in names:
        real, fake, other = (getattr(side, name) for side in (ours, theirs, floor))
        panels.append(_quantity(name, real, fake, other, logarithmic))
    figure = histograms.quantity_histograms(panels)
    _legend(figure, [_counted(side, names) for side in (ours, theirs)])
    return figure


def _quantity(name: str, real: np.ndarray, fake: np.ndarray, floor: np.ndarray, logarithmic: str) -> Quantity:
    unit = OBSERVABLES[name].unit
    drawn = (np.nan_to_num(side, nan=0.0) if name in MASSES else side for side in (real, fake))
    ours, theirs = (side.ravel() for side in drawn)
    note = distance_note(real, fake, floor, unit)
    return Quantity(OBSERVABLES[name], ours, [theirs], observable_edges(name, real), logarithmic, note)


def observable_edges(name: str, real: np.ndarray, *, bins: int = BINS, share: float = 0.998) -> np.ndarray:
    """Edges of bins of an observable, [bins + 1], around its central share and within what it can be."""
    edges = histograms.moment_edges(real.ravel(), bins=bins, share=share)
    unit = OBSERVABLES[name].unit
    low = max(edges[0], 0.0) if unit else edges[0]
    high = min(edges[-1], np.pi) if unit == "rad" else edges[-1]
    return np.linspace(low, high, bins + 1)


def distance_note(real: np.ndarray, fake: np.ndarray, floor: np.ndarray, unit: str) -> str:
    """The Wasserstein distance of two samples beside its floor, NaN left out, in a few words.

    >>> distance_note(np.array([0.0, 1.0]), np.array([2.0, 3.0]), np.array([0.5, 1.0]), "GeV")
    'W₁ 2, floor 0.25 GeV'
    """
    known = [measured.present(side) for side in (real, fake, floor)]
    if not all(map(len, known)):
        return "nothing to compare"
    near = (words.number(distances.wasserstein(known[0], other), 2) for other in known[1:])
    return f"W₁ {', floor '.join(near)} {unit}".rstrip()


def _counted(side: Observables, names: Sequence[str]) -> str:
    """Number of events, and how many have no value of a mass."""
    lost = {name: int(np.isnan(getattr(side, name)).sum()) for name in names if name in MASSES}
    texts = [f"{OBSERVABLES[name].short} {number:,}" for name, number in lost.items() if number]
    return style.count(len(side.m4l)) + (f", without {', '.join(texts)} (drawn at 0)" if texts else "")


def _legend(figure: Figure, texts: Sequence[str]) -> None:
    handles, labels = figure.axes[0].get_legend_handles_labels()
    named = [f"{label}: {text}" for label, text in zip(labels, texts, strict=True)]
    style.legend(figure, handles=handles, labels=named, loc="outside upper center", ncols=2)


def _energy_illustration(test: Batch, generated: Batch, train: Batch) -> Illustration:
    sides = [measured.finite_events(batch.data)[..., 0] for batch in (test, generated, train)]
    panels = []
    for i, name in enumerate(leptons.SLOTS):
        real, fake, floor = (side[:, i] for side in sides)
        edges = np.linspace(0.0, histograms.moment_edges(real[real > 0], bins=BINS)[-1], BINS + 1)
        note = distance_note(real, fake, floor, "GeV")
        panels.append(Quantity(words.Label("energy", "GeV", name), real, [fake], edges, "y", note))
    figure = histograms.quantity_histograms(panels, columns=4, height=3.3)
    _legend(figure, [style.count(len(side)) for side in sides[:2]])
    return Illustration(
        "slot_energies",
        "Energy of each slot",
        "As published, on a logarithmic scale; an event without that lepton is at 0, in the first bin, and "
        "the last bin holds what lies beyond.",
        figure,
    )


def _column_illustrations(test: Batch, generated: Batch, spec: words.SpecLike) -> list[Illustration]:
    real, fake = (lepton_suites.columns_of(batch) for batch in (test, generated))
    members = (lepton_suites.channel_membership(test), lepton_suites.channel_membership(generated))
    caption = (
        "Correlations of the energies and momenta of all slots, in each slot E, px, py, pz; columns of equal "
        "values have none. The closer the right map is to white, the better."
    )
    maps = [
        Illustration(
            f"{name.lower()}_correlations",
            f"{name} correlations",
            caption,
            correlation_maps(kind(real), kind(fake), SHORT_SLOTS, name=name),
        )
        for name, kind in (("Pearson", correlations.pearson), ("Spearman", correlations.spearman))
    ]
    return [
        *maps,
        Illustration(
            "column_spread",
            "Spread of each column",
            "Standard deviation of energy and momentum of each slot over all events, empty slots included. "
            "A ratio far below 1 is a column that the generator does not vary enough.",
            column_spread(real, fake, leptons.SLOTS, leptons.COMPONENTS, unit=spec.unit),
        ),
        Illustration(
            "channels",
            "Channels",
            "Share of events in each channel, by the slots that hold most energy, with binomial errors.",
            channel_shares(*members, leptons.CHANNELS),
        ),
    ]
