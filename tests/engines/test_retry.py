"""Backoff, Retry-After and pace, as plain arithmetic."""

from __future__ import annotations

import pytest

from reasoning.engines.retry import Pace, Presence, backoff_seconds, retry_after_seconds, worth_retrying


def test_backoff_grows_with_full_jitter_up_to_its_cap() -> None:
    assert [backoff_seconds(attempt, None, 0.5) for attempt in range(4)] == [0.25, 0.5, 1.0, 2.0]
    assert backoff_seconds(3, None, 0.0) == 0.0
    assert backoff_seconds(10_000, None, 0.5) == 30.0


def test_retry_after_is_a_floor_and_itself_bounded() -> None:
    assert backoff_seconds(0, 7.0, 0.0) == 7.0
    assert 7.0 <= backoff_seconds(9, 7.0, 0.99) <= 14.0
    assert backoff_seconds(0, 1e9, 0.0) == 300.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:01 GMT"}, 0.0),
        ({"retry-after": "later"}, None),
        ({"retry-after": "-3"}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, now=40.0) == seconds


def test_statuses_worth_another_try() -> None:
    assert [status for status in (400, 401, 404, 408, 409, 422, 429, 500, 503) if worth_retrying(status)] == [
        408, 409, 429, 500, 503,
    ]  # fmt: skip


def test_pace_is_even_and_takes_corrections() -> None:
    pace = Pace(60)
    assert [pace.reserve(2, now=10.0) for _ in range(3)] == [0.0, 2.0, 4.0]
    pace.give_back(3)
    assert pace.reserve(1, now=10.0) == 3.0
    assert pace.reserve(1, now=1000.0) == 0.0


def test_no_pace_never_waits() -> None:
    pace = Pace(0)
    assert [pace.reserve(1e9, now=0.0) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_patience_with_a_server_that_was_never_there_ends_and_with_one_that_was_does_not() -> None:
    presence = Presence()
    assert [presence.patience(now) for now in (100.0, 102.5, 103.0, 500.0)] == [3.0, 0.5, 0.0, 0.0]
    presence.answered()
    assert presence.patience(900.0) == float("inf")
