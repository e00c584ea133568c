"""Compiled training, checkpoints, logs."""
