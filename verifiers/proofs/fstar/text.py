r"""F* source as text: comments, strings, what a statement declares, the definition in a candidate.

>>> without_comments("let f x = x (* the (* same *) *) // and no more")
'let f x = x                                    '
>>> split_statement("val add_zero (x:int) : Lemma (x + 0 == x)").name
'add_zero'
>>> Definition.of("val f : int -> int\nlet f x = x", split_statement("val f : int -> int")).text
'let f x = x'

Nothing here decides what is proved; that is F*'s. What is sent holds no comments, so that F* and this reader cannot
disagree about what one is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from verifiers.code_blocks import declaring_block
from verifiers.records import RecordError

__all__ = ["Definition", "Statement", "UnreadableText", "split_statement", "strings", "visible", "without_comments"]

NAME: Final = r"(?:[^\W\d][\w']*|\(\s*[^\w\s()\"']+\s*\))"
"""A name, or an operator in parentheses."""
QUALIFIERS: Final = (
    "inline_for_extraction", "noextract", "unfold", "irreducible", "private", "total", "abstract", "noeq", "unopteq"
)  # fmt: skip
"""What may stand before a declaration."""
_BEFORE: Final = rf"(?:\s*(?:(?:{'|'.join(QUALIFIERS)})\b|\[@(?:[^\[\]]|\[[^\[\]]*\])*\]))*\s*"
_TOKEN: Final = re.compile(
    r"""(?P<word>[^\W\d][\w']*)|(?P<nested>\(\*)|(?P<line>//[^\n]*)|(?P<string>")|(?P<character>'(?:[^'\\\n"]|\\.)')"""
)
_COMMENT: Final = re.compile(r"\(\*|\*\)")
_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\["\\\'nrtbfv0])*"')
"""Strings of one line with plain escapes; others are not read, as F* might end them elsewhere."""
_VAL: Final = re.compile(rf"\A({_BEFORE}val\s+)({NAME})(?![\w'])")
_LANGUAGES: Final = ("fstar", "fst", "F*", "ocaml", "fsharp")
_DECLARATION: Final = re.compile(rf"{_BEFORE}(let|type)\s+(rec\s+)?({NAME})(?![\w'])")
_DECLARATION_AT_LINE_START: Final = re.compile(
    rf"^(?=[ \t]*(?:(?:{'|'.join(QUALIFIERS)}|val|let|type|open|module|include|friend|assume)\b|\[@|#|%splice))",
    re.MULTILINE,
)


class UnreadableText(ValueError):
    """A comment or string cannot be read, or there is no such definition; the message says which."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A declaration `val NAME ... : TYPE`, read.

    Attributes:
        text: of it, without comments.
        name: that it declares.
        start: where the name stands in `text`.
        end: where it ends.
    """

    text: str
    name: str
    start: int
    end: int

    def renamed(self, name: str) -> str:
        """The same declaration under another name."""
        return self.text[: self.start] + name + self.text[self.end :]


@dataclass(frozen=True, slots=True)
class Definition:
    """The definition in a candidate.

    Attributes:
        text: `let NAME ...`, with what stands before it (attributes, qualifiers), comments blanked.
        line: where it begins in the candidate's text, from 1.
        column: from 0.
    """

    text: str
    line: int
    column: int

    @classmethod
    def of(cls, candidate: str, statement: Statement) -> Definition:
        """The definition in `candidate`, a text or one with a code block; it may repeat the statement, word for word.

        Raises:
            UnreadableText: something is not closed, or what is defined first is not the statement's name.
        """
        declaration = re.compile(rf"\blet\s+(?:rec\s+)?{re.escape(statement.name)}(?![\w'])")
        block = declaring_block(candidate, _LANGUAGES, declaration)
        code = without_comments(block.text if block else candidate)
        before = candidate[: block.start] if block else ""
        begin = _start_of_code(code)
        declared = re.compile(rf"\s*{_as_pattern(statement.text)}(?=\s)").match(code, begin)
        if declared is not None:
            begin = declared.end()
        found = _DECLARATION.match(code, begin)
        if found is None:
            if _VAL.match(code[begin:]):
                raise UnreadableText("declares another type than the given one")
            raise UnreadableText(f"does not begin with 'let {statement.name}'")
        if _plain(found.group(3)) != _plain(statement.name):
            raise UnreadableText(f"defines '{found.group(3)}', not '{statement.name}'")
        begin += len(found.group()) - len(found.group().lstrip())
        whole = before + code[:begin]
        return cls(code[begin:].rstrip(), whole.count("\n") + 1, len(whole) - (whole.rfind("\n") + 1))


def without_comments(code: str) -> str:
    """`code` with its comments blanked, of the same length and with the same lines.

    Raises:
        UnreadableText: a comment or string is not closed.
    """
    return _blanked(code, strings_too=False)


def visible(code: str) -> str:
    """`code` with comments and the insides of strings blanked, of the same length and with the same lines.

    Raises:
        UnreadableText: a comment or string is not closed.
    """
    return _blanked(code, strings_too=True)


def strings(code: str) -> list[str]:
    """The insides of the strings in a text without comments."""
    return [found.group()[1:-1] for found in _STRING.finditer(code)]


def split_statement(statement: str) -> Statement:
    """Read a declaration.

    Raises:
        RecordError: it is none.
    """
    try:
        text = without_comments(statement).strip()
    except UnreadableText as error:
        raise RecordError("statement", str(error)) from None
    found = _VAL.match(text)
    if found is None:
        raise RecordError("statement", "expected 'val NAME ... : TYPE'")
    return Statement(text, found.group(2), found.start(2), found.end(2))


def _start_of_code(code: str) -> int:
    """Where a reply's code begins: at the first line that begins as a declaration does."""
    found = _DECLARATION_AT_LINE_START.search(code)
    return found.start() if found is not None else len(code) - len(code.lstrip())


def _blanked(code: str, *, strings_too: bool) -> str:
    out: list[str] = []
    position = 0
    while (found := _TOKEN.search(code, position)) is not None:
        kind, start = found.lastgroup, found.start()
        out.append(code[position:start])
        position = found.end()
        blank = kind in ("nested", "line")
        if kind == "nested":
            position = _comment_end(code, start)
        elif kind == "string":
            string = _STRING.match(code, start)
            if string is None:
                raise UnreadableText("a string is not closed, or has an escape that is not read here")
            position = string.end()
            blank = strings_too
        piece = code[start:position]
        out.append(re.sub(r"[^\n]", " ", piece) if blank else piece)
    out.append(code[position:])
    return "".join(out)


def _comment_end(code: str, start: int) -> int:
    if code.startswith("(*)", start):
        raise UnreadableText("'(*)' can be read in two ways; write '( * )'")
    depth = 0
    for found in _COMMENT.finditer(code, start):
        depth += 1 if found.group() == "(*" else -1
        if not depth:
            return found.end()
    raise UnreadableText("a comment is not closed")


def _plain(name: str) -> str:
    return re.sub(r"\s", "", name)


def _as_pattern(text: str) -> str:
    """A pattern for the same words with any blanks between them."""
    return r"\s+".join(re.escape(word) for word in text.split())
