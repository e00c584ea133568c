"""Constants of the built-in calorimeter simulator, with their units and sources."""

from dataclasses import dataclass

import jax

LAYERS = 66
LAYER = 6.0
"""Layers, and mm of lead and scintillator in each."""

FIRST_SCINTILLATOR = 4.0
"""Depth of the middle of the first scintillator, mm."""

WIDTHS = (1.5, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Standard deviations in mm of the Gaussians that the lateral profile is made of."""

REFERENCE_ENERGY = 20.0
"""GeV; what depends on the energy does so through ln(energy / this)."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Constants:
    """Calorimeter and shower. A JAX tree, so that derivatives with respect to all of them can be taken.

    All were fitted to showers of Geant4 by `experiments/studies/calibrate_calorimeter_simulator.py`. Lengths
    are in mm along the axis of the shower, energies of deposits in MeV seen in the scintillator.

    Attributes:
      fraction: seen energy / incident energy at 20 GeV, were nothing to leak.
      fraction_slope: how much it grows with the logarithm of the energy.
      sampling: relative standard deviation of the seen energy at 1 GeV; falls as one over the root.
      constant: what is left of it at high energy, leakage apart.
      start: depth where a shower starts to develop, times a power of an exponential number of mean 1.
      start_power: that power.
      conversion: mean depth by which a photon is later, whose distribution is exponential.
      depth: mean depth behind the start, for 20 GeV.
      depth_slope: how much it grows with the logarithm of the energy.
      depth_spread: standard deviation of its logarithm at 20 GeV.
      shape: parameter alpha of the Gamma profile at 20 GeV.
      shape_slope: how much it grows with the logarithm of the energy.
      shape_spread: standard deviation of its logarithm at 20 GeV.
      spread_slope: power of the energy with which both spreads change.
      correlation: of both logarithms.
      photon_energy: logarithm of the energy of a photon / that of the electron whose shower is as deep.
      photon_spread: fluctuations of a photon's shower behind the conversion / those of an electron.
      lateral: a row for each of `WIDTHS`, the logarithm of its weight as the coefficients of 1, t, t^2, t^3
        and ln(energy / 20 GeV), with t the depth divided by its mean.
      lateral_shape: power of the length of a shower / that of others of its energy, by which the distance of
        t from 1 shrinks.
      wander: mm, displacement of the axis at 20 GeV along x and y.
      wander_power: of the energy with which it falls.
      clump: energy of the clumps in which a layer gets its core.
      spot: mean energy of a spot.
      spot_shape: shape of the Gamma distribution of its energy.
      clustered: how much of the energy of the poorest of four adjacent cells comes in clusters.
      cluster: mean energy of a cluster far from the axis.
      cluster_growth: how much larger it is, relatively, where a cell gets 1e-3 of the energy.
      cluster_power: power of that share with which this grows.
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
