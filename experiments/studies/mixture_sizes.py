"""Fits Gaussian mixtures of many sizes and forms to four-lepton events, and judges what they generate.

    python experiments/studies/mixture_sizes.py --data=zz4l.csv --folder=runs/sizes --sizes=10,42,94

Sizes of a form are fitted as one program. It prints a table and writes sizes.png and sizes.pdf: distance and
Bray-Curtis dissimilarity of four-lepton masses, and the share of events without one, against the size.
"""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags
from matplotlib.figure import Figure

from jaxgen.base import Array, Estimate, Key, Scaler
from jaxgen.data.dataset import as_batch
from jaxgen.metrics.glossary import meaning
from jaxgen.metrics.table import Table
from jaxgen.models.mixture import covariances, gaussian_mixture, selection
from jaxgen.plots import style
from jaxgen.plots.illustration import Illustration
from jaxgen.systems import four_leptons
from jaxgen.systems.four_leptons import representation
from jaxgen.systems.four_leptons.observables import observe
from jaxgen.systems.four_leptons.suites import MEANINGS, mass_suite

FLAGS = flags.FLAGS
flags.DEFINE_string("data", None, "CSV file", required=True)
flags.DEFINE_string("folder", None, "for the figure", required=True)
flags.DEFINE_list("sizes", ["2", "5", "10", "20", "42", "60", "80", "94"], "numbers of components")
flags.DEFINE_list("covariances", ["tied", "spherical", "diagonal"], "forms of their covariance")
flags.DEFINE_enum("representation", "sparse", sorted(representation.REPRESENTATIONS), "of the events")
flags.DEFINE_integer("iterations", 100, "of a fit", lower_bound=1)
flags.DEFINE_integer("generated", 4000, "events a mixture is judged by", lower_bound=100)
flags.DEFINE_integer("seed", 0, "of starts and samples")

METRICS = ("wasserstein_m4l", "bray_curtis_m4l", "nan_fraction")


class Judged(NamedTuple):
    """A fitted size: mean log-likelihood an event, Schwarz's criterion, and metrics with their errors."""

    log_likelihood: float
    bic: float
    metrics: dict[str, Estimate]


def judged(key: Key, x: Array, scaler: Scaler, real: Table, covariance: str) -> dict[int, Judged]:
    """All sizes of one form, fitted to events as the mixture sees them [N, D]."""
    sizes = [int(size) for size in FLAGS.sizes]
    fit = partial(selection.fit_sizes, largest=max(sizes), covariance=covariance, iterations=FLAGS.iterations)
    fits = jax.jit(fit)(jax.random.fold_in(key, 0), x, jnp.array(sizes))
    found = {}
    for index, size in enumerate(sizes):
        mixture = jax.tree.map(lambda leaf, index=index: leaf[index], fits.mixtures)
        rows = gaussian_mixture.sample(
            jax.random.fold_in(key, 1), mixture, FLAGS.generated, covariance=covariance
        )
        events = as_batch(np.asarray(scaler.inverse(rows)), np.zeros((len(rows), 0)))
        metrics = mass_suite(jax.random.fold_in(key, 2), real, observe(events, real.spec))
        found[size] = Judged(
            float(fits.log_likelihood[index]),
            float(fits.bic[index]),
            {name: metrics[name] for name in METRICS},
        )
    return found


def table(found: Mapping[str, Mapping[int, Judged]]) -> str:
    """One line a form and size."""
    heads = "".join(f"{name:>24}" for name in METRICS)
    lines = [f"{'form':<12}{'size':>6}{'log-likelihood':>16}{'BIC':>14}{heads}"]
    for form, sizes in found.items():
        for size, one in sizes.items():
            cells = (f"{value:.5g} ± {error:.2g}" for value, error in one.metrics.values())
            lines.append(
                f"{form:<12}{size:>6}{one.log_likelihood:>16.3f}{one.bic:>14.5g}"
                + "".join(f"{cell:>24}" for cell in cells)
            )
    return "\n".join(lines)


def draw(found: Mapping[str, Mapping[int, Judged]]) -> Figure:
    """One panel a metric, one line a form."""
    figure = style.figure(2.6 * len(METRICS))
    for panel, name in enumerate(METRICS):
        axes = figure.add_subplot(len(METRICS), 1, panel + 1)
        for form, sizes in found.items():
            values, errors = np.transpose([one.metrics[name] for one in sizes.values()])
            axes.errorbar(list(sizes), values, yerr=errors, fmt="o-", capsize=2, label=form)
        axes.legend()
        style.dress(axes, x="components", title=meaning(name, MEANINGS).title)
    return figure


def main(argv: list[str]) -> None:
    del argv
    data = four_leptons.read(FLAGS.data)
    events = np.asarray(data.train.data)
    statistics = representation.statistics(FLAGS.representation, events)
    scaler = representation.REPRESENTATIONS[FLAGS.representation].scaler(statistics)
    x, real = scaler.forward(jnp.asarray(events)), observe(data.test, data.spec)
    key = jax.random.key(FLAGS.seed)
    found = {form: judged(key, x, scaler, real, form) for form in FLAGS.covariances}
    print(table(found))
    caption = "Values with their statistical errors against the number of components, one line a form."
    Illustration("sizes", "Sizes of mixtures", caption, draw(found)).save(FLAGS.folder)


flags.register_validator(
    "covariances",
    lambda names: set(names) <= set(covariances.FORMS),
    message=f"Expected forms among {', '.join(covariances.FORMS)}.",
)

if __name__ == "__main__":
    app.run(main)
