r"""The two prompts of a prover that also conjectures, and how its completions are read (Isabelle/HOL).

>>> prover_prompt('theorem two: "1 + 1 = (2::nat)"')
'Complete the following Isabelle/HOL code:\n\n```isabelle\ntheorem two: "1 + 1 = (2::nat)"'
>>> statement_from_conjecture(' three: "1 + 2 = (3::nat)" by simp\n</hard theorem>')
'theorem three: "1 + 2 = (3::nat)"'

The form is that of `reasoning.proving.prompts`, after STP (arXiv 2502.00212), which prints its Lean prompts only. A
proof is what follows the statement; `cut_proof` of that module reads it.
"""

from __future__ import annotations

from typing import Final

from reasoning.proving.isabelle_statements import read_statement
from reasoning.proving.prompts import CONJECTURE_END, FENCE
from verifiers.proofs.isabelle.text import split_statement
from verifiers.records import RecordError

__all__ = [
    "TRIVIAL_LEMMA",
    "conjecture_target",
    "conjecturer_prompt",
    "prover_prompt",
    "statement_from_conjecture",
]

TRIVIAL_LEMMA: Final = 'theorem true: "True"'
"""Stands for "no particular lemma"."""
_OPENING: Final = f"Complete the following Isabelle/HOL code:\n\n{FENCE}isabelle\n"
_DECLARES: Final = "theorem"


def prover_prompt(statement: str, header: str = "") -> str:
    """Asks for the proof of a statement; ends where the proof begins.

    Args:
        statement: a theorem without its proof.
        header: head of the theory, and text behind it.

    Raises:
        RecordError: it is no theorem.
    """
    return f"{_OPENING}{_above(header)}{split_statement(statement).text}"


def conjecturer_prompt(lemma: str, seed_statement: str, seed_proof: str, header: str = "") -> str:
    """Asks for a new statement in the spirit of a proved one, whose proof uses a lemma.

    Args:
        lemma: statement of the lemma that both theorems share, or `TRIVIAL_LEMMA`.
        seed_statement: the proved statement.
        seed_proof: what follows it.
        header: head of the theory, and text behind it.

    Raises:
        RecordError: the seed is no theorem.
    """
    seed = f"{split_statement(seed_statement).text}\n{seed_proof.strip(chr(10)).rstrip()}"
    return f"{_OPENING}{_above(header)}<lemma>\n{lemma.strip()}\n<easy theorem>\n{seed}\n<hard theorem>\n {_DECLARES}"


def conjecture_target(statement: str) -> str:
    """The completion of `conjecturer_prompt` that gives this statement; `statement_from_conjecture` reads it back.

    Raises:
        RecordError: it is no theorem, or declared by another word than `theorem`.
    """
    text = split_statement(statement).text
    if not text.startswith(_DECLARES):
        raise RecordError("statement", f"expected one that begins with '{_DECLARES}'")
    return f"{text.removeprefix(_DECLARES)}\n{CONJECTURE_END}"


def statement_from_conjecture(completion: str) -> str | None:
    """The statement that a completion of `conjecturer_prompt` makes; None where it makes none.

    A proof behind it is dropped. See `reasoning.proving.isabelle_statements` for what a model may state.
    """
    text = completion.partition(CONJECTURE_END)[0].partition(FENCE)[0]
    # The completion goes on behind `theorem`; `theoremx` would be another word.
    return read_statement(f"{_DECLARES}{text}") if text[:1].isspace() else None


def _above(header: str) -> str:
    text = header.strip()
    return f"{text}\n\n" if text else ""
