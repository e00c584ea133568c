"""Models of four-lepton events."""
