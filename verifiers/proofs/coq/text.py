r"""Coq source as text: comments, strings, sentences, what a statement declares.

>>> [sentence.visible.strip() for sentence in sentences("Proof. (* a. b *) intros n. { auto. } Qed.")]
['Proof.', 'intros n.', '{ auto.', '} Qed.']
>>> split_statement("Theorem two : 1 + 1 = 2. Proof.")
Statement(text='Theorem two : 1 + 1 = 2.', name='two', start=8)

Nothing here decides what is proved; that is the kernel's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from verifiers.records import RecordError

__all__ = ["DECLARATIONS", "Sentence", "Statement", "UnreadableText", "sentences", "split_statement"]

DECLARATIONS: Final = ("Theorem", "Lemma", "Fact", "Remark", "Corollary", "Proposition", "Property", "Example")
_NAME: Final = re.compile(
    rf"\A\s*(?:#\[[^\]]*\]\s*)?(?:{'|'.join(DECLARATIONS)}|Definition)\s+([^\W\d][\w']*)(?![\w'.])"
)
_LEFT_OUT: Final = re.compile(r"\A\s*(?:Proof|Admitted|Abort)\s*\.\s*\Z")
_BLANKS: Final = " \t\r\n"


class UnreadableText(ValueError):
    """A comment or string has no end; the message says which."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A command or tactic sentence, with the bullets and braces before it.

    Attributes:
        text: as written, comments and all.
        visible: the same with comments and strings blanked.
        line: of its first visible character, from 1.
        column: of it, from 0.
        ended: whether it ends in a period.
    """

    text: str
    visible: str
    line: int
    column: int
    ended: bool = True


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, read.

    Attributes:
        text: one sentence, with its period.
        name: that it declares.
        start: where the name stands in `text`.
    """

    text: str
    name: str
    start: int

    def renamed(self, name: str) -> str:
        """The same statement under another name."""
        return self.text[: self.start] + name + self.text[self.start + len(self.name) :]


def sentences(code: str) -> list[Sentence]:
    """The sentences of `code`, cut at each period that a blank or the end follows; `..` ends none.

    Raises:
        UnreadableText: a comment or string is not closed.
    """
    visible = _blanked(code)
    found: list[Sentence] = []
    begin = 0
    for end in _ends(visible):
        found.append(_sentence(code, visible, begin, end, ended=True))
        begin = end
    if visible[begin:].strip():
        found.append(_sentence(code, visible, begin, len(code), ended=False))
    return found


def split_statement(statement: str) -> Statement:
    """Read a statement with or without its period; `Proof.` and `Admitted.` behind it are dropped.

    Raises:
        RecordError: it is not one sentence that declares a named theorem.
    """
    try:
        found = sentences(statement)
    except UnreadableText as error:
        raise RecordError("statement", str(error)) from None
    while len(found) > 1 and _LEFT_OUT.match(found[-1].visible if found[-1].ended else found[-1].visible + "."):
        found.pop()
    if len(found) != 1:
        raise RecordError("statement", f"expected one sentence, found {len(found)}")
    text = (found[0].text if found[0].ended else found[0].text.rstrip() + ".").strip()
    name = _NAME.match(_blanked(text))
    if name is None:
        raise RecordError("statement", f"expected {DECLARATIONS[0]}, {DECLARATIONS[1]} or the like, and a name")
    return Statement(text, name.group(1), name.start(1))


def _sentence(code: str, visible: str, begin: int, end: int, *, ended: bool) -> Sentence:
    piece = visible[begin:end]
    first = begin + len(piece) - len(piece.lstrip())
    line = code.count("\n", 0, first) + 1
    return Sentence(code[begin:end], piece, line, first - (code.rfind("\n", 0, first) + 1), ended)


def _ends(visible: str) -> list[int]:
    ends = []
    for found in re.finditer(r"\.+", visible):
        after = visible[found.end() : found.end() + 1]
        if (not after or after in _BLANKS) and len(found.group()) != 2:
            ends.append(found.end())
    return ends


def _blanked(code: str) -> str:
    """`code` with comments and strings blanked, of the same length and with the same lines."""
    out: list[str] = []
    position = 0
    for found in re.finditer(r'\(\*|"', code):
        if found.start() < position:
            continue
        out.append(code[position : found.start()])
        end = _comment_end(code, found.start()) if found.group() == "(*" else _string_end(code, found.start())
        out.append(re.sub(r"[^\n]", " ", code[found.start() : end]))
        position = end
    out.append(code[position:])
    return "".join(out)


def _string_end(code: str, position: int) -> int:
    end = position + 1
    while True:
        end = code.find('"', end)
        if end < 0:
            raise UnreadableText("a string is not closed")
        if code[end + 1 : end + 2] != '"':
            return end + 1
        end += 2


def _comment_end(code: str, position: int) -> int:
    """Comments nest, and strings in them hide their ends."""
    depth, end = 1, position + 2
    for found in re.compile(r'\(\*|\*\)|"').finditer(code, end):
        if found.start() < end:
            continue
        end = found.end()
        if found.group() == '"':
            end = _string_end(code, found.start())
        elif found.group() == "(*":
            depth += 1
        else:
            depth -= 1
            if not depth:
                return end
    raise UnreadableText("a comment is not closed")
