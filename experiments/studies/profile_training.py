"""Says where the time of training goes: the operations of the compiled program that take most of it.

    python experiments/studies/profile_training.py --experiment=four_lepton --updates=50 -- \
        --flagfile=experiments/flags/four_lepton_flow.flags

What stands after the lone -- are flags of the experiment; nothing is written but a temporary trace.
"""

import collections
import sys
import tempfile
from pathlib import Path

import experiment_files
import jax
import jax.numpy as jnp
from absl import flags

from jaxgen.cli import runner, settings
from jaxgen.training import loop, parallel

Times = collections.Counter[str]
AROUND_OTHERS = ("while", "call", "conditional")  # what they take is counted where it is spent


def own_flags() -> flags.FlagValues:
    """The flags of this study, apart from those of the experiment."""
    own = flags.FlagValues()
    flags.DEFINE_string(
        "experiment", "four_lepton", "file in experiments/, without its ending", flag_values=own
    )
    flags.DEFINE_integer("updates", 50, "updates to look at", lower_bound=1, flag_values=own)
    flags.DEFINE_integer("lines", 15, "operations to name", lower_bound=1, flag_values=own)
    return own


def trace(experiment, chosen: dict, updates: int, folder: str) -> None:
    """Runs updates of a training twice, the second time under the profiler."""
    dataset = experiment.read(chosen)
    learner, config = runner.build(experiment, {**chosen, "devices": 1}, dataset)
    init_keys, step_keys, order_keys = loop.member_keys(config.seed, config.members)
    states = parallel.initialize(learner, init_keys, jax.tree.map(lambda x: x[:64], dataset.train))
    advance = parallel.make_advance(learner, devices=1, resident=True)
    data = jax.tree.map(jnp.asarray, dataset.train)
    number = len(dataset.train.data)
    shape = (config.members, updates, config.batch_size)
    picks = jax.random.randint(order_keys[0], shape, 0, number)
    states, _ = jax.block_until_ready(advance(states, step_keys, data, picks))
    with jax.profiler.trace(folder):
        jax.block_until_ready(advance(states, step_keys, data, picks))


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


def main() -> None:
    own = own_flags()
    rest = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    own([sys.argv[0], *[argument for argument in sys.argv[1:] if argument not in rest and argument != "--"]])
    experiment = experiment_files.load(own.experiment)
    flags.FLAGS([sys.argv[0], *rest])
    chosen = settings.read(flags.FLAGS, experiment.flags)
    with tempfile.TemporaryDirectory() as folder:
        trace(experiment, chosen, own.updates, folder)
        times = operations(folder)
    total = sum(times.values())
    if not total:
        raise SystemExit("Expected operations in the trace; found none.")
    for name, nanoseconds in times.most_common(own.lines):
        milliseconds = nanoseconds / 1e6 / own.updates
        print(f"{name:<40} {100 * nanoseconds / total:5.1f} %   {milliseconds:8.3f} ms an update")


if __name__ == "__main__":
    main()
