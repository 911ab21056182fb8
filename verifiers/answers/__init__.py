r"""Judges mathematical answers: extract, read within bounds, compare, explain.

    >>> from verifiers.answers import judge
    >>> judge(r"\frac{1}{2}", r"... so the result is \boxed{0.5}.").passed
    True

`judge` needs no sandbox and no sympy; `AnswerVerifier` adds symbolic simplification in the sandbox for the few pairs
that are left undecided, and is imported when it is first asked for.
"""

from typing import TYPE_CHECKING

from verifiers.answers.agreement import CONVENTIONS, DEFAULT, LENIENT, STRICT, Concession, Convention
from verifiers.answers.extract import Extraction, extract
from verifiers.answers.judge import Judgement, judge, judge_bare
from verifiers.answers.reading import Reading, read
from verifiers.late_imports import lazy_exports

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

__getattr__ = lazy_exports(__name__, {"verifier": ("AnswerVerifier",)})
