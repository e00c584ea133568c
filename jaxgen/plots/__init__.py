"""Figures from arrays and metrics; every function returns a matplotlib Figure and draws nothing itself."""

from jaxgen.plots.chi2_figures import chi2_table, deviation_map
from jaxgen.plots.classifier import auc_by_feature
from jaxgen.plots.comparison import Scored, compare_runs
from jaxgen.plots.histograms import log_amplitudes, moment_histograms
from jaxgen.plots.illustration import Illustration
from jaxgen.plots.maps import mean_response, occupancy
from jaxgen.plots.saving import render, save
from jaxgen.plots.scores import score_histograms
from jaxgen.plots.training import Panel, training_curves, training_illustration
from jaxgen.plots.trends import pad_trend_figures, trend_figure
from jaxgen.systems.calorimeter.figures import shower_illustrations
from jaxgen.systems.four_leptons.figures import lepton_illustrations
from jaxgen.systems.four_leptons.figures.model_comparison import model_illustrations
from jaxgen.systems.tpc_pads.figures import chi2_illustrations, pad_illustrations
from jaxgen.systems.tpc_pads.figures.geometry import pulls
from jaxgen.systems.tpc_pads.figures.samples import sample_pairs

__all__ = [
    "Illustration",
    "Panel",
    "Scored",
    "auc_by_feature",
    "chi2_illustrations",
    "chi2_table",
    "compare_runs",
    "deviation_map",
    "lepton_illustrations",
    "log_amplitudes",
    "mean_response",
    "model_illustrations",
    "moment_histograms",
    "occupancy",
    "pad_illustrations",
    "pad_trend_figures",
    "pulls",
    "render",
    "sample_pairs",
    "save",
    "score_histograms",
    "shower_illustrations",
    "training_curves",
    "training_illustration",
    "trend_figure",
]
