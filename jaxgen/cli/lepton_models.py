"""The model families of four-lepton events: which flags each takes and how its learner is built from them."""

from collections.abc import Callable

import flax.linen as nn
import numpy as np
from absl import flags

from jaxgen.base import Array, Batch, Learner
from jaxgen.cli import adversarial_flags, descent_flags, optimizer_flags, variational_flags
from jaxgen.cli.experiment import Length
from jaxgen.cli.registry import Family, Groups, names
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset
from jaxgen.learners import adversarial, likelihood, mixture, variational
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.likelihood import LikelihoodModel
from jaxgen.learners.likelihood_config import LikelihoodConfig
from jaxgen.learners.mixture import MixtureModel
from jaxgen.learners.mixture_config import MixtureConfig
from jaxgen.learners.variational import VariationalModel
from jaxgen.losses.adversarial import LOSSES
from jaxgen.models import autoencoders, masked_affine_flow, network, spline_flow
from jaxgen.models.mixture import covariances as mixture_covariances
from jaxgen.models.mixture import initialization as mixture_initialization
from jaxgen.systems.four_leptons import losses as invariant_mass
from jaxgen.systems.four_leptons import representation as representations
from jaxgen.systems.four_leptons import system as four_lepton
from jaxgen.systems.four_leptons.models import networks as lepton_networks
from jaxgen.systems.four_leptons.representation import Representation
from jaxgen.systems.four_leptons.slots import CHANNELS
from jaxgen.systems.four_leptons.symmetries import turn_and_mirror

LATENT = 20  # of both autoencoders, as published


def define() -> dict[str, list[flags.FlagHolder]]:
    """Defines the flags of all families, and returns them in groups."""
    return {
        "optimizer": optimizer_flags.define(optimizer="adam", decay="constant"),
        "adversarial": [
            *adversarial_flags.define(),
            flags.DEFINE_enum(
                "architecture", "published", sorted(lepton_networks.ARCHITECTURES), "of both networks"
            ),
        ],
        "gradients": descent_flags.define(),
        "symmetries": [
            flags.DEFINE_bool("symmetries", False, "train on turned and mirrored events too"),
        ],
        "mass": [
            flags.DEFINE_float(
                "mass_weight", 0.0, "of the loss of four-lepton masses; 0 for none", lower_bound=0
            ),
        ],
        "likelihood": [
            flags.DEFINE_integer(
                "layers", 0, "of the flow; 0 for 32 affine ones or 8 of splines", lower_bound=0
            ),
            flags.DEFINE_integer("width", 0, "of its hidden layers; 0 for 36 or 64", lower_bound=0),
            flags.DEFINE_float(
                "noise", 0.0, "standard deviation of noise on what is fitted, while training", lower_bound=0
            ),
        ],
        "affine": [
            flags.DEFINE_enum(
                "affine_scale", "sigmoid", masked_affine_flow.SCALES, "how scale and shift of a layer end"
            ),
        ],
        "spline": [
            flags.DEFINE_integer("bins", 8, "of a spline", lower_bound=2),
        ],
        "mixture": [
            flags.DEFINE_integer("components", 42, "of the mixture", lower_bound=1),
            flags.DEFINE_enum("covariance", "tied", sorted(mixture_covariances.FORMS), "of its components"),
            flags.DEFINE_enum("start", "kmeans", mixture_initialization.STARTS, "where its fit begins"),
            flags.DEFINE_float("regularization", 1e-6, "added to every variance", lower_bound=0),
        ],
        "variational": [*variational_flags.define(), *variational_flags.define_noise()],
        "buffer": variational_flags.define_buffer(),
    }


def represent(settings: Settings, dataset: Dataset) -> Representation:
    """What networks see, by the statistics of the training split."""
    return representations.make(settings["representation"], np.asarray(dataset.train.data))


def _augment(settings: Settings) -> Callable[[Array, Batch], Batch] | None:
    return turn_and_mirror if settings["symmetries"] else None


