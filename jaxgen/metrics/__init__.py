"""How good are generated events? Every answer is an `Estimate(value, error)`.

A metric is `metric(key, real, fake) -> Estimate` on `Batch`es in physical units, so that any of them
can stand beside its real-versus-real floor (`with_floor`). Functions on plain arrays are below them.
"""

from jaxgen.metrics.bands import Bands, pad_trend_table, pad_trends, sample_bands, trend_bands
from jaxgen.metrics.binned import Binned, Table, common_edges
from jaxgen.metrics.classifier import Config as ClassifierConfig
from jaxgen.metrics.classifier import TwoSampleTest, auc_by_bin, null_test, two_sample_test
from jaxgen.metrics.correlations import frobenius_distances, pearson, spearman
from jaxgen.metrics.distances import (
    kolmogorov_smirnov,
    moment_distances,
    separation_power,
    wasserstein,
    with_bootstrap,
)
from jaxgen.metrics.divergences import bray_curtis, jensen_shannon, kullback_leibler
from jaxgen.metrics.floor import Floored, ratio, real_floor, with_floor
from jaxgen.metrics.manifold import Manifold, pad_manifold, precision_recall_density_coverage
from jaxgen.metrics.physics_distances import fpd, frechet_of_samples, kpd, pad_fpd, pad_kpd
from jaxgen.metrics.ranking import roc_auc
from jaxgen.metrics.trends import (
    TrendChi2,
    TrendTerms,
    chi2,
    empty_fraction,
    pad_table,
    trend_chi2,
    trend_terms,
)
from jaxgen.systems.calorimeter.shower_classifier import shower_test
from jaxgen.systems.four_leptons.lepton_classifier import lepton_test
from jaxgen.systems.four_leptons.observables import Observables, observables
from jaxgen.systems.tpc_pads.observables import FEATURE_NAMES, MOMENT_NAMES, is_empty, moments, trend_features
from jaxgen.systems.tpc_pads.observables.geometry import Compared, Fit, linear_fit
from jaxgen.systems.tpc_pads.observables.geometry import compare as compare_geometry
from jaxgen.systems.tpc_pads.observables.geometry import fits as geometric_fits
from jaxgen.systems.tpc_pads.observables.geometry import summary as geometric_summary
from jaxgen.systems.tpc_pads.pad_classifier import (
    moment_auc,
    pad_auc_by_feature,
    pad_null,
    pad_test,
    pixel_auc,
)

__all__ = [
    "FEATURE_NAMES",
    "MOMENT_NAMES",
    "Bands",
    "Binned",
    "ClassifierConfig",
    "Compared",
    "Fit",
    "Floored",
    "Manifold",
    "Observables",
    "Table",
    "TrendChi2",
    "TrendTerms",
    "TwoSampleTest",
    "auc_by_bin",
    "bray_curtis",
    "chi2",
    "common_edges",
    "compare_geometry",
    "empty_fraction",
    "fpd",
    "frechet_of_samples",
    "frobenius_distances",
    "geometric_fits",
    "geometric_summary",
    "is_empty",
    "jensen_shannon",
    "kolmogorov_smirnov",
    "kpd",
    "kullback_leibler",
    "lepton_test",
    "linear_fit",
    "moment_auc",
    "moment_distances",
    "moments",
    "null_test",
    "observables",
    "pad_auc_by_feature",
    "pad_fpd",
    "pad_kpd",
    "pad_manifold",
    "pad_null",
    "pad_table",
    "pad_test",
    "pad_trend_table",
    "pad_trends",
    "pearson",
    "pixel_auc",
    "precision_recall_density_coverage",
    "ratio",
    "real_floor",
    "roc_auc",
    "sample_bands",
    "separation_power",
    "shower_test",
    "spearman",
    "trend_bands",
    "trend_chi2",
    "trend_features",
    "trend_terms",
    "two_sample_test",
    "wasserstein",
    "with_bootstrap",
    "with_floor",
]
