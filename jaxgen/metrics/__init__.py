"""Judgements of samples, each with its error."""
