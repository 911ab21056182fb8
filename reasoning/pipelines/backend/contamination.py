"""Finds rows that give away a benchmark: its problems in their own words, reworded, or with other numbers.

    index = ContaminationIndex.of([("gsm8k", problem), ...])
    index.check([forms_of(row.problem) for row in batch])   # one Match or None for each

Each benchmark problem is seen in two ways, as it reads and with its numbers masked, and each way as the set of its
word n-grams, without those that more than `MAX_SHARED` problems have in common ("find the value of"). A text matches a
problem when it holds a large enough share of the problem's set:

| kind | view | n | share of the problem | shared n-grams | share of the text |
| --- | --- | --- | --- | --- | --- |
| `text` | as it reads | 8 | 0.5 | | |
| `structure` | numbers masked | 3 | 0.8 | 10 | |
| | | | 0.8 | | 0.6 |
| | | | 0.5 | 10 | 0.3 |

Problems too short for that match when their whole normal form is the same, and, if they have at least
`MIN_FORM_WORDS` words, when their masked form is. All lookups of a batch are a few array operations, so a pool of
millions passes at thousands of rows a second in constant memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reasoning.pipelines.backend.duplicates import TextForms, forms_of
from reasoning.pipelines.backend.forms import MASK, key_of
from verifiers.records import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["ARRAYS", "ContaminationIndex", "Match", "problem_id"]

TEXT_WORDS = 8
TEXT_SHARE = 0.5
STRUCTURE_WORDS = 3
CERTAIN_SHARE = 0.8
PARTIAL_SHARE = 0.5
LONG_NGRAMS = 10
SHORT_TEXT_SHARE = 0.6
PARTIAL_TEXT_SHARE = 0.3
"""With its numbers masked a problem is found when most of it is there, and that is long or most of the text; half of it
is enough where that is long and a good part of the text: stock phrases and pieces of formulas are neither."""
MAX_SHARED = 40
"""An n-gram of more problems than this says nothing of any of them."""
MIN_NGRAMS = {TEXT_WORDS: 2, STRUCTURE_WORDS: 6}
"""A problem with fewer n-grams of its own is compared as a whole."""
MIN_FORM_WORDS = 8
"""A masked form with fewer words, or fewer than half that are no numbers, is too common to be one problem's own."""

ARRAYS = {
    "ids": "|u1",
    "whole_keys": "<u8",
    "whole_numbers": "<u4",
    "form_keys": "<u8",
    "form_numbers": "<u4",
    "text_keys": "<u8",
    "text_counts": "|u1",
    "text_owners": "<u4",
    "structure_keys": "<u8",
    "structure_counts": "|u1",
    "structure_owners": "<u4",
}
"""The arrays that an index consists of, with their types: the ids of its problems (JSON text), the number of a problem
by the key of its whole text or masked form, and of both views the keys of n-grams, in order, how many problems have
each, and which."""

_MULTIPLIER = 0x9E3779B97F4A7C15
_MAX_VOCABULARY = 1_000_000


@dataclass(frozen=True, slots=True)
class Match:
    """A benchmark problem that a text gives away: how it was found (`text`, `structure` or `embedding`), and what share
    of it, or how similar it is.
    """

    kind: str
    problem: str
    share: float

    def reason(self) -> str:
        """In words, for what is thrown away."""
        if self.kind == "embedding":
            return f"embedding: {self.share:.4f} similar to {self.problem}"
        return f"{self.kind}: {100 * self.share:.0f} % of {self.problem}"


def problem_id(benchmark: str, problem: Problem) -> str:
    """What a benchmark's problem is called in reasons."""
    return problem.id if problem.id.startswith(benchmark) else f"{benchmark}/{problem.id}"


