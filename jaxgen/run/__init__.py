"""Training, judging and sampling without flags: what notebooks and the command line share."""
