r"""Where in a model's text the answer stands.

    "... so \boxed{\frac{1}{2}}."                   ->  "\frac{1}{2}"      (the last box)
    "... \boxed{5}. Wait, the answer is 7."         ->  "7"                (a correction after the box)
    "The answer is **12 apples**."                  ->  "12 apples"        (a cue phrase)
    "... 3 + 4 = 7"                                 ->  "7"                (the last equation, the last number)
    "#### 7\n\nQuestion: ...\n#### 12"               ->  "7"                (what follows the answer is cut)

Only the places are found here, best first; whether one can be read as an answer is `reading`'s business. All work is
linear in a bounded tail of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from verifiers.answers.boxes import last_boxes
from verifiers.answers.chinese_numerals import with_digits
from verifiers.answers.cleaning import strip_invisible
from verifiers.answers.cues import (
    AFTER_WORDS,
    EDGE,
    MATH,
    MAX_CUE_CHARACTERS,
    STATED,
    after_cues,
    cut_words,
    narrowed,
    phrase_after,
)
from verifiers.answers.last_number import last_number, with_unit
from verifiers.answers.limits import MAX_ANSWER_CHARACTERS, MAX_LITERAL_CHARACTERS, MAX_TEXT_TAIL
from verifiers.answers.spill import before_next_question
from verifiers.thoughts import without_thoughts

__all__ = ["WHOLE_TEXT", "Extraction", "extract", "places"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """One place of a text that may be the answer.

    Attributes:
        text: the answer as it stands there.
        rule: how it was found.
        certain: whether the text itself marks it as the answer (a box, a cue, the whole text).
        cut_at: the heading of a next question, from which on the text was cut; empty when nothing was.
    """

    text: str
    rule: str
    certain: bool = True
    cut_at: str = ""

    def how(self) -> str:
        """How it was found, in words."""
        return f"{self.rule}; the text was cut at the next question, {self.cut_at!r}" if self.cut_at else self.rule


_QUOTE = re.compile(r"^>[ \t]+(?=[^\s=])", re.MULTILINE)
"""Markdown's quotation mark at the start of a line."""

_HASHES = re.compile(r"####\s*([^\n]*)")
_CORRECTION = re.compile(
    r"\b(?:wait|actually|correction|sorry|mistake|instead|should\s+(?:have\s+been|be)|let\s+me\s+(?:re|correct|fix)|hold\s+on|on\s+second\s+thought|revised?|corrected|oops|error)\b"
    r"|不对|更正|纠正|应该是|等等",
    re.IGNORECASE,
)
_NOT_A_VALUE = re.compile(
    r"^(?:at (?:least|most)|up to|(?:no )?(?:more|less|fewer|greater) than) \S+$|^\S+ or (?:more|less|fewer)$"
    r"|__|\blambda\b|\w\(['\"]|^\[.* for "
)
_OUTPUT = re.compile(r"```output\s*\n(.*?)\n?```", re.DOTALL)
_CORRECTED_VALUE = re.compile(
    r"\b(?:it|this|that|which|x|value)?\s*(?:should\s+be|must\s+be|is\s+actually|is\s+instead|is)\s+(?=[-$\\\d(*])",
    re.IGNORECASE,
)
_ANSWER_WORD = re.compile(r"answer|correct|option|choice|答|选", re.IGNORECASE)
_UNKNOWN = re.compile(
    r"\banswers?\s+(?:is|are|remains?)\s+(?:therefore\s+)?(?:unknown|unclear|not\s+(?:known|clear)|undetermined)\b[^.\n]*\W*$"
    r"|(?:\b(?:that|this|which|it)\s+(?:is|was)|[.?!]|\s[-–—])\s+(?:clearly\s+|obviously\s+|certainly\s+)?"
    r"(?:no|nope|wrong|incorrect|impossible|absurd|invalid|false|not\s+(?:right|correct|possible|valid|it))\W*$",
    re.IGNORECASE,
)
"""A text that ends by saying that it has no answer, or by taking the last one back."""

_NO_SOLUTION = re.compile(
    r"(?:^|[.!?\n])(?:(?!\b(?:when|if|for|where|which|then|that|at|unless|only)\b)[^.!?\n])*"
    r"\bno\s+(?:(?:real|integer|rational|positive|such|possible)\s+)*(?:solutions?|roots?)\b(?:\s+exists?)?(?:\s+to\b[^.!?\n]*)?[.!]?\s*$",
    re.IGNORECASE,
)
"""A last sentence that says so of the problem; `k = 3, for which there is no solution` may answer another question."""

