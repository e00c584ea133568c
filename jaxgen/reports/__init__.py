"""A self-contained HTML page with the results of a run: training, metrics, their errors, and deviations."""
