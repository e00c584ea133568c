"""Describes a file of four-lepton events: each column in numbers, and how columns depend on each other.

    python experiments/studies/explore_four_leptons.py --data=zz4l.csv --folder=runs/explored

It prints a table and writes maps of the Pearson and Spearman correlations of the first and the second half of
the events, whose difference is what chance does.
"""

from absl import app, flags

from jaxgen.data.dataset import SUMMARY, describe_values
from jaxgen.metrics import correlations
from jaxgen.plots.correlation_maps import correlation_maps
from jaxgen.plots.illustration import Illustration
from jaxgen.systems.four_leptons.data.event_files import read_events
from jaxgen.systems.four_leptons.slots import COMPONENTS, SLOTS

FLAGS = flags.FLAGS
flags.DEFINE_string("data", None, "CSV file", required=True)
flags.DEFINE_string("folder", None, "for the maps", required=True)


def main(argv: list[str]) -> None:
    del argv
    events = read_events(FLAGS.data)
    columns = events.reshape(len(events), -1)
    names = [f"{slot}, {component}" for slot in SLOTS for component in COMPONENTS]
    print(f"{'column':<16}" + "".join(f"{name:>12}" for name in SUMMARY))
    for name, values in zip(names, columns.T, strict=True):
        print(f"{name:<16}" + "".join(f"{value:>12.5g}" for value in describe_values(values).values()))
    half = len(columns) // 2
    for kind in (correlations.pearson, correlations.spearman):
        title = kind.__name__.capitalize()
        figure = correlation_maps(kind(columns[:half]), kind(columns[half:]), SLOTS, name=title)
        Illustration(kind.__name__, f"{title} correlations", "Both halves of the events.", figure).save(
            FLAGS.folder
        )


if __name__ == "__main__":
    app.run(main)
