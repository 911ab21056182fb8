"""Library theorems that proofs refer to, with their statements; each is looked up once in a run.

with LemmaBook(run / "lemmas.jsonl", checker) as book:
    await book.look_up(["Nat.add_comm", "HAdd.hAdd"])
    book.shared(["Nat.add_comm", "HAdd.hAdd"])        # ("Nat.add_comm",)
    book.statement("Nat.add_comm")                    # "theorem Nat.add_comm (n m : Nat) : n + m = m + n"
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from reasoning.proving.prompts import TRIVIAL_LEMMA
from reasoning.selfplay.checking import Checker
from reasoning.selfplay.inputs import NO_LEMMA
from reasoning.selfplay.store import Appended

__all__ = ["LemmaBook"]


class LemmaBook:
    """The library dictionary of a run.

    Args:
        path: of its file.
        checker: knows the library.
        trivial: what a prompt shows for no lemma.
    """

    def __init__(self, path: Path, checker: Checker, trivial: str = TRIVIAL_LEMMA) -> None:
        self._file = Appended(path)
        self._checker = checker
        self._trivial = trivial
        self._statements = {str(line["name"]): str(line["statement"]) for line in self._file.lines}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    async def look_up(self, names: Iterable[str]) -> None:
        """Make sure that these are known, as lemmas or as something else."""
        new = sorted(set(names) - self._statements.keys())
        if not new:
            return
        found = await self._checker.lemmas(new)
        for name in new:
            self._statements[name] = found.get(name, "")
            self._file.add({"name": name, "statement": self._statements[name]})

    def shared(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those that are lemmas."""
        return tuple(name for name in names if self._statements.get(name))

    def statement(self, name: str) -> str:
        """What a prompt shows of a lemma; the trivial lemma for none."""
        return self._trivial if name == NO_LEMMA else self._statements[name]
