"""Says where the time of training goes: the operations of the compiled program that take most of it.

    python experiments/studies/profile_training.py --detector=four_leptons --updates=50 -- --preset=flow

What stands after the lone -- are flags of `jaxgen train`; nothing is written but a temporary trace.
"""

import collections
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
from absl import app, flags

from jaxgen import settings
from jaxgen.cli import flags as training_flags
from jaxgen.cli import options, presets
from jaxgen.cli.arguments import expand
from jaxgen.cli.flags import Given
from jaxgen.cli.systems import find
from jaxgen.run.options import Options
from jaxgen.run.plan import plan_of
from jaxgen.system import System
from jaxgen.training import loop, parallel

FLAGS = flags.FLAGS
flags.DEFINE_string("detector", "four_leptons", "as of `jaxgen list`")
flags.DEFINE_integer("updates", 50, "updates to look at", lower_bound=1)
flags.DEFINE_integer("lines", 15, "operations to name", lower_bound=1)

Times = collections.Counter[str]
AROUND_OTHERS = ("while", "call", "conditional")  # what they take is counted where it is spent


def parse(system: System, words: list[str]) -> Given:
    """Flags of the training."""
    expanded = expand(words, lambda name: presets.path(system, name))
    return training_flags.parse(options.of_training(system), expanded.arguments, of="jaxgen train")


def trace(system: System, given: Given, folder: str) -> None:
    """Runs updates of a training twice, the second time under the profiler."""
    model = given.values.get("model", options.first_model(system))
    data = system.again(options.source(system, given.choose(options.of_data(system))))
    recipe = system.learner(model, data, **options.model_settings(system, model, given.values))
    plan, number = plan_of(recipe, data, None, None), len(data.train.data)
    config = plan.loop(Options(**given.choose(settings.describe(Options))))
    learner = plan.learner(number)
    init_keys, step_keys, order_keys = loop.member_keys(config.seed, config.members)
    states = parallel.initialize(learner, init_keys, data.train.first(64))
    advance = parallel.make_advance(learner, members=config.members)
    events = jax.tree.map(jnp.asarray, data.train)
    shape = (config.members, FLAGS.updates, config.batch_size)
    picks = jax.random.randint(order_keys[0], shape, 0, number)
    states, _ = jax.block_until_ready(advance(states, step_keys, events, picks))
    with jax.profiler.trace(folder):
        jax.block_until_ready(advance(states, step_keys, events, picks))


def operations(folder: str) -> Times:
    """Nanoseconds of each operation of the program, fused ones by the name of their fusion."""
    (path,) = Path(folder).rglob("*.xplane.pb")
    times: Times = collections.Counter()
    for plane in jax.profiler.ProfileData.from_file(str(path)).planes:
        for line in plane.lines:
            if "XLA" not in line.name and "Xla" not in line.name:
                continue
            for event in line.events:
                name = event.name.rstrip("0123456789.")
                if name not in AROUND_OTHERS and "hlo_op" in {key for key, _ in event.stats}:
                    times[name] += event.duration_ns
    return times


def main(argv: list[str]) -> None:
    system = find(FLAGS.detector)
    with tempfile.TemporaryDirectory() as folder:
        trace(system, parse(system, argv[1:]), folder)
        times = operations(folder)
    total = sum(times.values())
    if not total:
        raise SystemExit("Expected operations in the trace; found none.")
    for name, nanoseconds in times.most_common(FLAGS.lines):
        milliseconds = nanoseconds / 1e6 / FLAGS.updates
        print(f"{name:<40} {100 * nanoseconds / total:5.1f} %   {milliseconds:8.3f} ms an update")


if __name__ == "__main__":
    app.run(main)