class ContaminationIndex:
    """All problems of some benchmarks, in the forms in which texts are compared with them."""

    def __init__(self, problems: Iterable[tuple[str, Problem]]) -> None:
        """Index `(name of the benchmark, problem)` pairs."""
        self._ids: list[str] = []
        self._whole: dict[int, int] = {}
        self._forms: dict[int, int] = {}
        vocabulary = _Vocabulary()
        text, structure = _ViewBuilder(TEXT_WORDS), _ViewBuilder(STRUCTURE_WORDS)
        for name, problem in problems:
            number = len(self._ids)
            self._ids.append(problem_id(name, problem))
            forms = forms_of(problem)
            self._whole.setdefault(_whole_key(forms), number)
            if _is_telling(forms.masked):
                self._forms.setdefault(forms.key, number)
            text.add(vocabulary.encode(forms.words))
            structure.add(vocabulary.encode(forms.masked))
        self._vocabulary = vocabulary
        self._text = text.finish(_Rule(TEXT_SHARE))
        self._structure = structure.finish(
            _Rule(CERTAIN_SHARE, LONG_NGRAMS, SHORT_TEXT_SHARE, PARTIAL_SHARE, PARTIAL_TEXT_SHARE)
        )

    def __len__(self) -> int:
        return len(self._ids)

    def arrays(self) -> dict[str, Any]:
        """All of it as the arrays that `ARRAYS` names, each of shape (n,)."""
        import numpy as np

        ids = json.dumps(self._ids).encode()
        found: dict[str, Any] = {
            "ids": np.frombuffer(ids, np.uint8),
            "whole_keys": [*self._whole],
            "whole_numbers": [*self._whole.values()],
            "form_keys": [*self._forms],
            "form_numbers": [*self._forms.values()],
        }
        for name, view in (("text", self._text), ("structure", self._structure)):
            found |= {f"{name}_keys": view.keys, f"{name}_counts": view.counts, f"{name}_owners": view.owners}
        return {name: np.asarray(found[name], kind) for name, kind in ARRAYS.items()}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Any]) -> ContaminationIndex:
        """The index that these arrays are of.

        Raises:
            ValueError: they are of none: out of order, or of problems that there are not.
        """
        index = cls([])
        ids = json.loads(arrays["ids"].tobytes())
        if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
            raise ValueError("ids: expected texts")
        index._ids = ids
        for name, kept in (("whole", index._whole), ("form", index._forms)):
            keys, numbers = arrays[f"{name}_keys"], arrays[f"{name}_numbers"]
            if len(keys) != len(numbers) or (len(numbers) and numbers.max() >= len(ids)):
                raise ValueError(f"{name}: not of these problems")
            kept.update(zip(keys.tolist(), numbers.tolist(), strict=True))
        index._text = _view_of(arrays, "text", index._text, len(ids))
        index._structure = _view_of(arrays, "structure", index._structure, len(ids))
        return index

    def check(self, batch: Sequence[TextForms]) -> list[Match | None]:
        """The best match of each text, or None."""
        found: list[Match | None] = [self._as_a_whole(forms) for forms in batch]
        for kind, view, texts in (
            ("text", self._text, [forms.words for forms in batch]),
            ("structure", self._structure, [forms.masked for forms in batch]),
        ):
            encoded = [self._vocabulary.encode(text) for text in texts]
            for row, (problem, share) in view.matches(encoded).items():
                if found[row] is None:
                    found[row] = Match(kind, self._ids[problem], round(share, 3))
        return found

    def _as_a_whole(self, forms: TextForms) -> Match | None:
        if (number := self._whole.get(_whole_key(forms))) is not None:
            return Match("text", self._ids[number], 1.0)
        if (number := self._forms.get(forms.key)) is not None and _is_telling(forms.masked):
            return Match("structure", self._ids[number], 1.0)
        return None


class _Vocabulary:
    """A 64-bit number for each word: a hash, remembered because words come again."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def encode(self, words: Sequence[str]) -> Hashes:
        import numpy as np

        if len(self._codes) > _MAX_VOCABULARY:
            self._codes.clear()
        codes = self._codes
        for word in words:
            if word not in codes:
                codes[word] = key_of(word)
        return np.fromiter((codes[word] for word in words), np.uint64, len(words))


class _ViewBuilder:
    """Collects the n-grams of the benchmark problems."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._grams: list[Hashes] = []

    def add(self, words: Hashes) -> None:
        import numpy as np

        self._grams.append(np.unique(_ngrams(words, self._size)))

    def finish(self, rule: _Rule) -> _View:
        import numpy as np

        owners = np.repeat(np.arange(len(self._grams)), [len(grams) for grams in self._grams])
        grams = np.concatenate(self._grams) if self._grams else np.zeros(0, np.uint64)
        order = np.argsort(grams, kind="stable")
        grams, owners = grams[order], owners[order]
        keys, counts = np.unique(grams, return_counts=True)
        telling = np.repeat(counts <= MAX_SHARED, counts)
        owners = owners[telling]
        keys, counts = keys[counts <= MAX_SHARED], counts[counts <= MAX_SHARED]
        return _View(self._size, rule, keys, counts, owners, np.bincount(owners, minlength=len(self._grams)))


