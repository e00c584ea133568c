"""Trains, judges and samples generators of electromagnetic showers in a calorimeter of 30 x 30 cells.

    python experiments/calorimeter.py --flagfile=experiments/flags/calo_quick.flags --workdir=runs/showers

Without --data=FILE it learns from the built-in simulator. The same command resumes a run that was stopped.
With --mode=evaluate, sample or report, only --workdir is needed. `jaxgen train calorimeter` is the same.
"""

from jaxgen.cli.main import experiment

if __name__ == "__main__":
    experiment("calorimeter")
