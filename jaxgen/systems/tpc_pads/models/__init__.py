"""Networks of pad responses."""
