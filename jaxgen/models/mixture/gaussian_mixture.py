"""Mixtures of normal distributions, fitted by expectation maximization (Dempster, Laird, Rubin, 1977).

Events may belong to known classes, which share the components and differ in their weights. The result of one
pass over the data is stored as moments about the means of the components, which can be merged with those of
other batches (Cappé and Moulines, arXiv:0712.4273) or devices. All numbers are float32. The argument
`covariance` names the form of covariance, see `covariances`.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgen import checks, collectives
from jaxgen.base import Array, Key
from jaxgen.models.mixture import covariances
from jaxgen.models.mixture.covariances import EXACT

REGULARIZATION = 1e-6
FEWEST = (
    10 * 2.0**-52
)  # lower bound on the number of events that a component is divided by, as in scikit-learn


class Mixture(NamedTuple):
    """A mixture of K normal distributions in D dimensions.

    Attributes:
      weights: weights of the components in each class, [C, K], each row with sum 1; a component with weight
        zero is absent.
      means: [K, D].
      covariances: full [K, D, D], tied [D, D], diagonal [K, D] or spherical [K].
    """

    weights: Array
    means: Array
    covariances: Array


class Moments(NamedTuple):
    """Sufficient statistics of the events for the maximization step.

    Attributes:
      shares: fraction of the events in each class and component, [C, K], with sum 1.
      means: means of the events of each component, [K, D].
      covariances: covariances of these events about their means, with the shape of the mixture's covariances.
    """

    shares: Array
    means: Array
    covariances: Array


def empty_moments(components: int, dimensions: int, *, covariance: str = "full", classes: int = 1) -> Moments:
    """Moments of unit normal distributions with equal weights, before any events."""
    form = covariances.get(covariance)
    checks.positive(components=components, dimensions=dimensions, classes=classes)
    zero = jnp.zeros(form.shape(components, dimensions))
    return Moments(
        jnp.full((classes, components), 1 / (classes * components), jnp.float32),
        jnp.zeros((components, dimensions)),
        form.regularized(zero, 1.0),
    )


def expectation(
    mixture: Mixture, x: Array, classes: Array | None = None, *, covariance: str = "full"
) -> tuple[Array, Array]:
    """Responsibilities of the components for each event, and the log density of the event.

    Args:
      mixture: mixture with K components.
      x: events, [N, D].
      classes: class of each event, int [N]; by default all events are in class 0.
      covariance: form of the covariances.

    Returns:
      Responsibilities [K, N], which sum to one over the components, and log densities [N].
    """
    joint = _log_joint(mixture, x, classes, covariance)
    largest = jnp.max(joint, axis=0)
    unnormalized = jnp.exp(joint - largest)
    total = jnp.sum(unnormalized, axis=0)
    return unnormalized / total, largest + jnp.log(total)


def _log_joint(mixture: Mixture, x: Array, classes: Array | None, covariance: str) -> Array:
    """Log of weight times density, [K, N]; minus infinity for absent components."""
    log_weights = jnp.log(mixture.weights).T
    log_weights = log_weights[:, :1] if classes is None else log_weights[:, classes]
    return log_weights + component_log_densities(mixture, x, covariance=covariance)


def component_log_densities(mixture: Mixture, x: Array, *, covariance: str = "full") -> Array:
    """Log densities of events [N, D] in each component, without its weight: [K, N]."""
    checks.shape("events", x, (None, mixture.means.shape[1]))
    form = covariances.get(covariance)
    checks.shape("covariances", mixture.covariances, form.shape(*mixture.means.shape))
    factors = form.factors(mixture.covariances)
    squares = form.squares(x, mixture.means, form.inverses(factors))
    constant = form.log_determinants(factors, x.shape[1]) + 0.5 * x.shape[1] * math.log(2 * math.pi)
    return -jnp.broadcast_to(constant, (len(squares),))[:, None] - 0.5 * squares


def moments(
    x: Array,
    responsibilities: Array,
    classes: Array | None = None,
    *,
    covariance: str = "full",
    number_of_classes: int = 1,
    axis_name: str | None = None,
) -> Moments:
    """Moments of events with given responsibilities.

    The means are computed first, then the covariances from differences to them, which avoids cancellation. A
    component without events gets a weight of exactly zero and no covariance.

    Args:
      x: events, [N, D].
      responsibilities: [K, N], which sum to one over the components.
      classes: class of each event, int [N]; by default all events are in class 0.
      covariance: form of the covariances.
      number_of_classes: number of classes.
      axis_name: device axis over which events are split, or None.

    Returns:
      The moments of the events of all devices.
    """
    checks.shape("responsibilities", responsibilities, (None, len(x)))
    form = covariances.get(covariance)
    counts, centre = collectives.mean((jnp.sum(responsibilities, axis=1), jnp.mean(x, axis=0)), axis_name)
    if classes is None:
        table = jnp.zeros((number_of_classes, len(counts))).at[0].set(counts)
    else:
        members = jax.nn.one_hot(classes, number_of_classes)
        table = collectives.mean(jnp.matmul(responsibilities, members, precision=EXACT), axis_name).T
    divisor = counts + FEWEST
    steps = collectives.mean(jnp.matmul(responsibilities, x - centre, precision=EXACT), axis_name)
    means = (counts / divisor)[:, None] * centre + steps / divisor[:, None]
    offsets, spread = collectives.mean(form.about_means(x, responsibilities, divisor, means), axis_name)
    spread -= form.between(jnp.ones(len(counts)), offsets)
    return Moments(table / len(x), means + offsets, spread)


def merged(old: Moments, new: Moments, rate: Array | float, *, covariance: str = "full") -> Moments:
    """Moments with weight `rate` for new and 1 - `rate` for old events (Chan, Golub and LeVeque, 1983).

    With rate 1 the result is exactly the new moments.
    """
    form = covariances.get(covariance)
    shares = (1 - rate) * old.shares + rate * new.shares
    of_all, of_new = jnp.sum(shares, axis=0), rate * jnp.sum(new.shares, axis=0)
    part = _ratio(of_new, of_all, rate)
    mass = form.mass(of_all)
    between = form.between(of_all * part * (1 - part), new.means - old.means)
    within = _toward(old.covariances, new.covariances, _ratio(form.mass(of_new), mass, rate))
    means = _toward(old.means, new.means, part[:, None])
    return Moments(shares, means, within + _ratio(between, mass, 0.0))


def _ratio(part: Array, whole: Array, otherwise: Array | float) -> Array:
    return jnp.where(whole > 0, part / jnp.where(whole > 0, whole, 1.0), otherwise)


def _toward(old: Array, new: Array, part: Array) -> Array:
    """Interpolates from old to new; exactly new if the fraction is one."""
    return jnp.where(part == 1, new, old + part * (new - old))


def maximization(
    found: Moments, *, covariance: str = "full", regularization: float = REGULARIZATION
) -> Mixture:
    """The mixture with the largest likelihood for given moments.

    Args:
      found: moments.
      covariance: form of the covariances.
      regularization: term added to every variance, in squared units of the events.

    Returns:
      The mixture. A class without events gets the weights of all events.
    """
    form = covariances.get(covariance)
    of_all = jnp.sum(found.shares, axis=0)
    of_class = jnp.sum(found.shares, axis=1, keepdims=True)
    weights = jnp.where(of_class > 0, found.shares / jnp.where(of_class > 0, of_class, 1.0), of_all)
    return Mixture(weights, found.means, form.regularized(found.covariances, regularization))


def improved(
    found: Moments,
    x: Array,
    classes: Array | None = None,
    *,
    rate: Array | float = 1.0,
    covariance: str = "full",
    regularization: float = REGULARIZATION,
    axis_name: str | None = None,
) -> tuple[Moments, Array]:
    """One iteration of expectation maximization.

    Args:
      found: moments so far, which determine the mixture.
      x: events, [N, D].
      classes: class of each event, int [N]; by default all events are in class 0.
      rate: weight of these events relative to all earlier ones; 1 if they are the whole data set.
      covariance: form of the covariances.
      regularization: term added to every variance.
      axis_name: device axis over which events are split, or None.

    Returns:
      New moments, and the log densities of this device's events [N] under the old ones.
    """
    mixture = maximization(found, covariance=covariance, regularization=regularization)
    responsibilities, log_densities = expectation(mixture, x, classes, covariance=covariance)
    new = moments(
        x,
        responsibilities,
        classes,
        covariance=covariance,
        number_of_classes=len(found.shares),
        axis_name=axis_name,
    )
    return merged(found, new, rate, covariance=covariance), log_densities


def log_likelihood(
    mixture: Mixture, x: Array, classes: Array | None = None, *, covariance: str = "full"
) -> Array:
    """Log densities of events [N, D] given their classes: [N]."""
    return expectation(mixture, x, classes, covariance=covariance)[1]


def anomaly_score(
    mixture: Mixture, x: Array, classes: Array | None = None, *, covariance: str = "full"
) -> Array:
    """Anomaly score of events [N, D], minus their log densities: [N]."""
    return -log_likelihood(mixture, x, classes, covariance=covariance)


def responsibilities(
    mixture: Mixture, x: Array, classes: Array | None = None, *, covariance: str = "full"
) -> Array:
    """Probabilities of the components for events [N, D]: [N, K]."""
    return expectation(mixture, x, classes, covariance=covariance)[0].T


def classify(mixture: Mixture, x: Array, classes: Array | None = None, *, covariance: str = "full") -> Array:
    """The most probable component of events [N, D]: int32 [N]."""
    return jnp.argmax(_log_joint(mixture, x, classes, covariance), axis=0).astype(jnp.int32)


def free_parameters(components: int, dimensions: int, *, covariance: str = "full", classes: int = 1) -> int:
    """Number of free parameters of a mixture.

    >>> free_parameters(2, 3, covariance="tied")
    13
    """
    form = covariances.get(covariance)
    return classes * (components - 1) + components * dimensions + form.parameters(components, dimensions)


def bayesian_information(mean_log_likelihood: Array, events: int, parameters: Array | int) -> Array:
    """Schwarz's criterion, smaller is better: parameters ln N - 2 ln L (Ann. Stat. 6, 1978, 461)."""
    return parameters * math.log(events) - 2 * events * mean_log_likelihood


