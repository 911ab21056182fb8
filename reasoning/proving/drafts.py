r"""Theorems with proofs to be tried, drawn from templates: variables renamed, terms and numbers put in.

    templates = read_templates(data_file("nano_prover/templates.lean").read_text())
    draft = vary(templates[0], random.Random(1))
    draft.statement      # "theorem nat_mul_le_left (m y k : Nat) (h : m ≤ y + 3) : k * m ≤ k * (y + 3) := by"
    draft.proofs         # ("  exact Nat.mul_le_mul_left k h",)

Nothing here is proved: a draft is a guess that Lean judges.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reasoning.proving.held_out import without_name
from verifiers.proofs.lean.text import split_statement

__all__ = ["Draft", "canonical", "named", "read_templates", "vary"]

_OR: Final = "--or"
_GROUP: Final = re.compile(r"\(([^\W\d][\w' ]*) : ([^()]+)\)\Z")
_WORD: Final = re.compile(r"(?<![\w.'])[^\W\d][\w'₀-₉]*")
_NUMBER: Final = re.compile(r"\$(?:([A-Z])|\(([A-Z])([+*])([A-Z]|\d)\))")
_NUMBERS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
_NAMES: Final = {
    "Nat": ("a", "b", "c", "d", "k", "m", "n", "x", "y", "z"),
    "Int": ("a", "b", "c", "x", "y", "z", "u", "v"),
    "Prop": ("p", "q", "r", "s", "A", "B", "C"),
    "Bool": ("a", "b", "c", "x", "y"),
    "List Nat": ("xs", "ys", "zs", "l", "as", "bs"),
}
"""Type -> names for its variables; other variables keep theirs."""
_TERMS: Final = {
    "Nat": ("({v} + $K)", "($K * {v})", "({v} + {w})", "({v} * {w})"),
    "Int": ("({v} + $K)", "($K * {v})", "({v} - {w})", "(-{v})"),
    "Prop": ("({v} ∧ {w})", "({v} ∨ {w})", "(¬ {v})", "({v} → {w})"),
    "Bool": ("({v} && {w})", "(!{v})", "({v} || {w})"),
    "List Nat": ("({v} ++ {w})", "{v}.reverse", "({v}.map (· + $K))", "($K :: {v})", "({v}.take $K)"),
}
"""Type -> terms of the same type, with one or two variables, that may stand for a variable."""
_TERM_SHARE: Final = 0.45
_MOST_TERMS: Final = 2


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement and proofs that may prove it.

    Attributes:
        statement: ends in `:= by`; its theorem's name is that of the family.
        proofs: what may follow it, each indented by two spaces.
        family: where it comes from.
    """

    statement: str
    proofs: tuple[str, ...]
    family: str


def read_templates(text: str) -> list[Draft]:
    """The templates in a text: blocks divided by blank lines, proofs of a block by `--or`; `--` begins a remark.

    Raises:
        RecordError: a block declares no named theorem.
    """
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line == _OR or not line.startswith("--")]
        if not lines:
            continue
        proofs = tuple("\n".join(lines[1:]).split(f"\n{_OR}\n"))
        found.append(Draft(lines[0], proofs, split_statement(lines[0]).name))
    return found


def named(statement: str, name: str) -> str:
    """The statement under another name."""
    return f"theorem {name} {without_name(statement)} := by"


def canonical(statement: str) -> str:
    """The statement with its variables called by the first names of their types, in order: `a b c` for numbers.

    Where such a name stands for something else in the statement, another one is taken.
    """
    text = without_name(statement)
    binders = _variables(_groups(text)[0])
    own = {name for name, _ in binders}
    taken = {*_WORD.findall(text)} - own
    renamed: dict[str, str] = {}
    for name, kind in binders:
        renamed[name] = next((one for one in _NAMES[kind] if one not in taken), name)
        taken.add(renamed[name])
    new = _WORD.sub(lambda found: renamed.get(found.group(), found.group()), text)
    return f"theorem {split_statement(statement).name} {new} := by"