_COURTESY = re.compile(
    r"\s*(?:Let me know|Feel free|I hope|Hope this|Would you like|Do you want|If you (?:have|need|want|would))"
    r"[^\n]*\s*$"
)
"""A last paragraph that speaks to the reader."""

_REFUSAL = re.compile(
    r"(?:^|[.!?\n])\s*(?:(?:unfortunately|sorry),?\s+)?(?:I|we)\s+(?:give\s+up|do(?:\s+not|n['’]t)\s+know"
    r"|(?:can(?:not|\s+not|['’]t)|could\s+not|couldn['’]t|am\s+(?:unable|not\s+able)\s+to|are\s+unable\s+to)\s+"
    r"(?:determine|solve|compute|answer|help|find|tell|say|conclude|calculate|decide|finish))\b[^.!?\n]*[.!?]?\s*$",
    re.IGNORECASE,
)
"""A last sentence that gives up: its numbers are no answer."""

_TAKEN_BACK = re.compile(
    r"[.!?…\n*–—-]\s*"
    r"(?:(?:wait|no|nope|oops|sorry|hmm+|correction|edit|rather)\b\s*[,.:;!…–—-]+\s*"
    r"|(?:actually|i\s+mean|make\s+that|scratch\s+that)\b[\s,.:;!…–—-]*)+"
    r"(?:(?:it|that|this|the\s+(?:(?:correct|right|final)\s+)?(?:answer|value|result))(?:['’]s|\s+is|\s+should\s+be|\s+must\s+be)\s+"
    r"(?:actually\s+)?)?"
    r"(?P<value>\$[^$\n]{1,80}\$|\\\([^\n]{1,80}\\\)|[-+−]?[$€£]?\d[\d,./]*%?(?:\s[A-Za-z]{1,12}){0,2})[.!]?\s*(?:\*\*)?\s*$",
    re.IGNORECASE,
)
"""A last sentence such as `Wait, no: 7.` or `No, it's 7.`, which replaces the answer before it."""

_ALTERNATIVES = re.compile(r"=[^=\n]*\b(?:or|and)\b[^=\n]*=")
_VERDICT = re.compile(r"(?:yes|no)\s*[,.;:]", re.IGNORECASE)
_FENCED = re.compile(r"```\w*\n([^\n`]+)\n?```")
"""A block of code that is one line, and all there is."""

_LIST_ONLY = re.compile(r"[-*•][ \t]+[^\n]{1,60}(?:\n[ \t]*[-*•][ \t]+[^\n]{1,60})+")
_WORD = re.compile(r"(?<!\\)(?<![A-Za-z])[A-Za-z]{3,}")
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~|<(s|del|strike)>[^<\n]{1,200}</\1>")
_EMPHASIS_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|p|div|br)\s?/?>")
_DENIAL = re.compile(r"\banswer\s+is\s+not\b[^.\n]*", re.IGNORECASE)
_DOUBTED = re.compile(
    r"\b(?:not|false|untrue|neither|nor|never|if|whether|unless|wrong|incorrect)\b|n['’]t\b", re.IGNORECASE
)
"""Words that take back what a sentence states, or make it depend on something."""

WHOLE_TEXT = "the whole text"
_PLACEHOLDER = re.compile(r"[\s$*\"'(]*(?:[XN]|\.\.\.|<[^<>]*>|\[[A-Za-z ]*\]|your answer)[\s$*\"').]*", re.IGNORECASE)
"""What stands for an answer where a text speaks of its form: `the answer is X`."""

_SAYS_ANSWER = re.compile(r"answer|correct|option|choice|'A\s*:|答|选", re.IGNORECASE)
_SENTENCE_MARKS = " \n.!*_"
_MAX_LAST_WORDS = 120
_MAX_TAKEN_BACK = 200
_SHORT_TEXT = 400


@cache
def _weak_cue() -> re.Pattern[str]:
    return re.compile(
        r"""(?:\b(?:therefore|thus|hence|so|finally|in\s+conclusion|consequently|we\s+(?:get|have|find|obtain|conclude)(?:\s+that)?|it\s+follows\s+that)\b\s*,?\s*
      |(?:所以|因此|综上(?:所述)?|故|则|可得)[,，]?\s*)""",
        re.IGNORECASE | re.VERBOSE,
    )


def extract(text: str) -> list[Extraction]:
    """Places where the answer may stand, best first.

    Args:
        text: a model's whole output, or a bare answer.
    """
    return list(places(text))


