"""Mixtures of normal distributions: their forms, fits and uses."""
