"""Trains, judges and samples a pad-response generator of the MPD time projection chamber.

    python experiments/tpc_sn.py --flagfile=experiments/flags/tpc_sn_quick.flags --workdir=runs/quick

Without --data=FILE it learns from the built-in simulator. The same command resumes a run that was
stopped; --mode=evaluate and --mode=sample need only --workdir.
"""

from absl import flags

from jaxgen.base import Learner
from jaxgen.cli import adversarial_flags, optimizer_flags, runner
from jaxgen.cli import settings as common
from jaxgen.cli.experiment import Experiment, Length
from jaxgen.cli.settings import Settings
from jaxgen.data import scalers as scaling
from jaxgen.data.dataset import Dataset
from jaxgen.learners import adversarial
from jaxgen.losses.adversarial import LOSSES
from jaxgen.systems.tpc_pads import suites as pad_suites
from jaxgen.systems.tpc_pads import system as tpc_pads
from jaxgen.systems.tpc_pads.models import architectures as tpc_architectures

FLAGS = (
    *common.define_common(),
    *optimizer_flags.define(),
    *adversarial_flags.define(),
    flags.DEFINE_string("data", tpc_pads.SIMULATED, f"digits or CSV file, or {tpc_pads.SIMULATED}"),
    flags.DEFINE_integer("data_events", 20_000, "events to simulate, both splits together", lower_bound=4),
    flags.DEFINE_integer("data_seed", 0, "of the simulated events"),
    flags.DEFINE_bool("reflections", False, "train on mirror images of the responses too"),
    flags.DEFINE_bool("strict", True, "refuse files with hits outside of the window"),
    flags.DEFINE_enum(
        "architecture", "published", sorted(tpc_architectures.ARCHITECTURES), "of both networks"
    ),
    flags.DEFINE_float("dropout", 0.02, "dropped after each convolution", lower_bound=0, upper_bound=1),
)


def make_learner(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """The adversarial learner that the flags describe."""
    del dataset
    architecture = tpc_architectures.get(
        settings["architecture"],
        outputs=LOSSES[settings["loss"]].outputs,
        dropout_rate=settings["dropout"],
    )
    scaler = scaling.by_name(architecture.representation)
    model = tpc_pads.model(architecture, scaler, reflections=settings["reflections"])
    return adversarial.make(model, adversarial_flags.config(settings, length), axis_name=axis_name)


EXPERIMENT = Experiment(
    name="tpc_sn",
    title="Pad responses of the MPD time projection chamber",
    flags=FLAGS,
    read=tpc_pads.read,
    learner=make_learner,
    suites=pad_suites.SUITES,
    headline="trend_chi2",
    quick=pad_suites.quick,
    illustrate=tpc_pads.illustrate,
    failures=tpc_pads.failures,
    finish=tpc_pads.finish,
    read_conditions=tpc_pads.read_conditions,
    write_samples=tpc_pads.write_samples,
    extendable=adversarial_flags.extendable,
)

if __name__ == "__main__":
    runner.main(EXPERIMENT)