def make_gan(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """A generator and a critic of dense layers."""
    seen = represent(settings, dataset)
    networks = lepton_networks.get(
        settings["architecture"], size=seen.size, labels=seen.labels, outputs=LOSSES[settings["loss"]].outputs
    )
    weight = settings["mass_weight"]
    model = AdversarialModel(
        generator=network.from_module(networks.generator),
        critic=network.from_module(networks.critic),
        latent=networks.latent,
        features=four_lepton.features_for(dataset),
        scaler=seen.scaler,
        augment=_augment(settings),
        event_loss=(lambda fake, real: weight * invariant_mass.event_loss(fake, real)) if weight else None,
    )
    return adversarial.make(model, adversarial_flags.config(settings, length), axis_name=axis_name)


def make_vae(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """The published autoencoder."""
    size = represent(settings, dataset).size
    halves = autoencoders.DenseEncoder(latent=LATENT), autoencoders.DenseDecoder(size=size)
    return _variational(settings, dataset, length, axis_name, halves, "published")


def make_beta_vae(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """The autoencoder of deep stacks whose codes may be drawn from a density information buffer."""
    size = represent(settings, dataset).size
    halves = autoencoders.SkipEncoder(latent=LATENT), autoencoders.SkipDecoder(size=size, bounded=False)
    return _variational(settings, dataset, length, axis_name, halves, "beta")


def _variational(
    settings: Settings,
    dataset: Dataset,
    length: Length,
    axis_name: str | None,
    halves: tuple[nn.Module, nn.Module],
    objective: str,
) -> Learner:
    seen = represent(settings, dataset)
    encoder, decoder = (autoencoders.from_module(half) for half in halves)
    model = VariationalModel(
        encoder=encoder,
        decoder=decoder,
        latent=LATENT,
        features=four_lepton.features_for(dataset),
        scaler=seen.scaler,
        size=seen.size,
        labels=seen.labels,
        augment=_augment(settings),
    )
    config = variational_flags.config(
        settings, length, objective=objective, mass_weight=settings["mass_weight"]
    )
    return variational.make(model, config, axis_name=axis_name)


def make_flow(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """The published flow of masked affine layers, or one of rational-quadratic spline couplings."""
    config = LikelihoodConfig(
        **descent_flags.config(settings, length),
        **{name: settings[name] for name in ("noise", "mass_weight")},
    )
    return likelihood.make(likelihood_model(settings, dataset), config, axis_name=axis_name)


def likelihood_model(settings: Settings, dataset: Dataset) -> LikelihoodModel:
    """The flow that the flags describe, between physical units."""
    if settings["model"] == "flow":
        density = masked_affine_flow.make(
            layers=settings["layers"] or 32, width=settings["width"] or 36, scale=settings["affine_scale"]
        )
    else:
        density = spline_flow.make(
            layers=settings["layers"] or 8, width=settings["width"] or 64, bins=settings["bins"]
        )
    seen = represent(settings, dataset)
    return LikelihoodModel(
        density=density,
        features=four_lepton.features_for(dataset),
        scaler=seen.scaler,
        size=seen.size,
        labels=seen.labels,
        augment=_augment(settings),
    )


def make_mixture(settings: Settings, dataset: Dataset, length: Length, axis_name: str | None) -> Learner:
    """A Gaussian mixture; a batch of all training events makes an update one iteration of the classic fit."""
    seen = represent(settings, dataset)
    model = MixtureModel(
        features=four_lepton.features_for(dataset),
        scaler=seen.scaler,
        size=seen.size,
        labels=seen.labels,
        channels=len(CHANNELS) if dataset.spec.condition else 0,
    )
    config = MixtureConfig(
        steps_per_epoch=length.steps_per_epoch,
        **{name: settings[name] for name in ("components", "covariance", "start", "regularization")},
    )
    return mixture.make(model, config, axis_name=axis_name)


def families(groups: Groups) -> dict[str, Family]:
    """All families by the name that --model takes."""
    trained = ("optimizer", "gradients", "mass", "symmetries")
    return {
        "vae": Family(make_vae, names(groups, *trained, "variational")),
        "beta_vae": Family(make_beta_vae, names(groups, *trained, "variational", "buffer")),
        "flow": Family(make_flow, names(groups, *trained, "likelihood", "affine")),
        "spline_flow": Family(make_flow, names(groups, *trained, "likelihood", "spline")),
        "gmm": Family(make_mixture, names(groups, "mixture")),
        "gan": Family(make_gan, names(groups, "optimizer", "adversarial", "mass", "symmetries")),
    }
