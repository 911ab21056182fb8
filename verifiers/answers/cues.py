r"""An answer after a cue phrase, cut out of the sentence around it.

"So the answer is **12 apples**, because ..."     ->   "12 apples", after the words 'answer is'
"答案是 $x = 3$。"                                  ->   "$x = 3$"
"$x < 2$ is the answer."                          ->   "$x < 2$", what is said to be the answer
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from verifiers.answers.last_number import NUMBER, OR_MORE

__all__ = [
    "AFTER_WORDS",
    "EDGE",
    "MATH",
    "MAX_CUE_CHARACTERS",
    "STATED",
    "Cued",
    "after_cues",
    "cut_words",
    "narrowed",
    "phrase_after",
]


class Cued(NamedTuple):
    """What follows a cue, and which cue it was, in words."""

    text: str
    rule: str


_OPTION_FIRST = re.compile(r"(?<![A-Za-z])\(?([A-J])\)?\s+is\s+(?:the\s+)?(?:correct|right|answer)\b(?!\s+(?:only|if))")
_ANSWER_FIRST = re.compile(r"(\$[^$\n]{1,300}\$|-?\d[\d,./]*)\s+is\s+(?:the|our|my)\s+(?:final\s+|correct\s+)?answer\b")
_CUE_WORDS = (
    *("answer", "solution", "result", "output", "option", "choice", "choose", "pick", "select", "a:", "a :"),
    *("答案", "结果", "选", "答"),
)
_BEFORE_CUE_WORD = 20
MATH = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)|(?<!\\)\$((?:[^$\\\n]|\\.){1,600}?)(?<!\\)\$", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[^\s.])[.!?](?=\s+(?:[A-Z#*\"'\\]|I\b)|\s*$)|[。！？]|\n|(?<=[\d\w$}])\.\s*(?=####)")
_UNSURE = re.compile(r"\b(?:or|maybe|perhaps|possibly)\b", re.IGNORECASE)
_DENIED = re.compile(r"\s*(?:not|unknown|unclear)\b", re.IGNORECASE)
_BULLETS = re.compile(r"([-*•]\s+[^\n]+(?:\n\s*[-*•]\s+[^\n]+)*)")
"""A list that begins on the line after a cue."""

_NOT_BUT = re.compile(r"^\s*not\s+.{1,60}?,?\s*but\s+(?:rather\s+)?", re.IGNORECASE | re.DOTALL)
_LEAD = re.compile(
    r"^(?:\s|\*\*|__|>|-(?=\s)|•)*(?:(?:(?:it|that|this|there|he|she|they|we|you|the|a|an|is|are|equal|to|just|simply|exactly|approximately|about|around|therefore|thus|then|given|by|be|option|choice|has|have|of|as\s+follows|value|answer|only|follows|choices|now)\b|[:：,]|是|为|选)\s*)*",
    re.IGNORECASE,
)
STATED = re.compile(
    r"(?:the|there|therefore|thus|so|hence|it|we|this)\b.{3,}\b(?:is|are|equals|was|were|(?:will|would|must)\s+be)\s+(.+)",
    re.IGNORECASE | re.DOTALL,
)
_CHINESE_STATED = re.compile(r"[^，。]*[\u4e00-\u9fff][^，。]*?(?:为|是|等于|有)\s*([-$\\\d].*)", re.DOTALL)
_BOUND = re.compile(
    r"(?:(?:definitely|certainly|strictly|somewhere|anything|a|little|bit|much|far|slightly|just)\s+)*"
    r"(?:at\s+(?:least|most)|up\s+to|(?:no\s+)?(?:more|less|fewer|greater|larger|smaller|higher|lower|bigger)\s+than"
    r"|over\s|under\s|above\s|below\s|between\s)",
    re.IGNORECASE,
)
"""A bound on the answer, which is no answer."""

_ASIDE = re.compile(r"\s\((?=[^()\\$]*[A-Za-z]{2,}\W+(?:[^()\\$]*\W)?[A-Za-z]{2,})[^()\\$]*\)(?=\W*$)")
"""A remark in brackets at the end of a sentence: at least two words, no mathematics."""

EDGE = " \t\r\n*_`"
AFTER_WORDS = "after the words"
MAX_CUE_CHARACTERS = 1_500


@cache
def _cue() -> re.Pattern[str]:
    return re.compile(
        r"""(?:\b(?:final\s+answers?|answers?|correct\s+(?:answer|option|choice)|correct\s+option|solutions?\s+sets?|solutions?|final\s+result|result|output)
        (?:\s+(?:to\s+(?:the|this)\s+(?:problem|question)|of\s+the\s+(?:problem|question|equation|system|inequality)|here|then|therefore|in\s+[a-z]+\s+form))?
        \s*(?:\*\*|__|\}|\$|\\\])?\s*
        (?:(?:is|are|was|will\s+be|would\s+be|should\s+be|must\s+be|equals?|becomes|comes\s+out\s+to(?:\s+be)?)\b(?:\s+(?:therefore|thus|then|hence|indeed|simply|clearly|actually|given\s+by|equal\s+to))*(?!\s+(?:wrong|incorrect|correct\b(?!ly)))\s*[:：,]?|\s*[:：=]|\s+[-–—]\s)
      | (?:最终|正确|最后)?(?:答案|结果)(?:应该|应)?(?:是|为|[:：=])\s*[:：]?
      | (?:^|\n)\s*A\s*:
      | 答\s*[:：]
      | \b(?:choose|pick|select)(?=\s+(?:option\s+|choice\s+)?\(?[A-J]\b)
      | 故\s*选(?:择)?\s*[:：]?
      | 选(?:择)?(?:项)?\s*[:：]?(?=\s*[(（]?[A-H])
    )\s*(?:\*\*|__)?\s*""",
        re.IGNORECASE | re.VERBOSE,
    )


@cache
def cut_words() -> re.Pattern[str]:
    """Where a reason or a remark begins."""
    return re.compile(
        r"\s*(?:,\s*)?(?:\b(?:because|since|as\s+(?:we|it|there|the|required|desired|expected)|which|so\s+that|where|when|obtained|found|according|after\s|given\s+that|"
        r"if\s|but\s+not|as\s+shown|assuming|provided|not\s+-?[\d\\$]|i\s+hope|hope)\b|因为|其中).*",
        re.IGNORECASE | re.DOTALL,
    )


def after_cues(text: str) -> list[Cued]:
    """What follows the last cue phrase, cleaned of the sentence around it."""
    start = _first_cue_word(text)
    if start < 0:
        return _named_option(text)
    cues = list(_cue().finditer(text, max(start - _BEFORE_CUE_WORD, 0)))
    found: list[Cued] = []
    for cue in reversed(cues[-6:]):
        phrase = phrase_after(text, cue.end())
        if not phrase:
            continue
        for candidate in narrowed(phrase):
            found.append(Cued(candidate, f"{AFTER_WORDS} {cue[0].strip(EDGE)!r}"))
        break
    return found or _named_option(text)


def _named_option(text: str) -> list[Cued]:
    """`(B) is correct`, `$x < 2$ is the answer`: the answer stands before the words."""
    named = _OPTION_FIRST.findall(text) or _ANSWER_FIRST.findall(text[-MAX_CUE_CHARACTERS:])
    return [Cued(named[-1], "what is said to be the answer")] if named else []


def _first_cue_word(text: str) -> int:
    """Where the first word stands that every cue phrase holds; -1 when there is none."""
    lowered = text.lower()
    starts = [start for word in _CUE_WORDS if (start := lowered.find(word)) >= 0]
    return min(starts, default=-1)


def phrase_after(text: str, start: int) -> str:
    """From `start` to the end of the sentence, a display included when the sentence goes on into one."""
    rest = text[start : start + MAX_CUE_CHARACTERS]
    if "\n" in text[max(start - 8, 0) : start] and (bullets := _BULLETS.match(rest)) is not None:
        return " , ".join(line.strip()[1:].strip(EDGE) for line in bullets[1].split("\n"))
    rest = re.sub(r"^\s*(?:\*\*|__|[:：])*\s*", "", rest)
    math = re.match(r"(?:\$\$|\\\[)(.+?)(?:\$\$|\\\])", rest, re.DOTALL)
    if math is not None:
        return math[1].strip()
    environment = re.match(r"\$?\s*\\begin\{(\w+)\*?\}.*?\\end\{\1\*?\}[^\n]*", rest, re.DOTALL)
    if environment is not None:
        return environment[0].strip()
    end = _SENTENCE_END.search(rest)
    while end is not None and _inside_math(rest, end.start()):
        end = _SENTENCE_END.search(rest, end.end())
    phrase = rest[: end.start()] if end is not None else rest
    phrase = _NOT_BUT.sub("", phrase)
    return "" if _DENIED.match(phrase) else phrase.strip(EDGE)


def _inside_math(text: str, position: int) -> bool:
    before = text[:position]
    return before.count("$") % 2 == 1 and "$" in text[position:] and not re.search(r"\$\s?\d[\d,.]*$", before)


def narrowed(phrase: str) -> list[str]:
    """`phrase` and shorter parts of it: without reasons and fillers, its only mathematics, its first number."""
    candidates: list[str] = []
    if _DENIED.match(phrase):
        return candidates
    phrase = _ASIDE.sub("", phrase)
    stated = STATED.fullmatch(phrase) or _CHINESE_STATED.fullmatch(phrase)
    if stated is not None:
        phrase = stated[1]
    if _BOUND.match(phrase) or OR_MORE.search(phrase):
        return [phrase]
    reason = cut_words().search(phrase)
    before = phrase[: reason.start()] if reason is not None else phrase
    inside = before.count("{") != before.count("}") or before.count("$") % 2 == 1
    cut = (phrase if inside and reason is not None else before).strip(EDGE)
    lead = _LEAD.match(cut)
    bare = cut[lead.end() :] if lead is not None else cut
    for candidate in (cut, bare):
        if candidate and candidate not in candidates:
            candidates.append(candidate)
    segments = [next(group for group in match.groups() if group is not None) for match in MATH.finditer(bare or cut)]
    if segments:
        candidates.append(segments[0] if len(segments) == 1 else _joined_segments(bare or cut, segments))
    numbers = NUMBER.findall(bare or cut)
    leads = len(numbers) == 1 or bool(numbers and (bare or cut).startswith(numbers[0].strip()))
    if leads and not segments and not _UNSURE.search(bare or cut):
        candidates.append(numbers[0])
    return candidates


def _joined_segments(phrase: str, segments: list[str]) -> str:
    """Several pieces of mathematics: a list when only commas and connectives part them, else the last."""
    plain = MATH.sub("\0", phrase)
    if re.fullmatch(r"[\s\0,;.]*(?:(?:and|or|和|或)[\s\0,;.]*)*", plain):
        return " , ".join(segments)
    return segments[-1]