def places(text: str) -> Iterator[Extraction]:
    """The places of `extract` one by one; the later ones are only looked for when asked for."""
    if len(text) > MAX_LITERAL_CHARACTERS:
        text = text[-MAX_LITERAL_CHARACTERS:]
    answer = without_thoughts(text)
    if len(answer) < len(text):
        yield from _places(answer)
    yield from _places(text)


def _places(text: str) -> Iterator[Extraction]:
    text = strip_invisible(text).strip()
    if ">" in text and ("> " in text or ">\t" in text):
        text = _QUOTE.sub("", text)
    if ("~" in text and "~~" in text) or ("<" in text and "</" in text):
        text = _EMPHASIS_TAG.sub("", _STRUCK.sub(" ", text)).strip()
    text, cut_at = before_next_question(text, _is_answered)
    found = _places_before(_without_courtesy(text))
    return (replace(place, cut_at=cut_at) for place in found) if cut_at else found


def _is_answered(text: str) -> bool:
    """Whether `text` marks an answer: a box, `####`, a tag, words such as "the answer is" with a value after them."""
    if _answer_tag(text) is not None:
        return True
    place = next(_places_before(text), None)
    if place is None or not place.certain or place.rule == WHOLE_TEXT or _PLACEHOLDER.fullmatch(place.text):
        return False
    return not place.rule.startswith(AFTER_WORDS) or _SAYS_ANSWER.search(place.rule) is not None


def _places_before(text: str) -> Iterator[Extraction]:
    """The places of a text that holds one answer to one question."""
    if not text:
        return
    boxes = last_boxes(text)
    if boxes is not None:
        correction = _correction_after(text, boxes.end)
        if correction is not None:
            yield correction
        yield Extraction(boxes.content, boxes.rule)
        yield from (Extraction(*cued) for cued in after_cues(boxes.content))
        return
    if text[0] in "`-*•" and (plain := _unlisted(text)) is not None:
        yield from _places_before(plain)
        return
    tagged = _answer_tag(text)
    if tagged is not None:
        yield from _places(tagged)
        return
    ends_in_words = text.rstrip(_SENTENCE_MARKS)[-1:].isalpha()
    if ends_in_words and _UNKNOWN.search(text[-_MAX_LAST_WORDS:]) and _VERDICT.match(text) is None:
        return
    digits = _huge_integer_at_end(text)
    if digits is not None:
        yield Extraction(digits, "the last number", certain=False)
        return
    tail = text[-MAX_TEXT_TAIL:]
    found = False
    hashes = _HASHES.findall(tail) if "####" in tail else []
    if hashes and hashes[-1].strip():
        found = True
        yield Extraction(hashes[-1].strip(), "after the #### mark")
    cues = after_cues(tail)
    if cues and not found and (taken_back := _TAKEN_BACK.search("\n" + tail[-_MAX_TAKEN_BACK:])) is not None:
        yield Extraction(taken_back["value"], "a correction at the end")
        return
    if not found and not cues and len(text) <= _SHORT_TEXT and _looks_bare(text):
        found = True
        yield Extraction(text, WHOLE_TEXT, certain=STATED.fullmatch(text) is None)
    yield from (Extraction(*cued) for cued in cues)
    if not found and not cues:
        if len(text) <= MAX_ANSWER_CHARACTERS and "\n" not in text:
            yield Extraction(text, WHOLE_TEXT, certain=False)
        elif not re.search(r"\s", text[:2_000]) or (len(text) > MAX_TEXT_TAIL and not re.search(r"[^\d.,\s]", text)):
            yield Extraction(text, WHOLE_TEXT)
    if not _pure_mathematics(text) and _REFUSAL.search(tail[-_SHORT_TEXT:]) is None:
        yield from _fallbacks(_DENIAL.sub(" ", tail))


def _without_courtesy(text: str) -> str:
    last = text.rfind("\n\n")
    return text[:last] if last > 0 and _COURTESY.match(text, last) is not None else text


def _unlisted(text: str) -> str | None:
    """What a lone block of code or a bare list of values holds; None when `text` is neither."""
    if (fenced := _FENCED.fullmatch(text)) is not None and "print" not in text:
        return fenced[1].strip()
    if _LIST_ONLY.fullmatch(text) is not None and _WORD.search(text) is None:
        return " , ".join(line.strip()[1:].strip(EDGE) for line in text.split("\n"))
    return None


