"""The one-dimensional toy beside the published calorimeter GAN: noise U(0, 1) is to become N(4, 1).

    python experiments/studies/calorimeter_toy.py

Takes half a minute. The generator has 12 ELU units and the critic 12 and two outputs; the critic is updated
five times for each update of the generator. The published generator ends in a sigmoid, which cannot reach
4; a linear output can. Prints the mean and the standard deviation of the samples of five seeds.
"""

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags

import jaxgen
from jaxgen.base import Array, PyTree
from jaxgen.data import scalers
from jaxgen.data.dataset import Column, Dataset, Spec, as_batch, split
from jaxgen.learners import adversarial
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.models.activations import elu
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.models.network import Network, from_module

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 4000, "of five critic updates and one of the generator", lower_bound=1)
flags.DEFINE_integer("seeds", 5, "runs of each output", lower_bound=1)
flags.DEFINE_float("rate", 1e-3, "of Adam, for both networks")
flags.DEFINE_float("average_decay", 0.995, "of the running average of the generator's weights")

MEAN, SAMPLES = 4.0, 20_000
OUTPUTS = {"sigmoid": jax.nn.sigmoid, "linear": None}


def generator(output: str) -> Network:
    """A generator whose noise is uniform."""
    network = from_module(DenseGenerator((1,), (12,), elu, OUTPUTS[output]))

    def apply(params: PyTree, features: Array, latent: Array) -> Array:
        return network.apply(params, features, jax.scipy.stats.norm.cdf(latent))

    return Network(network.init, apply)


def critic() -> Network:
    """The log-odds of a softmax over two outputs."""
    network = from_module(DenseCritic((12,), 2, elu))
    return Network(
        network.init, lambda params, *inputs: network.apply(params, *inputs) @ jnp.array([[1.0], [-1.0]])
    )


def dataset() -> Dataset:
    """Events that are to be learned."""
    events = np.random.default_rng(0).normal(MEAN, 1.0, (50_000, 1)).astype(np.float32)
    spec = Spec("toy", ("number",), (1,), (Column("value"),))
    return split(as_batch(events, np.zeros((len(events), 0), np.float32)), spec, full=True)


def samples(output: str, data: Dataset) -> np.ndarray:
    """Samples of each seed after training, [K, N]."""
    learner = adversarial.make(
        AdversarialModel(generator(output), critic(), 1, lambda condition: condition, scalers.identity()),
        AdversarialSettings(
            loss="non_saturating",
            regularizer=("none",),
            b1=0.5,
            b2=0.9,
            generator_rate=FLAGS.rate,
            critic_rate=FLAGS.rate,
            critic_steps=5,
            reuse_batch=True,
            average_decay=FLAGS.average_decay,
        ),
    )
    run = jaxgen.fit(
        learner, data, steps=FLAGS.rounds, batch_size=100, members=FLAGS.seeds, log_every=500, quiet=True
    )
    made = [run.generator.member(m).sample(m, num=SAMPLES) for m in range(FLAGS.seeds)]
    return np.stack(made)[..., 0]


def main(argv: list[str]) -> None:
    del argv
    data = dataset()
    for output in OUTPUTS:
        made = samples(output, data)
        means, stds = made.mean(axis=1), made.std(axis=1)
        listed = ", ".join(f"{mean:.3f} ({std:.3f})" for mean, std in zip(means, stds, strict=True))
        within = int(np.sum(np.abs(means - MEAN) < 0.1))
        print(
            f"{output:8s} mean (standard deviation) of {FLAGS.seeds} seeds: {listed}; "
            f"{within} within 0.1 of {MEAN:g}"
        )


if __name__ == "__main__":
    app.run(main)
