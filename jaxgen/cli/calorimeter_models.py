"""The model families of calorimeter showers: which flags each takes and how its learner is built."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from absl import flags

from jaxgen.base import Array, Learner, Scaler
from jaxgen.cli import adversarial_flags, descent_flags, optimizer_flags, variational_flags
from jaxgen.cli.experiment import Length
from jaxgen.cli.registry import Family, Groups, names
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset
from jaxgen.learners import adversarial, likelihood, variational
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.likelihood import LikelihoodModel
from jaxgen.learners.likelihood_config import LikelihoodConfig
from jaxgen.learners.relative import relative
from jaxgen.learners.variational import VariationalModel
from jaxgen.losses.adversarial import LOSSES
from jaxgen.models import autoencoders, network, spline_flow
from jaxgen.systems.calorimeter import active_logarithms as calorimeter_columns
from jaxgen.systems.calorimeter import representation as calorimeter_scaling
from jaxgen.systems.calorimeter.cells import CELLS, THRESHOLD
from jaxgen.systems.calorimeter.data import conditions
from jaxgen.systems.calorimeter.models import cascade as shower_cascade
from jaxgen.systems.calorimeter.models import networks as calorimeter_networks
from jaxgen.systems.calorimeter.models import vae as shower_autoencoder
from jaxgen.systems.calorimeter.models.generators import OUTPUTS
from jaxgen.systems.calorimeter.models.vae import Axis, ShowerDecoder, ShowerEncoder
from jaxgen.systems.calorimeter.symmetries import turn_and_mirror
from jaxgen.transforms.linear_maps import ConvolutionGeometry

ARCHITECTURES = {"gan1": "gan1", "gan2": "gan2", "wgan": "conditional"}
"""Networks of each adversarial family."""


def define() -> dict[str, list[flags.FlagHolder]]:
    """Defines the flags of all families, and returns them in groups."""
    return {
        "optimizer": optimizer_flags.define(optimizer="adam", decay="constant"),
        "symmetries": [flags.DEFINE_bool("symmetries", False, "train on turned and mirrored showers too")],
        "adversarial": adversarial_flags.define(),
        "images": [
            flags.DEFINE_enum(
                "transform",
                "log1p",
                sorted(set(calorimeter_scaling.TRANSFORMS) - {"normalized"}),
                "of the cells",
            ),
            flags.DEFINE_enum(
                "output", None, sorted(OUTPUTS), "of the generator; the architecture's own if not given"
            ),
            flags.DEFINE_bool("relative", True, "see cells as shares of the expected visible energy"),
        ],
        "gradients": descent_flags.define(),
        "autoencoder": [
            *variational_flags.define(),
            flags.DEFINE_integer("latent", 12, "numbers of the code", lower_bound=1),
            flags.DEFINE_integer("summary_width", 128, "of the decoder's layers", lower_bound=1),
            flags.DEFINE_integer("cell_width", 32, "of the layers that all cells share", lower_bound=1),
        ],
        "flow": [
            flags.DEFINE_integer("layers", 6, "of the flow", lower_bound=1),
            flags.DEFINE_integer("width", 64, "of its hidden layers", lower_bound=1),
            flags.DEFINE_integer("bins", 6, "of a spline", lower_bound=2),
            flags.DEFINE_float("noise", 0.02, "standard deviation of noise on what is fitted", lower_bound=0),
        ],
        "cascade": [
            flags.DEFINE_integer("split_width", 64, "of the hidden layers of each split", lower_bound=1),
            flags.DEFINE_integer("whole_width", 64, "of the layer that sees a whole shower", lower_bound=1),
        ],
    }


def features_for(dataset: Dataset) -> Callable[[Array], Array]:
    """Conditions to what networks see, by the statistics of the training split."""
    mean, std = conditions.log_energy_statistics(np.asarray(dataset.train.condition))
    return lambda condition: conditions.features(condition, mean=mean, std=std)


def visible_share(dataset: Dataset) -> float:
    """Mean visible energy in MeV, for a GeV of incident energy where that is known."""
    visible = np.asarray(dataset.train.data, np.float64).sum(axis=(1, 2))
    condition = np.asarray(dataset.train.condition, np.float64)
    return float(visible.mean() / condition[:, 0].mean()) if condition.shape[1] else float(visible.mean())


def expected_energy(dataset: Dataset) -> Callable[[Array], Array]:
    """Conditions [N, C] to the visible energy that is expected of them, in MeV, [N]."""
    share = visible_share(dataset)

    def expected(condition: Array) -> Array:
        return share * condition[:, 0] if condition.shape[1] else jnp.full(len(condition), share)

    return expected


def axis_for(dataset: Dataset) -> Callable[[Array], Axis]:
    """Features to what is known of a shower beforehand; what is not known is taken to be in the middle."""
    mean, std = conditions.log_energy_statistics(np.asarray(dataset.train.condition))
    share = np.log(visible_share(dataset) / THRESHOLD)

    def axis(features: Array) -> Axis:
        known = features.shape[1]
        nothing = jnp.zeros((len(features), 2))
        return Axis(
            log_energy=share + (features[:, 0] * std + mean if known else nothing[:, 0]),
            impact=features[:, 1:3] * conditions.LARGEST_IMPACT if known > 1 else nothing,
            slope=features[:, 3:5] * np.tan(conditions.LARGEST_ANGLE) if known > 3 else nothing,
        )

    return axis


def _scaler(settings: Settings, dataset: Dataset) -> Scaler:
    """The transform of cells in MeV, or of cells as shares of the expected visible energy."""
    images, threshold = np.asarray(dataset.train.data), THRESHOLD
    if settings["relative"]:
        expected = np.asarray(expected_energy(dataset)(jnp.asarray(dataset.train.condition)))
        images = images / expected[:, None, None]
        threshold = threshold / float(expected.mean())
    return calorimeter_scaling.make(settings["transform"], images, threshold=threshold)


def make_gan(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """A generator and a critic of convolutions."""
    scaler = _scaler(settings, dataset)
    networks = calorimeter_networks.get(
        ARCHITECTURES[settings["model"]],
        outputs=LOSSES[settings["loss"]].outputs,
        output_activation=settings["output"],
        linear=scaler.inverse,
    )
    model = AdversarialModel(
        generator=network.from_module(networks.generator),
        critic=network.from_module(networks.critic),
        latent=networks.latent,
        features=features_for(dataset),
        scaler=scaler,
        geometry={
            name: ConvolutionGeometry(found.input_shape, found.padding)
            for name, found in networks.geometry.items()
        },
        augment=turn_and_mirror if settings["symmetries"] else None,
    )
    learner = adversarial.make(model, adversarial_flags.config(settings, length), axis_name=axis_name)
    return relative(learner, unit=expected_energy(dataset)) if settings["relative"] else learner


def make_autoencoder(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """The autoencoder whose decoder knows where the axis meets the cells."""
    decoder = ShowerDecoder(
        axis=axis_for(dataset),
        width=settings["summary_width"],
        cell_width=settings["cell_width"],
    )
    model = VariationalModel(
        encoder=autoencoders.from_module(ShowerEncoder(latent=settings["latent"])),
        decoder=autoencoders.from_module(decoder),
        latent=settings["latent"],
        features=features_for(dataset),
        scaler=calorimeter_columns.active_logarithms(threshold=THRESHOLD),
        size=shower_autoencoder.SIZE,
        observation=shower_autoencoder.SHOWERS,
        augment=turn_and_mirror if settings["symmetries"] else None,
    )
    return variational.make(model, variational_flags.config(settings, length), axis_name=axis_name)


def make_flow(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """Rational-quadratic spline couplings over the shares of all cells and the visible energy."""
    model = LikelihoodModel(
        density=spline_flow.make(layers=settings["layers"], width=settings["width"], bins=settings["bins"]),
        features=features_for(dataset),
        scaler=calorimeter_scaling.make("normalized", np.asarray(dataset.train.data)),
        size=CELLS * CELLS + 1,
        augment=turn_and_mirror if settings["symmetries"] else None,
    )
    config = LikelihoodConfig(**descent_flags.config(settings, length), noise=settings["noise"])
    return likelihood.make(model, config, axis_name=axis_name)


def make_cascade(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """The visible energy, split again and again until it is in cells."""
    model = LikelihoodModel(
        density=shower_cascade.make(
            axis_for(dataset),
            width=settings["split_width"],
            summary=settings["whole_width"],
        ),
        features=features_for(dataset),
        scaler=calorimeter_columns.active_logarithms(threshold=THRESHOLD),
        size=shower_cascade.NUMBERS,
        augment=turn_and_mirror if settings["symmetries"] else None,
    )
    config = LikelihoodConfig(**descent_flags.config(settings, length))
    return likelihood.make(model, config, axis_name=axis_name)


def families(groups: Groups) -> dict[str, Family]:
    """All families by the name that --model takes."""
    gan = Family(make_gan, names(groups, "optimizer", "symmetries", "adversarial", "images"))
    descending = ("optimizer", "symmetries", "gradients")
    return {
        **dict.fromkeys(ARCHITECTURES, gan),
        "vae": Family(make_autoencoder, names(groups, *descending, "autoencoder")),
        "flow": Family(make_flow, names(groups, *descending, "flow")),
        "cascade": Family(make_cascade, names(groups, *descending, "cascade")),
    }
