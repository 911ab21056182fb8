r"""Statements that a model wrote, read so that nothing but one statement is left of them.

>>> read_statement("lean", "```lean4\ntheorem foo (n : Nat) : n = n := by\n  rfl\n```", "mine")
Written(statement='theorem mine (n : Nat) : n = n := by', reason='')
>>> read_statement("lean", "axiom a : False", "mine").reason
'holds no theorem'

A statement that is to be proved is trusted by the prover that judges its proofs, and this one comes from a model: so it
must be a single declaration without commands, tactics, options or notation, and gets a name of ours. What it means is
another matter: nothing here says that it is the problem's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from reasoning.methods.subgoal_prompts import code_in
from verifiers.proofs.isabelle import guard as isabelle_guard
from verifiers.proofs.isabelle.text import UnreadableText, visible
from verifiers.proofs.isabelle.text import without_comments as without_isabelle_comments
from verifiers.proofs.lean import guard as lean_guard
from verifiers.proofs.lean.text import blank_comments_and_strings
from verifiers.proofs.lean.text import without_comments as without_lean_comments

__all__ = ["MOST_CHARACTERS", "Written", "read_statement"]

MOST_CHARACTERS: Final = 2_000
"""Longest statement that is read."""
_LEAN_HEAD: Final = re.compile(r"\b(?:theorem|lemma)\s+(?:«[^»\n]*»|[^\s(){}\[\]:⦃⦄«».,;=|\"]+(?:\.[^\s(){}\[\]:]+)*)")
_LEAN_COMMANDS: Final = frozenset(
    """theorem lemma def abbrev axiom example inductive structure class instance opaque namespace section variable
    universe import prelude macro_rules macro notation infix infixl infixr prefix postfix attribute end open set_option
    syntax deriving mutual export local scoped include omit by""".split()  # noqa: SIM905 - the list would be longer
)
_LEAN_WORD: Final = re.compile(r"#?[^\W\d][\w'₀-₉]*")
_ISABELLE_HEAD: Final = re.compile(r"\b(?:theorem|lemma|corollary|proposition)\b(?:\s+[A-Za-z][\w']*\s*:(?!:))?")
_ISABELLE_PROOF: Final = re.compile(
    r"(?<![\w.'])(?:by|proof|using|unfolding|apply|sorry|oops|sledgehammer|theorem|lemma|end)(?![\w'])|(?<=\s)\.\.?(?=\s|\Z)"
)


@dataclass(frozen=True, slots=True)
class Written:
    """A statement, or the reason why there is none.

    Attributes:
        statement: up to the place where a proof begins; empty where there is none.
        reason: why there is none.
    """

    statement: str
    reason: str = ""


def read_statement(system: str, reply: str, name: str) -> Written:
    """The first theorem that a reply states, under a name of ours; a proof behind it is left out.

    Args:
        system: `lean` or `isabelle`.
        reply: the model's.
        name: that the theorem gets.
    """
    code = code_in(reply)
    if len(code) > MOST_CHARACTERS:
        return Written("", f"longer than {MOST_CHARACTERS} characters")
    return _isabelle(code, name) if system == "isabelle" else _lean(code, name)


def _lean(code: str, name: str) -> Written:
    code = without_lean_comments(code)
    seen = blank_comments_and_strings(code)
    head = _LEAN_HEAD.search(seen)
    if head is None:
        return Written("", "holds no theorem")
    end = _end_of_type(seen, head.end())
    body = code[head.end() : end].rstrip()
    words = set(_LEAN_WORD.findall(seen[head.end() : end]))
    commands = sorted(words & _LEAN_COMMANDS | {word for word in words if word.startswith("#")})
    if commands:
        return Written("", f"'{commands[0]}' has no place in a statement")
    refused = lean_guard.refusal(body)
    if refused:
        return Written("", refused)
    return Written(f"theorem {name}{body} := by")


def _end_of_type(seen: str, begin: int) -> int:
    """Where `:=` stands outside all brackets, or the end."""
    depth = 0
    for place in range(begin, len(seen)):
        depth += (seen[place] in "([{⟨⦃") - (seen[place] in ")]}⟩⦄")
        if depth == 0 and seen.startswith(":=", place):
            return place
    return len(seen)


def _isabelle(code: str, name: str) -> Written:
    try:
        code = without_isabelle_comments(code)
        seen = visible(code)
    except UnreadableText as error:
        return Written("", str(error))
    head = _ISABELLE_HEAD.search(seen)
    if head is None:
        return Written("", "holds no theorem")
    proof = _ISABELLE_PROOF.search(seen, head.end())
    body = code[head.end() : proof.start() if proof else len(code)].strip()
    # The guard reads proofs: behind an opening word it finds what neither a proof nor a statement may say.
    refused = isabelle_guard.refusal(f"using {body}")
    if refused:
        return Written("", refused)
    return Written(f"theorem {name}: {body}") if body else Written("", "states nothing")
