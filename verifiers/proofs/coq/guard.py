r"""What a Coq candidate may say: sentence by sentence, an allow list of commands, and words that are never allowed.

>>> from verifiers.proofs.coq.text import sentences
>>> refusal(sentences("intros n. reflexivity. Qed."), whole_file=False)
''
>>> refusal(sentences("admit. Admitted."), whole_file=False)
"'admit' leaves a gap"

A verdict of `passed` rests on the kernel and on `Print Assumptions`; this scan keeps files, machine code and
switched-off checks out of the process in which both are asked, and gives rejections their reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from verifiers.proofs.coq.text import DECLARATIONS, Sentence

__all__ = ["MAX_CHARACTERS", "refusal", "strange_character"]

MAX_CHARACTERS: Final = 100_000
"""Longest candidate that is checked at all."""

_GAP = "leaves a gap"
_AXIOM = "assumes what is not proved"
_FILES = "reaches files or machine code"
_NOTATION = "changes what terms mean"
_CHECKS = "switches a check off"
_FORBIDDEN: Final[dict[str, str]] = {
    **dict.fromkeys(("Admitted", "admit", "give_up", "Abort", "Admit"), _GAP),
    **dict.fromkeys(
        ("Axiom", "Axioms", "Parameter", "Parameters", "Conjecture", "Conjectures", "Declare", "Primitive"), _AXIOM
    ),
    **dict.fromkeys(
        ("Load", "Redirect", "Cd", "Pwd", "Drop", "Quit", "Extraction", "Extract", "Separate", "Recursive", "Dump",
         "Write", "Add", "Compile", "native_compute", "native_cast_no_check", "Ltac2", "BackTo", "Back", "Undo",
         "Restart", "Reset"),
        _FILES,
    ),
    **dict.fromkeys(
        ("Notation", "Infix", "Reserved", "Coercion", "Canonical", "Delimit", "Bind", "Undelimit"), _NOTATION
    ),
    **dict.fromkeys(("bypass_check", "Unset"), _CHECKS),
}  # fmt: skip
"""Word -> why a candidate that says it is rejected. `Unset` is looked at once more (`_OPTIONS`)."""

_IN_A_PROOF: Final = frozenset(
    ("Proof", "Qed", "Defined", "Unshelve", "Show", "Guarded", "Focus", "Unfocus", "Check", "Eval", "Compute", "Opaque",
     "Transparent", "Open", "Close", "Optimize")
)  # fmt: skip
_IN_A_FILE: Final = _IN_A_PROOF | frozenset(
    (*DECLARATIONS, "Definition", "Fixpoint", "CoFixpoint", "Inductive", "CoInductive", "Variant", "Record",
     "Structure", "Let", "Section", "Module", "End", "Require", "From", "Import", "Export", "Hint", "Create", "Remove",
     "Arguments", "Instance", "Existing", "Class", "Scheme", "Combined", "Functional", "Function", "Implicit",
     "Generalizable", "Set", "Unset", "Ltac", "Program", "Next", "Obligation", "Solve", "Variable", "Variables",
     "Hypothesis", "Hypotheses", "Context", "Derive", "Goal", "Save", "Universe", "Constraint")
)  # fmt: skip
_ASSUMED_IN_SECTIONS: Final = frozenset(("Variable", "Variables", "Hypothesis", "Hypotheses", "Context", "Let"))
_PREFIXES: Final = frozenset(
    ("Time", "Succeed", "Fail", "Global", "Local", "Polymorphic", "Monomorphic", "Cumulative", "NonCumulative",
     "Program")
)  # fmt: skip
_OPTIONS: Final = re.compile(
    r"\A\s*(?:(?:Global|Local)\s+)?(?:Set|Unset)\s+(?:Implicit\s+Arguments|Strict\s+Implicit|Contextual\s+Implicit|"
    r"Maximal\s+Implicit\s+Insertion|Printing\s+[A-Za-z ]+|Asymmetric\s+Patterns|Primitive\s+Projections|"
    r"Default\s+Proof\s+Using[^.]*|Default\s+Goal\s+Selector|Bullet\s+Behavior|Program\s+Mode|Reversible\s+Pattern\s+Implicit|"
    r"Elimination\s+Schemes|Keyed\s+Unification|Refine\s+Instance\s+Mode|Warnings)\s*\.\s*\Z"
)
_ATTRIBUTES: Final = re.compile(r"#\s*\[([^\]]*)\]?")
_ALLOWED_ATTRIBUTE: Final = re.compile(r"\A\s*(?:local|global|export|program|refine)\s*\Z")
_BEFORE_SENTENCE: Final = re.compile(
    r"\A(?:\s|[-+*]+(?=\s|\w)|[{}]|\[\s*[\w']+\s*\]\s*:(?=\s*\{)|(?:all|par|!|\d[\d\s,-]*)\s*:)+"
)
_WORD: Final = re.compile(r"[^\W\d][\w']*")
_PLAIN_MODULE: Final = re.compile(r"\A\s*Module\s+[^\W\d][\w']*\s*\.\s*\Z")
_REDEFINES: Final = re.compile(r"::=")
_REQUIRED: Final = re.compile(r"\A\s*(?:From\s+[\w.]+\s+)?Require(?:\s+(?:Import|Export))?(?:\s+[\w.]+)+\s*\.\s*\Z")


def strange_character(code: str) -> str:
    """Why the characters of a text are refused; empty if they are not. Blanks that are no blanks hide sentence ends."""
    for character in code:
        if character in "\n\r\t" or " " <= character <= "~":
            continue
        category = unicodedata.category(character)
        if category[0] in "CZ":
            return f"holds the character U+{ord(character):04X}, which cannot be seen"
    return ""


def refusal(found: Sequence[Sentence], *, whole_file: bool) -> str:
    """Why a candidate is rejected before Coq reads it; empty if it is not.

    Args:
        found: its sentences.
        whole_file: whether it may declare things, or is a proof only.
    """
    reason = next((why for sentence in found if (why := _word_refusal(sentence.visible))), "")
    if reason:
        return reason
    scopes: list[str] = []
    finished = False
    for sentence in found:
        if finished and not whole_file:
            return "text after the end of the proof"
        word = _command(sentence.visible)
        reason = _sentence_refusal(sentence.visible, word, whole_file=whole_file, in_section="Section" in scopes)
        if reason:
            return reason
        if word in ("Section", "Module"):
            scopes.append(word)
        elif word == "End":
            if not scopes:
                return "'End' closes a section that the candidate did not open"
            scopes.pop()
        finished = finished or word in ("Qed", "Defined")
    return f"a {scopes[-1]} is left open" if scopes else ""


def _word_refusal(visible: str) -> str:
    for word in _WORD.findall(visible):
        normal = unicodedata.normalize("NFKC", word)
        reason = _FORBIDDEN.get(normal)
        if reason is None or (normal == "Unset" and _OPTIONS.match(visible)):
            continue
        return f"'{normal}' {reason}"
    for found in _ATTRIBUTES.finditer(visible):
        if not all(_ALLOWED_ATTRIBUTE.match(part) for part in found.group(1).split(",")):
            return f"attribute '{found.group(1).strip()[:40]}' {_CHECKS}"
    return ""


def _sentence_refusal(visible: str, word: str, *, whole_file: bool, in_section: bool) -> str:
    if not word:
        return ""
    known = _IN_A_FILE if whole_file else _IN_A_PROOF
    if word == "Tactic":
        return f"'Tactic Notation' {_NOTATION}"
    if word not in known:
        return f"'{word}' is no command that a {'file' if whole_file else 'proof'} may use"
    if word in _ASSUMED_IN_SECTIONS and not in_section:
        return f"'{word}' outside a section {_AXIOM}"
    if word in ("Set", "Unset") and not _OPTIONS.match(_without_prefix(visible)):
        return f"'{' '.join(visible.split())[:60]}' {_CHECKS}"
    if word == "Module" and not _PLAIN_MODULE.match(_without_prefix(visible)):
        return "'Module' with a signature or a body of its own may assume what is not proved"
    if word in ("Require", "From") and not _REQUIRED.match(_without_prefix(visible)):
        return f"'{' '.join(visible.split())[:60]}' {_FILES}"
    if word == "Ltac" and _REDEFINES.search(visible):
        return "'Ltac ... ::=' redefines a tactic"
    return ""


def _without_prefix(visible: str) -> str:
    """The sentence from its command word on."""
    rest = _BEFORE_SENTENCE.sub("", visible, count=1)
    while True:
        rest = re.sub(r"\A\s*#\s*\[[^\]]*\]", "", rest).lstrip()
        word = _WORD.match(rest)
        if word is not None and word.group() in _PREFIXES:
            rest = rest[word.end() :]
            continue
        timed = re.match(r"Timeout\s+\d+", rest)
        if timed is None:
            return rest
        rest = rest[timed.end() :]


def _command(visible: str) -> str:
    """The command word of a sentence; empty for a tactic."""
    word = _WORD.match(_without_prefix(visible))
    return word.group() if word is not None and word.group()[0].isupper() else ""