def bic(mixture: Mixture, x: Array, classes: Array | None = None, *, covariance: str = "full") -> Array:
    """Schwarz's criterion of a mixture for events [N, D], smaller is better."""
    parameters = free_parameters(*mixture.means.shape, covariance=covariance, classes=len(mixture.weights))
    mean = jnp.mean(log_likelihood(mixture, x, classes, covariance=covariance))
    return bayesian_information(mean, len(x), parameters)


def sample(
    key: Key, mixture: Mixture, n: int, classes: Array | None = None, *, covariance: str = "full"
) -> Array:
    """Draws events.

    Args:
      key: random key.
      mixture: mixture to draw from.
      n: number of events.
      classes: class of each event, int [n]; by default all events are in class 0.
      covariance: form of the covariances.

    Returns:
      [n, D].
    """
    component_key, noise_key = jax.random.split(key)
    log_weights = jnp.log(mixture.weights)
    chosen = log_weights[:1] if classes is None else log_weights[classes]
    components = jax.random.categorical(component_key, chosen, axis=-1, shape=(n,))
    noise = jax.random.normal(noise_key, (n, mixture.means.shape[1]))
    return from_noise(mixture, components, noise, covariance=covariance)


def from_noise(mixture: Mixture, components: Array, noise: Array, *, covariance: str = "full") -> Array:
    """Events of given components [N] from standard normal noise [N, D]: [N, D]."""
    form = covariances.get(covariance)
    factors = form.factors(mixture.covariances)
    return mixture.means[components] + form.unwhitened(factors, components, noise)


