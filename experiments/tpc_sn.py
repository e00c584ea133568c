"""Trains, judges and samples a pad-response generator of the MPD time projection chamber.

    python experiments/tpc_sn.py --flagfile=experiments/flags/tpc_sn_quick.flags --workdir=runs/quick

Without --data=FILE it learns from the built-in simulator. The same command resumes a run that was
stopped; --mode=evaluate and --mode=sample need only --workdir.
"""

from jaxgen.cli.experiment import USUAL, DataFlag, Experiment
from jaxgen.cli.main import main

EXPERIMENT = Experiment(
    name="tpc_sn",
    system="tpc_pads",
    model="gan",
    defaults={
        **USUAL,
        "optimizer": "rmsprop_torch",
        "decay": "exponential",
        "architecture": "published",
        "dropout": 0.02,
        "reflections": False,
    },
    data=[DataFlag("strict", True, "refuse files with hits outside of the window", ways=("read",))],
)

if __name__ == "__main__":
    main(EXPERIMENT)
