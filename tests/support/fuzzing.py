"""Property tests that run a few examples each time, and many among the slow tests.

    @sizes(20, 1_000)
    def test_any_text_is_read(examples):
        run(examples, st.text(), check)         # check(text) asserts

The examples are the same in every run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

__all__ = ["attempt", "json_values", "mutated", "run", "sizes", "texts"]


def sizes(fast: int, slow: int) -> pytest.MarkDecorator:
    """Run the test with `fast` examples, and as a slow test with `slow` ones."""
    return pytest.mark.parametrize("examples", [fast, pytest.param(slow, marks=pytest.mark.slow)])


def run(examples: int, strategy: st.SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """Call `check` with so many examples of a strategy."""
    options = settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    options(given(strategy)(check))()


def attempt(refusal: type[Exception], call: Callable[..., Any], *arguments: Any) -> Any:
    """What the call returns; None where it refuses with words."""
    try:
        return call(*arguments)
    except refusal as error:
        said = str(error)
    assert said
    return None


def texts(alphabet: str = "", largest: int = 80) -> st.SearchStrategy[str]:
    """Texts of any characters, lone surrogates too, and of those that mean something to the reader."""
    anything = st.text(st.characters(exclude_categories=()), max_size=largest)
    if not alphabet:
        return anything
    return st.one_of(st.text(st.sampled_from(alphabet), max_size=largest), anything)


def json_values() -> st.SearchStrategy[Any]:
    """What a JSON reader may give, the numbers that are no finite ones and the very large ones too."""
    leaves = st.one_of(
        st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([10**25, -(10**400), 0.5, 1e999, float("nan")]),
        texts(largest=8),
    )  # fmt: skip
    return st.recursive(
        leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts(largest=8), inner, max_size=3)),
        max_leaves=8,
    )  # fmt: skip


def mutated(record: Any) -> st.SearchStrategy[Any]:
    """The record with any part of it replaced or left out."""
    parts = list(_paths(record))

    def change(choice: tuple[int, bool, Any]) -> Any:
        number, drop, value = choice
        copy = json.loads(json.dumps(record))
        *way, last = parts[number]
        place = copy
        for step in way:
            place = place[step]
        if drop:
            del place[last]
        else:
            place[last] = value
        return copy

    return st.tuples(st.integers(0, len(parts) - 1), st.booleans(), json_values()).map(change)


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*above, key)
        yield from _paths(inner, (*above, key))
