"""Types of adversarial training: the model, the state, and the inputs of an update."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from jaxgen.base import Array, Batch, EventLoss, Metrics, Pair, PyTree, Scaler
from jaxgen.losses.adversarial import AdversarialLoss
from jaxgen.models.convolutional import Geometry
from jaxgen.models.network import Network


class AdversarialModel(NamedTuple):
    """The two networks and the transformations between physical units and their inputs.

    Attributes:
      generator: `apply(params, features, latent) -> data`, in scaled units.
      critic: `apply(params, data, features, seeds) -> scores`, with uint32 seeds [B] for dropout, or None.
      latent: number of latent variables.
      features: conditions to input features, [B, C] -> [B, F].
      scaler: physical units to scaled units, and back.
      geometry: geometry of the critic's convolutions by parameter name, for the operator norm.
      augment: `augment(seeds, batch) -> batch`, applies a symmetry of the distribution, chosen by uint32
        seeds [B].
      event_loss: additional loss of the generator; None for no loss.
      event_weight: weight of the event loss.
      loss: adversarial loss used in place of the one named in the settings.
    """

    generator: Network
    critic: Network
    latent: int
    features: Callable[[Array], Array]
    scaler: Scaler
    geometry: Mapping[str, Geometry] | None = None
    augment: Callable[[Array, Batch], Batch] | None = None
    event_loss: EventLoss | None = None
    event_weight: float = 1.0
    loss: AdversarialLoss | None = None


class AdversarialState(NamedTuple):
    """State of adversarial training.

    Attributes:
      step: number of batches used so far.
      params: parameters of generator and critic.
      optimizer: states of the two optimizers.
      forward: state of the transform applied when the critic is evaluated.
      project: state of the transform applied after each critic update.
      average: state of the generator's running average.
      turn: state of the stepping rule.
      last: latest metrics; each kind of update renews its own.
    """

    step: Array
    params: Pair[PyTree]
    optimizer: Pair[PyTree]
    forward: PyTree
    project: PyTree
    average: PyTree
    turn: PyTree
    last: Metrics


class Inputs(NamedTuple):
    """A batch in scaled units, with the noise of this update.

    Attributes:
      real: real events, [B, ...].
      features: input features, [B, F].
      condition: conditions in physical units, [B, C].
      latent: latent variables, [G * B, Z]; G = 2 if the loss needs a second generated batch.
      seeds: uint32 [B], for dropout.
      mixing: [B], positions between real and generated events.
    """

    real: Array
    features: Array
    condition: Array
    latent: Array
    seeds: Array
    mixing: Array
