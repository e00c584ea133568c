"""Constants of the built-in calorimeter simulator, with their units and sources."""

from dataclasses import dataclass

import jax

LAYERS = 66
LAYER = 6.0
"""Number of layers, and thickness in mm of lead and scintillator in each."""

FIRST_SCINTILLATOR = 4.0
"""Depth of the middle of the first scintillator, mm."""

WIDTHS = (1.5, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Standard deviations in mm of the Gaussians of the lateral profile."""

REFERENCE_ENERGY = 20.0
"""Reference energy in GeV; energy dependences are functions of ln(energy / reference)."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Constants:
    """Constants of calorimeter and shower, as a JAX tree, so that they can be differentiated.

    All were fitted to showers of Geant4 by `experiments/studies/calibrate_calorimeter_simulator.py`. Lengths
    are in mm along the axis of the shower, energies of deposits in MeV visible in the scintillator.

    Attributes:
      fraction: visible energy / incident energy at 20 GeV without leakage.
      fraction_slope: increase of `fraction` with the logarithm of the energy.
      sampling: relative standard deviation of the visible energy at 1 GeV, proportional to 1 / sqrt(energy).
      constant: relative standard deviation of the visible energy at high energy, without leakage.
      start: depth at which a shower starts to develop, multiplied by a power of an exponential variable of
        mean 1.
      start_power: exponent of this power.
      conversion: mean of the exponentially distributed additional depth of a photon shower.
      depth: mean depth from the start, at 20 GeV.
      depth_slope: increase of `depth` with the logarithm of the energy.
      depth_spread: standard deviation of the logarithm of the depth at 20 GeV.
      shape: parameter alpha of the Gamma profile at 20 GeV.
      shape_slope: increase of `shape` with the logarithm of the energy.
      shape_spread: standard deviation of the logarithm of the shape at 20 GeV.
      spread_slope: power of the energy in both standard deviations.
      correlation: correlation of both logarithms.
      photon_energy: logarithm of the energy of a photon / energy of the electron with the same shower depth.
      photon_spread: fluctuations of a photon's shower after the conversion / fluctuations for an electron.
      lateral: for each of `WIDTHS` a row with the logarithm of its weight, as coefficients of 1, t, t^2, t^3
        and ln(energy / 20 GeV), with t the depth divided by its mean.
      lateral_shape: power of the length of a shower / mean length at its energy, by which the distance of t
        from 1 is reduced.
      wander: mm, displacement of the axis at 20 GeV along x and y.
      wander_power: power of the energy with which `wander` decreases.
      clump: energy of the clumps in the core of a layer.
      spot: mean energy of a spot.
      spot_shape: shape of the Gamma distribution of the energy of a spot.
      clustered: fraction of the smallest energy of four adjacent cells that is deposited in clusters.
      cluster: mean energy of a cluster far from the axis.
      cluster_growth: relative increase of this energy if a cell has the fraction 1e-3 of the energy.
      cluster_power: power of that fraction with which this increases.
      cluster_size: side of a cluster / that of a cell.
    """

    fraction: float = 0.1505
    fraction_slope: float = -8.984e-05
    sampling: float = 0.0849
    constant: float = 0.003854
    start: float = 8.691
    start_power: float = 1.067
    conversion: float = 21.1
    depth: float = 132.3
    depth_slope: float = 17.49
    depth_spread: float = 0.109
    shape: float = 3.908
    shape_slope: float = 0.605
    shape_spread: float = 0.1011
    spread_slope: float = -0.119
    correlation: float = -0.3121
    photon_energy: float = -0.4475
    photon_spread: float = 0.9314
    lateral: tuple[tuple[float, ...], ...] = (
        (2.261, -0.7138, -1.803, 0.3493, 0.003797),
        (-0.4053, 3.472, -3.305, 0.731, -0.0549),
        (-0.4507, 2.501, -1.778, 0.3018, -0.009232),
        (-1.152, 2.075, -0.6938, 0.03495, -0.04145),
        (-1.286, -0.7785, 1.543, -0.3047, 0.03035),
        (-3.41, 1.221, 0.5819, -0.1325, 0.03023),
        (0.2704, -8.072, 5.307, -0.9607, 0.03285),
    )
    lateral_shape: float = 0.9883
    wander: float = 0.6439
    wander_power: float = 0.5498
    clump: float = 5.228
    spot: float = 0.6152
    spot_shape: float = 0.8868
    clustered: float = 0.2989
    cluster: float = 1.5
    cluster_growth: float = 1.2
    cluster_power: float = 0.6
    cluster_size: float = 0.8099


DEFAULT = Constants()
