r"""Type-based retrieval for F*: related definitions and premises, all out of the training file.

    index = TypeIndex(["val rev (l:list a) : list a", "val add (x y:int) : int"])
    index.nearest("val reverse (l:list b) : list b", 1)         # [(0, 0.93)]

The scheme of "Towards Neural Synthesis for SMT-Assisted Proof-Oriented Programming" (arXiv 2405.01787): related
examples are the training definitions whose types are nearest, premises are ranked for the goal's type. There, trained
embeddings measure nearness; here, with no model, it is the cosine of TF-IDF vectors over the words of the types, and a
premise's rank is the sum of the likeness of those neighbours whose definitions use it (k nearest neighbours). The
declared name itself counts for nothing. Premises come from the modules that the goal's file opens, without its own and
without those that every file has.
"""

from __future__ import annotations

import json
import math
import os
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reasoning.evaluation.benchmarks.base import BenchmarkError, json_array, json_lines
from reasoning.evaluation.benchmarks.locate import cache_folder, digest
from reasoning.runs.files import PARTIAL_SUFFIX
from reasoning.runs.progress import progress_display

if TYPE_CHECKING:
    import numpy as np

__all__ = ["TypeIndex", "read_related", "type_words", "visible_modules", "with_related"]

EXAMPLES: Final = 4
"""Related definitions of a problem."""
PREMISES: Final = 10
"""Premises of a problem."""
_NEIGHBOURS: Final = 30
"""Training definitions whose premises are counted."""
_MOST_CHARACTERS: Final = 2_000
"""Longest related definition that is shown."""
_EVERYWHERE: Final = ("Prims", "FStar.Pervasives", "FStar.Pervasives.Native")
"""Modules whose names stand in nearly every definition and help with none."""
_WORD: Final = re.compile(r"[^\W\d][\w']*|[^\w\s()\[\]{}.,;]+")
_DECLARED: Final = re.compile(r"\A(?:\s|\[@[^\]]*\]|[a-z_]+\s)*?val\s+(?:[^\W\d][\w']*|\([^)]*\))")


def type_words(declaration: str) -> Counter[str]:
    """The words of a type, and the parts of those that are put together by underscores; without the declared name."""
    words: Counter[str] = Counter()
    for word in _WORD.findall(_DECLARED.sub("", declaration, count=1)):
        words[word] += 1
        words.update(part for part in word.split("_") if part and part != word)
    return words


class TypeIndex:
    """Types, to be asked for the nearest ones.

    Args:
        types: declarations; their order numbers them.
    """

    def __init__(self, types: Iterable[str]) -> None:
        import numpy as np

        postings: defaultdict[str, tuple[array[int], array[float]]] = defaultdict(lambda: (array("I"), array("f")))
        self._size = 0
        for number, declaration in enumerate(types):
            for word, count in type_words(declaration).items():
                numbers, weights = postings[word]
                numbers.append(number)
                weights.append(1.0 + math.log(count))
            self._size = number + 1
        self._postings: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._rarity: dict[str, float] = {}
        squares = np.zeros(self._size)
        for word, (numbers, weights) in postings.items():
            rarity = math.log((1 + self._size) / (1 + len(numbers))) + 1.0
            where, weighed = np.frombuffer(numbers, np.uint32), np.frombuffer(weights, np.float32) * rarity
            squares[where] += weighed.astype(np.float64) ** 2
            self._postings[word], self._rarity[word] = (where, weighed), rarity
        self._lengths = np.sqrt(np.maximum(squares, 1e-12))

    def nearest(self, declaration: str, count: int) -> list[tuple[int, float]]:
        """Number and cosine (from 0 to 1) of the nearest types, nearest first; ties by number.

        Args:
            declaration: the type that is asked about.
            count: how many; those that share no word with it are left out.
        """
        import numpy as np

        scores = np.zeros(self._size)
        square = 0.0
        for word, times in type_words(declaration).items():
            if word in self._postings:
                weight = (1.0 + math.log(times)) * self._rarity[word]
                square += weight**2
                where, weights = self._postings[word]
                scores[where] += weight * weights
        if not square:
            return []
        scores /= self._lengths * math.sqrt(square)
        kept = np.argpartition(-scores, min(count, self._size - 1))[:count] if self._size > count else range(self._size)
        ranked = sorted((-float(scores[number]), int(number)) for number in kept if scores[number] > 0)
        return [(number, -score) for score, number in ranked]


@dataclass(frozen=True, slots=True)
class _Trained:
    """A definition of the training file."""

    name: str
    type: str
    definition: str
    premises: tuple[str, ...]


class _Library:
    """The training file, indexed by type."""

    def __init__(self, path: Path) -> None:
        self._entries = [_trained(record) for _, record in json_array(path)]
        self._types = {entry.name: entry.type for entry in self._entries}
        self._index = TypeIndex(entry.type for entry in self._entries)

    def related(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Examples and premises for a problem's record."""
        goal = str(record.get("source_type", ""))
        own = str(record.get("name", ""))
        near = [
            (self._entries[number], score)
            for number, score in self._index.nearest(goal, _NEIGHBOURS + 1)
            if self._entries[number].name != own
        ]
        ranks: defaultdict[str, float] = defaultdict(float)
        for entry, score in near[:_NEIGHBOURS]:
            for premise in dict.fromkeys(entry.premises):
                ranks[premise] += score
        seen = visible_modules(record)
        ranked = sorted(ranks, key=lambda name: (-ranks[name], name))
        premises = [name for name in ranked if name.rpartition(".")[0] in seen][:PREMISES]
        return {
            "related": [f"{entry.type}\n{entry.definition}" for entry, _ in near[:EXAMPLES]],
            "premises": [self._types.get(name) or name for name in premises],
        }


def visible_modules(record: Mapping[str, Any]) -> frozenset[str]:
    """The modules that a record's file opens or abbreviates, but for its own and those that every file sees."""
    entries = record.get("opens_and_abbrevs") or ()
    named = [entry.get("full_module") or entry.get("open") or "" for entry in entries if isinstance(entry, Mapping)]
    return frozenset(map(str, named)) - {Path(str(record.get("file_name", ""))).stem, "", *_EVERYWHERE}


async def with_related(paths: Sequence[Path], quiet: bool) -> tuple[Path, ...]:
    """`paths` (the problems, the training file) and the file of related examples, made once and kept in the cache.

    Raises:
        BenchmarkError: a file cannot be read or written.
    """
    import asyncio

    target = cache_folder() / "fstar" / f"related-{digest(paths)[:32]}.jsonl"
    if not target.is_file():
        await asyncio.to_thread(_write, target, paths, quiet)
    return (*paths, target)


def read_related(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of the file of related examples."""
    return (record for _, record in json_lines(path))


def _write(target: Path, paths: Sequence[Path], quiet: bool) -> None:
    partial = target.with_name(f"{target.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    library = _Library(paths[1])
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            open(partial, "w", encoding="utf-8") as file,
            progress_display(total=None, label="fstar: related definitions", quiet=quiet) as progress,
        ):
            for _, record in json_array(paths[0]):
                file.write(json.dumps(library.related(record)) + "\n")
                progress.advance()
        partial.replace(target)
    except OSError as error:
        raise BenchmarkError(f"{partial}: cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def _trained(record: Mapping[str, Any]) -> _Trained:
    premises = record.get("ideal_premises") or record.get("premises") or ()
    return _Trained(
        str(record.get("name", "")),
        str(record.get("source_type", "")),
        str(record.get("source_definition", ""))[:_MOST_CHARACTERS],
        tuple(str(name) for name in premises) if isinstance(premises, list) else (),
    )
