r"""Isabelle source as text: comments, strings, cartouches, what a statement and a header declare.

>>> without_comments("by (* trivially *) simp")
'by                 simp'
>>> visible('have "x = y" by simp')
'have         by simp'
>>> split_statement('theorem two: "1 + 1 = 2"').name
'two'

Nothing here decides what is proved; that is the kernel's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from verifiers.records import RecordError

__all__ = ["Statement", "UnreadableText", "split_header", "split_statement", "visible", "without_comments"]

_OPENING: Final = re.compile(r'\(\*|["`]|\\<open>|‹')
_CARTOUCHE: Final = re.compile(r"\\<open>|\\<close>|[‹›]")
_COMMENT: Final = re.compile(r"\(\*|\*\)")
_STATEMENT: Final = re.compile(
    r"\A(theorem|lemma|corollary|proposition)\b(\s+([A-Za-z][A-Za-z0-9_']*)\s*(?:\[[^\]]*\]\s*)?:(?!:))?"
)
_LEFT_OUT: Final = re.compile(r"\s(?:sorry|oops)\s*\Z")
_THEORY: Final = re.compile(r"\A\s*theory\s+(\"[^\"]*\"|[\w.'-]+)\s+imports\b(.*?)\bbegin\b", re.DOTALL)


class UnreadableText(ValueError):
    """A comment, string or cartouche has no end; the message says which."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, read.

    Attributes:
        text: as written, up to the place where the proof begins.
        name: that it declares; empty if none.
    """

    text: str
    name: str

    def named(self, name: str) -> str:
        """The text, with `name` for a statement that has none of its own."""
        return self.text if self.name else self.renamed(name)

    def renamed(self, name: str) -> str:
        """The text with this name, and without attributes of its own one."""
        return _STATEMENT.sub(lambda found: f"{found.group(1)} {name}:", self.text, count=1)


def without_comments(code: str) -> str:
    """`code` with its comments blanked, of the same length and with the same lines.

    Raises:
        UnreadableText: something is not closed.
    """
    return _blanked(code, comments_only=True)


def visible(code: str) -> str:
    """`code` with comments, strings and cartouches blanked, of the same length and with the same lines.

    Raises:
        UnreadableText: something is not closed.
    """
    return _blanked(code, comments_only=False)


def split_statement(statement: str) -> Statement:
    """Read a statement; a `sorry` or `oops` behind it is dropped.

    Raises:
        RecordError: it does not begin as a theorem does.
    """
    try:
        text = without_comments(statement).strip()
    except UnreadableText as error:
        raise RecordError("statement", str(error)) from None
    found = _STATEMENT.match(text)
    if found is None:
        raise RecordError("statement", "expected theorem, lemma, corollary or proposition")
    return Statement(_LEFT_OUT.sub("", text), found.group(3) or "")


def split_header(header: str) -> tuple[str, str]:
    """What a header imports, and its text behind `begin`. Without a theory head it imports `Main`.

    Raises:
        RecordError: something in it is not closed.
    """
    try:
        text = without_comments(header)
    except UnreadableText as error:
        raise RecordError("header", str(error)) from None
    found = _THEORY.match(text)
    if found is None:
        return "Main", text.strip()
    return " ".join(found.group(2).split()), text[found.end() :].strip()


def _blanked(code: str, *, comments_only: bool) -> str:
    out: list[str] = []
    position = 0
    while (found := _OPENING.search(code, position)) is not None:
        out.append(code[position : found.start()])
        position = _end(code, found.start(), found.group())
        piece = code[found.start() : position]
        blank = found.group() == "(*" or not comments_only
        out.append(re.sub(r"[^\n]", " ", piece) if blank else piece)
    out.append(code[position:])
    return "".join(out)


def _end(code: str, start: int, opening: str) -> int:
    if opening == "(*":
        return _nested_end(code, start, _COMMENT, ("(*",), "comment")
    if opening in ('"', "`"):
        closing = re.compile(rf"\\\\|\\{opening}|{opening}")
        for found in closing.finditer(code, start + 1):
            if found.group() == opening:
                return found.end()
        raise UnreadableText("a string is not closed")
    return _nested_end(code, start, _CARTOUCHE, ("\\<open>", "‹"), "cartouche")


def _nested_end(code: str, start: int, marks: re.Pattern[str], openings: tuple[str, ...], what: str) -> int:
    depth = 0
    for found in marks.finditer(code, start):
        depth += 1 if found.group() in openings else -1
        if not depth:
            return found.end()
    raise UnreadableText(f"a {what} is not closed")
