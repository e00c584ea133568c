"""Data sets of any detector: splits, order of the events, scalers, file formats."""
