"""What every experiment shares: flags, run folder, training, judging, sampling, report."""
