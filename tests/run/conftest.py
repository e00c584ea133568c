"""The toy detector in the registry."""

import pytest

from jaxgen import systems
from tests.run.toys import SYSTEM


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(systems.PACKAGES, SYSTEM.name, SYSTEM)
