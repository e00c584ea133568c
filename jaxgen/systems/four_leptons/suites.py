"""All metrics of four-lepton events, in groups that are worked out together.

Generated events may be anything: those with a value that is not finite, and masses whose square is
below zero, are counted in `nan_fraction` and left out of the distances that they have no place in.
"""

from collections.abc import Callable

import jax
import numpy as np

from jaxgen.base import Batch, Estimate, Key
from jaxgen.metrics import (
    bootstrap,
    correlations,
    distances,
    divergences,
    gaussian_moments,
    physics_distances,
)
from jaxgen.metrics.counted_wasserstein import wasserstein_by_counts
from jaxgen.systems.four_leptons import lepton_classifier
from jaxgen.systems.four_leptons import observables as measured
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.observables import features as lepton_features

Suite = Callable[[Key, Batch, Batch], dict[str, Estimate]]

MASSES = ("m4l", "mz1", "mz2")
KINEMATICS = tuple(name for name in measured.Observables._fields if name not in MASSES)
LOST = Estimate(float("inf"), float("nan"))
UNKNOWN = Estimate(float("nan"), float("nan"))
FEWEST = 10  # events below which a distance in many dimensions is infinite
FEWEST_CLASSIFIED = 100  # events below which a fold of the classifier may be empty
WINDOW = 1.0  # GeV on both sides of the peak


def mass_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Distances of the three masses, events without a mass, and events at the peak."""
    ours, theirs = (measured.observables(batch.data) for batch in (real, fake))
    found = {}
    for i, name in enumerate(MASSES):
        columns = [measured.present(getattr(side, name)) for side in (ours, theirs)]
        found[f"wasserstein_{name}"] = distances.with_bootstrap(jax.random.fold_in(key, i), *columns)
    columns = [measured.present(side.m4l) for side in (ours, theirs)]
    for i, (name, distance) in enumerate(DIVERGENCES.items(), start=len(MASSES)):
        fold = jax.random.fold_in(key, i)
        found[f"{name}_m4l"] = distances.with_bootstrap(fold, *columns, distance=distance)
    lost = np.isnan(theirs.mz1) | np.isnan(theirs.mz2)
    return {
        **found,
        "nan_fraction": _share(np.isnan(theirs.m4l)),
        "nan_fraction_pairs": _share(lost),
        "peak_fraction_ratio": peak_fraction_ratio(ours.m4l, theirs.m4l),
    }


DIVERGENCES: dict[str, distances.Distance] = {
    "kullback_leibler": divergences.kullback_leibler,
    "jensen_shannon": divergences.jensen_shannon,
    "bray_curtis": divergences.bray_curtis,
}


def peak_fraction_ratio(real: np.ndarray, fake: np.ndarray, *, window: float = WINDOW) -> Estimate:
    """Share of generated masses near the real peak over the share of real ones.

    The peak is the middle of the shortest interval that holds a fifth of the real masses.

    Args:
      real: masses, [N], NaN allowed.
      fake: masses, [K]; NaN is not near the peak.
      window: on both sides of the peak, in GeV.

    Returns:
      1 for a perfect generator; NaN without real masses.
    """
    if np.isnan(real).all():
        return UNKNOWN
    centre = measured.peak(measured.present(real))
    ours, theirs = (_share(np.abs(side - centre) <= window) for side in (real, fake))
    if not ours.value:
        return UNKNOWN
    ratio = theirs.value / ours.value
    return Estimate(ratio, float(np.hypot(theirs.error, ratio * ours.error) / ours.value))


def _share(chosen: np.ndarray) -> Estimate:
    """Share with its binomial error, never zero: one event at least."""
    number = len(chosen)
    if not number:
        return UNKNOWN
    smooth = (chosen.sum() + 1) / (number + 2)
    return Estimate(float(chosen.mean()), float(np.sqrt(smooth * (1 - smooth) / number)))


def kinematics_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Wasserstein distances of momenta, pseudorapidities, energies, angles and the motion of the system."""
    ours, theirs = (measured.observables(batch.data) for batch in (real, fake))
    parts = {
        f"wasserstein_{name}": wasserstein_by_counts(getattr(ours, name), getattr(theirs, name))
        for name in KINEMATICS
    }
    return bootstrap.with_counts(
        key,
        len(ours.m4l),
        len(theirs.m4l),
        statistics=lambda *counts: {name: distance(*counts) for name, distance in parts.items()},
    )


