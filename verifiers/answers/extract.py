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
from verifiers.answers.last_number import NUMBER, OR_MORE, last_number, with_unit
from verifiers.answers.limits import MAX_ANSWER_CHARACTERS, MAX_LITERAL_CHARACTERS, MAX_TEXT_TAIL
from verifiers.answers.spill import before_next_question
from verifiers.thoughts import without_thoughts

__all__ = ["Extraction", "extract", "places"]


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


_OPTION_FIRST = re.compile(r"(?<![A-Za-z])\(?([A-J])\)?\s+is\s+(?:the\s+)?(?:correct|right|answer)\b(?!\s+(?:only|if))")
_ANSWER_FIRST = re.compile(r"(\$[^$\n]{1,300}\$|-?\d[\d,./]*)\s+is\s+(?:the|our|my)\s+(?:final\s+|correct\s+)?answer\b")
_CUE_WORDS = (
    *("answer", "solution", "result", "output", "option", "choice", "choose", "pick", "select", "a:", "a :"),
    *("答案", "结果", "选", "答"),
)
_BEFORE_CUE_WORD = 20


@cache
def _weak_cue() -> re.Pattern[str]:
    return re.compile(
        r"""(?:\b(?:therefore|thus|hence|so|finally|in\s+conclusion|consequently|we\s+(?:get|have|find|obtain|conclude)(?:\s+that)?|it\s+follows\s+that)\b\s*,?\s*
      |(?:所以|因此|综上(?:所述)?|故|则|可得)[,，]?\s*)""",
        re.IGNORECASE | re.VERBOSE,
    )


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
_MATH = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)|(?<!\\)\$((?:[^$\\\n]|\\.){1,600}?)(?<!\\)\$", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[^\s.])[.!?](?=\s+(?:[A-Z#*\"'\\]|I\b)|\s*$)|[。！？]|\n|(?<=[\d\w$}])\.\s*(?=####)")


@cache
def _cut_words() -> re.Pattern[str]:
    return re.compile(
        r"\s*(?:,\s*)?(?:\b(?:because|since|as\s+(?:we|it|there|the|required|desired|expected)|which|so\s+that|where|when|obtained|found|according|after\s|given\s+that|"
        r"if\s|but\s+not|as\s+shown|assuming|provided|not\s+-?[\d\\$]|i\s+hope|hope)\b|因为|其中).*",
        re.IGNORECASE | re.DOTALL,
    )


_ANSWER_WORD = re.compile(r"answer|correct|option|choice|答|选", re.IGNORECASE)
_UNSURE = re.compile(r"\b(?:or|maybe|perhaps|possibly)\b", re.IGNORECASE)
_DENIED = re.compile(r"\s*(?:not|unknown|unclear)\b", re.IGNORECASE)
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

_BULLETS = re.compile(r"([-*•]\s+[^\n]+(?:\n\s*[-*•]\s+[^\n]+)*)")
"""A list that begins on the line after a cue."""

_REFUSAL = re.compile(
    r"(?:^|[.!?\n])\s*(?:(?:unfortunately|sorry),?\s+)?(?:I|we)\s+(?:give\s+up|do(?:\s+not|n['’]t)\s+know"
    r"|(?:can(?:not|\s+not|['’]t)|could\s+not|couldn['’]t|am\s+(?:unable|not\s+able)\s+to|are\s+unable\s+to)\s+"
    r"(?:determine|solve|compute|answer|help|find|tell|say|conclude|calculate|decide|finish))\b[^.!?\n]*[.!?]?\s*$",
    re.IGNORECASE,
)
"""A last sentence that gives up: its numbers are no answer."""

