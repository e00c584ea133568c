"""Times the fit of a Gaussian mixture by jaxgen and by scikit-learn, in turn, on one core.

    pip install -e '.[test]'
    python experiments/benchmarks/mixture.py
    python experiments/benchmarks/mixture.py --data=zz4l_pythia8.csv --components=42

Takes two minutes. Both sides begin at the same mixture and make the same number of iterations on the same
events, jaxgen in float32, scikit-learn in float64 and, for the time of an iteration alone, in float32. The
ratio of CPU times is taken pair by pair, so that other work on the machine weighs on both sides alike. What
is compared is one iteration, expectation and maximization, and a whole fit with its k-means start.
"""

from __future__ import annotations

import os

CORE = max(os.sched_getaffinity(0))
os.sched_setaffinity(0, {CORE})  # before any library counts the cores
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import statistics
import time
import warnings
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags
from sklearn.mixture import GaussianMixture

from jaxgen.base import Array, Key
from jaxgen.models.mixture import covariances, gaussian_mixture, initialization
from jaxgen.models.mixture.gaussian_mixture import Mixture, Moments
from jaxgen.systems.four_leptons import representation, simulator
from jaxgen.systems.four_leptons.data.event_files import read_events

DATA = flags.DEFINE_string("data", "", "file of four-lepton events; simulated ones without")
REPRESENTATION = flags.DEFINE_enum(
    "representation", "standardized", sorted(representation.REPRESENTATIONS), "of the events"
)
EVENTS = flags.DEFINE_integer("events", 20000, "to fit", lower_bound=1)
COMPONENTS = flags.DEFINE_integer("components", 42, "of the mixture", lower_bound=1)
ITERATIONS = flags.DEFINE_integer("iterations", 10, "of a fit", lower_bound=1)
ROUNDS = flags.DEFINE_integer("rounds", 5, "pairs of timings", lower_bound=1)
FORMS = flags.DEFINE_multi_enum(
    "covariance", list(covariances.FORMS), list(covariances.FORMS), "forms of covariance"
)

NAMES = {"full": "full", "tied": "tied", "diagonal": "diag", "spherical": "spherical"}


def example_events() -> np.ndarray:
    """Events as the mixture sees them, [N, D]."""
    if DATA.value:
        events = read_events(DATA.value)[: EVENTS.value]
    else:
        events = np.asarray(simulator.simulate(jax.random.key(0), EVENTS.value))
    found = representation.statistics(REPRESENTATION.value, events)
    scaler = representation.REPRESENTATIONS[REPRESENTATION.value].scaler(found)
    return np.asarray(scaler.forward(jnp.asarray(events)))


def iterated(found: Moments, x: Array, *, covariance: str, iterations: int) -> Moments:
    def one(found: Moments, _: None) -> tuple[Moments, None]:
        return gaussian_mixture.improved(found, x, covariance=covariance)[0], None

    return jax.lax.scan(one, found, length=iterations)[0]


def fitted(key: Key, x: Array, *, covariance: str) -> Moments:
    start = initialization.start(key, x, components=COMPONENTS.value, covariance=covariance)
    return iterated(start, x, covariance=covariance, iterations=ITERATIONS.value)


def compiled(function: Callable[..., Moments], *arguments: Array) -> tuple[Callable[[], Moments], float]:
    """The function as a call that waits for its result, and the seconds of CPU that compilation took."""
    start = time.process_time()
    ready = jax.jit(function).lower(*arguments).compile()
    spent = time.process_time() - start
    return lambda: jax.block_until_ready(ready(*arguments)), spent


def beginning_at(mixture: Mixture, covariance: str) -> GaussianMixture:
    """scikit-learn's mixture at ours, in float64."""
    matrices = np.asarray(mixture.covariances, np.float64)
    if covariance in ("full", "tied"):
        precisions = np.linalg.inv(matrices)
        precisions = (precisions + np.swapaxes(precisions, -1, -2)) / 2
    else:
        precisions = 1 / matrices
    weights = np.asarray(mixture.weights[0], np.float64)
    return GaussianMixture(
        COMPONENTS.value,
        covariance_type=NAMES[covariance],
        tol=0,
        max_iter=ITERATIONS.value,
        weights_init=weights / weights.sum(),
        means_init=np.asarray(mixture.means, np.float64),
        precisions_init=precisions,
        init_params="random_from_data",
        random_state=0,
    )