def _answer_tag(text: str) -> str | None:
    """What the last `<answer>...</answer>` holds, None without one."""
    start = text.rfind("<answer>")
    if start < 0:
        return None
    content = text[start + len("<answer>") :].partition("</answer>")[0].strip()
    return content or None


def _looks_bare(text: str) -> bool:
    """Whether the whole text can be an answer by itself: no sentence, no cue."""
    if "\n" in text:
        return False
    plain = re.sub(r"\\[A-Za-z]+|\$[^$]*\$", " ", text)
    return len(re.findall(r"[A-Za-z]{2,}", plain)) <= 8


def _huge_integer_at_end(text: str) -> str | None:
    """A last number that is longer than what is parsed."""
    body = text.rstrip(" .*$\n")
    start = len(body.rstrip("0123456789,"))
    return body[max(start - 1, 0) :].strip() if len(body) - start > MAX_ANSWER_CHARACTERS else None


def _pure_mathematics(text: str) -> bool:
    """A short text without a sentence, a bound, or code: unless it can be read as a whole, it holds no answer."""
    if len(text) > _SHORT_TEXT or "\n" in text or "=" in text:
        return False
    plain = re.sub(r"\\[A-Za-z]+", " ", text)
    return re.search(r"[^\W\d_]{2,}", plain) is None or _NOT_A_VALUE.search(text) is not None


def _correction_after(text: str, end: int) -> Extraction | None:
    """An answer that the text gives after the last box, taking the box back."""
    rest = text[end : end + MAX_TEXT_TAIL]
    final = after_cues(rest)
    if final and _ANSWER_WORD.search(final[0].rule):
        # "there are \\boxed{3} solutions: 0, 1 and 2" goes on without taking the box back.
        return Extraction(final[0].text, "an answer given after the box")
    correction = _CORRECTION.search(rest)
    if correction is None:
        return None
    if (taken_back := _TAKEN_BACK.search("\n" + rest[-_MAX_TAKEN_BACK:])) is not None:
        return Extraction(taken_back["value"], "a correction after the box")
    after = rest[correction.start() :]
    cues = after_cues(after)
    if cues:
        return Extraction(cues[0].text, "a correction after the box")
    values = list(_CORRECTED_VALUE.finditer(after))
    if values:
        phrase = phrase_after(after, values[-1].end())
        if phrase:
            return Extraction(phrase, "a correction after the box")
    return None


def _fallbacks(text: str) -> Iterator[Extraction]:
    """Guesses for a text without any mark: a program's output, the last sentence's mathematics, the last number."""
    if "```output" in text:
        outputs = _OUTPUT.findall(text)
        if outputs and outputs[-1].strip():
            yield Extraction(outputs[-1].strip().split("\n")[-1], "the program's output", certain=False)
    end = text[-MAX_CUE_CHARACTERS:].rstrip()
    if not end.isascii():
        end = with_digits(end)
    if "no " in end[-_MAX_LAST_WORDS:] and _NO_SOLUTION.search(end[-_SHORT_TEXT:]):
        yield Extraction("no solution", "the last sentence", certain=False)
    math = list(MATH.finditer(end)) if "$" in end or "\\" in end else []
    stated = STATED.fullmatch(end) if len(end) <= _SHORT_TEXT and "\n" not in end else None
    if stated is not None and not _DOUBTED.search(end):
        yield from (Extraction(part, "what a sentence states", certain=False) for part in narrowed(stated[1])[:3])
    if not math:
        weak = list(_weak_cue().finditer(end))
        parts = narrowed(phrase_after(end, weak[-1].end())) if weak else []
        yield from (Extraction(part, "after a word of conclusion", certain=False) for part in parts[:2])
    number = last_number(end)
    if math and (number is None or number.start() < math[-1].end()):
        content = next(group for group in math[-1].groups() if group is not None)
        yield Extraction(content, "the last piece of mathematics", certain=False)
    last = end.rsplit("\n", 1)[-1].strip(EDGE)
    if "=" not in last and "\\" in last and len(last) <= _SHORT_TEXT and "$" not in last and _WORD.search(last) is None:
        yield Extraction(last, "the last line", certain=False)
    if "=" in last and len(last) <= _SHORT_TEXT and not _ALTERNATIVES.search(last):
        value = last.rsplit("=", 1)[1]
        yield Extraction(cut_words().sub("", value) or value, "after the last equality sign", certain=False)
    if number is not None:
        quantity = with_unit(end, number)
        if quantity is not None:
            yield Extraction(quantity, "the last number and its unit", certain=False)
        yield Extraction(number[0], "the last number", certain=False)
