"""Metrics: arrays in, estimates with errors out; scores beside their floors; what they say in plain words."""
