"""All metrics of calorimeter showers, in groups that are worked out together.

Generated showers may be anything: those with a cell that is not finite are counted in `invalid_fraction` and
left out of the distances that they have no place in, as are those without energy, in `empty_fraction`, where
something needs energy. Cells below zero count as empty.
"""

from collections.abc import Callable, Sequence

import jax
import numpy as np

from jaxgen.base import Batch, Estimate, Key
from jaxgen.metrics import bootstrap, physics_distances
from jaxgen.metrics.counted_wasserstein import wasserstein_by_counts
from jaxgen.metrics.shower_separation import separation_by_counts
from jaxgen.systems.calorimeter import observables as measured
from jaxgen.systems.calorimeter import shower_classifier
from jaxgen.systems.calorimeter.observables import energy_response as shower_response
from jaxgen.systems.calorimeter.observables import features as shower_features
from jaxgen.systems.calorimeter.observables import occupancy as shower_occupancy
from jaxgen.systems.calorimeter.observables import resolution_fit
from jaxgen.systems.four_leptons.observables import features as lepton_features

Suite = Callable[[Key, Batch, Batch], dict[str, Estimate]]
Values = dict[str, np.ndarray]

RINGS = (
    "visible",
    "e0",
    "e1",
    "e2",
    "outside",
    "e1_over_e0",
    "e2_over_e1",
    "share_e0",
    "share_e1",
    "share_e2",
    "response",
)
SHAPES = (
    "x",
    "y",
    "width_x",
    "width_y",
    "asymmetry_x",
    "asymmetry_y",
    "active_cells",
    "hottest",
    "hottest_share",
)
QUICK = ("e0", "e1", "e2")
LOST = Estimate(float("inf"), float("nan"))
UNKNOWN = Estimate(float("nan"), float("nan"))
FEWEST = 10  # showers below which a distance in many dimensions is infinite
FEWEST_CLASSIFIED = 100  # showers below which a fold of the classifier may be empty


def values_of(batch: Batch) -> Values:
    """All observables and, as "response", visible over incident energy, by name, [N] each."""
    found = measured.observables(batch.data)
    return {**found._asdict(), "response": measured.response(found.visible, batch.condition)}


def ring_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Wasserstein distances of ring energies, their ratios and shares, and of the response; lost showers."""
    ours, theirs = values_of(real), values_of(fake)
    distance = _ring_distance(ours, theirs)
    return {
        **bootstrap.with_counts(
            jax.random.fold_in(key, 1),
            len(ours["visible"]),
            len(theirs["visible"]),
            statistics=lambda *counts: {"ring_distance": distance(*counts)},
        ),
        **_wasserstein(key, ours, theirs, RINGS),
        "invalid_fraction": share(np.isnan(theirs["visible"])),
        "empty_fraction": share(measured.empty(theirs["visible"])),
    }


def _ring_distance(ours: Values, theirs: Values) -> Callable[[np.ndarray, np.ndarray], float]:
    """Wasserstein distances of the energies of the three rings, each over its real spread, averaged."""
    parts = []
    for name in QUICK:
        spread = float(np.nanstd(ours[name])) if not np.isnan(ours[name]).all() else 0.0
        parts.append((wasserstein_by_counts(ours[name], theirs[name]), spread or 1.0))
    return lambda *counts: float(np.mean([distance(*counts) / spread for distance, spread in parts]))


def shape_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Wasserstein distances of barycentres, widths, asymmetries, active cells and the hottest cell."""
    return _wasserstein(key, values_of(real), values_of(fake), SHAPES)


def _wasserstein(key: Key, ours: Values, theirs: Values, names: Sequence[str]) -> dict[str, Estimate]:
    """Distances in the units of the observables; not known where no real shower has the observable."""
    parts = {
        f"wasserstein_{name}": wasserstein_by_counts(ours[name], theirs[name])
        for name in names
        if not np.isnan(ours[name]).all()
    }
    found = bootstrap.with_counts(
        key,
        len(ours["visible"]),
        len(theirs["visible"]),
        statistics=lambda *counts: {name: distance(*counts) for name, distance in parts.items()},
    )
    return {f"wasserstein_{name}": found.get(f"wasserstein_{name}", UNKNOWN) for name in names}


def share(chosen: np.ndarray) -> Estimate:
    """Share of events that are chosen, with a binomial error that is above zero also for none of them.

    >>> share(np.array([True, False])).value
    0.5
    """
    number = len(chosen)
    if not number:
        return UNKNOWN
    smooth = (chosen.sum() + 1) / (number + 2)
    return Estimate(float(chosen.mean()), float(np.sqrt(smooth * (1 - smooth) / number)))


def response_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Largest deviation of linearity and of resolution over the incident energies; NaN without these."""
    del key
    found = shower_response.shower_response(real, fake)
    return {
        **shower_response.summary(found),
        "resolution_fitted_worst": resolution_fit.largest_difference(found),
    }


def occupancy_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Occupancy, mean energy and spectra of single cells."""
    return shower_occupancy.shower_occupancy(key, real, fake)


def separation_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Separation power of every observable, and their mean."""
    ours, theirs = values_of(real), values_of(fake)
    parts = {name: separation_by_counts(ours[name], theirs[name]) for name in ours}

    def statistics(*counts: np.ndarray) -> dict[str, float]:
        found = {f"separation_power_{name}": power(*counts) for name, power in parts.items()}
        known = [value for value in found.values() if np.isfinite(value)]
        return {**found, "separation_power_mean": float(np.mean(known)) if known else float("nan")}

    if not min(len(real.data), len(fake.data)):
        return dict.fromkeys((*(f"separation_power_{name}" for name in (*parts, "mean")),), UNKNOWN)
    return bootstrap.with_counts(key, len(real.data), len(fake.data), statistics=statistics)


def physics_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Frechet and kernel physics distances on standardized high-level features."""
    if min(len(real.data), len(fake.data)) < FEWEST:
        return {"fpd": LOST, "kpd": LOST}
    described = (shower_features.high_level_features(batch) for batch in (real, fake))
    features = lepton_features.standardized(*described)
    return {"fpd": physics_distances.fpd(key, *features), "kpd": physics_distances.kpd(key, *features)}


def classifier_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Area under the ROC curve of two networks: one sees high-level features, one contrasts of cells too."""
    names = tuple(shower_classifier.DESCRIPTIONS)
    if min(len(real.data), len(fake.data)) < FEWEST_CLASSIFIED:
        return {f"auc_{on}": UNKNOWN for on in names}
    return {f"auc_{on}": shower_classifier.shower_test(key, real, fake, on=on).auc for on in names}


SUITES: dict[str, Suite] = {
    "rings": ring_suite,
    "shapes": shape_suite,
    "response": response_suite,
    "occupancy": occupancy_suite,
    "separation": separation_suite,
    "physics": physics_suite,
    "classifier": classifier_suite,
}
"""All groups by name."""


def quick(key: Key, real: Batch, fake: Batch) -> Estimate:
    """The distance of the rings without its error, for use while training.

    Infinite where all generated showers have cells that are not finite.
    """
    del key
    ours, theirs = values_of(real), values_of(fake)
    distance = _ring_distance(ours, theirs)
    return Estimate(distance(np.ones(len(ours["visible"])), np.ones(len(theirs["visible"]))), float("nan"))