def correlation_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Frobenius distances of the correlation matrices of all 32 columns."""
    sides = (columns_of(real), columns_of(fake))
    found = correlations.frobenius_distances(key, *sides)
    return {f"frobenius_{name}": estimate for name, estimate in found.items()}


def columns_of(batch: Batch) -> np.ndarray:
    """The finite events as rows of 32 numbers, (E, px, py, pz) of each slot."""
    rows = np.asarray(batch.data).reshape(len(batch.data), -1)
    return rows[np.isfinite(rows).all(axis=1)].astype(np.float64)


def frechet_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Frechet distances of the 32 columns, raw in GeV^2 and standardized, and of each slot."""
    ours, theirs = columns_of(real), columns_of(fake)
    spread = ours.std(axis=0) if len(ours) else np.ones(ours.shape[1])
    spread = np.where(spread > 0, spread, 1.0)
    slots = {
        f"frechet_{name.replace(' ', '_')}": slice(4 * i, 4 * i + 4) for i, name in enumerate(leptons.SLOTS)
    }
    if min(len(ours), len(theirs)) < FEWEST:
        return dict.fromkeys(("frechet_raw", "frechet_standardized", *slots), LOST)

    def statistics(real_counts: np.ndarray, fake_counts: np.ndarray) -> dict[str, float]:
        sides = gaussian_moments.moments(ours, real_counts), gaussian_moments.moments(theirs, fake_counts)
        alike = (gaussian_moments.scaled(side, spread) for side in sides)
        return {
            "frechet_raw": gaussian_moments.distance(*sides),
            "frechet_standardized": gaussian_moments.distance(*alike),
            **{
                name: gaussian_moments.distance(*(gaussian_moments.part(side, columns) for side in sides))
                for name, columns in slots.items()
            },
        }

    return bootstrap.with_counts(key, len(ours), len(theirs), statistics=statistics)


def spread_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Generated over real spread of each component of the momenta, over all slots: 1 if right."""
    ours, theirs = columns_of(real), columns_of(fake)
    names = [f"spread_ratio_{component}" for component in leptons.COMPONENTS]
    if min(len(ours), len(theirs)) < FEWEST:
        return dict.fromkeys(names, UNKNOWN)

    def statistics(*counts: np.ndarray) -> dict[str, float]:
        variances = [
            np.average((side - np.average(side, axis=0, weights=n)) ** 2, axis=0, weights=n)
            for side, n in zip((ours, theirs), counts, strict=True)
        ]
        real_part, fake_part = (np.sqrt(variance.reshape(-1, 4).mean(axis=0)) for variance in variances)
        return dict(zip(names, fake_part / np.where(real_part > 0, real_part, 1.0), strict=True))

    return bootstrap.with_counts(key, len(ours), len(theirs), statistics=statistics)


def physics_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Frechet and kernel physics distances on standardized observables."""
    if min(len(real.data), len(fake.data)) < FEWEST:
        return {"fpd": LOST, "kpd": LOST}
    described = (lepton_features.observable_features(batch) for batch in (real, fake))
    features = lepton_features.standardized(*described)
    return {"fpd": physics_distances.fpd(key, *features), "kpd": physics_distances.kpd(key, *features)}


def classifier_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Area under the ROC curve of two small networks: one sees momenta, one sees observables."""
    if min(len(real.data), len(fake.data)) < FEWEST_CLASSIFIED:
        return dict.fromkeys(("auc_momenta", "auc_observables"), UNKNOWN)
    return {
        f"auc_{on}": lepton_classifier.lepton_test(key, real, fake, on=on).auc
        for on in ("momenta", "observables")
    }


def channel_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Share of each channel among generated events, and the largest difference from the real shares."""
    sides = [channel_membership(batch) for batch in (real, fake)]

    def statistics(*counts: np.ndarray) -> dict[str, float]:
        ours, theirs = (n @ side / n.sum() for side, n in zip(sides, counts, strict=True))
        named = zip(leptons.CHANNELS, theirs, strict=True)
        return {
            "channel_difference": float(np.max(np.abs(ours - theirs))),
            **{f"channel_share_{name}": float(share) for name, share in named},
        }

    return bootstrap.with_counts(key, *map(len, sides), statistics=statistics)


def channel_membership(batch: Batch) -> np.ndarray:
    """1 in the column of each event's channel, else 0, [N, 3]; events that are not finite have none."""
    events = np.asarray(batch.data)
    whole = np.isfinite(events).all(axis=(1, 2))
    return np.eye(len(leptons.CHANNELS))[measured.channels(events)] * whole[:, None]


SUITES: dict[str, Suite] = {
    "mass": mass_suite,
    "kinematics": kinematics_suite,
    "correlations": correlation_suite,
    "spread": spread_suite,
    "frechet": frechet_suite,
    "physics": physics_suite,
    "classifier": classifier_suite,
    "channels": channel_suite,
}
"""All groups by name."""


def quick(key: Key, real: Batch, fake: Batch) -> Estimate:
    """Wasserstein distance of the four-lepton mass without its error, for use while training."""
    del key
    events = (measured.finite_events(batch.data) for batch in (real, fake))
    masses = [measured.present(measured.mass(side.sum(axis=1))) for side in events]
    value = distances.wasserstein(*masses) if min(map(len, masses)) else float("inf")
    return Estimate(value, float("nan"))
