"""Networks as pairs of functions `init` and `apply`."""
