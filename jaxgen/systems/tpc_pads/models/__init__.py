"""Networks for pad responses."""
