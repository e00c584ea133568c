"""Generative fast simulation for high-energy physics in JAX."""
