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

from jaxgen.base import Array, Batch, Pair, PyTree, Scaler
from jaxgen.learners import adversarial
from jaxgen.learners.adversarial_config import AdversarialConfig
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.optimizer_config import OptimizerConfig
from jaxgen.learners.regularizers import RegularizerConfig
from jaxgen.models.activations import elu
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.models.network import Network, from_module
from jaxgen.training import loop

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


def sample_means(output: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the samples of each seed after training."""
    adam = OptimizerConfig("adam", FLAGS.rate, b1=0.5, b2=0.9, decay="constant")
    identity = Scaler(lambda x: x, lambda y: y)
    learner = adversarial.make(
        AdversarialModel(generator(output), critic(), 1, lambda condition: condition, identity),
        AdversarialConfig(
            loss="non_saturating",
            regularizer=RegularizerConfig(names=("none",)),
            optimizer=Pair(adam, adam),
            critic_steps=5,
            reuse_batch=True,
            average_decay=FLAGS.average_decay,
        ),
    )
    events = np.random.default_rng(0).normal(MEAN, 1.0, (50_000, 1)).astype(np.float32)
    data = Batch(events, np.zeros((len(events), 0), np.float32))
    config = loop.LoopConfig(FLAGS.rounds, 100, members=FLAGS.seeds, log_every=500, save_every=500)
    states = loop.train(learner, data, config)
    none = jnp.zeros((SAMPLES, 0))
    samples = [
        learner.sample(jax.random.key(member), jax.tree.map(lambda x, m=member: x[m], states), none, SAMPLES)
        for member in range(FLAGS.seeds)
    ]
    return np.mean(samples, axis=(1, 2)), np.std(samples, axis=(1, 2))


def main(argv: list[str]) -> None:
    del argv
    for output in OUTPUTS:
        means, spreads = sample_means(output)
        listed = ", ".join(f"{mean:.3f} ({spread:.3f})" for mean, spread in zip(means, spreads, strict=True))
        within = int(np.sum(np.abs(means - MEAN) < 0.1))
        print(
            f"{output:8s} mean (standard deviation) of {FLAGS.seeds} seeds: {listed}; "
            f"{within} within 0.1 of {MEAN:g}"
        )


if __name__ == "__main__":
    app.run(main)
