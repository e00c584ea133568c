"""Constants of the built-in TPC simulator, with their units and sources."""

from dataclasses import dataclass

import jax


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Parameters:
    """Detector and ionization. A JAX tree, so that derivatives with respect to all of them can be taken.

    "MPD" marks a published number of the MPD time projection chamber or of its detailed simulation,
    "calibrated" one that was fitted to real digits by `experiments/studies/calibrate_tpc_simulator.py`.

    Attributes:
      pad_width: cm, MPD.
      inner_pad_height: cm, of rows below 27, MPD.
      outer_pad_height: cm, of the other rows, MPD.
      time_bin: ns, MPD.
      drift_velocity: cm / ns in Ar + 10 % CH4, MPD.
      transverse_diffusion: cm for 1 cm of drift, MPD.
      longitudinal_diffusion: cm for 1 cm of drift, MPD.
      pad_spread: cm, s of the pad response erf(d / s), MPD.
      shaping_width: ns, full width at half maximum of the Gaussian shaper, MPD.
      polya_theta: of the avalanche, MPD.
      threshold: ADC counts; smaller amplitudes are suppressed. The smallest real amplitude.
      sampling_edge: time bins, width of the edge of a time bin; keeps the sampling differentiable.
      gain: ADC counts at the peak for one electron, calibrated.
      cluster_density: primary clusters / cm of track, calibrated.
      cluster_regularity: 1 for clusters at random, 0 for equal distances, calibrated.
      largest_cluster: electrons, where the 1 / n^2 spectrum of cluster sizes ends, calibrated.
      loss_spread: standard deviation of the logarithm of the ionization density, calibrated.
      slow_fraction: share of slow particles, calibrated.
      slow_factor: ionization density of slow particles divided by that of the others, calibrated.
      stop_fraction: share of events with a secondary that stops in the gas, set by eye.
      stop_electrons: median number of electrons that it leaves, set by eye.
      stop_spread: standard deviation of the logarithm of that number, set by eye.
    """

    pad_width: float = 0.5
    inner_pad_height: float = 1.2
    outer_pad_height: float = 1.8
    time_bin: float = 100.0
    drift_velocity: float = 0.0055
    transverse_diffusion: float = 0.0185
    longitudinal_diffusion: float = 0.032
    pad_spread: float = 0.196
    shaping_width: float = 190.0
    polya_theta: float = 1.5
    threshold: float = 0.9
    sampling_edge: float = 0.05
    gain: float = 3.489
    cluster_density: float = 15.66
    cluster_regularity: float = 0.8202
    largest_cluster: float = 50.49
    loss_spread: float = 0.1938
    slow_fraction: float = 0.04917
    slow_factor: float = 4.831
    stop_fraction: float = 0.009
    stop_electrons: float = 3500.0
    stop_spread: float = 0.25


DEFAULT = Parameters()
