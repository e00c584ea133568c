"""Physics shared by detectors: four-momenta, processes of Geant4."""
