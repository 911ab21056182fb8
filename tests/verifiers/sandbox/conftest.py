"""Each strong level that this machine gives."""

from __future__ import annotations

import pytest
from sandbox_runner import LEVELS


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    """A level that a pool can be started at here."""
    return str(request.param)
