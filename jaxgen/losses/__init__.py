"""Losses and regularizers: one value an example."""
