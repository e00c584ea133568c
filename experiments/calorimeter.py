"""Trains, judges and samples generators of electromagnetic showers in a calorimeter of 30 x 30 cells.

    python experiments/calorimeter.py --flagfile=experiments/flags/calo_quick.flags --workdir=runs/showers

Without --data=FILE it learns from the built-in simulator. The same command resumes a run that was stopped;
--mode=evaluate and --mode=sample need only --workdir.
"""

from absl import flags

from jaxgen.base import Learner
from jaxgen.cli import adversarial_flags, calorimeter_models, runner
from jaxgen.cli import registry as model_families
from jaxgen.cli import settings as common
from jaxgen.cli.experiment import Experiment, Length
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset
from jaxgen.systems.calorimeter import failures as shower_failures
from jaxgen.systems.calorimeter import figures as showers
from jaxgen.systems.calorimeter import suites as shower_suites
from jaxgen.systems.calorimeter import system as calorimeter
from jaxgen.systems.calorimeter.data import conditions as calorimeter_conditions

GROUPS = calorimeter_models.define()
FAMILIES = calorimeter_models.families(GROUPS)
FLAGS = (
    *common.define_common(),
    *(holder for group in GROUPS.values() for holder in group),
    flags.DEFINE_enum("model", "vae", list(FAMILIES), "which family"),
    flags.DEFINE_string(
        "data", calorimeter.SIMULATED, f".npz, .npy or HDF5 file, or {calorimeter.SIMULATED}"
    ),
    flags.DEFINE_integer("data_events", 8_000, "showers to simulate, both splits together", lower_bound=4),
    flags.DEFINE_integer("data_seed", 0, "of the simulated showers"),
    flags.DEFINE_enum(
        "condition", "full", list(calorimeter_conditions.CONDITIONS), "what showers are generated for"
    ),
)


def make_learner(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """The learner that the flags describe."""
    family = FAMILIES[settings["model"]]
    model_families.check_unused(settings, GROUPS, family)
    return family.make(settings, dataset, length, axis_name)


EXPERIMENT = Experiment(
    name="calorimeter",
    title="Showers in a calorimeter",
    flags=FLAGS,
    read=calorimeter.read,
    learner=make_learner,
    suites=shower_suites.SUITES,
    headline="ring_distance",
    quick=shower_suites.quick,
    illustrate=showers.shower_illustrations,
    failures=shower_failures.failures,
    finish=calorimeter.finish,
    read_conditions=calorimeter.read_conditions,
    write_samples=calorimeter.write_samples,
    extendable=adversarial_flags.extendable,
    unused=lambda settings: model_families.unused(GROUPS, FAMILIES[settings["model"]]),
)

if __name__ == "__main__":
    runner.main(EXPERIMENT)
