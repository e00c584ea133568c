"""Metrics of generated events with statistical errors, their floors, and their descriptions."""
