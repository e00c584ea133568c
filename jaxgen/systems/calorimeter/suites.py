"""Metrics of calorimeter showers in suites, with their descriptions.

Generated showers may be invalid: those with a cell that is not finite are counted in `invalid_fraction` and
ignored in the distances, as are those without energy, counted in `empty_fraction`, if an observable
needs energy. Negative energies count as zero.
"""

from collections.abc import Callable

import jax
import numpy as np

from jaxgen.base import UNKNOWN, Estimate, Key
from jaxgen.metrics import bootstrap, networks, physics_distances
from jaxgen.metrics.classifier import Config
from jaxgen.metrics.distances import separation_by_counts, wasserstein_by_counts
from jaxgen.metrics.features import standardized
from jaxgen.metrics.general import share, wasserstein_suite
from jaxgen.metrics.glossary import ABOVE_FLOOR, PURE, Meaning
from jaxgen.metrics.table import Suite, Table
from jaxgen.system import Judging
from jaxgen.systems.calorimeter.observables import (
    energy_response,
    is_empty,
    is_lost,
    occupancy,
    resolution_fit,
)
from jaxgen.systems.calorimeter.observables.features import (
    all_features,
    condition_features,
    high_level_features,
    shower_and_cell_features,
    shower_features,
)

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
JUDGED = (*RINGS[:-1], *SHAPES, RINGS[-1])
"""Observables that are compared one by one."""

QUICK = ("e0", "e1", "e2")
"""Observables of the headline metric."""

SEEN: dict[str, Callable[[Table], np.ndarray]] = {"high_level": high_level_features, "cells": all_features}
"""Input features of the classifiers, in addition to the incident particle."""

ALONE: dict[str, Callable[[Table], np.ndarray]] = {
    "high_level": shower_features,
    "cells": shower_and_cell_features,
}
"""The same features without the incident energy."""

CONFIG = Config(steps=1000, widths=(128, 64))
"""Configuration of the classifiers: for real showers with each cell smeared by 20 % the AUC is 0.95 with
2,000 showers.
"""


def ring_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Wasserstein distances of ring energies, ratios, shares and response; invalid showers."""
    distance = _ring_distance(real, fake)
    return {
        **bootstrap.with_counts(
            jax.random.fold_in(key, 1),
            real.number,
            fake.number,
            statistics=lambda *counts: {"ring_distance": distance(*counts)},
        ),
        **wasserstein_suite(key, real, fake, names=RINGS),
        "invalid_fraction": share(is_lost(fake)),
        "empty_fraction": share(is_empty(fake)),
    }


def _ring_distance(real: Table, fake: Table) -> Callable[[np.ndarray, np.ndarray], float]:
    """Mean Wasserstein distance of the three ring energies, in real standard deviations."""
    parts = []
    for name in QUICK:
        std = float(np.nanstd(real[name])) if not np.isnan(real[name]).all() else 0.0
        parts.append((wasserstein_by_counts(real[name], fake[name]), std or 1.0))
    return lambda *counts: float(np.mean([distance(*counts) / std for distance, std in parts]))


def shape_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Wasserstein distances of barycentres, widths, asymmetries, active cells and the hottest cell."""
    return wasserstein_suite(key, real, fake, names=SHAPES)


def response_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Largest deviation of linearity and of resolution over incident energies; NaN if these are unknown."""
    del key
    found = energy_response.shower_response(real, fake)
    return {
        **energy_response.summary(found),
        "resolution_fitted_worst": resolution_fit.largest_difference(found),
    }


def separation_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Separation power of every observable, and their mean."""
    parts = {name: separation_by_counts(real[name], fake[name]) for name in JUDGED}

    def statistics(*counts: np.ndarray) -> dict[str, float]:
        found = {f"separation_power_{name}": power(*counts) for name, power in parts.items()}
        known = [value for value in found.values() if np.isfinite(value)]
        return {**found, "separation_power_mean": float(np.mean(known)) if known else float("nan")}

    if not min(real.number, fake.number):
        return {f"separation_power_{name}": UNKNOWN for name in (*JUDGED, "mean")}
    return bootstrap.with_counts(key, real.number, fake.number, statistics=statistics)


def physics_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Frechet and kernel physics distances of standardized high-level features."""
    sides = standardized(*(side.of(high_level_features) for side in (real, fake)))
    return physics_distances.both(key, *sides)


def classifier_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Areas under the ROC curve of networks given high-level features, without and with cell contrasts.

    The incident particle is also an input; one more network is trained without it, see
    `metrics.networks.areas`.
    """
    return networks.areas(key, real, fake, seen=SEEN, alone=ALONE, given=condition_features, config=CONFIG)


SUITES: dict[str, Suite] = {
    "rings": ring_suite,
    "shapes": shape_suite,
    "response": response_suite,
    "occupancy": occupancy.shower_occupancy,
    "separation": separation_suite,
    "physics": physics_suite,
    "classifier": classifier_suite,
}
"""All suites by name."""

MEANINGS = {
    "ring_distance": Meaning(
        "Distance of ring energies",
        "Wasserstein distance of the energy in each ring of cells, over its real standard deviation, "
        "averaged.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "linearity_worst": Meaning(
        "Worst linearity",
        "Largest deviation of the mean visible energy from the real one, as a share of it, over ranges of "
        "the incident energy.",
        "Bad when above its floor and above 0.01.",
        better=-1,
        unit=PURE,
    ),
    "resolution_worst": Meaning(
        "Worst resolution",
        "Largest deviation of the relative standard deviation of the visible energy from the real one over "
        "ranges of the incident energy, as a fraction of it. Dominated by a few showers that leak.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "resolution_core_worst": Meaning(
        "Worst resolution of the central 68 %",
        "The same for half the width of the central 68 %, which is insensitive to showers that leak.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "resolution_fitted_worst": Meaning(
        "Largest difference of fitted resolution",
        "The same of the curve sqrt(a^2 / E + b^2) fitted to these widths, over the whole range of energies.",
        "Bad when above its floor and above 0.1.",
        better=-1,
        unit=PURE,
    ),
    "occupancy_correlation": Meaning(
        "Correlation of occupancy",
        "Correlation over the cells of the shares of showers in which they are active, generated and real.",
        "1 is right.",
        better=1,
        unit=PURE,
    ),
    "occupancy_difference": Meaning(
        "Largest difference of occupancy",
        "Largest difference over the cells of the share of showers in which a cell is active.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "mean_shower_difference": Meaning(
        "Difference of the mean shower",
        "Sum over the cells of the differences of the mean energy, over the sum of the real means.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "cell_separation": Meaning(
        "Separation power of single cells",
        "That of the energies of a cell, averaged over the cells.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "empty_fraction": Meaning(
        "Share of empty showers",
        "Generated showers without any energy.",
        "Bad when above the share among real showers.",
        better=-1,
        unit=PURE,
    ),
}


def quick(key: Key, real: Table, fake: Table) -> Estimate:
    """The distance of the rings without its error, for use during training.

    Infinite if all generated showers have cells that are not finite.
    """
    del key
    distance = _ring_distance(real, fake)
    return Estimate(distance(np.ones(real.number), np.ones(fake.number)), float("nan"))


JUDGING = Judging(SUITES, quick, MEANINGS)
