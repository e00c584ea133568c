"""Losses and regularizers; each returns one value per example."""
