"""Records of a run: its log, its checkpoints, and the card of its generator."""

from collections.abc import Mapping
from typing import Any

from jaxgen.manifest import read_json
from jaxgen.run.folder import RunFolder
from jaxgen.run.options import Options
from jaxgen.system import System
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.logs import read_metrics


def read_sampled_parts(folder: RunFolder) -> set[str]:
    """Names of the user-defined objects that the generator in a run folder needs."""
    path = folder.generator / "generator.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"Expected a generator in {folder.path}; found none. A run has one after its first checkpoint."
        )
    found = read_json(path)
    return set(found.get("parts", {})) if isinstance(found, dict) else set()


def read_log(folder: RunFolder) -> list[dict[str, Any]]:
    """The lines of a run's log; empty if there is no log yet."""
    path = folder.path / "metrics.jsonl"
    return read_metrics(path) if path.is_file() else []


def checkpoints_of(folder: RunFolder, options: Options, system: System | None) -> Checkpoints:
    """The checkpoints of a run."""
    return Checkpoints(
        folder.checkpoints,
        keep=options.keep_checkpoints,
        best_metric=None if system is None else system.headline,
    )


def chosen_step(checkpoints: Checkpoints, options: Options) -> int | None:
    """The checkpoint used for the generator.

    The best one if quick evaluations were requested, else the latest, so that an extended run has the
    same generator as an uninterrupted one.
    """
    wanted = options.checkpoint == "best" and options.evaluate_every and checkpoints.best_metric
    best = checkpoints.best_step() if wanted else None
    return checkpoints.latest_step() if best is None else best


def card_of(config: Mapping[str, Any], step: int, judged: Mapping[str, Any] | None) -> dict[str, Any]:
    """The card of a generator.

    Args:
      config: configuration of the run.
      step: number of updates that the generator was trained for.
      judged: its evaluation, as in `evaluation.json`.
    """
    data, settings, options = config["data"], config["settings"], config["options"]
    updates = f"{step}" if step == settings["steps"] else f"{step} of {settings['steps']}"
    members = f", {options['members']} members" if options["members"] > 1 else ""
    return {
        "trained": (
            f"{updates} updates of {settings['batch_size']} events, seed {options['seed']}"
            f"{members}, on {data['train_events']} events of {data['name']}, "
            f"fingerprint {data['sha256'][:16]}"
        ),
        "data": {name: value for name, value in data.items() if name != "source"},
        "seed": options["seed"],
        "evaluation": None if judged is None else dict(judged),
        "versions": dict(config["versions"]),
        "revision": config["revision"],
    }
