"""Trains, judges and samples generators of four-lepton events: autoencoders, a GAN, flows and a mixture.

    python experiments/four_lepton.py --flagfile=experiments/flags/four_lepton_quick.flags --workdir=runs/4l

Without --data=FILE it learns from the built-in toy Monte Carlo. --model=all trains every model by its own
preset, each in a folder of its own below --workdir, and writes one page on all. The same command resumes a
run that was stopped. With --mode=evaluate, sample or report, only --workdir is needed.
`jaxgen train four_leptons` is the same.
"""

from jaxgen.cli.main import experiment

if __name__ == "__main__":
    experiment("four_leptons")
