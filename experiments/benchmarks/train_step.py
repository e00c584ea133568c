"""Times one critic update of jaxgen and of plain PyTorch, in turn, on one core.

    pip install -e '.[bench]'
    python experiments/benchmarks/train_step.py

Takes two minutes. Both sides draw noise, generate a batch and update the critic of the published networks
with dropout and RMSprop: jaxgen in the compiled call that training makes, PyTorch as one would write it.
The ratio of CPU times is taken pair by pair, so that other work on the machine weighs on both sides alike.
Results: docs/performance.md.
"""

from __future__ import annotations

import os

CORE = max(os.sched_getaffinity(0))
os.sched_setaffinity(0, {CORE})  # before any library counts the cores
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
os.environ["OMP_NUM_THREADS"] = "1"

import statistics  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import NamedTuple  # noqa: E402

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import torch  # noqa: E402
import torch_reference  # noqa: E402
from absl import app, flags  # noqa: E402

from jaxgen.base import Batch  # noqa: E402
from jaxgen.datasets import scaling, tpc_pads  # noqa: E402
from jaxgen.learners import adversarial  # noqa: E402
from jaxgen.learners.adversarial_config import AdversarialConfig  # noqa: E402
from jaxgen.learners.regularizers import RegularizerConfig  # noqa: E402
from jaxgen.models import dense, network, tpc_critics  # noqa: E402
from jaxgen.training import parallel  # noqa: E402

ROUNDS = flags.DEFINE_integer("rounds", 15, "pairs of timings", lower_bound=1)
UPDATES = flags.DEFINE_integer("updates", 20, "critic updates in one timing", lower_bound=1)
BATCH = flags.DEFINE_integer("batch", 32, "events in a batch", lower_bound=1)
CASES = flags.DEFINE_multi_enum(
    "case", ["gradient_penalty", "spectral_norm"], ["gradient_penalty", "spectral_norm"], "what to time"
)


class Case(NamedTuple):
    """One row of the table: each side makes `UPDATES` updates a call; operations are those of one."""

    name: str
    jaxgen: Callable[[], object]
    torch: Callable[[], object]
    operations: float


def tpc_case(regularizer: str) -> Case:
    """The published pad-response networks under one regularizer."""
    learner = adversarial.make(
        tpc_model(),
        AdversarialConfig(regularizer=RegularizerConfig(names=(regularizer,)), critic_steps=2**30),
    )
    update = torch_reference.make_critic_update(regularizer, BATCH.value)
    return Case(
        regularizer,
        make_chunk(learner, example_data(4096)),
        lambda: [update() for _ in range(UPDATES.value)],
        tpc_operations(regularizer, BATCH.value),
    )


def tpc_model() -> adversarial.AdversarialModel:
    return adversarial.AdversarialModel(
        network.from_module(dense.DenseGenerator()),
        network.from_module(tpc_critics.ConvolutionalCritic()),
        latent=torch_reference.LATENT,
        features=tpc_pads.features,
        scaler=scaling.logarithmic(),
    )


def example_data(number: int) -> Batch:
    """Events of the right shape; what they show does not change the time."""
    data_key, condition_key = jax.random.split(jax.random.key(1))
    low, high = jnp.array([-20.0, -60.0, 35.0, 40.0]), jnp.array([20.0, 60.0, 290.0, 50.0])
    condition = jax.random.uniform(condition_key, (number, 4), minval=low, maxval=high)
    return Batch(100 * jax.random.uniform(data_key, (number, 8, 16)), condition)


def make_chunk(learner: object, data: Batch) -> Callable[[], object]:
    """The compiled call of the training loop, as a function that goes on from where it was."""
    picks = jax.random.randint(jax.random.key(2), (1, UPDATES.value, BATCH.value), 0, len(data.data))
    keys = jax.random.split(jax.random.key(3), 1)
    states = parallel.initialize(learner, keys, data)
    advance = parallel.make_advance(learner)

    def chunk() -> object:
        nonlocal states
        states, metrics = advance(states, keys, data, picks)
        return jax.block_until_ready(metrics)

    return chunk


def tpc_operations(regularizer: str, batch: int) -> float:
    """Multiplications and additions of the matrix products of one critic update.

    An event's scores take three products as large as the forward one: itself, and backward to inputs and
    to weights. A penalized slope takes six: forward, backward to inputs, and both of them backward again.
    """
    forward, inputs, (height, width) = 0.0, 6, (8, 16)
    for convolutions, pool in tpc_critics.PUBLISHED_STAGES:
        for filters, size, padding in convolutions:
            if padding == "VALID":
                height, width = height - size[0] + 1, width - size[1] + 1
            forward += 2 * height * width * size[0] * size[1] * inputs * filters
            inputs = filters
        height, width = (height, width) if pool is None else (height // pool[0], width // pool[1])
    forward += 2 * (69 * 128 + 128)
    return forward * batch * (2 * 3 + (6 if regularizer == "gradient_penalty" else 0))


def matrix_peak() -> float:
    """Operations a second of a product of 1024 x 1024 matrices, the faster of both libraries."""
    a = jnp.ones((1024, 1024))
    b = torch.ones(1024, 1024)
    product = jax.jit(jnp.dot)
    best = min(cpu_seconds(call) for call in [lambda: product(a, a).block_until_ready(), lambda: b @ b] * 10)
    return 2 * 1024**3 / best


def cpu_seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def both_seconds(call: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall time of one update."""
    wall = time.perf_counter()
    cpu = cpu_seconds(call)
    return cpu / UPDATES.value, (time.perf_counter() - wall) / UPDATES.value


def measure(case: Case) -> None:
    """Times both sides in turn and prints two rows and the ratio."""
    case.jaxgen(), case.torch()
    pairs = [(both_seconds(case.jaxgen), both_seconds(case.torch)) for _ in range(ROUNDS.value)]
    peak = matrix_peak()
    for side, times in zip(("jaxgen", "PyTorch"), zip(*pairs, strict=True), strict=True):
        cpu, wall = ([1e3 * one for one in column] for column in zip(*times, strict=True))
        rate = case.operations / min(cpu) * 1e3
        print(
            f"{case.name:18s} {side:8s} {statistics.median(cpu):8.2f} {min(cpu):8.2f} "
            f"{statistics.median(wall):9.2f} {min(wall):9.2f} {rate / 1e9:10.1f} {rate / peak:10.0%}"
        )
    ratios = sorted(theirs[0] / ours[0] for ours, theirs in pairs)
    print(
        f"{case.name:18s} PyTorch / jaxgen: median {statistics.median(ratios):.2f}, "
        f"pairs from {ratios[0]:.2f} to {ratios[-1]:.2f}; {case.operations / 1e9:.2f} GFLOP an update, "
        f"matrix peak {peak / 1e9:.0f} GFLOP/s"
    )


def main(argv: list[str]) -> None:
    del argv
    torch.set_num_threads(1)
    print(f"One critic update at batch {BATCH.value} on core {CORE}; {ROUNDS.value} pairs, times in ms")
    print("                             CPU median   min  wall median   min   GFLOP/s  of peak (fastest)")
    for name in CASES.value:
        measure(tpc_case(name))


if __name__ == "__main__":
    app.run(main)
