"""Mixtures of normal distributions: covariance forms, fits and sampling."""
