"""Words for the observables of four-lepton events."""

from jaxgen.plots.format import Label

OBSERVABLES: dict[str, Label] = {
    "m4l": Label("four-lepton mass", "GeV", "m(4ℓ)"),
    "mz1": Label("mass of the pair nearer to the Z", "GeV", "m(Z1)"),
    "mz2": Label("mass of the other pair", "GeV", "m(Z2)"),
    "lepton_pt": Label("lepton transverse momentum", "GeV", "pT, four leptons"),
    "lepton_eta": Label("lepton pseudorapidity", "", "η, four leptons"),
    "lepton_energy": Label("lepton energy", "GeV", "E, four leptons"),
    "pair_angle": Label("opening angle in pairs", "rad", "angle in pairs"),
    "cross_angle": Label("opening angle across pairs", "rad", "angle across"),
    "system_pt": Label("four-lepton transverse momentum", "GeV", "pT(4ℓ)"),
    "system_rapidity": Label("four-lepton rapidity", "", "y(4ℓ)"),
    "electron_1_pt": Label("transverse momentum, slot electron 1", "GeV", "pT, electron 1"),
    "electron_2_pt": Label("transverse momentum, slot electron 2", "GeV", "pT, electron 2"),
}
"""By the name of the field of `metrics.lepton_observables.Observables`."""