@dataclass(frozen=True, slots=True)
class _Rule:
    """What makes a match.

    Attributes:
        share: of a problem's n-grams that are enough, where they are long or make up `short_text_share` of the text.
        long_ngrams: so many n-grams in common are long.
        short_text_share: see `share`.
        partial_share: of a problem's n-grams that are enough where they are long and make up `partial_text_share` of
            the text.
        partial_text_share: see `partial_share`.
    """

    share: float
    long_ngrams: int = 0
    short_text_share: float = 0.0
    partial_share: float = 1.0
    partial_text_share: float = 0.0

    def holds(self, shares: Floats, ngrams: Counts, text_shares: Floats) -> Flags:
        """Of each pair of a text and a problem, by share of the problem, n-grams in common, and share of the text."""
        long = ngrams >= self.long_ngrams
        most = (shares >= self.share) & (long | (text_shares >= self.short_text_share))
        part = (shares >= self.partial_share) & long & (text_shares >= self.partial_text_share)
        holds: Flags = most | part
        return holds


@dataclass(frozen=True, slots=True)
class _View:
    """An inverted index from n-grams to the problems that have them.

    Attributes:
        size: words of an n-gram.
        rule: what makes a match.
        keys: hashes of the n-grams, sorted; shape (n,).
        counts: how many problems have each; shape (n,).
        owners: these problems, those of one n-gram after those of the one before it; shape (counts.sum(),).
        sizes: how many n-grams each problem has; shape (problems,).
    """

    size: int
    rule: _Rule
    keys: Any
    counts: Any
    owners: Any
    sizes: Any

    def matches(self, texts: Sequence[Hashes]) -> dict[int, tuple[int, float]]:
        """Row -> (problem, share) for those texts that hold enough of a problem; the largest share counts."""
        import numpy as np

        if not len(self.keys) or not texts:
            return {}
        lengths = np.array([max(len(text) - self.size + 1, 0) for text in texts])
        whole = np.concatenate([_ngrams(text, self.size) for text in texts])
        rows = np.repeat(np.arange(len(texts)), lengths)
        places = np.minimum(np.searchsorted(self.keys, whole), len(self.keys) - 1)
        hit = self.keys[places] == whole
        # An n-gram that a text repeats counts once.
        pairs = np.unique(rows[hit] * len(self.keys) + places[hit])
        rows, places = np.divmod(pairs, len(self.keys))
        ends = np.cumsum(self.counts)
        found = self.counts[places]
        # For each hit the stretch of `owners` that belongs to its n-gram.
        offsets = np.arange(found.sum()) - np.repeat(np.cumsum(found) - found, found)
        problems = self.owners[np.repeat(ends[places] - found, found) + offsets]
        shared, times = np.unique(np.repeat(rows, found) * len(self.sizes) + problems, return_counts=True)
        rows, problems = np.divmod(shared, len(self.sizes))
        shares = times / self.sizes[problems]
        enough = self.rule.holds(shares, times, times / lengths[rows])
        enough &= self.sizes[problems] >= MIN_NGRAMS[self.size]
        best: dict[int, tuple[int, float]] = {}
        for row, problem, share in zip(
            rows[enough].tolist(), problems[enough].tolist(), shares[enough].tolist(), strict=True
        ):
            if row not in best or share > best[row][1]:
                best[row] = (problem, share)
        return best


def _view_of(arrays: Mapping[str, Any], name: str, like: _View, problems: int) -> _View:
    import numpy as np

    keys, counts, owners = (arrays[f"{name}_{part}"] for part in ("keys", "counts", "owners"))
    counts, owners = counts.astype(np.int64), owners.astype(np.int64)
    if len(keys) != len(counts) or not (keys[1:] > keys[:-1]).all():
        raise ValueError(f"{name}: n-grams out of order")
    if not counts.all() or counts.sum() != len(owners) or (len(owners) and owners.max() >= problems):
        raise ValueError(f"{name}: not of these problems")
    return replace(like, keys=keys, counts=counts, owners=owners, sizes=np.bincount(owners, minlength=problems))


def _ngrams(words: Hashes, size: int) -> Hashes:
    """Hashes of all runs of `size` words; shape (max(len(words) - size + 1, 0),)."""
    import numpy as np

    count = len(words) - size + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    hashed = np.zeros(count, np.uint64)
    multiplier = np.uint64(_MULTIPLIER)
    for place in range(size):
        hashed = hashed * multiplier + words[place : place + count]
    return hashed ^ (hashed >> np.uint64(31))


def _is_telling(masked: Sequence[str]) -> bool:
    return len(masked) >= MIN_FORM_WORDS and 2 * masked.count(MASK) <= len(masked)


def _whole_key(forms: TextForms) -> int:
    return key_of(*forms.words)
