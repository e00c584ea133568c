"""Models of showers."""
