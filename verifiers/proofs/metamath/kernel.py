"""A Metamath verifier: substitution, distinct variables, normal and compressed proofs.

>>> database = read_database("$c |- A $. ax $a |- A $.")
>>> database.prove(("|-", "A"), ["ax"])
>>> database.axioms_behind(["ax"])
('ax',)

Implements section 4 of the Metamath book (Megill and Wheeler, 2019) for text without file inclusion. The proofs of the
database itself are not checked: it is the problem's author's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from verifiers.wording import counted

__all__ = ["Assertion", "Database", "DatabaseError", "Hypothesis", "ProofError", "read_database"]

Symbols = tuple[str, ...]

MOST_STEPS: Final = 500_000
MOST_SYMBOLS: Final = 20_000_000
"""Symbols that the substitutions of one proof may build: compressed proofs can double them with every step."""
_LABEL: Final = re.compile(r"[A-Za-z0-9._-]+")
_LETTERS: Final = re.compile(r"[A-Z]*")


class DatabaseError(ValueError):
    """The database is malformed."""


class ProofError(ValueError):
    """The proof is none; the message says why."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """`$f` (two symbols: type, variable) or `$e`."""

    symbols: Symbols
    floating: bool


@dataclass(frozen=True, slots=True)
class Assertion:
    """`$a` or `$p` with its mandatory frame; `uses` is what the proof of a `$p` names, None for an `$a`."""

    symbols: Symbols
    hypotheses: tuple[str, ...]
    distinct: frozenset[tuple[str, str]]
    uses: tuple[str, ...] | None


@dataclass(slots=True)
class _Scope:
    variables: set[str] = field(default_factory=set)
    hypotheses: list[str] = field(default_factory=list)
    distinct: set[tuple[str, str]] = field(default_factory=set)


class Database:
    """Everything that was declared, and the scope at the end of the text."""

    def __init__(self) -> None:
        self.constants: set[str] = set()
        self.entries: dict[str, Hypothesis | Assertion] = {}
        self.scopes = [_Scope()]

    def frame(self, symbols: Symbols, uses: tuple[str, ...] | None) -> Assertion:
        """An assertion of `symbols` in the current scope."""
        active = [label for scope in self.scopes for label in scope.hypotheses]
        wanted = {symbol for symbol in symbols if symbol not in self.constants}
        for label in active:
            entry = self._hypothesis(label)
            if not entry.floating:
                wanted |= {symbol for symbol in entry.symbols if symbol not in self.constants}
        mandatory = tuple(
            label for label in active
            if not self._hypothesis(label).floating or self._hypothesis(label).symbols[1] in wanted
        )  # fmt: skip
        pairs = self._distinct()
        return Assertion(symbols, mandatory, frozenset(p for p in pairs if p[0] in wanted and p[1] in wanted), uses)

    def prove(self, symbols: Symbols, proof: Sequence[str]) -> None:
        """Check a proof of `symbols` in the current scope.

        Raises:
            ProofError: it is none.
        """
        target = self.frame(symbols, ())
        active = {label for scope in self.scopes for label in scope.hypotheses}
        stack: list[Symbols] = []
        saved: list[Symbols] = []
        built = 0
        for count, step in enumerate(self._steps(target, proof)):
            if count > MOST_STEPS:
                raise ProofError(f"more than {MOST_STEPS} steps")
            if step is None:
                if not stack:
                    raise ProofError("'Z' with nothing to save")
                saved.append(stack[-1])
                continue
            if isinstance(step, int):
                if step >= len(saved):
                    raise ProofError("a letter names a step that was not saved")
                stack.append(saved[step])
                continue
            entry = self.entries.get(step)
            if entry is None:
                raise ProofError(f"no statement is labelled '{step}'")
            if isinstance(entry, Hypothesis):
                if step not in active:
                    raise ProofError(f"the hypothesis '{step}' is not active here")
                stack.append(entry.symbols)
            else:
                stack.append(self._apply(step, entry, stack))
                built += len(stack[-1])
                if built > MOST_SYMBOLS:
                    raise ProofError(f"builds more than {MOST_SYMBOLS} symbols")
        if len(stack) != 1:
            raise ProofError(f"{len(stack)} statements are left at the end, not one")
        if stack[0] != symbols:
            raise ProofError(f"proves another statement: {' '.join(stack[0])[:300]}")

    def axioms_behind(self, proof: Sequence[str]) -> tuple[str, ...]:
        """Axioms that a proof rests on, through all theorems that it uses; those of the syntax are left out."""
        found: set[str] = set()
        pending, seen = [label for label in proof if label in self.entries], set(proof)
        while pending:
            label = pending.pop()
            entry = self.entries[label]
            if isinstance(entry, Hypothesis):
                continue
            if entry.uses is None:
                if entry.symbols[0] == "|-":
                    found.add(label)
                continue
            new = [used for used in entry.uses if used in self.entries and used not in seen]
            seen.update(new)
            pending += new
        return tuple(sorted(found))

    def _hypothesis(self, label: str) -> Hypothesis:
        entry = self.entries[label]
        assert isinstance(entry, Hypothesis)
        return entry

    def _distinct(self) -> set[tuple[str, str]]:
        return {pair for scope in self.scopes for pair in scope.distinct}

    def _apply(self, label: str, assertion: Assertion, stack: list[Symbols]) -> Symbols:
        count = len(assertion.hypotheses)
        if len(stack) < count:
            raise ProofError(f"'{label}' needs {counted(count, 'statement')}, {len(stack)} are there")
        arguments = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        replaced: dict[str, Symbols] = {}
        for name, argument in zip(assertion.hypotheses, arguments, strict=True):
            hypothesis = self._hypothesis(name)
            if hypothesis.floating:
                if argument[:1] != hypothesis.symbols[:1]:
                    raise ProofError(f"'{label}': '{name}' needs the type {hypothesis.symbols[0]}")
                replaced[hypothesis.symbols[1]] = argument[1:]
            elif argument != _substitute(hypothesis.symbols, replaced):
                raise ProofError(f"'{label}': what stands for '{name}' does not fit")
        allowed = self._distinct()
        for one, other in assertion.distinct:
            for left in replaced[one]:
                for right in replaced[other]:
                    if left in self.constants or right in self.constants:
                        continue
                    if left == right or _pair(left, right) not in allowed:
                        raise ProofError(f"'{label}': {left} and {right} have to be distinct")
        return _substitute(assertion.symbols, replaced)

    def _steps(self, target: Assertion, proof: Sequence[str]) -> Iterator[str | int | None]:
        """Labels; numbers of saved steps; None for saving the last one."""
        if not proof:
            raise ProofError("the proof is empty")
        if proof[0] != "(":
            yield from proof
            return
        if ")" not in proof:
            raise ProofError("the list of labels is not closed")
        close = list(proof).index(")")
        labels = [*target.hypotheses, *proof[1:close]]
        if set(target.hypotheses) & set(proof[1:close]):
            raise ProofError("the list of labels repeats a mandatory hypothesis")
        letters = "".join(proof[close + 1 :])
        if not _LETTERS.fullmatch(letters):
            raise ProofError("letters other than A to Z")
        number = 0
        for letter in letters:
            if letter == "Z":
                if number:
                    raise ProofError("'Z' within a number")
                yield None
            elif letter >= "U":
                number = number * 5 + ord(letter) - ord("T")
                if number > MOST_STEPS:
                    raise ProofError("a letter names a step that was not saved")
            else:
                index = number * 20 + ord(letter) - ord("A")
                number = 0
                yield labels[index] if index < len(labels) else index - len(labels)
        if number:
            raise ProofError("the last number has no end")


def read_database(text: str) -> Database:
    """Read declarations, axioms and theorems.

    Raises:
        DatabaseError: the text is no database, or includes files.
    """
    database = Database()
    tokens = iter(_without_comments(text))
    label = ""
    for token in tokens:
        if token == "${":
            database.scopes.append(_Scope())
        elif token == "$}":
            if len(database.scopes) == 1:
                raise DatabaseError("'$}' closes nothing")
            database.scopes.pop()
        elif token in ("$c", "$v", "$d"):
            _declare(database, token, _until(tokens, "$."))
        elif token in ("$f", "$e", "$a", "$p"):
            if not label:
                raise DatabaseError(f"'{token}' without a label")
            _add(database, label, token, tokens)
            label = ""
            continue
        elif token.startswith("$"):
            raise DatabaseError(f"'{token}' is not read here")
        else:
            if label or not _LABEL.fullmatch(token) or token in database.entries:
                raise DatabaseError(f"'{token[:40]}' is no new label")
            label = token
            continue
        if label:
            raise DatabaseError(f"the label '{label}' belongs to nothing")
    if label:
        raise DatabaseError(f"the label '{label}' belongs to nothing")
    return database


def _declare(database: Database, kind: str, symbols: list[str]) -> None:
    scope = database.scopes[-1]
    known = set().union(*(one.variables for one in database.scopes))
    if kind == "$d":
        if len(symbols) != len(set(symbols)) or not set(symbols) <= known:
            raise DatabaseError("'$d' names something twice, or what is no variable")
        scope.distinct.update(_pair(one, other) for one, other in itertools.combinations(symbols, 2))
        return
    if any(symbol in database.constants or symbol in known for symbol in symbols):
        raise DatabaseError(f"'{kind}' declares a symbol again")
    (database.constants if kind == "$c" else scope.variables).update(symbols)


def _add(database: Database, label: str, kind: str, tokens: Iterator[str]) -> None:
    symbols = tuple(_until(tokens, "$=" if kind == "$p" else "$."))
    known = set().union(*(scope.variables for scope in database.scopes))
    if not symbols or symbols[0] not in database.constants:
        raise DatabaseError(f"'{label}' does not begin with a constant")
    if any(symbol not in database.constants and symbol not in known for symbol in symbols):
        raise DatabaseError(f"'{label}' uses a symbol that is not declared")
    if kind in ("$f", "$e"):
        if kind == "$f" and (len(symbols) != 2 or symbols[1] not in known):
            raise DatabaseError(f"'{label}' is no type of a variable")
        database.entries[label] = Hypothesis(symbols, kind == "$f")
        database.scopes[-1].hypotheses.append(label)
        return
    uses = tuple(_until(tokens, "$.")) if kind == "$p" else None
    database.entries[label] = database.frame(symbols, uses)


def _until(tokens: Iterator[str], end: str) -> list[str]:
    found: list[str] = []
    for token in tokens:
        if token == end:
            return found
        if token.startswith("$"):
            raise DatabaseError(f"'{token}' where '{end}' is expected")
        found.append(token)
    raise DatabaseError(f"'{end}' is missing")


def _without_comments(text: str) -> Iterator[str]:
    inside = False
    for token in text.split():
        if inside:
            inside = token != "$)"
        elif token == "$(":
            inside = True
        else:
            yield token
    if inside:
        raise DatabaseError("a comment is not closed")


def _substitute(symbols: Symbols, replaced: dict[str, Symbols]) -> Symbols:
    out: list[str] = []
    for symbol in symbols:
        if symbol in replaced:
            out.extend(replaced[symbol])
        else:
            out.append(symbol)
    return tuple(out)


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
