"""Metrics of four-lepton events in suites, with their descriptions.

Generated events may be invalid: those with a value that is not finite, and masses with a negative square,
are counted in `nan_fraction` and ignored in the distances.
"""

from collections.abc import Mapping
from functools import partial

import jax
import numpy as np

from jaxgen.base import LOST, UNKNOWN, Estimate, Key
from jaxgen.metrics import (
    bootstrap,
    correlations,
    distances,
    divergences,
    frechet,
    networks,
    physics_distances,
)
from jaxgen.metrics.features import standardized
from jaxgen.metrics.general import share, wasserstein_suite
from jaxgen.metrics.glossary import ABOVE_FLOOR, NEITHER, PURE, Meaning
from jaxgen.metrics.physics_distances import FEWEST
from jaxgen.metrics.table import Suite, Table, present
from jaxgen.system import Judging
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.observables import KINEMATICS, MASSES, peak
from jaxgen.systems.four_leptons.observables.features import (
    channel_members,
    momentum_columns,
    momentum_features,
    observable_features,
)

WINDOW = 1.0  # GeV on both sides of the peak

DIVERGENCES = ("kullback_leibler", "jensen_shannon", "bray_curtis")
DISTANCES: Mapping[str, distances.Distance] = {
    "wasserstein": distances.wasserstein,
    "kullback_leibler": divergences.kullback_leibler,
    "jensen_shannon": divergences.jensen_shannon,
    "bray_curtis": divergences.bray_curtis,
}


def mass_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Distances of the three masses, events without a mass, and events in the peak."""
    found = {}
    asked = [("wasserstein", name) for name in MASSES] + [(word, "m4l") for word in DIVERGENCES]
    for i, (word, name) in enumerate(asked):
        columns = [present(side[name]) for side in (real, fake)]
        fold = jax.random.fold_in(key, i)
        found[f"{word}_{name}"] = distances.with_bootstrap(fold, *columns, distance=DISTANCES[word])
    return {
        **found,
        "nan_fraction": share(np.isnan(fake["m4l"])),
        "nan_fraction_pairs": share(np.isnan(fake["mz1"]) | np.isnan(fake["mz2"])),
        "peak_fraction_ratio": peak_fraction_ratio(real["m4l"], fake["m4l"]),
    }


def peak_fraction_ratio(real: np.ndarray, fake: np.ndarray, *, window: float = WINDOW) -> Estimate:
    """Fraction of generated masses near the real peak over the fraction of real ones.

    The peak is the middle of the shortest interval that contains a fifth of the real masses.

    Args:
      real: masses, [N], NaN allowed.
      fake: masses, [K]; NaN is not near the peak.
      window: half width of the range around the peak, in GeV.

    Returns:
      1 for a perfect generator; NaN without real masses.
    """
    if np.isnan(real).all():
        return UNKNOWN
    centre = peak(present(real))
    ours, theirs = (share(np.abs(side - centre) <= window) for side in (real, fake))
    if not ours.value:
        return UNKNOWN
    ratio = theirs.value / ours.value
    return Estimate(ratio, float(np.hypot(theirs.error, ratio * ours.error) / ours.value))


def correlation_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Frobenius distances of the correlation matrices of all 32 columns."""
    found = correlations.frobenius_distances(key, real.of(momentum_columns), fake.of(momentum_columns))
    return {f"frobenius_{name}": estimate for name, estimate in found.items()}


def frechet_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Frechet distances of the 32 columns, in GeV^2 and standardized, and of each slot."""
    sides = real.of(momentum_columns), fake.of(momentum_columns)
    std = sides[0].std(axis=0) if len(sides[0]) else np.ones(sides[0].shape[1])
    std = np.where(std > 0, std, 1.0)
    slots = {
        f"frechet_{name.replace(' ', '_')}": slice(4 * i, 4 * i + 4) for i, name in enumerate(leptons.SLOTS)
    }
    if min(map(len, sides)) < FEWEST:
        return dict.fromkeys(("frechet_raw", "frechet_standardized", *slots), LOST)

    def statistics(*counts: np.ndarray) -> dict[str, float]:
        both = [frechet.moments(side, n) for side, n in zip(sides, counts, strict=True)]
        return {
            "frechet_raw": frechet.distance(*both),
            "frechet_standardized": frechet.distance(*(frechet.scaled(side, std) for side in both)),
            **{
                name: frechet.distance(*(frechet.part(side, columns) for side in both))
                for name, columns in slots.items()
            },
        }

    return bootstrap.with_counts(key, *map(len, sides), statistics=statistics)


def std_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Generated over real standard deviation of each momentum component over all slots."""
    sides = real.of(momentum_columns), fake.of(momentum_columns)
    names = [f"std_ratio_{component}" for component in leptons.COMPONENTS]
    if min(map(len, sides)) < FEWEST:
        return dict.fromkeys(names, UNKNOWN)

    def statistics(*counts: np.ndarray) -> dict[str, float]:
        variances = [
            np.average((side - np.average(side, axis=0, weights=n)) ** 2, axis=0, weights=n)
            for side, n in zip(sides, counts, strict=True)
        ]
        ours, theirs = (np.sqrt(variance.reshape(-1, 4).mean(axis=0)) for variance in variances)
        return dict(zip(names, theirs / np.where(ours > 0, ours, 1.0), strict=True))

    return bootstrap.with_counts(key, *map(len, sides), statistics=statistics)


