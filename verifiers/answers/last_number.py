r"""The last number of a text, with the unit after it.

"... so it takes 2 hours and 30 minutes."     ->   "30", "2 hours and 30 minutes"
"It is 12, not 13."                           ->   "12"
"It is 12 or 13."                             ->   none: alternatives
"""

from __future__ import annotations

import re
from functools import cache

from verifiers.answers.vocabulary import UNIT_WORDS, find_unit

__all__ = ["ALTERNATIVE", "NUMBER", "OR_MORE", "last_number", "with_unit"]

NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.:])(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:])(?:\s?[ap]\.?m\b\.?)?"
    r"|(?<![A-Za-z0-9_.])[-−]?\s?(?:[$€£¥]\s?)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?!\d)(?:\s?/\s?\d+)?(?:\s?(?:%|\\%))?(?![_^])"
)
_NEGATION = re.compile(
    r"\b(?:not|n't|never|than|isn't|wasn't|at\s+least|at\s+most|up\s+to|between(?:\s+\S+\s+and)?|twice|thrice|double|triple|half(?:\s+of)?"
    r"|(?:root|cube|square|logarithm|reciprocal|inverse|factorial|negative)\s+of|(?:is|are|was|just|well)\s+(?:over|above|under|below))\s*(?:equal\s+to\s+|be\s+)?\$?\s*$",
    re.IGNORECASE,
)
_CHANGED_AFTER = re.compile(
    r"\$?\s*(?:,?\s*(?:which|that|it)\s+)?(?:(?:is|was|are|were|does|do|did|can|will)\s*(?:not|n['’]t|never|too|wrong|incorrect|impossible"
    r"|invalid|extraneous|rejected)|cannot|fails?|(?:plus|minus|times\s+[a-z\d$](?![a-z])|squared|cubed|factorial|divided|less\s+than|more\s+than"
    r"|fewer\s+than|to\s+the\s+power|tenths|hundredths|thousandths|halves|thirds|(?:four|fif|six|seven|eigh|nin)ths)\b)",
    re.IGNORECASE,
)
"""Words after a number that make it another number, or none."""

OR_MORE = re.compile(r"\bor\s+(?:more|less|fewer|greater|larger|higher)\b", re.IGNORECASE)
ALTERNATIVE = re.compile(r"\b(?:or|either)\s*\$?\s*$", re.IGNORECASE)
_MAX_LAST_WORDS = 120


_MONEY = frozenset(("money", "euro", "pence", "yuan", "yen", "rupee", "pound sterling"))


@cache
def _unit_after() -> re.Pattern[str]:
    """A unit right after a number, with a power or another unit under it; no first letter of another word."""
    names = "|".join(sorted(UNIT_WORDS, key=len, reverse=True))
    name = rf"(?:{names}|(?<=\s)[mgsL](?![A-Za-z'’]))(?![A-Za-z])"
    unit = rf"(?:(?:square|cubic|sq\.?|cu\.?)\s+)?{name}(?:\s?(?:\^\s?[23]|[²³]))?"
    return re.compile(rf"\s?-?{unit}(?P<each>(?:\s+per\s+|\s?/\s?){unit})?", re.IGNORECASE)


@cache
def _larger_part() -> re.Pattern[str]:
    names = "|".join(sorted(UNIT_WORDS, key=len, reverse=True))
    return re.compile(rf"(?<![\w.,/])\d+(?:\.\d+)?\s({names}),?\s(?:and\s)?$", re.IGNORECASE)


def last_number(text: str) -> re.Match[str] | None:
    """The last number that the words around it neither deny nor change; None when it is one of alternatives."""
    for number in reversed(list(NUMBER.finditer(text))):
        before = text[max(number.start() - _MAX_LAST_WORDS, 0) : number.start()]
        if _NEGATION.search(before) or _CHANGED_AFTER.match(text, number.end()):
            continue
        doubtful = ALTERNATIVE.search(before) or OR_MORE.match(text[number.end() :].lstrip())
        return None if doubtful else number
    return None


def with_unit(text: str, number: re.Match[str]) -> str | None:
    """`number` with the unit that follows it, and with a larger unit of the same kind before it; None without one."""
    unit = _unit_after().match(text, number.end())
    if unit is None:
        return None
    start, end = number.start(), unit.end()
    paid = find_unit(unit[0][: -len(unit["each"])].strip()) if unit["each"] else None
    if paid is not None and paid.dimension in _MONEY:
        end = unit.start("each")  # "$18 a week" and 18 dollars per week are 18 dollars
    larger = _larger_part().search(text, max(start - _MAX_LAST_WORDS, 0), start)
    own = find_unit(unit[0].strip())
    if larger is not None and own is not None:
        before = find_unit(larger[1])
        if before is not None and before.dimension == own.dimension and before.factor > own.factor:
            start = larger.start()
    return text[start:end].strip()
