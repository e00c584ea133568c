"""Describes a file of four-lepton events: each column in numbers, and how columns depend on each other.

    python experiments/studies/explore_four_leptons.py --data=zz4l.csv --folder=runs/explored

It prints a table and writes maps of the Pearson and Spearman correlations of the first and the second half of
the events, whose difference is what chance does.
"""

from pathlib import Path

from absl import app, flags

from jaxgen import plots
from jaxgen.data import summaries
from jaxgen.metrics import correlations
from jaxgen.plots.correlation_maps import correlation_maps
from jaxgen.systems.four_leptons import data as four_lepton
from jaxgen.systems.four_leptons.slots import COMPONENTS, SLOTS

FLAGS = flags.FLAGS
flags.DEFINE_string("data", None, "CSV file", required=True)
flags.DEFINE_string("folder", None, "for the maps", required=True)


def main(argv: list[str]) -> None:
    del argv
    events = four_lepton.read_events(FLAGS.data)
    print(f"{'column':<16}" + "".join(f"{name:>12}" for name in summaries.SUMMARY))
    names = [f"{slot}, {component}" for slot in SLOTS for component in COMPONENTS]
    for name, row in zip(names, summaries.summary(events), strict=True):
        print(f"{name:<16}" + "".join(f"{value:>12.5g}" for value in row))
    columns = events.reshape(len(events), -1)
    half = len(columns) // 2
    for kind in (correlations.pearson, correlations.spearman):
        figure = correlation_maps(
            kind(columns[:half]), kind(columns[half:]), SLOTS, name=kind.__name__.capitalize()
        )
        plots.save(figure, Path(FLAGS.folder), kind.__name__)


if __name__ == "__main__":
    app.run(main)
