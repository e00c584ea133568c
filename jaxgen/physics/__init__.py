"""What detectors share: four-momenta, Geant4's processes."""
