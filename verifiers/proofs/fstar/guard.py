r"""What an F* candidate may not say: found in its text, before F* reads it.

>>> refusal("let f x = x")
''
>>> refusal("let f x = admit ()")
"'admit' leaves a gap"

A candidate is one definition and nothing else. Words are looked for in strings too: a tactic can make a name of one.
What only a tactic computes at check time is left to F*'s own report of its escape hatches.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from verifiers.proofs.fstar.text import strings, visible

__all__ = ["MAX_CHARACTERS", "refusal"]

MAX_CHARACTERS: Final = 100_000
"""Longest candidate that is checked at all."""

_GAP = "leaves a gap"
_CHECKS = "switches a check off"
_DECLARES = "is a declaration; a candidate is one definition"
_RUNS = "runs programs or makes names out of strings"
_FORBIDDEN: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("admit", "admitP", "admit1", "admit_all", "admit_dump", "admit_dump_t", "tadmit", "tadmit_t", "magic",
         "magic_dump", "magic_dump_t", "assume", "_assume", "unsafe_coerce", "unsafe_tactic_exec", "sorry"), _GAP),
    **dict.fromkeys(
        ("admit_smt_queries", "admit_except", "admit_termination", "lax", "lax_on", "set_options", "set_vconfig",
         "t_smt_sync", "smt_sync'", "expect_failure", "expect_lax_failure", "report_assumes", "warn_error",
         "no_smt", "already_cached", "with_compat_pre_core"), _CHECKS),
    **dict.fromkeys(
        ("val", "module", "include", "friend", "exception", "effect", "new_effect", "layered_effect", "sub_effect",
         "polymonadic_bind", "polymonadic_subcomp", "reifiable_effect", "instance", "class", "splice_t"),
        _DECLARES),
    **dict.fromkeys(("launch_process", "pack_fv", "term_of_string", "string_to_term", "mk_plugin"), _RUNS),
}  # fmt: skip
"""Word -> why a candidate that says it is rejected."""
_IN_STRINGS: Final = frozenset(
    word for word, reason in _FORBIDDEN.items() if reason in (_GAP, _CHECKS) and word not in ("lax", "sorry")
)
"""Of these, the ones that name something to a tactic or an option."""
_WORD: Final = re.compile(r"[^\W\d][\w']*")
_PRAGMA: Final = re.compile(
    r"%splice|#\s*(?:(?:set|reset|push|pop|show)-options|restart-solver|lang-\w*|light\b|check\b)"
)
_ATTRIBUTE: Final = re.compile(r"\[@+((?:[^\[\]]|\[[^\[\]]*\])*)\]?")
_ARGUMENT: Final = re.compile(r"\[[^\[\]]*\]")
_ALLOWED_ATTRIBUTES: Final = frozenset(
    ("opaque_to_smt", "inline_let", "inline_let_vc", "noextract", "strict_on_arguments", "tcnorm", "specialize",
     "CInline", "CPrologue", "unifier_hint_injective", "no_subtyping", "no_inline_let", "coercion")
)  # fmt: skip
_STRUCTURE: Final = re.compile(r"(?<![\w'])(?:let\s+open|let|in|and|type|open)(?![\w'])")


def refusal(definition: str) -> str:
    """Why a definition without comments is rejected before F* reads it; empty if it is not.

    Raises:
        UnreadableText: a string is not closed.
    """
    for character in definition:
        if character not in "\n\r\t " and unicodedata.category(character)[0] in "CZ":
            return f"holds the character U+{ord(character):04X}, which cannot be seen"
    outer = visible(definition)
    if "```" in outer:
        return "'```' begins text in another language"
    pragma = _PRAGMA.search(outer)
    if pragma is not None:
        return f"'{pragma.group()}' {_CHECKS}"
    for word in _WORD.findall(outer):
        reason = _FORBIDDEN.get(unicodedata.normalize("NFKC", word))
        if reason:
            return f"'{word}' {reason}"
    for text in strings(definition):
        for word in _WORD.findall(text):
            if word in _IN_STRINGS:
                return f"'{word}', in a string, {_FORBIDDEN[word]}"
    return _attribute_refusal(definition) or _structure_refusal(outer)


def _attribute_refusal(definition: str) -> str:
    for found in _ATTRIBUTE.finditer(definition):
        for name in re.split(r"[;,]", _ARGUMENT.sub("", found.group(1))):
            first = _WORD.search(name)
            if name.strip() and (first is None or first.group() not in _ALLOWED_ATTRIBUTES):
                return f"attribute '{name.strip()[:40]}' is not one that a definition may have"
    return ""


def _structure_refusal(outer: str) -> str:
    """Why it is more than one definition. Each `let` inside one has its `in`."""
    words = [found.group() for found in _STRUCTURE.finditer(outer)]
    depth = 0
    for word in words[1:]:
        if word.startswith("let"):
            depth += 1
        elif word == "in":
            depth -= 1
            if depth < 0:
                return "an 'in' without its 'let'"
        elif (word == "and" and not depth) or word in ("type", "open"):
            return f"'{word}' {_DECLARES}"
    return f"a second 'let' {_DECLARES}" if depth else ""