def vary(template: Draft, stream: random.Random) -> Draft:
    """One theorem of a template's kind.

    Variables of an inductive proof are renamed but not replaced by terms.
    """
    groups, goal = _groups(without_name(template.statement))
    binders = _variables(groups)
    renamed = _rename(binders, stream)
    replaced = dict(renamed)
    takes_terms = not any("induction" in proof or "cases" in proof for proof in template.proofs)
    extra: list[tuple[str, str]] = []
    if takes_terms:
        extra = _put_terms_in(binders, replaced, stream)
    numbers = dict(zip("KMJ", stream.sample(_NUMBERS, 3), strict=True))

    def new(text: str) -> str:
        text = _WORD.sub(lambda found: replaced.get(found.group(), found.group()), text)
        return _NUMBER.sub(lambda found: _number(found, numbers), text)

    others = [group for group in groups if not _variables([group])]
    text = " ".join((*others, goal))
    head = "".join(f"({' '.join(names)} : {kind}) " for kind, names in _grouped(binders, renamed, extra))
    statement = f"theorem {template.family} {head}{new(text)} := by"
    proofs = [_tidy(new(proof)) for proof in template.proofs]
    stream.shuffle(proofs)
    return Draft(_tidy(statement), tuple(proofs), template.family)


def _groups(text: str) -> tuple[list[str], str]:
    """The brackets that a statement begins with, and what follows them."""
    groups = []
    while text.startswith("("):
        depths = itertools.accumulate((sign == "(") - (sign == ")") for sign in text)
        end = next((place for place, depth in enumerate(depths, 1) if not depth), len(text))
        groups.append(text[:end])
        text = text[end:].lstrip()
    return groups, text


def _variables(groups: Sequence[str]) -> list[tuple[str, str]]:
    """Variables that may be renamed, with their types."""
    found = [match.groups() for group in groups if (match := _GROUP.match(group))]
    return [(name, kind) for names, kind in found if kind in _NAMES for name in names.split()]


def _rename(binders: Sequence[tuple[str, str]], stream: random.Random) -> dict[str, str]:
    taken: set[str] = set()
    renamed: dict[str, str] = {}
    for name, kind in binders:
        # Names that the template itself binds elsewhere (`x` of `cons x xs`) stay free.
        free = [other for other in _NAMES[kind] if other not in taken]
        renamed[name] = name if stream.random() < 0.4 and name not in taken else stream.choice(free)
        taken.add(renamed[name])
    return renamed


def _put_terms_in(
    binders: Sequence[tuple[str, str]], replaced: dict[str, str], stream: random.Random
) -> list[tuple[str, str]]:
    """Replace some variables by terms; returns the variables that this adds."""
    extra: list[tuple[str, str]] = []
    if stream.random() > _TERM_SHARE * 1.5:
        return extra
    for name, kind in stream.sample(list(binders), min(len(binders), _MOST_TERMS)):
        if stream.random() > _TERM_SHARE:
            continue
        term = stream.choice(_TERMS[kind])
        taken = {*replaced.values(), *(other for other, _ in extra)}
        other = stream.choice([one for one in _NAMES[kind] if one not in taken])
        if "{w}" in term:
            extra.append((other, kind))
        number = str(stream.choice(_NUMBERS[:6]))
        replaced[name] = term.replace("{v}", replaced[name]).replace("{w}", other).replace("$K", number)
    return extra


def _grouped(
    binders: Sequence[tuple[str, str]], renamed: dict[str, str], extra: Sequence[tuple[str, str]]
) -> list[tuple[str, list[str]]]:
    """Types with the variables to bind, those of a type together, in the order of the template."""
    groups: dict[str, list[str]] = {}
    for name, kind in (*((renamed[name], kind) for name, kind in binders), *extra):
        groups.setdefault(kind, []).append(name)
    return list(groups.items())


def _number(found: re.Match[str], numbers: dict[str, int]) -> str:
    single, left, sign, right = found.groups()
    if single:
        return str(numbers[single])
    other = numbers[right] if right in numbers else int(right)
    return str(numbers[left] + other if sign == "+" else numbers[left] * other)


def _tidy(text: str) -> str:
    """Single spaces inside lines."""
    lines = []
    for line in text.split("\n"):
        margin = len(line) - len(line.lstrip(" "))
        lines.append(" " * margin + re.sub(r" {2,}", " ", line[margin:]))
    return "\n".join(lines)
