"""Data sets of any detector: splits, the order of the data, scalers, text tables."""
