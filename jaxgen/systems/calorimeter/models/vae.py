"""An autoencoder of calorimeter showers whose decoder is given the position of the shower axis in each cell.

The decoder gives the distribution of the signal of every cell: a mixture of logistic distributions of the
logarithm of energy over threshold, censored at zero for empty cells. The visible energy has its own
distribution, and sampled cells are scaled to it, so that the resolution and the empty cells do not depend on
the sum of 900 independent draws.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array, Learner, Length, Sampler
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.learners.settings import VariationalSettings
from jaxgen.models import autoencoders, logistic_mixture
from jaxgen.models.autoencoders import Code, OutputLaw, decoder_sampler
from jaxgen.models.dense import dense
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.models import lateral_profile
from jaxgen.systems.calorimeter.representation import conditions, scalings
from jaxgen.systems.calorimeter.representation.conditions import Axis

NUMBER_CELLS = CELLS * CELLS
SIZE = NUMBER_CELLS + 1
"""Number of columns of a shower: logarithms of cells over the threshold, and of the visible energy."""

CELL_COMPONENTS = 2
TOTAL_COMPONENTS = 3
CELL_NUMBERS = 3 * CELL_COMPONENTS
TOTAL_NUMBERS = 3 * TOTAL_COMPONENTS
CELL_MEANS = slice(CELL_COMPONENTS, 2 * CELL_COMPONENTS)
TOTAL_MEANS = slice(TOTAL_COMPONENTS, 2 * TOTAL_COMPONENTS)
FOLLOWED = 2
"""Template that the means of cells follow initially."""
NARROW = -4.0
"""Initial logarithm of the scale of the visible energy, a few per cent of it."""


class ShowerEncoder(nn.Module):
    """Dense layers from a shower and its features to mean and log variance of its latent variables.

    Attributes:
      width: width of the two layers; the second one is residual.
      latent: number of latent variables, Z.
    """

    width: int = 256
    latent: int = 12

    @nn.compact
    def __call__(
        self, data: Array, features: Array, *, training: bool = False, axis_name: str | None = None
    ) -> Code:
        """Maps showers [N, 901] with features [N, F] to means and log variances [N, Z]."""
        del training, axis_name
        x = nn.silu(dense(self.width, name="dense_0")(jnp.concatenate([data / 3, features], axis=1)))
        x = x + nn.silu(dense(self.width, name="dense_1")(x))
        small = nn.initializers.normal(1e-3)
        return (
            nn.Dense(self.latent, kernel_init=small, name="mean")(x),
            nn.Dense(self.latent, kernel_init=small, name="log_variance")(x),
        )


class ShowerDecoder(nn.Module):
    """Parameters of the distributions of a shower's cells and visible energy.

    A small network, the same for all cells, has the templates of a cell and a summary of latent variables
    and features as inputs. The summary also shifts the templates along the axis and widens them.

    Attributes:
      axis: `axis(features) -> Axis`.
      width: width of the layers of the summary.
      cell_width: width of the layers of the network of the cells.
    """

    axis: Callable[[Array], Axis]
    width: int = 128
    cell_width: int = 32

    @nn.compact
    def __call__(
        self, features: Array, latent: Array, *, training: bool = False, axis_name: str | None = None
    ) -> Array:
        """Maps features [N, F] and latent variables [N, Z] to distribution parameters, [N, 900 * 6 + 9]."""
        del training, axis_name
        axis = self.axis(features)
        summary = nn.silu(dense(self.width, name="summary_0")(jnp.concatenate([features, latent], axis=1)))
        summary = summary + nn.silu(dense(self.width, name="summary_1")(summary))
        cells, total = self._cells(axis, summary), self._total(features, summary)
        cells = cells.at[..., CELL_MEANS].add(axis.log_energy[:, None, None])
        total = total.at[:, TOTAL_MEANS].add(axis.log_energy[:, None])
        return jnp.concatenate([cells.reshape(len(latent), -1), total], axis=1)

    def _cells(self, axis: Axis, summary: Array) -> Array:
        """Parameters of the distributions of cells, [N, 900, 6], means relative to the visible energy."""
        moved = nn.Dense(2, kernel_init=nn.initializers.normal(5e-3), name="moved")(summary)
        seen = lateral_profile.cell_numbers(axis.impact, axis.slope, 30 * moved[:, 0], 0.2 * moved[:, 1])
        of_shower = dense(self.cell_width, name="cell_summary")(summary)
        x = nn.silu(dense(self.cell_width, name="cell_0")(seen) + of_shower[:, None])
        x = x + nn.silu(dense(self.cell_width, name="cell_1")(x))
        law = nn.Dense(CELL_NUMBERS, kernel_init=nn.initializers.normal(0.02), name="cell_law")(x)
        return law + nn.Dense(CELL_NUMBERS, kernel_init=_following, name="cell_template")(seen)

    def _total(self, features: Array, summary: Array) -> Array:
        """Parameters of the distribution of visible energy, [N, 9], means relative to the expected energy.

        Linear terms of the features reproduce the leakage; the summary adds small corrections.
        """
        linear = nn.Dense(TOTAL_NUMBERS, kernel_init=nn.initializers.zeros_init(), name="total_linear")
        law = linear(features) + 0.1 * dense(TOTAL_NUMBERS, name="total")(summary)
        return law.at[:, 2 * TOTAL_COMPONENTS :].add(NARROW)


def _following(key: Array, shape: tuple[int, int], dtype: type = jnp.float32) -> Array:
    """Initial parameters: means equal to the logarithm of one template, all else zero."""
    del key
    return jnp.zeros(shape, dtype).at[FOLLOWED, CELL_MEANS].set(lateral_profile.UNIT)


def _laws(output: Array) -> tuple[logistic_mixture.LogisticMixture, logistic_mixture.LogisticMixture]:
    """Distributions of the cells, [N, 900], and of the visible energy, [N]."""
    cells = output[:, :-TOTAL_NUMBERS].reshape(len(output), NUMBER_CELLS, CELL_NUMBERS)
    return logistic_mixture.from_numbers(cells), logistic_mixture.from_numbers(output[:, -TOTAL_NUMBERS:])


def _log_likelihood(output: Array, data: Array) -> Array:
    cells, total = _laws(output)
    of_cells = logistic_mixture.censored_log_likelihood(cells, data[:, :-1])
    return jnp.sum(of_cells, axis=1) + logistic_mixture.log_density(total, data[:, -1])


def _draw(output: Array, normal: Array) -> Array:
    cells, total = _laws(output)
    uniform = jax.scipy.stats.norm.cdf(normal)
    drawn = jnp.maximum(logistic_mixture.quantile_draw(cells, uniform[:, :-1]), 0.0)
    return jnp.concatenate([drawn, logistic_mixture.quantile_draw(total, uniform[:, -1])[:, None]], axis=1)


SHOWERS = OutputLaw(SIZE, _log_likelihood, _draw)
"""Distribution of showers given the output of a `ShowerDecoder`, independent in every cell."""


@dataclass(frozen=True)
class VaeSettings(VariationalSettings):
    """Recommended settings."""

    steps: int = 12_000
    batch_size: int = 64
    decay: str = "cosine"
    average_decay: float = 0.998
    gradient_limit: float = 200.0
    latent: int = setting(12, "number of latent variables", low=1)
    summary_width: int = setting(128, "units of each layer of the decoder", low=1)
    cell_width: int = setting(32, "units of each layer that all cells share", low=1)
    symmetries: bool = setting(True, "whether to train on rotated and reflected showers too")


def statistics(data: Dataset, settings: VaeSettings) -> dict[str, np.ndarray]:
    """Statistics of the logarithm of the incident energy, and of the visible energy."""
    del settings
    return conditions.statistics(data)


def _shared(settings: VaeSettings, statistics: Statistics) -> dict[str, Any]:
    """Common arguments of learner and sampler."""
    decoder = ShowerDecoder(
        axis=conditions.axis_by(statistics), width=settings.summary_width, cell_width=settings.cell_width
    )
    return {
        "decoder": autoencoders.from_module(decoder),
        "latent": settings.latent,
        "features": conditions.features_by(statistics),
        "scaler": scalings.active_logarithms(),
        "law": SHOWERS,
    }


def sampler(settings: VaeSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Generates showers by decoding codes of the prior; every cell is drawn from its distribution."""
    del parts
    conditions.check(spec)
    return decoder_sampler(**_shared(settings, statistics))


def learner(
    settings: VaeSettings,
    statistics: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
    parts: Parts,
) -> Learner:
    """Encoder and decoder, trained with the evidence lower bound."""
    from jaxgen.learners import variational
    from jaxgen.learners.variational import VariationalModel
    from jaxgen.systems.calorimeter.symmetries import turn_and_mirror

    del parts
    conditions.check(spec)
    model = VariationalModel(
        encoder=autoencoders.from_module(ShowerEncoder(latent=settings.latent)),
        size=SIZE,
        augment=turn_and_mirror if settings.symmetries else None,
        **_shared(settings, statistics),
    )
    return variational.make(model, settings, length, axis_name=axis_name)


MODEL = Model(
    title="an autoencoder whose decoder gives the distribution of every cell",
    settings=VaeSettings,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
)