def float32(model: GaussianMixture) -> dict[str, np.ndarray]:
    """Where a model begins, in float32; otherwise it works in float64 whatever the events are."""
    names = ("weights_init", "means_init", "precisions_init")
    return {name: getattr(model, name).astype(np.float32) for name in names}


def iterate_there(model: GaussianMixture, x: np.ndarray) -> None:
    """One iteration of scikit-learn, as its fit makes it."""
    _, log_responsibilities = model._e_step(x)
    model._m_step(x, log_responsibilities)


def cpu_seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def ratio(ours: Callable[[], object], theirs: Callable[[], object], *, per: int = 1) -> tuple[float, ...]:
    """Milliseconds of CPU of both, where ours makes `per` iterations, and the median ratio of pairs."""
    ours(), theirs()
    pairs = [(cpu_seconds(ours) / per, cpu_seconds(theirs)) for _ in range(ROUNDS.value)]
    median = (1e3 * statistics.median(column) for column in zip(*pairs, strict=True))
    return *median, statistics.median(there / here for here, there in pairs)


def measure(x: np.ndarray, covariance: str) -> None:
    """Prints the row of one form of covariance."""
    key, on_device, wide = jax.random.key(1), jnp.asarray(x), x.astype(np.float64)
    begin = partial(initialization.start, components=COMPONENTS.value, covariance=covariance)
    start = jax.jit(begin)(key, on_device)
    settings = {"covariance": covariance, "iterations": ITERATIONS.value}
    iterate, compilation = compiled(partial(iterated, **settings), start, on_device)
    model = beginning_at(gaussian_mixture.maximization(start, covariance=covariance), covariance)
    model.fit(wide)
    found = gaussian_mixture.maximization(iterate(), covariance=covariance)
    here = float(jnp.mean(gaussian_mixture.log_likelihood(found, on_device, covariance=covariance)))
    there = float(model.score(wide))
    iteration = ratio(iterate, lambda: iterate_there(model, wide), per=ITERATIONS.value)
    narrow = model.set_params(**float32(model), max_iter=1, reg_covar=1e-3).fit(x)
    single = ratio(iterate, lambda: iterate_there(narrow, x), per=ITERATIONS.value)
    fit, more = compiled(partial(fitted, covariance=covariance), key, on_device)
    whole = GaussianMixture(
        COMPONENTS.value, covariance_type=NAMES[covariance], tol=0, max_iter=ITERATIONS.value, random_state=0
    )
    fits = ratio(fit, lambda: whole.fit(wide))
    print(
        f"{covariance:10s} {here:10.4f} {there:10.4f} {abs(here - there) / abs(there):8.0e}"
        f" {iteration[0]:8.1f} {iteration[1]:8.1f} {iteration[2]:6.1f} {single[1]:8.1f} {single[2]:6.1f}"
        f" {fits[0]:8.0f} {fits[1]:8.0f} {fits[2]:6.1f} {compilation:7.1f} {more:5.1f}",
        flush=True,
    )


def main(argv: list[str]) -> None:
    del argv
    warnings.simplefilter("ignore")
    x = example_events()
    print(
        f"{COMPONENTS.value} components, {x.shape[0]} events of {x.shape[1]} columns, core {CORE}; medians "
        f"of {ROUNDS.value} pairs, CPU times in ms, ratios are scikit-learn / jaxgen.\n"
        f"Log-likelihoods an event after {ITERATIONS.value} iterations from the same mixture; a fit is\n"
        "k-means and as many iterations. Compilation, in seconds of CPU, comes on top once.\n\n"
        "                 log-likelihood   relative  iteration   float64       float32"
        "            fit, float64         compilation\n"
        "covariance     jaxgen    sklearn difference  jaxgen  sklearn  ratio  sklearn  ratio"
        "   jaxgen  sklearn  ratio  iterate   fit"
    )
    for covariance in FORMS.value:
        measure(x, covariance)


if __name__ == "__main__":
    app.run(main)
