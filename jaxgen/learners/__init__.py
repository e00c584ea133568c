"""Model families as init, step, sample."""
