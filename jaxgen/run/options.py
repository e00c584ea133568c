"""Options of a run, in addition to the settings of its model."""

from dataclasses import dataclass
from typing import ClassVar

from jaxgen import checks
from jaxgen.settings import Checked, setting

CHECKPOINTS = ("best", "latest")
LARGEST_SEED = 2**32 - 1
FREE = frozenset({"save_every", "evaluate_every", "keep_checkpoints", "checkpoint", "samples_per_condition"})
"""Options that do not affect the training."""


@dataclass(frozen=True)
class Options(Checked):
    """Options of a run, in addition to the settings of its model; see `fit`.

    Raises:
      ValueError: for numbers out of range.
    """

    GROUP: ClassVar[str] = "run"

    seed: int = setting(0, "seed of the run", low=0, high=LARGEST_SEED)
    members: int = setting(1, "members trained together, each with its own seed", low=1)
    devices: int = setting(1, "devices that share each batch", low=1)
    log_every: int = setting(100, "updates between two lines of the log", low=1)
    save_every: int = setting(1000, "updates between two checkpoints", low=1)
    evaluate_every: int = setting(
        0, "updates between two quick evaluations of the headline metric; 0 for one at the end", low=0
    )
    keep_checkpoints: int = setting(3, "number of latest checkpoints kept, in addition to the best", low=1)
    checkpoint: str = setting(
        "best",
        "checkpoint used for the generator; the latest if none was evaluated",
        choices=CHECKPOINTS,
    )
    samples_per_condition: int = setting(10, "generated events for each test event in the evaluation", low=1)


def check_seed(seed: int) -> None:
    """Raises unless a seed is an integer within [0, 2^32).

    Raises:
      ValueError: with the value.
    """
    checks.whole(seed=seed)
    if seed > LARGEST_SEED:
        raise ValueError(f"Expected a seed from 0 to below 2^32; got {seed}.")
