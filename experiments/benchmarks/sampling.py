"""Times generating responses, noise included, in jaxgen and in plain PyTorch, in turn, on one core.

    pip install -e '.[bench]'
    python experiments/benchmarks/sampling.py

Takes one minute. Both sides draw latent numbers, run the published generator and give ADC counts; jaxgen
also works the features out from the tracks' parameters. Result: docs/pages/reference/performance.md.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import train_step  # sets the core and the number of threads before anything counts them

import jax  # isort: skip
import torch
import torch_reference
from absl import app, flags

from jaxgen.learners import adversarial
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.ops import random_numbers
from jaxgen.run.generator import FEW, compiled

SIZES = flags.DEFINE_multi_integer("size", [1, 32, 1000, 100_000], "events in a call", lower_bound=1)


def make_jaxgen(number: int) -> Callable[[], object]:
    """A call that samples, from a fresh state of the published networks."""
    learner = adversarial.make(train_step.tpc_model(), AdversarialSettings())
    data = train_step.example_data(number)
    params = learner.publish(jax.jit(learner.init)(jax.random.key(0), data))
    sample, key = compiled(learner.sample, params, few=number <= FEW), jax.random.key(1)
    first = random_numbers.words(0)
    return lambda: sample(key, data.condition, first).block_until_ready()


def measure(number: int) -> None:
    """Times both sides in turn and prints a row."""
    sides = make_jaxgen(number), torch_reference.make_sampler(number)
    repeats = max(1, min(300, 20_000 // number))

    def seconds(call: Callable[[], object]) -> float:
        return train_step.cpu_seconds(lambda: [call() for _ in range(repeats)]) / repeats

    for call in sides:
        seconds(call)
    pairs = [tuple(seconds(call) for call in sides) for _ in range(train_step.ROUNDS.value)]
    ours, theirs = ([1e6 * one for one in column] for column in zip(*pairs, strict=True))
    ratios = sorted(b / a for a, b in pairs)
    print(
        f"{number:9,d} {statistics.median(ours):13,.1f} {min(ours):13,.1f} {statistics.median(theirs):13,.1f}"
        f" {min(theirs):13,.1f} {statistics.median(ratios):10.2f}   {ratios[0]:.2f} to {ratios[-1]:.2f}"
    )


def main(argv: list[str]) -> None:
    del argv
    torch.set_num_threads(1)
    print(f"Sampling on core {train_step.CORE}; {train_step.ROUNDS.value} pairs, CPU times in microseconds")
    print("   events  jaxgen median       fastest PyTorch median       fastest      ratio   of the pairs")
    for number in SIZES.value:
        measure(number)


if __name__ == "__main__":
    app.run(main)
