"""All metrics of pad responses, in groups that are worked out together."""

from collections.abc import Callable

import numpy as np

from jaxgen.base import Batch, Estimate, Key
from jaxgen.metrics import distances, manifold, physics_distances, trends
from jaxgen.systems.tpc_pads import pad_classifier
from jaxgen.systems.tpc_pads.observables import geometry

Suite = Callable[[Key, Batch, Batch], dict[str, Estimate]]

THRESHOLD = 1.0  # ADC counts below which a detector would not have written a cell


def suppressed(batch: Batch, *, threshold: float = THRESHOLD) -> Batch:
    """The batch with amplitudes below the threshold set to zero."""
    data = np.asarray(batch.data)
    return Batch(np.where(data < threshold, np.float32(0), data), batch.condition)  # type: ignore[arg-type]


def trend_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """The trend chi2 as it stands, of amplitudes cut at the threshold, and as published; empty images."""
    own = trends.trend_chi2(key, real, fake)
    cut = trends.trend_chi2(key, suppressed(real), suppressed(fake))
    published = trends.trend_chi2(key, real, fake, as_published=True)
    return {
        "trend_chi2": own.estimate,
        "trend_chi2_zero_suppressed": cut.estimate,
        "trend_chi2_as_published": published.estimate,
        "empty_fraction": cut.empty_fake,
    }


def moment_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Wasserstein distance of each moment."""
    found = distances.moment_distances(key, real, fake)
    return {f"wasserstein_{name}": estimate for name, estimate in found.items()}


def geometry_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Largest and root-mean-square pull of the geometric quantities."""
    del key
    pulls = np.array([compared.pull for compared in geometry.compare(real, fake).values()])
    pulls = pulls[np.isfinite(pulls)]
    rms = float(np.sqrt(np.mean(pulls**2)))
    return {"geometry_rms_pull": Estimate(rms, float(np.std(pulls**2) / np.sqrt(len(pulls)) / (2 * rms)))}


def physics_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Frechet and kernel physics distances on the moments."""
    return {
        "fpd": physics_distances.pad_fpd(key, real, fake),
        "kpd": physics_distances.pad_kpd(key, real, fake),
    }


def manifold_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Precision, recall, density and coverage on the moments, with as many events on both sides."""
    del key
    number = min(len(real.data), len(fake.data))
    found = manifold.pad_manifold(Batch(*(x[:number] for x in real)), Batch(*(x[:number] for x in fake)))
    return {f"manifold_{name}": estimate for name, estimate in found._asdict().items()}


def classifier_suite(key: Key, real: Batch, fake: Batch) -> dict[str, Estimate]:
    """Area under the ROC curve of two small networks: one sees moments, one sees zero-suppressed cells."""
    return {
        "auc_moments": pad_classifier.moment_auc(key, real, fake),
        "auc_pixels": pad_classifier.pixel_auc(key, real, fake),
    }


SUITES: dict[str, Suite] = {
    "trends": trend_suite,
    "moments": moment_suite,
    "geometry": geometry_suite,
    "physics": physics_suite,
    "manifold": manifold_suite,
    "classifier": classifier_suite,
}
"""All groups by name."""


def quick(key: Key, real: Batch, fake: Batch) -> Estimate:
    """The trend chi2 without its error, for use while training."""
    return trends.trend_chi2(key, real, fake, replicates=0).estimate
