"""Showers in a calorimeter of 30 x 30 cells."""
