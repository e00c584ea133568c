"""Calibrates the built-in TPC simulator to real digits, and judges it with the published chi2.

    python experiments/studies/calibrate_tpc_simulator.py --data=tpc_digits.dat

prints the constants found and the chi2 of simulated against real events of the test split, divided by
that of real events of the training split. The fit sees the training split only; it takes about 2 minutes of
one core (`--evaluations=0`, 20 seconds, judges the constants that come with the simulator). Measured:
0.95 +- 0.02 for the tracks of the training split, which is what the floor is made of, and 0.39 +- 0.02 for
those of the test split.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags
from scipy.optimize import minimize

from jaxgen.base import Array, Batch
from jaxgen.metrics import trends
from jaxgen.metrics.binned import Profiled
from jaxgen.systems import tpc_pads
from jaxgen.systems.tpc_pads.observables import moments, trend_features
from jaxgen.systems.tpc_pads.simulator import DEFAULT, Parameters, simulate

DATA = flags.DEFINE_string("data", None, "Digits or CSV file with 6 parameters a track.", required=True)
EVALUATIONS = flags.DEFINE_integer("evaluations", 250, "Simulated samples to try; 0 keeps the constants.")
SEEDS = flags.DEFINE_integer("seeds", 5, "Independent simulated samples to judge.", lower_bound=2)
REPEATS = flags.DEFINE_integer("repeats", 2, "Simulated events for each real track, in the fit.")
SPECTRUM_WEIGHT = flags.DEFINE_float("spectrum_weight", 30.0, "Weight of each chi2 per bin of a spectrum.")

FREE = (
    "gain",
    "cluster_density",
    "cluster_regularity",
    "largest_cluster",
    "loss_spread",
    "slow_fraction",
    "slow_factor",
)
SUMS = np.concatenate([[0.0], 10 ** np.arange(2.0, 3.7, 0.1), [np.inf]])
HITS = np.arange(5.5, 45.0, 2.0)
KEY = jax.random.key(1)
DIPS = ((0.0, 90.0), (0.0, 15.0), (15.0, 35.0), (35.0, 90.0))


class Sample(NamedTuple):
    """Tracks, moments of their responses, and numbers of hits."""

    condition: np.ndarray
    moments: np.ndarray
    hits: np.ndarray

    @property
    def shapes(self) -> Profiled:
        """Features and the five moments of the chi2."""
        return Profiled(trend_features(self.condition), self.moments[:, :5])

    def seen(self) -> "Sample":
        """The events that left a signal."""
        kept = self.hits > 0
        return Sample(*(values[kept] for values in self))


compiled = jax.jit(simulate)


def describe(batch: Batch) -> Sample:
    images = np.asarray(batch.data)
    found = np.asarray(moments(images), np.float64)
    return Sample(np.asarray(batch.condition), found, (images > 0).sum(axis=(1, 2)))


def simulated(seed: int, condition: Array, parameters: Parameters, *, repeats: int = 1) -> Batch:
    key = jax.random.key(seed)
    images = [
        np.asarray(compiled(jax.random.fold_in(key, i), condition, parameters=parameters))
        for i in range(repeats)
    ]
    return Batch(jnp.concatenate(images), jnp.tile(condition, (repeats, 1)))


def spectrum_chi2(real: np.ndarray, fake: np.ndarray, edges: np.ndarray) -> float:
    """Chi2 per bin of two normalized histograms."""
    counts = [np.histogram(values, edges)[0] for values in (real, fake)]
    (first, second), (n, k) = counts, (max(len(real), 1), max(len(fake), 1))
    variance = first / n**2 + second / k**2
    used = variance > 0
    return float(np.mean((first / n - second / k)[used] ** 2 / variance[used]))


def distance(real: Sample, fake: Sample) -> float:
    """What the fit minimizes: the chi2 of the trends, and those of the spectra of amplitude sum and hits."""
    total = trends.trend_terms(jax.random.key(0), real.shapes, fake.shapes).chi2.sum()
    spectra = spectrum_chi2(real.hits, fake.hits, HITS)
    for low, high in DIPS:
        inside = [(low <= abs(s.condition[:, 1])) & (abs(s.condition[:, 1]) < high) for s in (real, fake)]
        spectra += spectrum_chi2(real.moments[inside[0], 5], fake.moments[inside[1], 5], SUMS)
    return float(total + SPECTRUM_WEIGHT.value * spectra)


def with_free(logarithms: np.ndarray) -> Parameters:
    return dataclasses.replace(DEFAULT, **dict(zip(FREE, np.exp(logarithms).tolist(), strict=True)))


def calibrate(train: Batch, *, evaluations: int) -> Parameters:
    """Nelder-Mead over the logarithms of the free constants, with the same draws at every point."""
    real, condition = describe(train).seen(), jnp.asarray(train.condition)

    def objective(logarithms: np.ndarray) -> float:
        batch = simulated(0, condition, with_free(logarithms), repeats=REPEATS.value)
        return distance(real, describe(batch).seen())

    start = np.log([getattr(DEFAULT, name) for name in FREE])
    simplex = np.vstack([start, start + 0.2 * np.eye(len(FREE))])
    options = {"maxfev": evaluations, "initial_simplex": simplex, "adaptive": True}
    best = minimize(objective, start, method="Nelder-Mead", options=options)
    print(f"distance of the training split {objective(start):.0f} before, {best.fun:.0f} after the fit")
    return with_free(best.x)


def judge(real: Profiled, condition: Array, parameters: Parameters, *, floor: float, title: str) -> None:
    """Prints the chi2 over the floor with its standard deviation over independent simulated samples."""
    fakes = (describe(simulated(1000 + seed, condition, parameters)).shapes for seed in range(SEEDS.value))
    values = [trends.trend_chi2(KEY, real, fake, replicates=0).estimate.value for fake in fakes]
    ratios = np.array(values) / floor
    print(f"chi2 / floor, {title}: {ratios.mean():.3f} +- {ratios.std(ddof=1):.3f} ({len(values)} samples)")


def main(argv: list[str]) -> None:
    del argv
    data = tpc_pads.read(DATA.value)
    parameters = calibrate(data.train, evaluations=EVALUATIONS.value) if EVALUATIONS.value else DEFAULT
    for name in FREE:
        print(f"{name} = {getattr(parameters, name):.4g}")
    test, train = describe(data.test).shapes, describe(data.train).shapes
    floor = trends.trend_chi2(KEY, test, train).estimate
    print(f"floor, real test against real training split: {floor.value:.0f} +- {floor.error:.0f}")
    for title, batch in (
        ("tracks of the training split", data.train),
        ("tracks of the test split", data.test),
    ):
        judge(test, jnp.asarray(batch.condition), parameters, floor=floor.value, title=title)


if __name__ == "__main__":
    app.run(main)
