r"""Judges mathematical answers: extract, read within bounds, compare, explain.

    >>> from verifiers.answers import judge
    >>> judge(r"\frac{1}{2}", r"... so the result is \boxed{0.5}.").passed
    True

`judge` needs no sandbox and no sympy; `AnswerVerifier` adds symbolic simplification in the sandbox for the few pairs
that are left undecided.
"""

from typing import TYPE_CHECKING, Any

from verifiers.answers.agreement import CONVENTIONS, DEFAULT, LENIENT, STRICT, Concession, Convention
from verifiers.answers.extract import Extraction, extract
from verifiers.answers.judge import Judgement, judge, judge_bare
from verifiers.answers.reading import Reading, read

if TYPE_CHECKING:
    from verifiers.answers.verifier import AnswerVerifier

__all__ = [
    "CONVENTIONS",
    "DEFAULT",
    "LENIENT",
    "STRICT",
    "AnswerVerifier",
    "Concession",
    "Convention",
    "Extraction",
    "Judgement",
    "Reading",
    "extract",
    "judge",
    "judge_bare",
    "read",
]


def __getattr__(name: str) -> Any:
    """`AnswerVerifier`, imported when first asked for: it brings the sandbox with it, which `judge` does not need."""
    if name != "AnswerVerifier":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from verifiers.answers.verifier import AnswerVerifier

    return AnswerVerifier
