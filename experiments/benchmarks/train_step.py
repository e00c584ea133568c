"""Times one critic update of jaxgen and of plain PyTorch, in turn, on one core.

    pip install -e '.[bench]'
    python experiments/benchmarks/train_step.py

Takes two minutes; showers, --case=gan1 and --case=conditional_..., take five more. Both sides draw noise,
generate a batch and update the critic of the published networks with dropout and RMSprop, or of those of
showers with SGD and Adam: jaxgen in the compiled call that training makes, PyTorch as one would write it.
The ratio of CPU times is taken pair by pair, so that other work on the machine weighs on both sides alike.
Results: docs/pages/reference/performance.md.
"""

from __future__ import annotations

import os

CORE = max(os.sched_getaffinity(0))
os.sched_setaffinity(0, {CORE})  # before any library counts the cores
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
os.environ["OMP_NUM_THREADS"] = "1"

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import torch
import torch_calorimeter
import torch_reference
from absl import app, flags

from jaxgen.base import Batch
from jaxgen.data import scalers
from jaxgen.learners import adversarial
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.models import network
from jaxgen.models.convolutional import Stage
from jaxgen.systems.calorimeter.models import networks as calorimeter_networks
from jaxgen.systems.calorimeter.models.generators import GAN1_LAYERS
from jaxgen.systems.tpc_pads import representation
from jaxgen.systems.tpc_pads.models import networks as tpc_networks
from jaxgen.training import parallel

ROUNDS = flags.DEFINE_integer("rounds", 15, "pairs of timings", lower_bound=1)
UPDATES = flags.DEFINE_integer("updates", 20, "critic updates in one timing", lower_bound=1)
BATCH = flags.DEFINE_integer("batch", 32, "events in a batch; those of gan1 have 100", lower_bound=1)
TPC = ("gradient_penalty", "spectral_norm")
SHOWERS = ("gan1", *(f"conditional_{name}" for name in TPC))
CASES = flags.DEFINE_multi_enum("case", [*TPC], [*TPC, *SHOWERS], "what to time")


class Case(NamedTuple):
    """One row of the table: each side makes so many updates a call; operations are those of one."""

    name: str
    jaxgen: Callable[[], object]
    torch: Callable[[], object]
    operations: float
    updates: int


def tpc_case(regularizer: str) -> Case:
    """The published pad-response networks under one regularizer."""
    learner = adversarial.make(
        tpc_model(),
        AdversarialSettings(
            regularizer=(regularizer,), optimizer="rmsprop_torch", decay="exponential", critic_steps=2**30
        ),
    )
    update = torch_reference.make_critic_update(regularizer, BATCH.value)
    return Case(
        regularizer,
        make_chunk(learner, example_data(4096)),
        lambda: [update() for _ in range(UPDATES.value)],
        tpc_operations(regularizer, BATCH.value),
        UPDATES.value,
    )


def gan1_case() -> Case:
    """The first published network of showers at its published batch."""
    batch = torch_calorimeter.GAN1_BATCH
    learner = adversarial.make(
        shower_model("gan1"),
        AdversarialSettings(
            loss="non_saturating",
            regularizer=("last_layer_squared",),
            optimizer="sgd",
            critic_steps=2**30,
        ),
    )
    update = torch_calorimeter.make_gan1_update(batch)
    generator, side = 0.0, 7
    for (filters, size), inputs in zip(GAN1_LAYERS, (1, *(one for one, _ in GAN1_LAYERS)), strict=False):
        generator += 2 * (side * size) ** 2 * inputs * filters
        side += size - 1
    critic = operations(calorimeter_networks.get("gan1").critic.stages, 1, 30) + 2 * 512 * 256
    return Case(
        "gan1",
        make_chunk(learner, showers(1000, 0), batch=batch),
        lambda: [update() for _ in range(UPDATES.value)],
        batch * (generator + 2 * 3 * critic),
        UPDATES.value,
    )


