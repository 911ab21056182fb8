"""Which core-Lean theorems no prover of this project may learn from: one in four, by a hash of the statement.

>>> statement_key("theorem foo (m n : Nat) : m + n = n + m := by")
'(v0v1:Nat):v0+v1=v1+v0'
>>> statement_key("theorem bar (a b : Nat) :  a + b = b + a")
'(v0v1:Nat):v0+v1=v1+v0'

The key forgets the theorem's name, the names of its bound variables and the spaces, so that a renamed statement is the
same one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from reasoning.data_files import data_file
from reasoning.json_lines import json_lines
from verifiers.proofs.lean.text import split_statement
from verifiers.records import Problem

__all__ = ["THEOREMS_NAME", "core_theorems", "held_out_keys", "is_held_out", "statement_key", "without_name"]

THEOREMS_NAME: Final = "core_lean/theorems.jsonl"
HELD_OUT_ONE_IN: Final = 4
_BINDER: Final = re.compile(r"[({⦃]\s*([^\W\d][^(){}:]*?)\s*:[^=]")
_QUANTIFIED: Final = re.compile(r"(?:∀|∃|\bfun\b|λ)\s+([^\W\d][^,=:(){}∈<≤]*)")
_WORD: Final = re.compile(r"(?<![\w.'])[^\W\d][\w'₀-₉]*")


def statement_key(statement: str) -> str:
    """What statements have in common that differ in names and spaces only.

    Raises:
        RecordError: it declares no named theorem.
    """
    text = without_name(statement)
    bound: dict[str, str] = {}
    places = sorted(
        (found.start(), name)
        for pattern in (_BINDER, _QUANTIFIED)
        for found in pattern.finditer(text)
        for name in found.group(1).split()
    )
    for _, name in places:
        bound.setdefault(name, f"v{len(bound)}")
    renamed = _WORD.sub(lambda found: bound.get(found.group(), found.group()), text)
    return re.sub(r"\s+", "", renamed)


def without_name(statement: str) -> str:
    """Binders and conclusion: the text behind the theorem's name, up to `:=`.

    Raises:
        RecordError: it declares no named theorem.
    """
    read = split_statement(statement)
    head = re.search(rf"\b(?:theorem|lemma)\s+(?:_root_\.)?{re.escape(read.name)}", read.text)
    assert head is not None
    return read.text[head.end() :].strip()


def is_held_out(statement: str) -> bool:
    """Whether a statement belongs to the held-out quarter of core-Lean theorems, or is one of them renamed."""
    return statement_key(statement) in held_out_keys()


@cache
def held_out_keys() -> frozenset[str]:
    """The keys of the held-out theorems."""
    return frozenset(
        key
        for problem in core_theorems()
        if int.from_bytes(
            hashlib.sha256((key := statement_key(problem.text("statement"))).encode()).digest()[:8], "big"
        )
        % HELD_OUT_ONE_IN
        == 0
    )


def core_theorems() -> Iterator[Problem]:
    """The built-in Lean theorems, in the order of their file."""
    return (Problem.from_json(record) for _, record in json_lines(data_file(THEOREMS_NAME)))
