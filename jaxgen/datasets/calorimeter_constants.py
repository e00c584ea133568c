"""Constants of the built-in calorimeter simulator, with their units and sources."""

from dataclasses import dataclass

import jax

LAYERS = 66
LAYER = 6.0
"""Layers, and mm of lead and scintillator in each."""

FIRST_SCINTILLATOR = 4.0
"""Depth of the middle of the first scintillator, mm."""

WIDTHS = (1.5, 4.0, 8.0, 16.0, 32.0, 64.0, 110.0)
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
      start: mean depth where a shower starts to develop; its distribution is exponential.
      conversion: mean depth by which that of a photon is later, likewise.
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
      late: mean share of a second, longer Gamma profile; its distribution is exponential.
      late_depth: ratio of their depths.
      lateral: a row for each of `WIDTHS`, the logarithm of its weight as the coefficients of 1, t, t^2, t^3
        and ln(energy / 20 GeV), with t the depth divided by its mean.
      wander: mm, displacement of the axis at 1 GeV; falls as one over the root.
      clump: energy of the clumps in which a layer gets its core.
      spot: mean energy of a spot.
      spot_shape: shape of the Gamma distribution of its energy.
      clustered: how much of the energy of the poorest of four adjacent cells comes in clusters.
      cluster: mean energy of a cluster where a cell gets a share of 1e-4 of the shower.
      cluster_power: power of that share with which it grows.
      cluster_size: side of a cluster / that of a cell.
    """

    fraction: float = 0.1505
    fraction_slope: float = -0.0003
    sampling: float = 0.078
    constant: float = 0.004
    start: float = 13.0
    conversion: float = 21.0
    depth: float = 126.0
    depth_slope: float = 17.0
    depth_spread: float = 0.06
    shape: float = 3.6
    shape_slope: float = 0.45
    shape_spread: float = 0.12
    spread_slope: float = -0.2
    correlation: float = 0.3
    photon_energy: float = -0.5
    photon_spread: float = 0.72
    late: float = 0.03
    late_depth: float = 1.7
    lateral: tuple[tuple[float, ...], ...] = (
        (2.199, -0.675, -1.771, 0.319, 0.0),
        (-0.301, 3.5, -3.327, 0.66, 0.0),
        (-0.476, 2.508, -1.763, 0.309, 0.0),
        (-1.216, 2.029, -0.699, 0.06, 0.0),
        (-1.233, -0.771, 1.533, -0.338, 0.0),
        (-3.422, 1.206, 0.566, -0.149, 0.0),
        (0.21, -8.116, 5.331, -0.867, 0.0),
    )
    wander: float = 4.0
    clump: float = 4.0
    spot: float = 0.55
    spot_shape: float = 0.85
    clustered: float = 0.5
    cluster: float = 1.5
    cluster_power: float = 0.3
    cluster_size: float = 0.6


DEFAULT = Constants()
