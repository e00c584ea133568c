"""Representation of calorimeter showers and conditions as inputs of networks."""
