"""Evaluation of any detector by the columns of its events, their means and standard deviations."""

from collections.abc import Sequence

import numpy as np

from jaxgen.base import LOST, UNKNOWN, Batch, Estimate, Key
from jaxgen.data.dataset import Spec
from jaxgen.metrics import bootstrap, frechet, memorization, networks
from jaxgen.metrics import failures as worst
from jaxgen.metrics.distances import wasserstein_by_counts
from jaxgen.metrics.features import standardized
from jaxgen.metrics.physics_distances import FEWEST, both
from jaxgen.metrics.table import Label, Samples, Suite, Table


def observe(batch: Batch, spec: Spec) -> Table:
    """The columns of the events and, for several values per event, their mean and standard deviation.

    Args:
      batch: events of any detector.
      spec: description of the arrays.

    Returns:
      Columns NAME [N, P], mean_NAME and std_NAME [N]; values that are not finite are NaN.
    """
    data = np.asarray(batch.data, np.float64)
    data = np.where(np.isfinite(data), data, np.nan)
    several = len(spec.columns) > 1
    columns, labels = {}, {}
    for place, column in enumerate(spec.columns):
        values = (data[..., place] if several else data).reshape(len(data), -1)
        words = column.name.replace("_", " ")
        columns[column.name], labels[column.name] = values, Label(words, column.unit, column.name)
        if values.shape[1] > 1:
            for name, statistic in (("mean", values.mean(axis=1)), ("std", values.std(axis=1))):
                columns[f"{name}_{column.name}"] = statistic
                full = {"mean": "mean", "std": "standard deviation"}[name]
                labels[f"{name}_{column.name}"] = Label(f"{full} of {words}", column.unit, f"{name} {words}")
    return Table(columns, labels, batch, spec)


def features(table: Table) -> np.ndarray:
    """The columns with one number per event, [N, D]; all columns if there are none."""
    single = [values for values in table.values() if values.ndim == 1 or values.shape[1] == 1]
    return np.column_stack(single or list(table.values()))


def wasserstein_suite(
    key: Key, real: Table, fake: Table, *, names: Sequence[str] | None = None
) -> dict[str, Estimate]:
    """Wasserstein distances of columns, all by default; unknown if no real event has a value.

    Args:
      key: random key of the bootstrap over events.
      real: reference events.
      fake: generated events.
      names: names of the columns.
    """
    chosen = list(real) if names is None else list(names)
    parts = {
        f"wasserstein_{name}": wasserstein_by_counts(real[name], fake[name])
        for name in chosen
        if not np.isnan(real[name]).all()
    }
    found = bootstrap.with_counts(
        key,
        real.number,
        fake.number,
        statistics=lambda *counts: {name: distance(*counts) for name, distance in parts.items()},
    )
    return {f"wasserstein_{name}": found.get(f"wasserstein_{name}", UNKNOWN) for name in chosen}


def share(chosen: np.ndarray) -> Estimate:
    """Fraction of selected events, with a binomial error that is positive even if no event is selected.

    >>> share(np.array([True, False])).value
    0.5
    """
    number = len(chosen)
    if not number:
        return UNKNOWN
    smooth = (chosen.sum() + 1) / (number + 2)
    return Estimate(float(chosen.mean()), float(np.sqrt(smooth * (1 - smooth) / number)))


def invalid(table: Table) -> np.ndarray:
    """Flags events with a number that is not finite, bool [N]."""
    data = np.asarray(table.batch.data)
    return ~np.isfinite(data.reshape(len(data), -1)).all(axis=1)


def distance_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Wasserstein distances of all columns, and the fraction of events that are not finite."""
    return {**wasserstein_suite(key, real, fake), "invalid_fraction": share(invalid(fake))}


def frechet_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Frechet distance of the features, in squared units of their real standard deviations."""
    if min(real.number, fake.number) < FEWEST:
        return {"frechet": LOST}
    sides = standardized(features(real), features(fake))

    def statistics(*counts: np.ndarray) -> dict[str, float]:
        moments = (frechet.moments(side, n) for side, n in zip(sides, counts, strict=True))
        return {"frechet": frechet.distance(*moments)}

    return bootstrap.with_counts(key, real.number, fake.number, statistics=statistics)


def physics_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Frechet and kernel physics distances of the features."""
    return both(key, *standardized(features(real), features(fake)))


def classifier_suite(key: Key, real: Table, fake: Table) -> dict[str, Estimate]:
    """Areas under the ROC curve of small networks, see `networks.areas`."""
    return networks.areas(key, real, fake, seen={"": features})


SUITES: dict[str, Suite] = {
    "distances": distance_suite,
    "frechet": frechet_suite,
    "physics": physics_suite,
    "classifier": classifier_suite,
}
"""All suites by name."""


def quick(key: Key, real: Table, fake: Table) -> Estimate:
    """The Frechet distance of `frechet_suite` without its error."""
    del key
    if min(real.number, fake.number) < FEWEST:
        return LOST
    moments = (
        frechet.moments(side, np.ones(len(side))) for side in standardized(features(real), features(fake))
    )
    return Estimate(frechet.distance(*moments), float("nan"))


def failures(key: Key, samples: Samples) -> list[str]:
    """Sentences on events that are not finite, on the worst columns, and on repeated training events."""
    del key
    lost = float(np.mean(invalid(samples.generated)))
    sentences = [worst.not_finite(lost)] if lost else []
    sentences += [worst.describe(one) for _, one in worst.worst_shifts(samples, list(samples.test))]
    few = samples.generated.first(samples.test.number)
    told = (features(table) for table in (samples.test, few, samples.train))
    return [*sentences, *memorization.repetitions(*told)]
