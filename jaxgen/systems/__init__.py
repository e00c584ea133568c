"""Detectors, one folder each."""
