"""Says where the time of training goes: the operations of the compiled program that take most of it.

    python experiments/studies/profile_training.py --experiment=four_lepton --updates=50 -- \
        --flagfile=experiments/flags/four_lepton_flow.flags

What stands after the lone -- are flags of the experiment; nothing is written but a temporary trace.
"""

import collections
import runpy
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
from absl import app, flags

from jaxgen.cli import flags as experiment_flags
from jaxgen.cli.experiment import Experiment
from jaxgen.run.plan import Options, plan_of
from jaxgen.training import loop, parallel

FLAGS = flags.FLAGS
flags.DEFINE_string("experiment", "four_lepton", "file in experiments/, without its ending")
flags.DEFINE_integer("updates", 50, "updates to look at", lower_bound=1)
flags.DEFINE_integer("lines", 15, "operations to name", lower_bound=1)

Times = collections.Counter[str]
AROUND_OTHERS = ("while", "call", "conditional")  # what they take is counted where it is spent


def open_experiment(name: str) -> Experiment:
    """The experiment of a file in experiments/, named without its ending."""
    return runpy.run_path(str(Path(__file__).resolve().parents[1] / f"{name}.py"))["EXPERIMENT"]


def parse(experiment: Experiment, arguments: list[str]) -> flags.FlagValues:
    """Flags of the experiment, apart from those of this study."""
    values = flags.FlagValues()
    experiment_flags.define(experiment, values, arguments)
    values([experiment.name, *arguments])
    return values


def trace(experiment: Experiment, values: flags.FlagValues, folder: str) -> None:
    """Runs updates of a training twice, the second time under the profiler."""
    system, given = experiment.detector, experiment_flags.given_settings(values, experiment)
    data = system.again(experiment_flags.source(values, experiment))
    recipe = system.learner(values.model, data, **experiment.settings(values.model, given))
    plan, number = plan_of(recipe, data, None, None), len(data.train.data)
    config = plan.loop(Options(seed=values.seed, members=values.num_seeds))
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
    experiment = open_experiment(FLAGS.experiment)
    with tempfile.TemporaryDirectory() as folder:
        trace(experiment, parse(experiment, argv[1:]), folder)
        times = operations(folder)
    total = sum(times.values())
    if not total:
        raise SystemExit("Expected operations in the trace; found none.")
    for name, nanoseconds in times.most_common(FLAGS.lines):
        milliseconds = nanoseconds / 1e6 / FLAGS.updates
        print(f"{name:<40} {100 * nanoseconds / total:5.1f} %   {milliseconds:8.3f} ms an update")


if __name__ == "__main__":
    app.run(main)
