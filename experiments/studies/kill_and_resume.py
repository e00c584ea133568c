"""Kills a training with SIGKILL at random moments, runs it to its end, and compares it with an unbroken one.

    python experiments/studies/kill_and_resume.py --kills=20

Seven minutes on two cores. Result: "20 of 20 bit-equal" (25 kills, 14 of them within a save).

One kill in five falls into the start; the others are uniform over the updates, every second of which is
saved, so that many fall into a save. Every fourth run is killed a second time while it goes on. Compared are
SHA-256 sums of all arrays of the last checkpoint, and the lines of metrics.jsonl but for their times.
"""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import orbax.checkpoint as ocp
from absl import app, flags, logging

from jaxgen.training.checkpoint import UNFINISHED

FLAGS = flags.FLAGS
flags.DEFINE_integer("kills", 20, "runs to kill", lower_bound=1)
flags.DEFINE_integer("seed", 0, "of the moments")
flags.DEFINE_integer("steps", 60, "updates of the run", lower_bound=4)
flags.DEFINE_string("architecture", "moments", "of the networks")

EXPERIMENT = Path(__file__).resolve().parents[1] / "tpc_sn.py"
EVERY = 2  # updates between saves, and between lines of the log
SETTINGS = (
    "--data_events=200 --batch_size=16 --regularizer=spectral_norm,gradient_penalty --optimizer=adam "
    "--stepping=stochastic --critic_steps=2 --dropout=0.1 --average_decay=0.9 --feature_noise=0.1 "
    f"--log_every={EVERY} --save_every={EVERY}"
)
TIMES = {"wall_seconds", "cpu_seconds", "steps_per_second"}


class Run:
    """One run in its folder, as often as it is started; its evaluation is not waited for."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.last = folder / "checkpoints" / str(FLAGS.steps)
        named = (f"--workdir={folder}", f"--steps={FLAGS.steps}", f"--architecture={FLAGS.architecture}")
        self.command = [sys.executable, str(EXPERIMENT), *SETTINGS.split(), *named]
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}

    def go(self, step: int | None = None, delay: float = 0.0) -> float | None:
        """Runs to the last checkpoint, or for so many seconds after a step was logged, then kills.

        Returns:
          The seconds it took; None where the last checkpoint was there before the moment to kill.
        """
        with tempfile.TemporaryFile() as output:
            begin, since = time.monotonic(), None
            process = subprocess.Popen(self.command, env=self.environment, stdout=output, stderr=output)
            try:
                while not self.last.is_dir():
                    if process.poll():
                        output.seek(0)
                        raise RuntimeError(f"The run in {self.folder} failed:\n{output.read().decode()}")
                    if since is None and step is not None and self.logged() >= step:
                        since = time.monotonic()
                    if since is not None and time.monotonic() - since >= delay:
                        break
                    time.sleep(0.005)
            finally:
                process.kill()
                process.wait()
        return None if step is not None and self.last.is_dir() else time.monotonic() - begin

    def logged(self) -> int:
        """Steps of which the log tells."""
        log = self.folder / "metrics.jsonl"
        return EVERY * log.read_bytes().count(b"\n") if log.exists() else 0

    def state(self) -> str:
        """What a kill has left, in words."""
        names = [path.name for path in (self.folder / "checkpoints").glob("*")]
        steps = [int(name) for name in names if name.isdecimal()]
        saved = f"{max(steps)} saved" if steps else "nothing saved"
        return saved + (", within a save" if any(name.endswith(UNFINISHED) for name in names) else "")

    def digest(self) -> str:
        """SHA-256 of all arrays of the last checkpoint."""
        arrays = ocp.StandardCheckpointer().restore(self.last / "state")
        parts = [name.encode() + np.asarray(arrays[name]).tobytes() for name in sorted(arrays)]
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def lines(self) -> list[dict]:
        """The log without the times."""
        entries = map(json.loads, (self.folder / "metrics.jsonl").read_text().splitlines())
        return [{name: value for name, value in entry.items() if name not in TIMES} for entry in entries]


def kills(run: Run, draw: random.Random, number: int, start: float, line: float) -> list[tuple[float, str]]:
    """Kills a run so often, given how long a start and a line of the log take: when, and what was left."""
    found: list[tuple[float, str]] = []
    while len(found) < number:
        ahead = range(run.logged() + EVERY, FLAGS.steps, EVERY)
        step = draw.choice(ahead) if ahead and draw.random() < 0.8 else 0
        seconds = run.go(step, draw.uniform(0, line if step else start))
        if seconds is None:  # it was at its end already: from the beginning
            shutil.rmtree(run.folder)
            found.clear()
        else:
            found.append((seconds, run.state()))
    return found


def main(argv: list[str]) -> None:
    del argv
    logging.set_verbosity(logging.WARNING)
    draw = random.Random(FLAGS.seed)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        Run(root / "first", root / "cache").go()  # compiles, for all that follow
        whole = Run(root / "whole", root / "cache")
        duration = whole.go()
        digest, lines = whole.digest(), whole.lines()
        trained = json.loads((whole.folder / "metrics.jsonl").read_text().splitlines()[-1])["wall_seconds"]
        pace = duration - trained, trained * EVERY / FLAGS.steps
        print(f"Unbroken: {duration:.1f} s, {FLAGS.steps} updates, SHA-256 {digest[:16]}")
        print(f"{'run':>3}  {'killed after':<12}  {'left':<24}  {'state':<16}  log", flush=True)
        equal = 0
        for number in range(FLAGS.kills):
            run = Run(root / str(number), root / "cache")
            killed = kills(run, draw, 2 if number % 4 == 3 else 1, *pace)
            run.go()
            found, same_lines = run.digest(), run.lines() == lines
            equal += found == digest and same_lines
            endings = ["killed again"] * (len(killed) - 1)
            endings.append(f"{found[:16]}  {'equal' if same_lines else 'DIFFERENT'}")
            for (moment, left), ending in zip(killed, endings, strict=True):
                print(f"{number:>3}  {moment:>10.2f} s  {left:<24}  {ending}", flush=True)
            shutil.rmtree(run.folder)
    print(f"{equal} of {FLAGS.kills} bit-equal")
    sys.exit(equal < FLAGS.kills)


if __name__ == "__main__":
    app.run(main)
