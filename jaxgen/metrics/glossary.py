"""Descriptions of metrics for reports and tables: titles, meanings and units.

Metrics of a detector are described in its suites.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from jaxgen.metrics.table import Label

NEITHER = 2
PURE = "1"
"""Unit of a dimensionless number."""
OF_QUANTITY = "of the quantity"
"""Unit of a metric that has the unit of its observable."""


WITHOUT_CONDITIONS = "auc_without_conditions"
SINGLE_COLUMNS = "auc_single_columns"
"""Names of classifiers with fewer inputs than the others, see `metrics.networks.areas`."""

NO_LABELS: Mapping[str, Label] = MappingProxyType({})


class Meaning(NamedTuple):
    """Description of a metric.

    Attributes:
      title: usual name of the metric.
      says: what the metric measures.
      bad: which values indicate a problem.
      better: 1 if larger is better, -1 if smaller is better, 0 if that is unknown, `NEITHER` if the value of
        real events is best and deviations to both sides are bad.
      unit: unit of the value, `PURE` for a dimensionless number, `OF_QUANTITY` for the unit of the
        observable; empty if unknown.
    """

    title: str
    says: str = ""
    bad: str = ""
    better: int = 0
    unit: str = ""


ABOVE_FLOOR = "Bad when clearly above its floor, which is not zero for finite samples."
GENERAL: Mapping[str, Meaning] = {
    "wasserstein": Meaning(
        "Wasserstein distance",
        "How far one distribution must be moved, on average, to become the other; in units of the quantity.",
        ABOVE_FLOOR,
        better=-1,
        unit=OF_QUANTITY,
    ),
    "kullback_leibler": Meaning(
        "Kullback–Leibler divergence",
        "Mean log ratio of real to generated shares in 50 bins of equally many real events, in nats; half a "
        "count is added to every bin.",
        ABOVE_FLOOR,
        better=-1,
        unit="nat",
    ),
    "jensen_shannon": Meaning(
        "Jensen–Shannon divergence",
        "Divergence of both shares from their mean in the same bins, 0 equal to 0.693 disjoint.",
        ABOVE_FLOOR,
        better=-1,
        unit="nat",
    ),
    "bray_curtis": Meaning(
        "Bray–Curtis dissimilarity",
        "Summed differences over sums of the sorted values, 0 equal to 1 disjoint.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "frobenius": Meaning(
        "Distance of correlations",
        "Frobenius norm of the difference of the correlation matrices of all columns.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "frechet": Meaning(
        "Fréchet distance",
        "Squared distance of Gaussians with the means and covariances of the columns, in units of their real "
        "standard deviations.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "kolmogorov_smirnov": Meaning(
        "Kolmogorov–Smirnov distance",
        "Largest difference of the two cumulative distributions, 0 to 1.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "separation_power": Meaning(
        "Separation power",
        "Half the squared difference of two histograms, 0 equal to 1 disjoint.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "fpd": Meaning(
        "Fréchet physics distance",
        "Distance of the means and covariances of moments or observables, extrapolated to infinite samples.",
        ABOVE_FLOOR,
        better=-1,
        unit=PURE,
    ),
    "kpd": Meaning(
        "Kernel physics distance",
        "Squared distance of all joint moments up to fourth order; unbiased, so it may be negative.",
        "Bad when above zero by several errors.",
        better=-1,
        unit=PURE,
    ),
    "auc": Meaning(
        "Classifier AUC",
        "Probability that a network trained to distinguish them ranks a generated event above a real one.",
        "0.5: indistinguishable, 1: always distinguished. Bad when above its null by several errors.",
        better=-1,
        unit=PURE,
    ),
    "auc_without_conditions": Meaning(
        "Classifier AUC without the conditions",
        "The same for a network without the conditions as inputs.",
        "0.5 while others are high: events are right, but not for their conditions.",
        better=-1,
        unit=PURE,
    ),
    "auc_single_columns": Meaning(
        "Classifier AUC of single columns",
        "The same for a network with every column shuffled among the events.",
        "0.5 while others are high: each number is right by itself, but not together with the others.",
        better=-1,
        unit=PURE,
    ),
    "log_loss": Meaning(
        "Classifier log-loss",
        "Cross-entropy of that network on events not used in its training.",
        "0.693: indistinguishable. Bad when well below.",
        better=1,
        unit="nat",
    ),
    "manifold_precision": Meaning(
        "Precision",
        "Share of generated events that lie where real ones do.",
        "Bad when below its floor: the generator produces events unlike all real ones.",
        better=1,
        unit=PURE,
    ),
    "manifold_recall": Meaning(
        "Recall",
        "Share of real events that lie where generated ones do.",
        "Bad when below its floor: kinds of events are missing.",
        better=1,
        unit=PURE,
    ),
    "manifold_density": Meaning(
        "Density",
        "Density of real events around generated ones.",
        "Bad when below its floor; far above it, only the most common kinds of events are generated.",
        better=1,
        unit=PURE,
    ),
    "manifold_coverage": Meaning(
        "Coverage",
        "Share of real events with a generated one close by.",
        "Bad when below its floor: kinds of events are missing.",
        better=1,
        unit=PURE,
    ),
    "invalid_fraction": Meaning(
        "Share of events that are not finite",
        "Generated events with a value that is not a finite number.",
        "Bad when above zero.",
        better=-1,
        unit=PURE,
    ),
}
"""Descriptions of metrics that any detector may use."""


def meaning(
    name: str, own: Mapping[str, Meaning] = GENERAL, labels: Mapping[str, Label] = NO_LABELS
) -> Meaning:
    """The description for the longest known prefix of the name; the rest of the name is added to the title.

    Args:
      name: name of the metric.
      own: descriptions of the detector's own metrics, which take precedence.
      labels: labels of its observables.

    >>> meaning("wasserstein_e", labels={"e": Label("electron energy", "GeV")})[::4]
    ('Wasserstein distance of electron energy', 'GeV')
    >>> meaning("auc_pixels").title, meaning("unheard_of").title
    ('Classifier AUC: pixels', 'unheard of')
    """
    every = {**GENERAL, **own}
    known = [key for key in every if name == key or name.startswith((f"{key}_", f"{key}/", f"{key}."))]
    if not known:
        return Meaning(name.replace("_", " "))
    key = max(known, key=len)
    found, rest = every[key], name[len(key) + 1 :]
    if rest in labels:
        label = labels[rest]
        unit = label.unit or PURE
        return found._replace(
            title=f"{found.title} of {label.name}", unit=unit if found.unit == OF_QUANTITY else found.unit
        )
    words = rest.replace("^2", "²").replace("_", " ")
    unit = "" if found.unit == OF_QUANTITY else found.unit
    return found._replace(title=f"{found.title}: {words}" if rest else found.title, unit=unit)