def conditional_case(regularizer: str) -> Case:
    """The conditional networks of showers under one regularizer."""
    learner = adversarial.make(
        shower_model("conditional"),
        AdversarialSettings(regularizer=(regularizer,), optimizer="adam", critic_steps=2**30),
    )
    update = torch_calorimeter.make_conditional_update(regularizer, BATCH.value)
    critic = operations(calorimeter_networks.get("conditional").critic.stages, 15, 10)
    critic += 2 * 128 * (1024 + 46 + 129)
    generator = 2 * 9 * (16 * 32 * 32 + 64 * 32 * (32 + 36) + 900 * 4) + 2 * 128 * (70 + 512)
    return Case(
        f"conditional {'SN' if regularizer == 'spectral_norm' else 'GP'}",
        make_chunk(learner, showers(1000, torch_calorimeter.FEATURES)),
        lambda: [update() for _ in range(UPDATES.value)],
        BATCH.value * (generator + (2 * 3 + (6 if regularizer == "gradient_penalty" else 0)) * critic),
        UPDATES.value,
    )


def shower_model(name: str) -> AdversarialModel:
    """Networks of showers that see energies as they are."""
    networks = calorimeter_networks.get(name)
    return AdversarialModel(
        network.from_module(networks.generator),
        network.from_module(networks.critic),
        latent=networks.latent,
        features=lambda condition: condition,
        scaler=scalers.identity(),
    )


def showers(number: int, features: int) -> Batch:
    """Numbers in the shape of showers; what they show does not change the time."""
    keys = jax.random.split(jax.random.key(1))
    return Batch(
        jax.random.uniform(keys[0], (number, 30, 30)), jax.random.uniform(keys[1], (number, features))
    )


def tpc_model() -> AdversarialModel:
    return AdversarialModel(
        network.from_module(tpc_networks.published_generator(tpc_networks.SHAPE)),
        network.from_module(tpc_networks.published_critic()),
        latent=torch_reference.LATENT,
        features=representation.features,
        scaler=representation.logarithmic(),
    )


def example_data(number: int) -> Batch:
    """Events of the right shape; what they show does not change the time."""
    data_key, condition_key = jax.random.split(jax.random.key(1))
    low, high = jnp.array([-20.0, -60.0, 35.0, 40.0]), jnp.array([20.0, 60.0, 290.0, 50.0])
    condition = jax.random.uniform(condition_key, (number, 4), minval=low, maxval=high)
    return Batch(100 * jax.random.uniform(data_key, (number, 8, 16)), condition)


def make_chunk(learner: object, data: Batch, *, batch: int | None = None) -> Callable[[], object]:
    """The compiled call of the training loop, as a function that goes on from where it was."""
    shape = (1, UPDATES.value, batch or BATCH.value)
    picks = jax.random.randint(jax.random.key(2), shape, 0, len(data.data))
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
    forward = operations(tpc_networks.PUBLISHED_STAGES, 6, (8, 16)) + 2 * (69 * 128 + 128)
    return forward * batch * (2 * 3 + (6 if regularizer == "gradient_penalty" else 0))


def operations(stages: tuple[Stage, ...], inputs: int, shape: int | tuple[int, int]) -> float:
    """Those of a critic's convolutions over one event."""
    height, width = (shape, shape) if isinstance(shape, int) else shape
    found = 0.0
    for convolutions, pool in stages:
        for filters, size, padding in convolutions:
            if padding == "VALID":
                height, width = height - size[0] + 1, width - size[1] + 1
            found += 2 * height * width * size[0] * size[1] * inputs * filters
            inputs = filters
        height, width = (height, width) if pool is None else (height // pool[0], width // pool[1])
    return found


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


def both_seconds(call: Callable[[], object], updates: int) -> tuple[float, float]:
    """CPU and wall time of one update."""
    wall = time.perf_counter()
    cpu = cpu_seconds(call)
    return cpu / updates, (time.perf_counter() - wall) / updates


def measure(case: Case) -> None:
    """Times both sides in turn and prints two rows and the ratio."""
    case.jaxgen(), case.torch()
    pairs = [
        (both_seconds(case.jaxgen, case.updates), both_seconds(case.torch, case.updates))
        for _ in range(ROUNDS.value)
    ]
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


def make_case(name: str) -> Case:
    """The case of this name, one of `TPC` or `SHOWERS`."""
    if name in TPC:
        return tpc_case(name)
    return gan1_case() if name == "gan1" else conditional_case(name.removeprefix("conditional_"))


def main(argv: list[str]) -> None:
    del argv
    torch.set_num_threads(1)
    print(f"One critic update at batch {BATCH.value} on core {CORE}; {ROUNDS.value} pairs, times in ms")
    print("                             CPU median   min  wall median   min   GFLOP/s  of peak (fastest)")
    for name in CASES.value:
        measure(make_case(name))


if __name__ == "__main__":
    app.run(main)
