"""An index from 63-bit keys to texts or numbers, on disk, so that a million rows need no more memory than a thousand.

    index = KeyIndex(Path("index.sqlite"), ["exact"])
    index.first("exact", 12345, "row 7")        # None: it is new, and now stands for "row 7"
    index.first("exact", 12345, "row 9")        # "row 7"

It serves one pass and is made anew for the next; nothing of it has to survive a crash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["KeyIndex"]

_CACHE_KIB = 64 * 1024


class KeyIndex:
    """Some named maps from keys to values, in one file."""

    def __init__(self, path: Path, names: Iterable[str]) -> None:
        """Make the maps `names` (trusted words) in a new file at `path`; an old one is removed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._path = path
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=64)
        for setting in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}", "locking_mode=EXCLUSIVE"):
            self._connection.execute(f"PRAGMA {setting}")
        for name in names:
            self._connection.execute(f"CREATE TABLE {name}(key INTEGER PRIMARY KEY, value)")
        self._connection.execute("BEGIN")

    def close(self) -> None:
        """Close and remove the file."""
        self._connection.close()
        self._path.unlink(missing_ok=True)

    def get(self, name: str, key: int) -> Any:
        """The value of a key, or None."""
        row = self._connection.execute(f"SELECT value FROM {name} WHERE key = ?", (key,)).fetchone()  # noqa: S608
        return None if row is None else row[0]

    def put(self, name: str, key: int, value: Any) -> None:
        """Set the value of a key."""
        self._connection.execute(f"INSERT OR REPLACE INTO {name} VALUES (?, ?)", (key, value))  # noqa: S608

    def first(self, name: str, key: int, value: Any) -> Any:
        """The value that the key has already; None when it had none, and has `value` from now on."""
        done = self._connection.execute(f"INSERT OR IGNORE INTO {name} VALUES (?, ?)", (key, value))  # noqa: S608
        return None if done.rowcount else self.get(name, key)

    def get_many(self, name: str, keys: Sequence[int]) -> list[Any]:
        """The values of those keys that have one."""
        marks = ", ".join("?" * len(keys))
        query = f"SELECT value FROM {name} WHERE key IN ({marks})"  # noqa: S608
        return [value for (value,) in self._connection.execute(query, keys)]
