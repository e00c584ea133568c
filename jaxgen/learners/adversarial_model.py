"""Generator and critic as arrays and functions: what they are, what training carries, what an update sees."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from jaxgen.base import Array, Batch, EventLoss, Metrics, Pair, PyTree, Scaler
from jaxgen.losses.adversarial import AdversarialLoss
from jaxgen.models.convolutional import Geometry
from jaxgen.models.network import Network


class AdversarialModel(NamedTuple):
    """The two networks and what lies between them and physical units.

    Attributes:
      generator: `apply(params, features, latent) -> data` on the networks' scale.
      critic: `apply(params, data, features, seeds) -> scores`, with uint32 seeds [B] for dropout, or None.
      latent: number of latent numbers.
      features: conditions to what networks see, [B, C] -> [B, F].
      scaler: physical units to what networks see, and back.
      geometry: of the critic's convolutions by parameter name, for the operator norm.
      augment: `augment(seeds, batch) -> batch`, another form of the same law, chosen by uint32 seeds [B].
      event_loss: what the generator minimizes too; None for nothing.
      event_weight: of that loss.
      loss: in place of the one that the settings name.
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
    """What adversarial training carries.

    Attributes:
      step: batches used so far.
      params: of generator and critic.
      optimizer: states of the two optimizers.
      forward: state of the transform that the critic is evaluated under.
      project: state of the transform after each critic update.
      average: state of the generator's running average.
      turn: state of the stepping rule.
      last: metrics as last measured; each kind of update renews its own.
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
    """A batch as the networks see it, with the noise of this update.

    Attributes:
      real: [B, ...].
      features: [B, F].
      condition: in physical units, [B, C].
      latent: [G * B, Z]; G = 2 where the loss needs a second generated batch.
      seeds: uint32 [B], for dropout.
      mixing: [B], positions between real and generated events.
    """

    real: Array
    features: Array
    condition: Array
    latent: Array
    seeds: Array
    mixing: Array
