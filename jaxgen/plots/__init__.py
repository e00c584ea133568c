"""Figures from arrays, labels and scores; every function returns a matplotlib Figure without showing it."""
