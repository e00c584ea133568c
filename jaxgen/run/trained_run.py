"""Opens a finished run: its settings, its data, its learner and what this was trained to."""

from typing import NamedTuple

from jaxgen.base import Learner, PyTree
from jaxgen.cli import runner
from jaxgen.cli.experiment import Experiment
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset
from jaxgen.run import sampling
from jaxgen.run.run_folder import RunFolder


class TrainedRun(NamedTuple):
    """A run on one device.

    Attributes:
      settings: its flags, with the defaults of those that are younger than the run.
      dataset: what it was trained on, read again.
      learner: as built from the settings.
      step: of the checkpoint.
      states: of all members, stacked.
    """

    settings: Settings
    dataset: Dataset
    learner: Learner
    step: int
    states: PyTree

    @property
    def members(self) -> list[PyTree]:
        """The state of each member."""
        return [sampling.member(self.states, number) for number in range(self.settings["num_seeds"])]


def load(experiment: Experiment, folder: RunFolder) -> TrainedRun:
    """Opens a run at the checkpoint that its settings name, by default the latest.

    Args:
      experiment: of the run.
      folder: of the run.

    Raises:
      FileNotFoundError: where there is no run, no data or no checkpoint.
    """
    defaults = {holder.name: holder.default for holder in experiment.flags}
    settings = {**defaults, **folder.read_config()["flags"], "devices": 1}
    dataset = experiment.read(settings)
    learner, config = runner.build(experiment, settings, dataset)
    step, states = runner.restore(learner, dataset, config, folder, settings, experiment)
    return TrainedRun(settings, dataset, learner, step, states)
