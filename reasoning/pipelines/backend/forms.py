r"""Three ways to look at a problem's text: as it reads, as words, and with its numbers masked.

>>> normal_form("Find  $\\frac{1}{2}$ of 10,000.")
'find frac { 1 } { 2 } of 10000'
>>> words("Find $\\frac{1}{2}$ of 10,000.")
['find', 'frac', '1', '2', 'of', '10000']
>>> mask(words("Ann has 12 pens and gives away seven. How many are left?"))
['ann', 'has', '#', 'pens', 'and', 'gives', 'away', '#', 'how', 'many', 'are', 'left']

Two texts with equal normal forms say the same; two with equal masked words say the same about other numbers.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable

from verifiers.records import Problem

__all__ = [
    "CODE_KINDS",
    "MASK",
    "key_of",
    "mask",
    "normal_form",
    "problem_text",
    "without_strings",
    "words",
]

MASK = "#"
"""Stands for a number, or for a run of numbers."""

CODE_KINDS = frozenset({"puzzle", "program", "proof"})
"""Kinds of problems that are stated in code, where case and punctuation matter."""

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
    r"\\[A-Za-z]+|\d+(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
    rf"|[{_CJK}]|[^\W\d_{_CJK}]+|[-+*/^=<>!%|&~()\[\]{{}}\u2200-\u22ff\u00b1\u00d7\u00f7\u00b0]"
)
_COSMETIC = re.compile(
    r"\\(?:left|right|quad|qquad|displaystyle|textstyle|text|mathrm|mbox|textbf|textit|mathbf|big|Big)"
)
_SAME = {
    "\\dfrac": "frac",
    "\\tfrac": "frac",
    "\\leq": "le",
    "\\geq": "ge",
    "\\neq": "ne",
    "\\cdot": "*",
    "\\times": "*",
}
_BRACKETS = frozenset("()[]{}")
_NUMBER_WORDS = frozenset(
    re.findall(
        r"\w+",
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million "
        "billion dozen half twice double triple thrice quarter third",
    )
)
_CODE_FIELDS = ("sat", "test", "tests", "cases", "stdio", "statement")
"""Fields that say what is asked beside the prompt."""
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_KEY_BYTES = 8


def problem_text(problem: Problem) -> str:
    """All the text that says what is asked; of an instruction to write a family, its seed problem alone."""
    if problem.kind == "efa":
        return problem.text("seed", problem.prompt)
    parts = [problem.prompt]
    for name in _CODE_FIELDS:
        value = problem.fields.get(name)
        if value:
            parts.append(value if isinstance(value, str) else json.dumps(value))
    return "\n".join(part for part in parts if part)


def normal_form(text: str) -> str:
    """The text without differences of case, spacing, punctuation and typesetting."""
    return " ".join(_tokens(text))


def words(text: str) -> list[str]:
    """The words, numbers and operators of a text, brackets left out."""
    return [token for token in _tokens(text) if token not in _BRACKETS]


def mask(tokens: Iterable[str]) -> list[str]:
    """Words with every number (in digits or as a word) a mask, a run of them one; a sign before it goes with it."""
    masked: list[str] = []
    for token in tokens:
        if token[0].isdigit() or token[0] == "." or token in _NUMBER_WORDS:
            while masked and masked[-1] in ("-", MASK):
                masked.pop()
            token = MASK
        masked.append(token)
    return masked


def without_strings(code: str) -> str:
    """Source code with its string constants emptied, so that only its numbers are left to be masked."""
    return _STRING.sub('""', code)


def key_of(*parts: str) -> int:
    """A 63-bit key of some texts."""
    hashed = hashlib.blake2b(digest_size=_KEY_BYTES)
    for part in parts:
        hashed.update(part.encode("utf-8", "surrogatepass"))
        hashed.update(b"\x1f")
    return int.from_bytes(hashed.digest(), "big") >> 1


def _tokens(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    tokens: list[str] = []
    for token in _TOKEN.findall(text):
        if token[0] == "\\":
            if _COSMETIC.fullmatch(token):
                continue
            token = _SAME.get(token, token[1:])
        elif "," in token:
            token = token.replace(",", "")
        tokens.append(token.lower())
    return tokens
