"""When to try again, and how fast to ask at all.

>>> backoff_seconds(attempt=3, retry_after=None, draw=0.5)      # half of 0.5 * 2**3
2.0
>>> retry_after_seconds({"retry-after": "7"}, now=0.0)
7.0
>>> pace = Pace(per_minute=60)
>>> [pace.reserve(1, now=0.0) for _ in range(3)]                # seconds to wait before each
[0.0, 1.0, 2.0]
>>> presence = Presence()                                       # no connection, from a server that was never there
>>> [presence.patience(now) for now in (10.0, 11.0, 13.5)]      # seconds in which to try again
[3.0, 2.0, 0.0]
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

__all__ = ["Pace", "Presence", "backoff_seconds", "retry_after_seconds", "worth_retrying"]

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 300.0
"""A server's wish to be left alone for longer than this is cut to it."""

ABSENT_SECONDS = 3.0
"""So long a server that has never answered is looked for; one that has answered may be starting anew."""

_RETRIED_STATUSES = frozenset({408, 409, 429})


def worth_retrying(status: int) -> bool:
    """Whether an HTTP status may be different next time."""
    return status in _RETRIED_STATUSES or status >= 500


def backoff_seconds(attempt: int, retry_after: float | None, draw: float) -> float:
    """How long to wait after failed attempt `attempt` (from 0): exponential with full jitter.

    Args:
        attempt: number of the attempt that failed.
        retry_after: what the server asked for, in seconds; the jitter is then added to it.
        draw: a uniform random number in [0, 1).
    """
    jitter = draw * min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** min(attempt, 30))
    if retry_after is None:
        return jitter
    return min(retry_after, LONGEST_RETRY_AFTER_SECONDS) + min(jitter, retry_after)


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """What the headers `retry-after-ms` or `retry-after` (seconds or a date) ask for; None when they do not.

    Args:
        headers: of the response; keys are looked up in lower case.
        now: Unix time in seconds.
    """
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000.0)
        value = headers.get("retry-after")
        if value is None:
            return None
        if value.strip().replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


class Pace:
    """An even pace of so many units a minute; no bursts, so that a server's own limit is never met."""

    def __init__(self, per_minute: float) -> None:
        """Limit to `per_minute` units; 0 for no limit."""
        self._seconds_each = 60.0 / per_minute if per_minute > 0 else 0.0
        self._free_at = 0.0

    def reserve(self, units: float, now: float) -> float:
        """Book `units` and say how many seconds to wait before using them."""
        start = max(now, self._free_at)
        self._free_at = start + units * self._seconds_each
        return start - now

    def give_back(self, units: float) -> None:
        """Return units that were booked and not used (negative: more were used)."""
        self._free_at -= units * self._seconds_each


class Presence:
    """Whether a server was ever there, which tells one that is being restarted from a wrong address."""

    def __init__(self) -> None:
        """Begin with a server of which nothing is known."""
        self._seen = False
        self._missed_at: float | None = None

    def answered(self) -> None:
        """It gave an answer, be it a refusal."""
        self._seen = True

    def patience(self, now: float) -> float:
        """How many seconds to go on looking for it when it takes no connection; no end where it has answered before."""
        if self._seen:
            return math.inf
        if self._missed_at is None:
            self._missed_at = now
        return max(0.0, self._missed_at + ABSENT_SECONDS - now)
