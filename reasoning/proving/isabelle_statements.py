r"""Isabelle statements of a model, read by a strict grammar; and what makes two statements the same.

>>> read_statement('theorem t: fixes n :: nat assumes h: "0 < n" shows "1 \\<le> n" by simp')
'theorem t: fixes n :: nat assumes h: "0 < n" shows "1 \\<le> n"'
>>> read_statement('theorem t: "x = x" ML \\<open>OS.Process.exit\\<close>') is None
True
>>> statement_key('lemma a: fixes n :: nat shows "n = n"') == statement_key('theorem b: fixes k::nat shows "k =  k"')
True

A statement of a data set is the grader's and is trusted; a conjecture is a model's and goes into a theory of ours. It
is `theorem` or `lemma`, a name perhaps, `fixes` and `assumes`, and `shows` with propositions in quotes (or
propositions alone): no attributes, notation, patterns, locales, comments, cartouches or antiquotations, and no other
command.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from verifiers.proofs.isabelle import guard
from verifiers.proofs.isabelle.text import UnreadableText, split_statement

__all__ = ["read_statement", "statement_key"]

_PROOF_WORDS: Final = frozenset(
    ("by", "proof", "using", "unfolding", "apply", "sorry", "oops", "sledgehammer", "including", "supply", "subgoal")
)
"""Words behind which nothing belongs to the statement."""
_RESERVED: Final = _PROOF_WORDS | {
    "theorem", "lemma", "fixes", "assumes", "shows", "and", "obtains", "defines", "notes", "includes", "constrains",
    "if", "for", "when", "is", "in", "where",
}  # fmt: skip
_SYMBOL: Final = r"\\<(?:\^(?:sub|sup|bold|bsub|esub|bsup|esup)|(?!open>|close>|comment>)[A-Za-z][A-Za-z0-9_']*)>"
_TOKEN: Final = re.compile(
    rf"""\s*(?:
    (?P<string>"(?:[^"\\‹›]|{_SYMBOL})*")
    | (?P<type>'[a-z][A-Za-z0-9_']*)
    | (?P<name>(?:[A-Za-z]|{_SYMBOL})(?:[A-Za-z0-9_']|\.(?=[A-Za-z])|{_SYMBOL})*|[0-9]+)
    | (?P<mark>::|:)
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_']*")
_COMMENT: Final = re.compile(r"\(\*(?!\s*\))")
"""`(*)` is an operator."""
_BOUND: Final = re.compile(
    r"(?:\\<(?:forall|exists|nexists|And|lambda|Sum|Prod|Union|Inter)>|[∀∃∄⋀λ∑∏⋃⋂]|\b(?:ALL|EX|THE|SOME|LEAST)\b|!!|%)"
    r"[!\s(]*([A-Za-z][\w']*(?:\s+[A-Za-z][\w']*)*)\s*(?=[.:=|<>∈≤≥]|\\<)|\{\s*([A-Za-z][\w']*)\s*(?:::[^.{}]*)?\.(?!\.)"
)
"""Names that a quantifier, a big operator or a set binds; one that is missed only keeps two statements apart."""
_FIXED: Final = re.compile(r"\bfixes\b((?:(?!\b(?:assumes|shows|defines|obtains|notes)\b)[^\"]|\"[^\"]*\")*)")
_WORD: Final = re.compile(r"\\<\^?\w+>|(?<![\w.'])[A-Za-z][\w']*")
_LABEL: Final = re.compile(r"\b(assumes|shows|and|defines)\s+[^\s\":]+\s*(?:\[[^\]]*\])?\s*:(?!:)")
_STRING: Final = re.compile(r'"([^"]*)"')
_SIMPLE: Final = re.compile(r"\s*[A-Za-z][\w.']*\s*")


def read_statement(text: str) -> str | None:
    """The statement at the start of a text, without the proof behind it; None where the text begins otherwise."""
    reader = _Reader(text)
    try:
        end = reader.statement()
    except _Unreadable:
        return None
    statement = text[:end].strip()
    return None if _is_refused(statement) else statement


def statement_key(statement: str) -> str:
    """What statements have in common that differ in names, labels and spaces only.

    Raises:
        RecordError: it is no theorem.
    """
    text = split_statement(statement).renamed("t")
    text = _LABEL.sub(r"\1 ", text.partition(":")[2])
    bound: dict[str, str] = {}
    for part in _FIXED.findall(text):
        for declared in re.split(r"\band\b", part):
            _bind(bound, declared.partition("::")[0])
    for names, member in _BOUND.findall(text):
        _bind(bound, names or member)
    # A type that is one name may stand in quotes or not.
    text = _STRING.sub(lambda found: found.group(1) if _SIMPLE.fullmatch(found.group(1)) else found.group(), text)
    renamed = _WORD.sub(lambda found: bound.get(found.group(), found.group()), text)
    return re.sub(r"\s+", "", renamed.removeprefix(" shows"))


def _bind(bound: dict[str, str], names: str) -> None:
    for name in names.split():
        bound.setdefault(name, f"v{len(bound)}")


def _is_refused(statement: str) -> bool:
    """Whether Isabelle would do more than read a statement: words of other commands, text in other languages."""
    # What is behind `theorem` has no command of a theory outside its strings, and no ML within them.
    body = re.sub(r"\A\w+", "", statement)
    try:
        return "\r" in statement or bool(guard.refusal(f"using {body}")) or bool(_COMMENT.search(statement))
    except UnreadableText:
        return True


class _Unreadable(ValueError):
    """The text leaves the grammar."""


class _Reader:
    """A recursive descent over the tokens of a statement; what is behind it is not looked at."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def statement(self) -> int:
        """Where the statement ends.

        Raises:
            _Unreadable: it leaves the grammar.
        """
        if self._take("name") not in ("theorem", "lemma"):
            raise _Unreadable
        self._name()
        while (word := self._peek("name")) in ("fixes", "assumes"):
            self._take("name")
            self._listed(self._fixed if word == "fixes" else self._propositions)
        if self._peek("name") == "shows":
            self._take("name")
        elif word is not None:
            raise _Unreadable
        self._listed(self._propositions)
        end = self._position
        kind, following = self._next()
        if kind != "end" and following not in _PROOF_WORDS:
            raise _Unreadable
        return end

    def _name(self) -> None:
        """The theorem's own name, which may be missing."""
        name = self._peek("name")
        if name is not None and name not in _RESERVED:
            if not _PLAIN_NAME.fullmatch(name):
                raise _Unreadable
            self._take("name")
        # Without a name, `theorem fixes ...`.
        if name is not None and name not in _RESERVED and self._take("mark") != ":":
            raise _Unreadable

    def _listed(self, one: Callable[[], None]) -> None:
        one()
        while self._peek("name") == "and":
            self._take("name")
            one()

    def _fixed(self) -> None:
        """Names, and a type that is one name or stands in quotes."""
        self._own_name()
        while (name := self._peek("name")) is not None and name not in _RESERVED:
            self._own_name()
        if self._peek("mark") == "::":
            self._take("mark")
            kind, text = self._next()
            if kind not in ("string", "type", "name") or text in _RESERVED:
                raise _Unreadable
            self._advance()

    def _propositions(self) -> None:
        """A label perhaps, and one proposition or more."""
        if self._peek("name") is not None:
            self._own_name()
            if self._take("mark") != ":":
                raise _Unreadable
        self._take("string")
        while self._peek("string") is not None:
            self._take("string")

    def _own_name(self) -> None:
        if self._take("name") in _RESERVED:
            raise _Unreadable

    def _next(self) -> tuple[str, str]:
        found = _TOKEN.match(self._text, self._position)
        if found is None or found.lastgroup is None:
            return "other", ""
        return found.lastgroup, found.group(found.lastgroup)

    def _peek(self, kind: str) -> str | None:
        found, text = self._next()
        return text if found == kind else None

    def _take(self, kind: str) -> str:
        text = self._peek(kind)
        if text is None:
            raise _Unreadable
        self._advance()
        return text

    def _advance(self) -> None:
        found = _TOKEN.match(self._text, self._position)
        assert found is not None
        self._position = found.end()