def physics_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Frechet and kernel physics distances of standardized observables."""
    described = real.of(observable_features), fake.of(observable_features)
    return physics_distances.both(key, *standardized(*described))


SEEN = {"momenta": momentum_features, "observables": observable_features}
"""Input features of the classifiers, in addition to the condition."""


def classifier_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Areas under the ROC curve of small networks with momenta or observables, and the condition, as inputs.

    One more network is trained without the condition or, if there is none, with each of the 32 columns
    shuffled, see `metrics.networks.areas`.
    """
    return networks.areas(key, real, fake, seen=SEEN)


def channel_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Fraction of each channel among generated events, and the largest difference from the real fractions."""
    sides = real.of(channel_members), fake.of(channel_members)

    def statistics(*counts: np.ndarray) -> dict[str, float]:
        ours, theirs = (n @ side / n.sum() for side, n in zip(sides, counts, strict=True))
        named = zip(leptons.CHANNELS, theirs, strict=True)
        return {
            "channel_difference": float(np.max(np.abs(ours - theirs))),
            **{f"channel_share_{name}": float(part) for name, part in named},
        }

    return bootstrap.with_counts(key, *map(len, sides), statistics=statistics)


SUITES: dict[str, Suite] = {
    "mass": mass_suite,
    "kinematics": partial(wasserstein_suite, names=KINEMATICS),
    "correlations": correlation_suite,
    "std": std_suite,
    "frechet": frechet_suite,
    "physics": physics_suite,
    "classifier": classifier_suite,
    "channels": channel_suite,
}
"""All suites by name."""

MEANINGS = {
    "wasserstein_m4l": Meaning(
        "Four-lepton mass, Wasserstein distance",
        "How far the mass of all leptons must be moved, on average, to have the distribution of real events, "
        "in GeV. Events without a mass are left out.",
        ABOVE_FLOOR,
        better=-1,
        unit="GeV",
    ),
    "frechet": Meaning(
        "Fréchet distance",
        "Squared distance of Gaussians with the means and covariances of the momenta in a slot.",
        ABOVE_FLOOR,
        better=-1,
        unit="GeV²",
    ),
    "frechet_raw": Meaning(
        "Fréchet distance",
        "Squared distance of Gaussians with the means and covariances of all momenta.",
        ABOVE_FLOOR,
        better=-1,
        unit="GeV²",
    ),
    "frechet_standardized": Meaning(
        "Fréchet distance, standardized",
        "The same in units of the real standard deviation of each column.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "nan_fraction": Meaning(
        "Share of events without a mass",
        "Generated events whose squared four-lepton mass is below zero, or that are not finite.",
        "Bad when above zero: unphysical momenta.",
        better=-1,
        unit=PURE,
    ),
    "nan_fraction_pairs": Meaning(
        "Share of events without a pair mass",
        "Generated events in which the squared mass of a lepton pair is below zero, or that are not finite.",
        "Bad when above zero: unphysical momenta.",
        better=-1,
        unit=PURE,
    ),
    "peak_fraction_ratio": Meaning(
        "Events at the peak",
        "Share of generated four-lepton masses within 1 GeV of the real peak, over the share of real ones.",
        "1 is right; below, the peak is too broad or elsewhere.",
        better=NEITHER,
        unit=PURE,
    ),
    "std_ratio": Meaning(
        "Ratio of standard deviations",
        "Root-mean-square standard deviation of a component over all slots, generated over real.",
        "1 is right; far below, the generator hardly varies it.",
        better=NEITHER,
        unit=PURE,
    ),
    "channel_difference": Meaning(
        "Largest difference of channel shares",
        "Share of events in each channel, generated less real; the largest one.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "channel_share": Meaning(
        "Share of channel",
        "Generated events in the channel.",
        "Bad when away from its floor, which is the share of real events, by several errors.",
        better=NEITHER,
        unit=PURE,
    ),
}


def quick(key: Key, real: Table, fake: Table) -> Estimate:
    """Wasserstein distance of the four-lepton mass without its error, for use during training."""
    del key
    masses = [present(side["m4l"]) for side in (real, fake)]
    value = distances.wasserstein(*masses) if min(map(len, masses)) else float("inf")
    return Estimate(value, float("nan"))


JUDGING = Judging(SUITES, quick, MEANINGS)
