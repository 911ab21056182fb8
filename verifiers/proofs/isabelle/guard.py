r"""What an Isabelle candidate may not say: found in its text, before the server reads it.

>>> refusal("by simp")
''
>>> refusal("sorry")
"'sorry' leaves a gap"

A proof ends one theorem and does nothing else: commands of a theory, ML, new notation and antiquotations have no place
in it. Words in strings and cartouches are terms and names, and are not looked at; antiquotations are looked for there
too.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from verifiers.proofs.isabelle.text import visible, without_comments

__all__ = ["MAX_CHARACTERS", "refusal"]

MAX_CHARACTERS: Final = 100_000
"""Longest candidate that is checked at all."""

_GAP = "leaves a gap"
_AXIOM = "assumes what is not proved"
_ML = "runs ML code or reaches files"
_NOTATION = "changes what terms mean"
_THEORY = "is a command of a theory, not of a proof"
_FORBIDDEN: Final[dict[str, str]] = {
    **dict.fromkeys(("sorry", "oops", "skip_proof", "quick_and_dirty", "skip_proofs"), _GAP),
    **dict.fromkeys(("axiomatization", "oracle", "consts", "judgment", "nonterminal"), _AXIOM),
    **dict.fromkeys(
        ("ML", "ML_file", "ML_file_debug", "ML_file_no_debug", "ML_prf", "ML_val", "ML_command", "ML_export",
         "SML_file", "SML_file_debug", "SML_file_no_debug", "SML_export", "SML_import", "setup", "local_setup",
         "method_setup", "attribute_setup", "simproc_setup", "declaration", "syntax_declaration", "tactic",
         "raw_tactic", "parse_ast_translation", "parse_translation", "print_translation", "typed_print_translation",
         "print_ast_translation", "export_code", "code_printing", "code_reflect", "code_identifier", "code_monad",
         "code_reserved", "external_file", "bibtex_file", "generate_file", "export_generated_files",
         "compile_generated_files", "scala_build_generated_files", "hide_class", "ROOTS_file",
         "value", "values", "values_prolog", "nitpick", "nitpick_params", "quickcheck", "quickcheck_params",
         "quickcheck_generator", "refute", "refute_params", "try", "try0", "solve_direct", "sledgehammer_params",
         "smt_status", "boogie_file", "spark_open", "method", "extract", "realizers", "extract_type",
         "thm_oracles", "thm_deps", "unused_thms", "text", "text_raw", "txt", "chapter", "section", "subsection",
         "subsubsection", "paragraph", "subparagraph", "print_state", "use_thy",
         "remove_thy", "kill_thy", "display_drafts"), _ML),
    **dict.fromkeys(
        ("notation", "no_notation", "syntax", "no_syntax", "translations", "no_translations", "write", "type_notation",
         "no_type_notation", "abbreviation", "syntax_consts", "syntax_types", "alias", "type_alias", "hide_const",
         "hide_fact", "hide_type", "open_bundle", "unbundle", "bundle", "default_sort", "overloading"), _NOTATION),
    **dict.fromkeys(
        ("theory", "imports", "keywords", "begin", "end", "theorem", "lemma", "lemmas", "corollary", "proposition",
         "schematic_goal", "theorems", "declare", "definition", "fun", "function", "primrec", "primcorec",
         "partial_function", "termination", "datatype", "codatatype",
         "record", "typedef", "typedecl", "type_synonym", "class", "instance",
         "instantiation", "subclass", "locale", "sublocale", "interpretation", "global_interpretation", "context",
         "notepad", "experiment", "inductive", "inductive_set", "coinductive", "inductive_cases", "inductive_simps",
         "named_theorems", "specification", "ax_specification", "setup_lifting", "lift_definition",
         "quotient_type", "quotient_definition", "private", "qualified"), _THEORY),
}  # fmt: skip
"""Word -> why a candidate that says it outside strings is rejected."""
_OPENERS: Final = frozenset(
    ("by", "proof", "using", "unfolding", "apply", "including", "supply", "subgoal", "prefer", "defer", ".", "..",
     "sledgehammer")
)  # fmt: skip
"""How a proof begins. Anything else would go on with the statement: `if "False"`, `assumes "False"`, `and "..."`."""
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_']*(?:\.[A-Za-z][A-Za-z0-9_']*)*")
_FIRST: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_']*|\.{1,2}(?![.\w])|\S)")
_CONTROL: Final = re.compile(r"\\<\^(?!(?:sub|sup|bold|bsub|esub|bsup|esup|item|here)>)[^>\s]*>?")
_OPTIONS: Final = re.compile(r"\[\s*\[([^\]]*)")
_HIDDEN: Final = re.compile(
    r"(?<![\w'])(?:(?:raw_)?tactic|quick_and_dirty|smt_\w*(?:certificates|files)|(?:sledgehammer|mash|atp)_\w+)(?![\w'])"
)
"""Methods that run ML and options that write files. They may be quoted, qualified (`Pure.tactic`), or stand in the
cartouche of a method that takes methods, so they are looked for in strings and cartouches too."""
_ESCAPE: Final = re.compile(r"\\\d")
"""Isabelle's strings may give a character by its number."""
_ALLOWED_OPTIONS: Final = frozenset(
    ("simproc", "simp_depth_limit", "linarith_split_limit", "linarith_neq_limit", "blast_depth_limit",
     "unify_search_bound", "smt_timeout", "show_types", "show_sorts", "simp_trace", "metis_trace")
)  # fmt: skip


def refusal(proof: str) -> str:
    """Why a proof is rejected before Isabelle reads it; empty if it is not.

    Raises:
        UnreadableText: a comment, string or cartouche is not closed.
    """
    for character in proof:
        if character not in "\n\r\t " and unicodedata.category(character)[0] in "CZ":
            return f"holds the character U+{ord(character):04X}, which cannot be seen"
    told = without_comments(proof)
    if "@{" in told or "{*" in told:
        return f"an antiquotation or verbatim text {_ML}"
    control = _CONTROL.search(told)
    if control is not None:
        return f"'{control.group()[:40]}' {_ML}"
    hidden = _HIDDEN.search(told)
    if hidden is not None:
        return f"'{hidden.group()}' {_ML}"
    if _ESCAPE.search(told):
        return "spells a character as a number"
    outer = visible(proof)
    for word in _WORD.findall(outer):
        if word in _FORBIDDEN:
            return f"'{word}' {_FORBIDDEN[word]}"
    for options in _OPTIONS.finditer(outer):
        for option in options.group(1).split(","):
            name = re.split(r"[\s=]", option.strip(), maxsplit=1)[0]
            if name not in _ALLOWED_OPTIONS:
                return f"option '{name[:40]}' is not one that a proof may set"
    first = _FIRST.match(told)
    if first is None or first.group(1) not in _OPENERS:
        return f"a proof does not begin with '{first.group(1) if first else ''}': it would go on with the statement"
    return ""
