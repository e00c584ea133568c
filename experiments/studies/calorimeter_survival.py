"""How long the published calorimeter GANs last: the generator loses, or explodes, or neither.

    python experiments/studies/calorimeter_survival.py --data=calo30_geant4.npz --folder=runs/survival
    python experiments/studies/calorimeter_survival.py ... --study=optimizers
    python experiments/studies/calorimeter_survival.py ... --study=rates --rates=0.01,0.1,1

"pairs" trains GAN1 for each number of critic and generator updates of a round, "optimizers" both networks by
SGD and by Adam, "rates" GAN1 under a ladder of the generator's rates. A run ends where the critic takes
1,000 generated showers for real with a mean probability below 0.05, looked at every 100 rounds, or after
--rounds, which is then a lower bound. Every 50 rounds the mean image and the variance of the cells are
compared with those before; an untrained generator is none to compare with, its image is noise.

A round takes two seconds of a core, a study days: its runs are kept in a JSON file, the same command goes on,
and --verbosity=0 tells how far it is. --batch_size=4 takes a tenth of the time. Prints a table in Markdown.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags, logging

from jaxgen.base import Batch, Pair, PyTree
from jaxgen.learners import adversarial
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.models.network import from_module
from jaxgen.systems.calorimeter.data import read_showers
from jaxgen.systems.calorimeter.models import networks
from jaxgen.systems.calorimeter.models.gan import IMAGES, Gan1Settings, Gan2Settings, PublishedSettings
from jaxgen.systems.calorimeter.models.generators import OUTPUTS
from jaxgen.systems.calorimeter.representation import scalings
from jaxgen.training import parallel
from jaxgen.training.explosions import block_statistics, explosions
from jaxgen.training.symptoms import Thresholds

BLOCK, CHECK, JUDGED = 50, 100, 1000
PAIRS = {(1, 3): 4500, (1, 2): 500, (2, 3): 1400, (1, 4): 1900}
"""Rounds after which the generator was published to be lost, by numbers of critic and generator updates."""
NAMES = {f"{critic}:{generator}": (critic, generator) for critic, generator in PAIRS}

FLAGS = flags.FLAGS
flags.DEFINE_string("data", None, "file of showers", required=True)
flags.DEFINE_string("folder", None, "for the results", required=True)
flags.DEFINE_enum("study", "pairs", ["pairs", "optimizers", "rates"], "what is varied")
flags.DEFINE_multi_enum("pair", list(NAMES), list(NAMES), "critic : generator updates, for --study=pairs")
flags.DEFINE_list("rates", ["1e-3", "1e-2", "1e-1", "1"], "of the generator, for --study=rates")
flags.DEFINE_integer("seeds", 5, "runs of each setting", lower_bound=1)
flags.DEFINE_integer("rounds", 6000, "at most, a multiple of 100", lower_bound=100)
flags.DEFINE_integer("batch_size", 100, "showers of a round, drawn with replacement", lower_bound=1)
flags.DEFINE_enum("transform", "softplus", IMAGES, "of the data")
flags.DEFINE_enum("output", "tanh", sorted(OUTPUTS), "last activation of the generator")
flags.DEFINE_bool("stop", True, "end a run where its generator has lost")


class Setting(NamedTuple):
    """What a run is."""

    architecture: str = "gan1"
    critic_steps: int = 2
    generator_steps: int = 3
    optimizer: str = "sgd"
    generator_rate: float = 1e-2
    critic_rate: float = 1e-4

    @property
    def name(self) -> str:
        """One line on it."""
        return (
            f"{self.architecture}, {self.critic_steps} : {self.generator_steps}, {self.optimizer}, "
            f"{self.generator_rate:g} : {self.critic_rate:g}"
        )


def settings() -> list[Setting]:
    """Those of the study."""
    if FLAGS.study == "pairs":
        pairs = [NAMES[name] for name in FLAGS.pair]
        return [Setting(critic_steps=k, generator_steps=m) for k, m in pairs]
    if FLAGS.study == "rates":
        return [Setting(generator_rate=float(rate)) for rate in FLAGS.rates]
    adam = {"optimizer": "adam", "generator_rate": 1e-4, "critic_rate": 1e-4}
    return [Setting(one, **changes) for one in ("gan1", "gan2") for changes in ({}, adam)]


def make_model(setting: Setting, events: np.ndarray) -> AdversarialModel:
    """The networks between energies in MeV."""
    chosen = networks.get(setting.architecture, output_activation=FLAGS.output)
    return AdversarialModel(
        from_module(chosen.generator),
        from_module(chosen.critic),
        chosen.latent,
        lambda condition: condition,
        scalings.by_name(FLAGS.transform, scalings.statistics(FLAGS.transform, events)),
    )


def make_settings(setting: Setting) -> PublishedSettings:
    """How they are trained: as published, but for what is varied."""
    kind = {"gan1": Gan1Settings, "gan2": Gan2Settings}[setting.architecture]
    varied = {name: value for name, value in setting._asdict().items() if name != "architecture"}
    return kind(**varied, b1=0.5, b2=0.9)


def make_run(setting: Setting, events: np.ndarray) -> Callable[[int], dict[str, Any]]:
    """Compiles what a setting needs; `run(seed)` trains until the generator has lost, or to the end."""
    model = make_model(setting, events)
    learner = adversarial.make(model, make_settings(setting))
    data = Batch(jnp.asarray(events), jnp.zeros((len(events), 0)))
    advance = parallel.make_advance(learner)

    @jax.jit
    def judge(params: Pair[PyTree], key: jax.Array, real: jax.Array) -> tuple[jax.Array, ...]:
        none = jnp.zeros((JUDGED, 0))
        fake = model.generator.apply(params.generator, none, jax.random.normal(key, (JUDGED, model.latent)))
        sides = fake, model.scaler.forward(real)
        return fake, *(jnp.mean(jax.nn.sigmoid(model.critic.apply(params.critic, x, none))) for x in sides)

    def run(seed: int) -> dict[str, Any]:
        draw = np.random.default_rng(seed)
        keys = jax.random.split(jax.random.fold_in(jax.random.key(0), seed), 3)
        states = parallel.initialize(learner, keys[:1], data.first(64))
        blocks, believed, lost = [], [], None
        for step in range(BLOCK, FLAGS.rounds + 1, BLOCK):
            picks = draw.integers(len(events), size=(1, BLOCK, FLAGS.batch_size))
            states, metrics = advance(states, keys[1:2], data, picks)
            params = jax.tree.map(lambda x: x[0], states.params)
            real = data.data[draw.integers(len(events), size=JUDGED)]
            fake, of_fake, of_real = judge(params, jax.random.fold_in(keys[2], step), real)
            blocks.append(block_statistics(np.asarray(fake)))
            if not all(np.isfinite(x).all() for x in metrics.values()):
                break
            if step % CHECK == 0:
                believed.append((step, float(of_fake), float(of_real)))
                logging.info("round %d, believed: %.3f generated, %.3f real", *believed[-1])
                if lost is None and of_fake < Thresholds().lost:
                    lost = step
            if lost is not None and FLAGS.stop:
                break
        burst = explosions(np.stack([block.mean for block in blocks]), np.array([b.variance for b in blocks]))
        return {
            "lost": lost,
            "rounds": step,
            "finite": bool(np.isfinite(blocks[-1].mean).all()),
            "explosions": [BLOCK * (int(i) + 1) for i in np.nonzero(burst)[0]],
            "believed": believed,
            "variances": [block.variance for block in blocks],
            "largest": float(np.max(fake)),
        }

    return run


def row(setting: Setting, runs: list[dict[str, Any]]) -> str:
    """One line of the table; the mean is over the runs whose generator has lost."""
    lost = [one["lost"] for one in runs if one["lost"] is not None]
    bounds = [f">{one['rounds']}" for one in runs if one["lost"] is None]
    burst = [str(one["explosions"][0]) if one["explosions"] else "none" for one in runs]
    mean = f"{np.mean(lost):.0f}" if lost else "-"
    std = f"{np.std(lost, ddof=1):.0f}" if len(lost) > 1 else "-"
    published = PAIRS.get((setting.critic_steps, setting.generator_steps), "-")
    cells = [
        setting.name,
        ", ".join([*map(str, lost), *bounds]),
        mean,
        std,
        f"{len(bounds)} of {len(runs)}",
        published if FLAGS.study == "pairs" else "-",
        ", ".join(burst),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def main(argv: list[str]) -> None:
    del argv
    path = Path(FLAGS.folder) / f"{FLAGS.study}_{FLAGS.transform}_{FLAGS.output}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    events = np.asarray(read_showers(FLAGS.data, condition="none").data)
    print(
        "| network, critic : generator updates, optimizer, rates | lost at | mean | std | censored |",
        end="",
    )
    print(" published | first explosion |\n|---|---|---|---|---|---|---|")
    for setting in settings():
        runs = found.setdefault(setting.name, {})
        run = make_run(setting, events)
        for seed in range(FLAGS.seeds):
            if str(seed) not in runs:
                logging.info("%s, seed %d", setting.name, seed)
                runs[str(seed)] = run(seed)
                path.write_text(json.dumps(found), encoding="utf-8")
        print(row(setting, [runs[str(seed)] for seed in range(FLAGS.seeds)]), flush=True)


if __name__ == "__main__":
    app.run(main)
