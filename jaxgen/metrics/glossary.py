"""What every metric says, in plain words: what reports and tables call it and how to read it."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """A metric in plain words.

    Attributes:
      title: its usual name.
      says: what it measures.
      bad: when to worry.
      better: 1 where larger is better, -1 where smaller is, 0 where that depends or is not known.
    """

    title: str
    says: str
    bad: str
    better: int = 0


def meaning(name: str) -> Meaning:
    """A metric's plain words by the longest known beginning of its name; what follows goes into the title.

    >>> meaning("wasserstein_Mean0").title
    'Wasserstein distance: Mean0'
    >>> meaning("unheard_of").title
    'unheard of'
    """
    known = [key for key in METRICS if name == key or name.startswith((f"{key}_", f"{key}/", f"{key}."))]
    if not known:
        return Meaning(name.replace("_", " "), "", "")
    key = max(known, key=len)
    rest = name[len(key) + 1 :].replace("^2", "²").replace("_", " ")
    found = METRICS[key]
    return found._replace(title=f"{found.title}: {rest}") if rest else found


_ABOVE_FLOOR = "Bad when clearly above its floor, which is not zero for finite samples."
METRICS: dict[str, Meaning] = {
    "trend_chi2": Meaning(
        "Trend χ²",
        "Squared differences of mean ± spread of the response's moments in bins of the track parameters, "
        "in units of their errors. Sees wrong shapes, wrong fluctuations and wrong dependence on the track.",
        "Bad when several times its floor. Conditions drawn at random give more than ten times the floor.",
        better=-1,
    ),
    "trend_chi2_zero_suppressed": Meaning(
        "Trend χ², amplitudes below 1 cut",
        "The same after what a detector with a threshold would not have written is set to zero.",
        "Bad when several times its floor.",
        better=-1,
    ),
    "trend_chi2_as_published": Meaning(
        "Trend χ² as published",
        "The same with the quirks of the published code, to compare with published numbers.",
        "Infinite as soon as one event is empty.",
        better=-1,
    ),
    "wasserstein": Meaning(
        "Wasserstein distance",
        "How far one distribution must be moved, on average, to become the other; in units of the quantity.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "wasserstein_m4l": Meaning(
        "Four-lepton mass, Wasserstein distance",
        "How far the mass of all leptons must be moved, on average, to have the distribution of real events, "
        "in GeV. Events without a mass are left out.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "kullback_leibler": Meaning(
        "Kullback–Leibler divergence",
        "Mean log ratio of real to generated shares in 50 bins of equally many real events, in nats; half a "
        "count is added to every bin.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "jensen_shannon": Meaning(
        "Jensen–Shannon divergence",
        "Divergence of both shares from their mean in the same bins, 0 equal to 0.693 disjoint.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "bray_curtis": Meaning(
        "Bray–Curtis dissimilarity",
        "Summed differences over sums of the sorted values, 0 equal to 1 disjoint.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "nan_fraction": Meaning(
        "Share of events without a mass",
        "Generated events whose squared four-lepton mass is below zero, or that are not finite.",
        "Bad when above zero: momenta that no particles have.",
        better=-1,
    ),
    "nan_fraction_pairs": Meaning(
        "Share of events without a pair mass",
        "Generated events in which the squared mass of a lepton pair is below zero, or that are not finite.",
        "Bad when above zero: momenta that no particles have.",
        better=-1,
    ),
    "peak_fraction_ratio": Meaning(
        "Events at the peak",
        "Share of generated four-lepton masses within 1 GeV of the real peak, over the share of real ones.",
        "1 is right; below, the peak is too broad or elsewhere.",
    ),
    "frobenius": Meaning(
        "Distance of correlations",
        "Frobenius norm of the difference of the correlation matrices of all columns.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "frechet": Meaning(
        "Fréchet distance",
        "Squared distance of Gaussians with the means and covariances of the columns; in GeV² unless "
        "standardized.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "spread_ratio": Meaning(
        "Spread of generated over real",
        "Root-mean-square standard deviation of a component over all slots, generated over real.",
        "1 is right; far below, the generator hardly varies it.",
    ),
    "channel_difference": Meaning(
        "Largest difference of channel shares",
        "Share of events in each channel, generated less real; the largest one.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "channel_share": Meaning(
        "Share of channel",
        "Generated events in the channel.",
        "Bad when away from its floor, which is the share of real events, by several errors.",
    ),
    "kolmogorov_smirnov": Meaning(
        "Kolmogorov–Smirnov distance",
        "Largest difference of the two cumulative distributions, 0 to 1.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "separation_power": Meaning(
        "Separation power",
        "Half the squared difference of two histograms, 0 equal to 1 disjoint.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "fpd": Meaning(
        "Fréchet physics distance",
        "Distance of the means and covariances of moments or observables, extrapolated to infinite samples.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "kpd": Meaning(
        "Kernel physics distance",
        "Squared distance of all joint moments up to fourth order; unbiased, so it may be negative.",
        "Bad when above zero by several errors.",
        better=-1,
    ),
    "auc": Meaning(
        "Classifier AUC",
        "Chance that a network trained to tell them apart ranks a new generated event above a new real one.",
        "0.5 cannot be told apart, 1 always can. Bad when above its null by several errors.",
        better=-1,
    ),
    "log_loss": Meaning(
        "Classifier log-loss",
        "Cross-entropy of that network on events it has not seen.",
        "0.693 cannot be told apart. Bad when well below.",
        better=1,
    ),
    "geometry_rms_pull": Meaning(
        "Geometry, rms pull",
        "Barycentre residuals, width fits and tilt against the track: root mean square of their differences, "
        "in units of the errors.",
        "1 is as good as real events; bad when several times that.",
        better=-1,
    ),
    "manifold_precision": Meaning(
        "Precision",
        "Share of generated events that lie where real ones do.",
        "Bad when below its floor: the generator makes events that do not exist.",
        better=1,
    ),
    "manifold_recall": Meaning(
        "Recall",
        "Share of real events that lie where generated ones do.",
        "Bad when below its floor: kinds of events are missing.",
        better=1,
    ),
    "manifold_density": Meaning(
        "Density",
        "How thickly real events surround generated ones.",
        "Bad when below its floor; far above means that only the commonest kinds are made.",
        better=1,
    ),
    "manifold_coverage": Meaning(
        "Coverage",
        "Share of real events with a generated one close by.",
        "Bad when below its floor: kinds of events are missing.",
        better=1,
    ),
    "empty_fraction": Meaning(
        "Share of empty events",
        "Generated events without any amplitude.",
        "Bad when above the share among real events.",
        better=-1,
    ),
    "ring_distance": Meaning(
        "Distance of ring energies",
        "Wasserstein distance of the energy in each ring of cells, over its real spread, averaged.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "linearity_worst": Meaning(
        "Worst linearity",
        "Largest deviation of the mean visible energy from the real one, as a share of it, over ranges of "
        "the incident energy.",
        "Bad when above its floor and above 0.01.",
        better=-1,
    ),
    "resolution_worst": Meaning(
        "Worst resolution",
        "Largest deviation of the relative spread of the visible energy from the real one over ranges of the "
        "incident energy, as a share of it. A few showers that leak decide it.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "resolution_core_worst": Meaning(
        "Worst resolution of the central 68 %",
        "The same of half the width of the central 68 %, which showers that leak do not move.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "resolution_fitted_worst": Meaning(
        "Largest difference of fitted resolution",
        "The same of the curve sqrt(a^2 / E + b^2) fitted to these widths, over the whole range of energies.",
        "Bad when above its floor and above 0.1.",
        better=-1,
    ),
    "occupancy_correlation": Meaning(
        "Correlation of occupancy",
        "Correlation over the cells of the shares of showers in which they are active, generated and real.",
        "1 is right.",
    ),
    "occupancy_difference": Meaning(
        "Largest difference of occupancy",
        "Largest difference over the cells of the share of showers in which a cell is active.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "mean_shower_difference": Meaning(
        "Difference of the mean shower",
        "Sum over the cells of the differences of the mean energy, over the sum of the real means.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "cell_separation": Meaning(
        "Separation power of single cells",
        "That of the energies of a cell, averaged over the cells.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "invalid_fraction": Meaning(
        "Share of events that are not finite",
        "Generated events with a value that is not a finite number.",
        "Bad when above zero.",
        better=-1,
    ),
}
