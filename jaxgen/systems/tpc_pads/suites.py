"""Metrics of pad responses in suites, with their descriptions."""

import jax
import numpy as np

from jaxgen.base import Estimate, Key
from jaxgen.metrics import distances, manifold, networks, physics_distances, trends
from jaxgen.metrics.binned import Profiled
from jaxgen.metrics.features import scaled_alike
from jaxgen.metrics.glossary import PURE, Meaning
from jaxgen.metrics.table import Suite, Table, present
from jaxgen.system import Judging
from jaxgen.systems.tpc_pads.observables import MOMENT_NAMES, SUPPRESSED, geometry
from jaxgen.systems.tpc_pads.observables.features import (
    condition_features,
    pixel_features,
    response_features,
    shape_features,
    track_features,
)


def shapes(table: Table) -> Profiled:
    """The first five moments and the track parameters, as in the published chi2."""
    return _profiled(table, MOMENT_NAMES[:5])


def suppressed_shapes(table: Table) -> Profiled:
    """The same after a threshold of one ADC count."""
    return _profiled(table, tuple(f"{SUPPRESSED}{name}" for name in MOMENT_NAMES[:5]))


def _profiled(table: Table, names: tuple[str, ...]) -> Profiled:
    return Profiled(track_features(table), np.stack([table[name] for name in names], axis=1))


def trend_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """The trend chi2 of all amplitudes, after the threshold, and as published; empty images."""
    plain = real.of(shapes), fake.of(shapes)
    own = trends.trend_chi2(key, *plain)
    cut = trends.trend_chi2(key, real.of(suppressed_shapes), fake.of(suppressed_shapes))
    published = trends.trend_chi2(key, *plain, as_published=True)
    return {
        "trend_chi2": own.estimate,
        "trend_chi2_zero_suppressed": cut.estimate,
        "trend_chi2_as_published": published.estimate,
        "empty_fraction": cut.empty_fake,
    }


def moment_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Wasserstein distance of each moment; empty images count only in Sum."""
    return {
        f"wasserstein_{name}": distances.with_bootstrap(
            jax.random.fold_in(key, i), present(real[name]), present(fake[name])
        )
        for i, name in enumerate(MOMENT_NAMES)
    }


def geometry_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Largest and root-mean-square pull of the geometric quantities."""
    del key
    pulls = np.array([compared.pull for compared in geometry.compare(real, fake).values()])
    pulls = pulls[np.isfinite(pulls)]
    rms = float(np.sqrt(np.mean(pulls**2)))
    return {"geometry_rms_pull": Estimate(rms, float(np.std(pulls**2) / np.sqrt(len(pulls)) / (2 * rms)))}


def physics_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Frechet and kernel physics distances of the moments of responses that are not empty."""
    return physics_distances.both(key, shape_features(real), shape_features(fake))


def manifold_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Precision, recall, density and coverage of the moments, for equal numbers of events."""
    del key
    number = min(real.number, fake.number)
    features = scaled_alike(*(shape_features(side.first(number)) for side in (real, fake)))
    found = manifold.precision_recall_density_coverage(*features)
    return {f"manifold_{name}": estimate for name, estimate in found._asdict().items()}


SEEN = {"moments": response_features, "pixels": pixel_features}
"""Input features of the classifiers, in addition to the track."""


def classifier_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Areas under the ROC curve of small networks given moments or zero-suppressed cells, and the track.

    One more network is trained without the track, see `metrics.networks.areas`.
    """
    return networks.areas(key, real, fake, seen=SEEN, given=condition_features)


SUITES: dict[str, Suite] = {
    "trends": trend_suite,
    "moments": moment_suite,
    "geometry": geometry_suite,
    "physics": physics_suite,
    "manifold": manifold_suite,
    "classifier": classifier_suite,
}
"""All suites by name."""

MEANINGS = {
    "trend_chi2": Meaning(
        "Trend χ²",
        "Squared differences of mean ± standard deviation of the response's moments in bins of the track "
        "parameters, in units of their errors. Sensitive to wrong shapes, fluctuations and dependence on "
        "the track.",
        "Bad when several times its floor. Conditions drawn at random give more than ten times the floor.",
        better=-1,
        unit=PURE,
    ),
    "trend_chi2_zero_suppressed": Meaning(
        "Trend χ², amplitudes below 1 cut",
        "The same after amplitudes below the threshold of a detector are set to zero.",
        "Bad when several times its floor.",
        better=-1,
        unit=PURE,
    ),
    "trend_chi2_as_published": Meaning(
        "Trend χ² as published",
        "The same with the peculiarities of the published code, to compare with published numbers.",
        "Infinite as soon as one event is empty.",
        better=-1,
        unit=PURE,
    ),
    "geometry_rms_pull": Meaning(
        "Geometry, rms pull",
        "Barycentre residuals, width fits and tilt against the track: root mean square of their differences, "
        "in units of the errors.",
        "1 is as good as real events; bad when several times that.",
        better=-1,
        unit=PURE,
    ),
    "empty_fraction": Meaning(
        "Share of empty events",
        "Generated events without any amplitude.",
        "Bad when above the share among real events.",
        better=-1,
        unit=PURE,
    ),
}


def quick(key: Key, real: Table, fake: Table) -> Estimate:
    """The trend chi2 without its error, for use during training."""
    return trends.trend_chi2(key, real.of(shapes), fake.of(shapes), replicates=0).estimate


JUDGING = Judging(SUITES, quick, MEANINGS)
