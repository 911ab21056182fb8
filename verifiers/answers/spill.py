r"""A next question in a model's text, which the model made up after it had answered.

    "The answer is 5.\n\nQuestion: Tom has 3 pens ...\nAnswer: 12"    ->   cut at "Question: Tom has 3 pens ..."
    "The answer is 5.<|im_end|>\n<|im_start|>user\nWhat ..."          ->   cut at "<|im_end|>"
    "Question: Tom has 5 pens ...\nThe answer is 5."                  ->   not cut: nothing is answered before it
    "Problem 1: how many pens? The answer is 5.\nProblem 2: ..."      ->   not cut: the text numbers its own parts

A model that does not stop goes on with the pattern of its prompt: the heading of a next question (what evaluation
harnesses use as stop sequences: `Question:`, `Problem:`, `Q:`, `### Instruction`, `User:`), or a token of its chat
template. A heading counts at the start of a line, and only where the text before it has marked an answer as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple

__all__ = ["before_next_question"]

_MARKS = r"\n[ \t]{0,8}(?P<marks>[>\#*_ \t]{0,12})"
_NUMBER = r"(?:[ \t]{0,2}(?:\#|no\.?|number)?[ \t]{0,2}(?P<number>\d{1,4}|[ivx]{1,6}\b))?"
_REMARK = r"(?:[ \t]{0,2}\([^)\n]{1,40}\))?"
_COLON = r"[ \t]{0,2}(?:\*\*|__)?[:：]"
_END = r"(?P<end>(?(number)[.)\]—–-]|(?!))|(?:\*\*|__)?[ \t]{0,4}(?=\n|\Z))"
"""The end of the line; after a number also a mark."""

_ASKS = r"\d{1,3}[.)][ \t][^\n?？]{8,400}[?？][ \t]{0,8}(?=\n)"
_HEADING = re.compile(
    rf"""{_MARKS}(?:
        (?:(?:next|new|another)[ ])?(?:question|problem|exercise|example|task|puzzle)
          {_NUMBER}{_REMARK}(?:{_COLON}|{_END})
      | q{_COLON} | q[ ]?(?P<q>\d{{1,4}})(?:\*\*)?[.:)]
      | (?:user|human){_COLON}
      | (?<=\#)[ ]?(?:instruction|input)s?(?:{_COLON}|[ \t]{{0,4}}(?=\n|\Z))
      | (?:下一题|问题|题目|例题|例)[ ]?(?P<chinese>\d{{1,4}})?[ ]?(?:\*\*)?[:：.、]
      | (?P<line>{_ASKS})
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ASKING_LINE = re.compile(rf"\n[ \t>#*_]{{0,20}}{_ASKS}")
_NUMBERED_LINE = re.compile(r"\n[ \t]{0,8}[>#*_ \t]{0,12}\d{1,3}[.)][ \t]")
_TOKEN = re.compile(
    r"(?P<document><\|end_?of_?text\|>|</s>|<eos>|<｜end▁of▁sentence｜>)"
    r"|<\|im_end\|>|<\|im_start\|>\s{0,4}user\b|<\|eot_id\|>|<\|start_header_id\|>\s{0,4}user\b|<\|user\|>|<｜User｜>"
    r"|\[INST\]|<end_of_turn>|<start_of_turn>\s{0,4}user\b"
)
_FIRST_WORDS = re.compile(
    r"\n[ \t>#*_]*+(?:(?:[Nn]ext|[Nn]ew|[Aa]nother) )?(?:[Qq]uestion|[Pp]roblem|[Ee]xercise|[Ee]xample|[Tt]ask"
    r"|[Pp]uzzle|[Qq][ \d:：*_]|[Uu]ser|[Hh]uman|[Ii]nstruction|[Ii]nput|QUESTION|PROBLEM|下|问|题|例)"
)
"""Every heading begins so, but for a numbered line that asks; quick, for the many texts without one."""

_STRUCK_OUT = re.compile(r"\S\s*<s>")
_REGION = 2_000
"""Characters before an HTML end tag in which its start tag is looked for."""

_ANSWER_MARK = re.compile(
    r"\\(?:boxed|fbox|framebox)|####|</answer>|answer|correct|(?:^|\n)[ \t]{0,8}A[ \t]?:|答|结果|故\s?选|选",
    re.IGNORECASE,
)
"""What an answer that a text marks as such begins with."""

_BARE = re.compile(
    r"(?!\d+[.)](?:\s|$))(?:\(?[A-J]\)?\.?|(?i:yes|no|true|false)\.?"
    r"|(?:[a-z][ ]?=[ ]?)?[-+−$\\(\[{€£¥]*\d[\d.,/%]*(?:[ ]?[^\W\d_]{1,14}){0,2}\.?"
    r"|-?\\[A-Za-z(\[][^\n]{1,60}|[$(\[][^\n]{1,60}"
    r"|(?=[^\n]*[\d^+*/=])(?:[A-Za-z](?![A-Za-z])|[^A-Za-z\n?:：]){3,100})"
)
"""A first line that can be an answer by itself: an option, a number, mathematics; no number of a list."""

_LINE_END = re.compile(r"\n|<[|｜/]")
_MOST_BARE_CHARACTERS = 100
_MOST_STARTS = 8
"""Headings of a next question that are tried."""

_SHOWN_CHARACTERS = 60


class _Start(NamedTuple):
    """Where a next question may start, by which heading or token, and whether that token ends the whole text."""

    position: int
    heading: str
    ends_document: bool = False


def before_next_question(text: str, is_answered: Callable[[str], bool]) -> tuple[str, str]:
    """`text` up to a next question that follows an answer, and the heading of that question.

    Args:
        text: a model's whole output.
        is_answered: whether a beginning of the text marks an answer as such.

    Returns:
        The text before the next question and its heading; the whole text and an empty heading where there is none.
    """
    if not _may_ask_again(text):
        return text, ""
    first_line = _LINE_END.split(text[:_MOST_BARE_CHARACTERS], maxsplit=1)[0]
    bare = len(first_line) < len(text) and _BARE.fullmatch(first_line.strip(" \t*_`")) is not None
    mark = None if bare else _ANSWER_MARK.search(text)
    first_answer = 0 if bare else mark.start() if mark is not None else len(text)
    starts = merge(_tokens(text, first_answer), _headings(text, first_answer))
    for start in islice(starts, _MOST_STARTS):
        before = text[: start.position].strip()
        alone = bare and len(before) <= len(first_line)
        if before and (start.ends_document or alone or is_answered(before)):
            return before, start.heading
    return text, ""


def _may_ask_again(text: str) -> bool:
    if _FIRST_WORDS.search(text) is not None:
        return True
    if ("?" in text or "？" in text) and _ASKING_LINE.search(text) is not None:
        return True
    # One after the other, the rare character first: this is run on every text.
    if "<" in text and ("<|" in text or "</s>" in text or "_of_turn>" in text or "<eos>" in text or "<｜" in text):
        return _TOKEN.search(text) is not None
    return "[" in text and "[INST]" in text


def _tokens(text: str, first_answer: int) -> Iterator[_Start]:
    for match in _TOKEN.finditer(text):
        if match[0] == "</s>" and _STRUCK_OUT.search(text, max(match.start() - _REGION, 0), match.start()):
            continue  # HTML for a text that is struck out
        ends_document = match["document"] is not None
        if ends_document or match.start() > first_answer:
            yield _Start(match.start(), match[0], ends_document)


def _headings(text: str, first_answer: int) -> Iterator[_Start]:
    before = "\n" + text[:first_answer]
    own_parts: bool | None = None
    for match in _HEADING.finditer(text, max(first_answer - 1, 0)):
        numbered = _number(match) is not None
        if match["line"] is not None:
            if _NUMBERED_LINE.search(before):
                continue  # the text goes on numbering its steps
        elif numbered:
            if own_parts is None:
                own_parts = any(map(_number, _HEADING.finditer(before)))
            if own_parts:
                continue  # the text goes on numbering its parts
        elif match["end"] is not None and not match["marks"].strip(" \t>"):
            continue  # "Problem" alone on a line is a heading only in a heading's markup
        heading = text[match.start() + 1 : match.start() + 1 + _SHOWN_CHARACTERS].partition("\n")[0].strip()
        yield _Start(match.start(), heading)
        if numbered:
            own_parts = True  # nothing was cut there, so that it was a part of the text's own


def _number(heading: re.Match[str]) -> str | None:
    return heading["number"] or heading["q"] or heading["chinese"]
