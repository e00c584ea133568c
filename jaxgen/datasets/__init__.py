"""Data sets: readers, built-in simulators, scalers, shuffled batches."""