def marginal(mixture: Mixture, columns: int, *, covariance: str = "full") -> Mixture:
    """The marginal distribution of the first columns."""
    if not 0 < columns <= mixture.means.shape[1]:
        raise ValueError(f"Expected between 1 and {mixture.means.shape[1]} columns; got {columns}.")
    form = covariances.get(covariance)
    return mixture._replace(
        means=mixture.means[:, :columns], covariances=form.leading(mixture.covariances, columns)
    )


def noise_for(
    mixture: Mixture, components: Array, given: Array, noise: Array, *, covariance: str = "full"
) -> Array:
    """Noise that generates events with given first columns.

    The factor of a component is lower triangular, so the first columns depend only on the first noise
    numbers.
    These are solved for, and the noise of the other columns is unchanged.

    Args:
      mixture: mixture of D columns.
      components: component of each event, int [N].
      given: first columns of the events, [N, c].
      noise: standard normal, [N, D].
      covariance: form of the covariances.

    Returns:
      The noise with its first columns replaced; `from_noise` maps it to events that have the given first
      columns and follow the conditional distribution in the others.
    """
    checks.shape("noise", noise, (len(given), mixture.means.shape[1]))
    of_given = marginal(mixture, given.shape[1], covariance=covariance)
    form = covariances.get(covariance)
    inverses = form.inverses(form.factors(of_given.covariances))
    first = form.unwhitened(inverses, components, given - of_given.means[components])
    return jnp.concatenate([first, noise[:, given.shape[1] :]], axis=1)
