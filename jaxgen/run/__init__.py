"""Training, judging, reporting and sampling as functions of Python; no flags."""
