"""Real pad responses, and small samples of pad-like ones."""

from tests.metrics.conftest import real_events, real_split
from tests.plots.conftest import fake, real, spec

__all__ = ["fake", "real", "real_events", "real_split", "spec"]
