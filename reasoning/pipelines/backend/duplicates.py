"""Removes rows that are there already: to the letter, but for spelling, or nearly.

    finder = DuplicateFinder(index, threshold=0.8)
    finder.check(row, forms)        # None: it is new, and remembered
    finder.check(row, forms)        # Duplicate(kind='exact', of='gsm8k/train/7')

Exact and normalised forms cover the problem and its solution together, so that several solutions of one problem are
rows of their own. Near-duplicates are problems of different groups whose sets of three-word shingles have at least
`threshold` of their union in common (Jaccard), estimated by MinHash and found by locality-sensitive hashing (Broder
1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4): `BANDS` bands of `BAND_ROWS` values.
The signatures are rensa's; the bands lie in an index on disk, so that memory stays constant.
"""

from __future__ import annotations

import json
import operator
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from reasoning.pipelines.backend.forms import (
    CODE_KINDS,
    key_of,
    mask,
    normal_form,
    problem_text,
    without_strings,
    words,
)
from reasoning.pipelines.backend.index import KeyIndex
from reasoning.pipelines.base import Row
from verifiers.records import Problem

__all__ = ["BANDS", "INDEX_NAMES", "Duplicate", "DuplicateFinder", "TextForms", "forms_of", "signature_of"]

INDEX_NAMES = ("exact", "normal", "forms", "bands", "signatures")
BANDS = 16
BAND_ROWS = 8
"""16 bands of 8: a pair with a similarity of 0.8 is found with probability 0.95, one of 0.5 with 0.06."""
SHINGLE_WORDS = 3
_PERMUTATIONS = BANDS * BAND_ROWS
_VALUE_BYTES = 4
_BAND_BYTES = BAND_ROWS * _VALUE_BYTES
_SEED = 7


@dataclass(frozen=True, slots=True)
class TextForms:
    """A problem's text in the forms that the back end compares.

    Attributes:
        words: as it reads.
        masked: with its numbers masked.
        key: of the masked words: equal for problems that differ in their numbers alone.
    """

    words: list[str]
    masked: list[str]
    key: int


def forms_of(problem: Problem) -> TextForms:
    """The forms of what a problem asks; string constants of code are masked as numbers are."""
    text = problem_text(problem)
    plain = words(text)
    masked = mask(words(without_strings(text)) if problem.kind in CODE_KINDS else plain)
    return TextForms(plain, masked, key_of(*masked))


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Why a row is one: `exact`, `normalised` or `near`, and the id of the problem that was there first."""

    kind: str
    of: str


class DuplicateFinder:
    """Knows all rows that it was shown."""

    def __init__(self, index: KeyIndex, threshold: float) -> None:
        """Remember rows in `index` (with the maps `INDEX_NAMES`); `threshold` 0 looks for no near-duplicates."""
        self._index = index
        self._threshold = threshold
        self._entries = 0

    def check(self, row: Row, forms: TextForms) -> Duplicate | None:
        """The earlier row of which this one is a duplicate, or None; then it is remembered."""
        id = row.problem.id
        if (of := self._index.first("exact", _exact_key(row), id)) is not None:
            return Duplicate("exact", of)
        if (of := self._index.first("normal", _normal_key(row), id)) is not None:
            return Duplicate("normalised", of)
        if self._threshold and self._index.first("forms", forms.key, id) is None:
            return self._near(row, forms.words)
        return None

    def _near(self, row: Row, tokens: list[str]) -> Duplicate | None:
        """As `check`, for a problem whose masked form is new; others are variants of an earlier one."""
        signature = signature_of(tokens)
        if signature is None:
            return None
        bands = [
            key_of(str(band), signature[start : start + _BAND_BYTES].hex())
            for band, start in enumerate(range(0, len(signature), _BAND_BYTES))
        ]
        for entry in sorted(set(self._index.get_many("bands", bands))):
            group, of, other = json.loads(self._index.get("signatures", entry))
            if group != row.group and _similarity(signature, bytes.fromhex(other)) >= self._threshold:
                return Duplicate("near", of)
        self._entries += 1
        self._index.put("signatures", self._entries, json.dumps([row.group, row.problem.id, signature.hex()]))
        for key in bands:
            self._index.first("bands", key, self._entries)
        return None


def signature_of(tokens: Sequence[str]) -> bytes | None:
    """The MinHash signature of a text's shingles, 4 bytes a value; None for a text that is shorter than one shingle."""
    from rensa import RMinHash

    if len(tokens) < SHINGLE_WORDS:
        return None
    shingles = {" ".join(tokens[place : place + SHINGLE_WORDS]) for place in range(len(tokens) - SHINGLE_WORDS + 1)}
    sketch = RMinHash(_PERMUTATIONS, _SEED)
    sketch.update(sorted(shingles))
    return struct.pack(f">{_PERMUTATIONS}I", *sketch.digest())


def _similarity(one: bytes, other: bytes) -> float:
    """The share of equal values of two signatures: an unbiased estimate of the Jaccard similarity."""
    values = struct.Struct(f">{_PERMUTATIONS}I")
    equal: int = sum(map(operator.eq, values.unpack(one), values.unpack(other)))
    return equal / _PERMUTATIONS


def _exact_key(row: Row) -> int:
    problem = row.problem
    return key_of(problem.kind, problem.prompt, json.dumps(dict(problem.fields), sort_keys=True), *_solution_parts(row))


def _normal_key(row: Row) -> int:
    problem = row.problem
    if problem.kind in CODE_KINDS:
        parts = [problem_text(problem), *_solution_parts(row)]
        return key_of(problem.kind, *(" ".join(part.split()) for part in parts))
    return key_of(problem.kind, normal_form(problem_text(problem)), *map(normal_form, _solution_parts(row)))


def _solution_parts(row: Row) -> tuple[str, ...]:
    return row.completion, row.rejected or "", str(row.label), row.part, row.prompt
