"""What the tests of docs and structure share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.source import sources


@pytest.fixture(scope="package", autouse=True)
def _source_is_read_once() -> Iterator[None]:
    """The syntax of all modules is kept for the tests of this folder and given back behind them."""
    yield
    sources.cache_clear()
