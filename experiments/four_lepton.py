"""Trains, judges and samples generators of four-lepton events: autoencoders, a GAN, flows and a mixture.

    python experiments/four_lepton.py --flagfile=experiments/flags/four_lepton_quick.flags --workdir=runs/4l

Without --data=FILE it learns from the built-in toy Monte Carlo. --model=all trains every model with its own
flagfile, each in a folder of its own below --workdir, and writes one page on all. The same command resumes a
run that was stopped; --mode=evaluate and --mode=sample need only --workdir.
"""

from pathlib import Path
from typing import Any

from jaxgen.cli import model_table
from jaxgen.cli.experiment import USUAL, DataFlag, Experiment
from jaxgen.cli.main import main


def train_all(experiment: Experiment, values: Any) -> None:
    """Trains every model with the flagfile of its name."""
    folder = Path(__file__).parent / "flags"
    models = experiment.detector.models
    rows = {name: [f"--flagfile={folder / f'four_lepton_{name}.flags'}"] for name in models}
    model_table.run(experiment, values, rows)


EXPERIMENT = Experiment(
    name="four_lepton",
    system="four_leptons",
    model="spline_flow",
    defaults={
        **USUAL,
        "architecture": "published",
        "representation": "sparse",
        "mass_weight": 0.0,
        "affine_scale": "sigmoid",
        "bins": 8,
        "components": 42,
        "covariance": "tied",
        "start": "kmeans",
        "regularization": 1e-6,
        "observation_noise": 0.0,
        "buffer_capacity": 0,
        "buffer_scale": 1.0,
        "buffer_added": 0.05,
    },
    own_defaults={"flow": {"layers": 32, "width": 36}, "spline_flow": {"layers": 8, "width": 64}},
    data=[
        DataFlag("process", "zz4l", "that is simulated", choices=("zz4l", "h4l"), ways=("simulate",)),
        DataFlag("full", False, "train on all events, those of the test split included"),
        DataFlag(
            "condition",
            "none",
            "what events are generated for",
            choices=("none", "channel", "channel_mass"),
        ),
    ],
    all_models=train_all,
)

if __name__ == "__main__":
    main(EXPERIMENT)
