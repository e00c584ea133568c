"""Trains, judges and samples generators of electromagnetic showers in a calorimeter of 30 x 30 cells.

    python experiments/calorimeter.py --flagfile=experiments/flags/calo_quick.flags --workdir=runs/showers

Without --data=FILE it learns from the built-in simulator. The same command resumes a run that was stopped;
--mode=evaluate and --mode=sample need only --workdir.
"""

from jaxgen.cli.experiment import USUAL, DataFlag, Experiment
from jaxgen.cli.main import main

EXPERIMENT = Experiment(
    name="calorimeter",
    system="calorimeter",
    model="vae",
    defaults={
        **USUAL,
        "transform": "log1p",
        "output": None,
        "relative": True,
        "latent": 12,
        "summary_width": 128,
        "cell_width": 32,
        "layers": 6,
        "width": 64,
        "bins": 6,
        "noise": 0.02,
        "split_width": 64,
        "whole_width": 64,
    },
    data=[
        DataFlag(
            "condition",
            "full",
            "what showers are generated for",
            choices=("none", "energy", "impact", "full"),
        )
    ],
    events=8_000,
)

if __name__ == "__main__":
    main(EXPERIMENT)
