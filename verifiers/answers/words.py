r"""Answers that are words: names, yes and no, options, times of day and dates.

>>> normal_words("The  answer-key, e.g. \\text{Evelyn}!")
'answer key e g evelyn'
>>> clock("3:30 p.m.")
Clock(seconds=12600, half='pm')
"""

from __future__ import annotations

import re

from verifiers.answers.tree import Clock, Day
from verifiers.answers.vocabulary import MONTHS

__all__ = ["clock", "clock_of", "day", "normal_words", "option"]

_TEXT_COMMAND = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|mathrm|mathbf|mbox|operatorname|emph)(?![A-Za-z])")
_NOT_WORDS = re.compile(r"[^\w+\-*/=<>^|()\[\]\\]+|_")
_NEGATION = re.compile(r"^\s*(?:[!\u00ac]|\\(?:neg|lnot)(?![A-Za-z]))[\s!\u00ac]*")
_ARTICLES = re.compile(r"\b(?:the|a|an)\b ?")
_CLOCK = re.compile(
    r"(?:at )?(\d{1,2})(?: ?: ?(\d{2}))?(?: ?: ?(\d{2}))? ?"
    r"(?:([ap])\.? ?m\.*|(noon|midnight|o'clock)|in the (morning|afternoon|evening))?\.?",
    re.IGNORECASE,
)
_HALVES = {"noon": "pm", "midnight": "am", "morning": "am", "afternoon": "pm", "evening": "pm"}
_MONTH_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_MONTH_FIRST = re.compile(rf"({_MONTH_NAMES})\.? (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?", re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH_NAMES})\.?(?:,? (\d{{4}}))?", re.IGNORECASE
)
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_OPTION = re.compile(
    r"(?:(?i:option|choice|answer|statement)s? )?(?:\(([A-J])\)|\[([A-J])\]|([A-J])(?=$|[.:)]|\s*$))\s*[.:)]?\s*(.*)",
    re.DOTALL,
)
_MAX_WORDS = 600


def normal_words(text: str) -> str:
    """`text` in lower case without punctuation, articles and text commands."""
    if len(text) > _MAX_WORDS:
        return text
    text = _NEGATION.sub("not ", _TEXT_COMMAND.sub(" ", text)).replace("'", "")
    text = re.sub(r"(?<=\w)-(?=[A-Za-z])", " ", text)
    text = re.sub(r"[()](?!\d)", " ", text) if not re.search(r"\d", text) else text
    text = _NOT_WORDS.sub(" ", text.lower())
    return re.sub(r"\s+", " ", _ARTICLES.sub("", text)).strip()


def clock(text: str) -> Clock | None:
    """The time of day that `text` names; a colon, a.m., p.m. or the like is needed."""
    plain = _plain(text)
    if plain.lower() in ("noon", "midnight"):
        return Clock(0, "pm" if plain.lower() == "noon" else "am")
    match = _CLOCK.fullmatch(plain)
    if match is None or (match[4] is None and match[5] is None and match[6] is None):
        return None
    hours, minutes, seconds = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if hours > 24 or minutes > 59 or seconds > 59:
        return None
    half = f"{match[4].lower()}m" if match[4] else _HALVES.get((match[5] or match[6] or "").lower(), "")
    return clock_of(hours, minutes, seconds, half)


def clock_of(hours: int, minutes: int, seconds: int, half: str) -> Clock:
    """The time with its hours reduced to a half day; hours after twelve tell that it is p.m."""
    if hours > 12:
        half = "pm"
    return Clock(hours % 12 * 3600 + minutes * 60 + seconds, half)


def day(text: str) -> Day | None:
    """The calendar day that `text` names."""
    plain = _plain(text)
    if (match := _MONTH_FIRST.fullmatch(plain)) is not None:
        return Day(int(match[3] or 0), MONTHS[match[1].lower()], int(match[2]))
    if (match := _DAY_FIRST.fullmatch(plain)) is not None:
        return Day(int(match[3] or 0), MONTHS[match[2].lower()], int(match[1]))
    if (match := _ISO_DAY.fullmatch(plain)) is not None:
        return Day(int(match[1]), int(match[2]), int(match[3]))
    return None


def option(text: str) -> tuple[str, str] | None:
    """Letter of the multiple-choice option that `text` begins with, and what follows it."""
    match = _OPTION.fullmatch(_plain(text))
    if match is None:
        return None
    letter = match[1] or match[2] or match[3]
    return letter, match[4].strip()


def _plain(text: str) -> str:
    if "\\" in text or "{" in text:
        text = _TEXT_COMMAND.sub(" ", text).replace("{", " ").replace("}", " ")
        text = re.sub(r"\s+", " ", text)
    return text.strip().strip(".").strip()
