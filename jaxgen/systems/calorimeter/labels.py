"""Words for the observables of calorimeter showers."""

from jaxgen.plots.format import Label

OBSERVABLES: dict[str, Label] = {
    "visible": Label("visible energy", "MeV", "visible energy"),
    "response": Label("visible / incident energy", "", "response"),
    "e0": Label("energy of the 4 central cells", "MeV", "E0"),
    "e1": Label("energy of the ring of 12 cells", "MeV", "E1"),
    "e2": Label("energy of the ring of 20 cells", "MeV", "E2"),
    "outside": Label("energy outside the rings", "MeV", "E outside"),
    "e1_over_e0": Label("ratio E1 / E0", "", "E1 / E0"),
    "e2_over_e1": Label("ratio E2 / E1", "", "E2 / E1"),
    "share_e0": Label("E0 / visible energy", "", "share of E0"),
    "share_e1": Label("E1 / visible energy", "", "share of E1"),
    "share_e2": Label("E2 / visible energy", "", "share of E2"),
    "x": Label("barycentre in x", "mm", "⟨x⟩"),
    "y": Label("barycentre in y", "mm", "⟨y⟩"),
    "width_x": Label("width in x", "mm", "width x"),
    "width_y": Label("width in y", "mm", "width y"),
    "asymmetry_x": Label("asymmetry right − left", "", "asymmetry x"),
    "asymmetry_y": Label("asymmetry up − down", "", "asymmetry y"),
    "active_cells": Label("cells with 0.1 MeV or more", "", "active cells"),
    "hottest": Label("energy of the hottest cell", "MeV", "hottest cell"),
    "hottest_share": Label("hottest cell / visible energy", "", "share of hottest cell"),
}
"""By the name of the field of `metrics.shower_observables.Observables`, and "response"."""
