"""Training, evaluation, reports and sampling as Python functions."""
