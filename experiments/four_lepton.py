"""Trains, judges and samples generators of four-lepton events: autoencoders, a GAN, flows and a mixture.

    python experiments/four_lepton.py --flagfile=experiments/flags/four_lepton_quick.flags --workdir=runs/4l

Without --data=FILE it learns from the built-in toy Monte Carlo. --model=all trains every model with its own
flagfile, each in a folder of its own below --workdir, and writes one page on all. The same command resumes a
run that was stopped; --mode=evaluate and --mode=sample need only --workdir.
"""

from pathlib import Path

from absl import flags

from jaxgen.base import Learner
from jaxgen.cli import adversarial_flags, lepton_models, model_table, runner
from jaxgen.cli import registry as model_families
from jaxgen.cli import settings as common
from jaxgen.cli.experiment import Experiment, Length
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset
from jaxgen.systems.four_leptons import data as events
from jaxgen.systems.four_leptons import failures as lepton_failures
from jaxgen.systems.four_leptons import figures as leptons
from jaxgen.systems.four_leptons import suites as lepton_suites
from jaxgen.systems.four_leptons import system as four_lepton
from jaxgen.systems.four_leptons.figures import model_comparison
from jaxgen.systems.four_leptons.representation import REPRESENTATIONS

GROUPS = lepton_models.define()
FAMILIES = lepton_models.families(GROUPS)
ALL = "all"
FLAGS = (
    *common.define_common(),
    *(holder for group in GROUPS.values() for holder in group),
    flags.DEFINE_enum("model", "spline_flow", [*FAMILIES, ALL], "which family"),
    flags.DEFINE_string("data", four_lepton.SIMULATED, f"CSV file, or {four_lepton.SIMULATED}"),
    flags.DEFINE_enum("process", "zz4l", ("zz4l", "h4l"), "that is simulated"),
    flags.DEFINE_integer("data_events", 20_000, "events to simulate, both splits together", lower_bound=5),
    flags.DEFINE_integer("data_seed", 0, "of the simulated events"),
    flags.DEFINE_bool("full", False, "train on all events, those of the test split included"),
    flags.DEFINE_enum("condition", "none", sorted(events.CONDITIONS), "what events are generated for"),
    flags.DEFINE_enum("representation", "sparse", sorted(REPRESENTATIONS), "what the networks see"),
)


def make_learner(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """The learner that the flags describe."""
    family = FAMILIES[settings["model"]]
    model_families.check_unused(settings, GROUPS, family)
    return family.make(settings, dataset, length, axis_name)


EXPERIMENT = Experiment(
    name="four_lepton",
    title="Events of four leptons",
    flags=FLAGS,
    read=four_lepton.read,
    learner=make_learner,
    suites=lepton_suites.SUITES,
    headline="wasserstein_m4l",
    quick=lepton_suites.quick,
    illustrate=leptons.lepton_illustrations,
    failures=lepton_failures.failures,
    finish=four_lepton.finish,
    read_conditions=four_lepton.read_conditions,
    write_samples=four_lepton.write_samples,
    extendable=adversarial_flags.extendable,
    unused=lambda settings: model_families.unused(GROUPS, FAMILIES[settings["model"]]),
)


def train_all() -> None:
    """Trains every model with the flagfile of its name."""
    folder = Path(__file__).parent / "flags"
    rows = {name: [f"--flagfile={folder / f'four_lepton_{name}.flags'}"] for name in FAMILIES}
    model_table.run(EXPERIMENT, rows, chooser="model", figures=model_comparison.model_illustrations)


if __name__ == "__main__":
    runner.main(EXPERIMENT, instead={("model", ALL): train_all})
