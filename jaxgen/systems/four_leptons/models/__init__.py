"""Networks of four-lepton events."""
