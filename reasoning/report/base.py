"""What reports share: reading a run's files, and drawing a few items out of many.

>>> few = Drawn(2)
>>> for number in range(1000):
...     few.offer(str(number), number)
>>> len(few.kept())
2
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from heapq import heappush, heappushpop
from pathlib import Path
from typing import Any, Generic, TypeVar

from reasoning.json_lines import json_lines

__all__ = ["Drawn", "ReportError", "RunKind", "mapping", "number", "percent", "read_json", "read_lines", "share_text"]

Kept = TypeVar("Kept")


class ReportError(ValueError):
    """A directory holds nothing to report on, or a file of it is damaged; one clear line."""


@dataclass(frozen=True, slots=True)
class RunKind:
    """A kind of run directory.

    Attributes:
        name: for people.
        holds: (directory, its `config.json`, empty where there is none) -> whether it is of this kind.
        body: the same -> the page, without its head.
        headline: directory -> its main figures in a few words, from its small files alone; empty where there are none.
        style: further rules of its page.
        compared: (name -> directory, two or more) -> what they show beside each other; None: they cannot be compared.
    """

    name: str
    holds: Callable[[Path, Mapping[str, Any]], bool]
    body: Callable[[Path, Mapping[str, Any]], str]
    headline: Callable[[Path], str]
    style: str = ""
    compared: Callable[[Mapping[str, Path]], str] | None = None


class Drawn(Generic[Kept]):
    """At most `size` of many things, drawn evenly; which, depends on their names alone.

    Args:
        size: how many are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, int, Kept]] = []
        self.offered = 0

    def offer(self, name: str, value: Kept) -> None:
        """Keep it, unless `size` others come before it."""
        key = -int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        entry = (key, -self.offered, value)
        self.offered += 1
        if len(self._heap) < self._size:
            heappush(self._heap, entry)
        elif key > self._heap[0][0]:
            heappushpop(self._heap, entry)

    def kept(self) -> list[Kept]:
        """What was drawn, in the order in which it was offered."""
        return [value for _, _, value in sorted(self._heap, key=lambda entry: -entry[1])]


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; empty where there is no such file.

    Raises:
        ReportError: it is damaged.
    """
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(f"{path}: cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise ReportError(f"{path}: expected an object, got {type(found).__name__}")
    return found


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place (`FILE, line N`) and object of each line of a file; nothing where there is no such file.

    Raises:
        ReportError: a line is no JSON object.
    """
    return json_lines(path, ReportError) if path.exists() else iter(())


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` where it is an object, otherwise an empty one."""
    return value if isinstance(value, Mapping) else {}


def number(value: Any) -> float | None:
    """`value` where it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        return None
    return float(value)


def percent(value: Any) -> str:
    """A share as a percentage; empty where it is no number."""
    share = number(value)
    return "" if share is None else f"{100 * share:.2f} %"


def share_text(metric: Mapping[str, Any]) -> str:
    """A share with its interval."""
    low, high = percent(metric.get("low")), percent(metric.get("high"))
    return percent(metric.get("value")) + (f" ({low} - {high})" if low and high else "")
