"""Trains, judges and samples a generator of pad responses of the MPD time projection chamber.

    python experiments/tpc_sn.py --flagfile=experiments/flags/tpc_sn_quick.flags --workdir=runs/quick

Without --data=FILE it learns from the built-in simulator. The same command resumes a run that was stopped.
With --mode=evaluate, sample or report, only --workdir is needed. `jaxgen train tpc_pads` is the same.
"""

from jaxgen.cli.main import experiment

if __name__ == "__main__":
    experiment("tpc_pads")