_TAKEN_BACK = re.compile(
    r"[.!?…\n*–—-]\s*"
    r"(?:(?:wait|no|nope|oops|sorry|hmm+|correction|edit|actually|i\s+mean|make\s+that|rather|scratch\s+that)\b[\s,.:;!…–—-]*)+"
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

_LIST_ONLY = re.compile(r"[-*•]\s+[^\n]{1,60}(?:\n\s*[-*•]\s+[^\n]{1,60})+")
_WORD = re.compile(r"(?<!\\)(?<![A-Za-z])[A-Za-z]{3,}")
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~|<(s|del|strike)>[^<\n]{1,200}</\1>")
_EMPHASIS_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|p|div|br)\s?/?>")
_DENIAL = re.compile(r"\banswer\s+is\s+not\b[^.\n]*", re.IGNORECASE)
_NOT_BUT = re.compile(r"^\s*not\s+.{1,60}?,?\s*but\s+(?:rather\s+)?", re.IGNORECASE | re.DOTALL)
_LEAD = re.compile(
    r"^(?:\s|\*\*|__|>|-(?=\s)|•)*(?:(?:(?:it|that|this|there|he|she|they|we|you|the|a|an|is|are|equal|to|just|simply|exactly|approximately|about|around|therefore|thus|then|given|by|be|option|choice|has|have|of|as\s+follows|value|answer|only|follows|choices|now)\b|[:：,]|是|为|选)\s*)*",
    re.IGNORECASE,
)
_STATED = re.compile(
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

_DOUBTED = re.compile(
    r"\b(?:not|false|untrue|neither|nor|never|if|whether|unless|wrong|incorrect)\b|n['’]t\b", re.IGNORECASE
)
"""Words that take back what a sentence states, or make it depend on something."""

_ASIDE = re.compile(r"\s\((?=[^()\\$]*[A-Za-z]{2,}\W+(?:[^()\\$]*\W)?[A-Za-z]{2,})[^()\\$]*\)(?=\W*$)")
"""A remark in brackets at the end of a sentence: at least two words, no mathematics."""

_EDGE = " \t\r\n*_`"
WHOLE_TEXT = "the whole text"
_AFTER_WORDS = "after the words"
_SAYS_ANSWER = re.compile(r"answer|correct|option|choice|'A\s*:|答|选", re.IGNORECASE)
_SENTENCE_MARKS = " \n.!*_"
_MAX_LAST_WORDS = 120
_MAX_TAKEN_BACK = 200
_MAX_CUE_CHARACTERS = 1_500
_SHORT_TEXT = 400


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
    if place is None or not place.certain or place.rule == WHOLE_TEXT:
        return False
    return not place.rule.startswith(_AFTER_WORDS) or _SAYS_ANSWER.search(place.rule) is not None


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
        yield from _after_cues(boxes.content)
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
    cues = _after_cues(tail)
    if cues and not found and (taken_back := _TAKEN_BACK.search("\n" + tail[-_MAX_TAKEN_BACK:])) is not None:
        yield Extraction(taken_back["value"], "a correction at the end")
        return
    if not found and not cues and len(text) <= _SHORT_TEXT and _looks_bare(text):
        found = True
        yield Extraction(text, WHOLE_TEXT, certain=_STATED.fullmatch(text) is None)
    yield from cues
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
        return " , ".join(line.strip()[1:].strip(_EDGE) for line in text.split("\n"))
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
    final = _after_cues(rest)
    if final and _ANSWER_WORD.search(final[0].rule):
        # "there are \\boxed{3} solutions: 0, 1 and 2" goes on without taking the box back.
        return Extraction(final[0].text, "an answer given after the box")
    correction = _CORRECTION.search(rest)
    if correction is None:
        return None
    if (taken_back := _TAKEN_BACK.search("\n" + rest[-_MAX_TAKEN_BACK:])) is not None:
        return Extraction(taken_back["value"], "a correction after the box")
    after = rest[correction.start() :]
    cues = _after_cues(after)
    if cues:
        return Extraction(cues[0].text, "a correction after the box")
    values = list(_CORRECTED_VALUE.finditer(after))
    if values:
        phrase = _phrase(after, values[-1].end())
        if phrase:
            return Extraction(phrase, "a correction after the box")
    return None


def _after_cues(text: str) -> list[Extraction]:
    """What follows the last cue phrase, cleaned of the sentence around it."""
    start = _first_cue_word(text)
    if start < 0:
        return _named_option(text)
    cues = list(_cue().finditer(text, max(start - _BEFORE_CUE_WORD, 0)))
    found: list[Extraction] = []
    for cue in reversed(cues[-6:]):
        phrase = _phrase(text, cue.end())
        if not phrase:
            continue
        for candidate in _narrowed(phrase):
            found.append(Extraction(candidate, f"{_AFTER_WORDS} {cue[0].strip(_EDGE)!r}"))
        break
    return found or _named_option(text)


def _named_option(text: str) -> list[Extraction]:
    """`(B) is correct`, `$x < 2$ is the answer`: the answer stands before the words."""
    named = _OPTION_FIRST.findall(text) or _ANSWER_FIRST.findall(text[-_MAX_CUE_CHARACTERS:])
    return [Extraction(named[-1], "what is said to be the answer")] if named else []


def _first_cue_word(text: str) -> int:
    """Where the first word stands that every cue phrase holds; -1 when there is none."""
    lowered = text.lower()
    starts = [start for word in _CUE_WORDS if (start := lowered.find(word)) >= 0]
    return min(starts, default=-1)


def _phrase(text: str, start: int) -> str:
    """From `start` to the end of the sentence, a display included when the sentence goes on into one."""
    rest = text[start : start + _MAX_CUE_CHARACTERS]
    if "\n" in text[max(start - 8, 0) : start] and (bullets := _BULLETS.match(rest)) is not None:
        return " , ".join(line.strip()[1:].strip(_EDGE) for line in bullets[1].split("\n"))
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
    return "" if _DENIED.match(phrase) else phrase.strip(_EDGE)


def _inside_math(text: str, position: int) -> bool:
    before = text[:position]
    return before.count("$") % 2 == 1 and "$" in text[position:] and not re.search(r"\$\s?\d[\d,.]*$", before)


def _narrowed(phrase: str) -> list[str]:
    """`phrase` and shorter parts of it: without reasons and fillers, its only mathematics, its first number."""
    candidates: list[str] = []
    if _DENIED.match(phrase):
        return candidates
    phrase = _ASIDE.sub("", phrase)
    stated = _STATED.fullmatch(phrase) or _CHINESE_STATED.fullmatch(phrase)
    if stated is not None:
        phrase = stated[1]
    if _BOUND.match(phrase) or OR_MORE.search(phrase):
        return [phrase]
    reason = _cut_words().search(phrase)
    before = phrase[: reason.start()] if reason is not None else phrase
    inside = before.count("{") != before.count("}") or before.count("$") % 2 == 1
    cut = (phrase if inside and reason is not None else before).strip(_EDGE)
    lead = _LEAD.match(cut)
    bare = cut[lead.end() :] if lead is not None else cut
    for candidate in (cut, bare):
        if candidate and candidate not in candidates:
            candidates.append(candidate)
    segments = [next(group for group in match.groups() if group is not None) for match in _MATH.finditer(bare or cut)]
    if segments:
        candidates.append(segments[0] if len(segments) == 1 else _joined_segments(bare or cut, segments))
    numbers = NUMBER.findall(bare or cut)
    leads = len(numbers) == 1 or bool(numbers and (bare or cut).startswith(numbers[0].strip()))
    if leads and not segments and not _UNSURE.search(bare or cut):
        candidates.append(numbers[0])
    return candidates


def _joined_segments(phrase: str, segments: list[str]) -> str:
    """Several pieces of mathematics: a list when only commas and connectives part them, else the last."""
    plain = _MATH.sub("\0", phrase)
    if re.fullmatch(r"[\s\0,;.]*(?:(?:and|or|和|或)[\s\0,;.]*)*", plain):
        return " , ".join(segments)
    return segments[-1]


def _fallbacks(text: str) -> Iterator[Extraction]:
    """Guesses for a text without any mark: a program's output, the last sentence's mathematics, the last number."""
    if "```output" in text:
        outputs = _OUTPUT.findall(text)
        if outputs and outputs[-1].strip():
            yield Extraction(outputs[-1].strip().split("\n")[-1], "the program's output", certain=False)
    end = text[-_MAX_CUE_CHARACTERS:].rstrip()
    if not end.isascii():
        end = with_digits(end)
    if "no " in end[-_MAX_LAST_WORDS:] and _NO_SOLUTION.search(end[-_SHORT_TEXT:]):
        yield Extraction("no solution", "the last sentence", certain=False)
    math = list(_MATH.finditer(end)) if "$" in end or "\\" in end else []
    stated = _STATED.fullmatch(end) if len(end) <= _SHORT_TEXT and "\n" not in end else None
    if stated is not None and not _DOUBTED.search(end):
        yield from (Extraction(part, "what a sentence states", certain=False) for part in _narrowed(stated[1])[:3])
    if not math:
        weak = list(_weak_cue().finditer(end))
        parts = _narrowed(_phrase(end, weak[-1].end())) if weak else []
        yield from (Extraction(part, "after a word of conclusion", certain=False) for part in parts[:2])
    number = last_number(end)
    if math and (number is None or number.start() < math[-1].end()):
        content = next(group for group in math[-1].groups() if group is not None)
        yield Extraction(content, "the last piece of mathematics", certain=False)
    last = end.rsplit("\n", 1)[-1].strip(_EDGE)
    if "=" not in last and "\\" in last and len(last) <= _SHORT_TEXT and "$" not in last and _WORD.search(last) is None:
        yield Extraction(last, "the last line", certain=False)
    if "=" in last and len(last) <= _SHORT_TEXT and not _ALTERNATIVES.search(last):
        value = last.rsplit("=", 1)[1]
        yield Extraction(_cut_words().sub("", value) or value, "after the last equality sign", certain=False)
    if number is not None:
        quantity = with_unit(end, number)
        if quantity is not None:
            yield Extraction(quantity, "the last number and its unit", certain=False)
        yield Extraction(number[0], "the last number", certain=False)
