r"""What a candidate may not even try: words that run code while it is checked, or that switch checks off.

>>> refusal("  sorry -- #eval 1")
''
>>> refusal("#eval IO.println 1")
"'#eval' runs code while the proof is checked"

No verdict of `passed` rests on this scan, which reads text only: it gives the reason of a rejection, and keeps the
worker that other candidates share free of foreign code. A candidate may bring macros, notation and parsers of its own;
where these compute anything, its worker is thrown away afterwards (`leaves_traces`).
"""

from __future__ import annotations

import re

from verifiers.proofs.lean.text import Source, Statement, blank_comments_and_strings, source_of

__all__ = ["MAX_CHARACTERS", "leaves_traces", "read_candidate", "refusal", "scopes_left_open"]

MAX_CHARACTERS = 400_000
"""Longest candidate that is checked at all."""

_RUNS_CODE = "runs code while the proof is checked"
_FOREIGN_CODE = "puts other code in the place of a definition"
_TRUSTS_COMPILER = "trusts compiled code instead of the kernel"
_REASONS: dict[str, str] = {
    **dict.fromkeys(
        ("#eval", "#guard", "#test_extern", "run_cmd", "run_elab", "run_meta", "run_tac", "by_elab", "initialize",
         "builtin_initialize", "elab", "elab_rules", "term_elab", "command_elab", "builtin_tactic", "builtin_term_elab",
         "builtin_command_elab", "builtin_macro", "simproc", "simproc_decl", "dsimproc", "builtin_simproc", "dbg_trace",
         "include_str"),
        _RUNS_CODE,
    ),
    **dict.fromkeys(("implemented_by", "extern", "csimp", "never_extract"), _FOREIGN_CODE),
    **dict.fromkeys(
        ("native_decide", "bv_decide", "ofReduceBool", "ofReduceNat", "reduceBool", "reduceNat", "trustCompiler"),
        _TRUSTS_COMPILER,
    ),
    "skipKernelTC": "switches the kernel off",
    "import": "brings its own imports",
    "prelude": "leaves the library out",
    "sorryAx": "is the axiom behind sorry",
    "axiom": "declares an axiom",
}  # fmt: skip
"""Word -> why a candidate that uses it is rejected."""

_PARSER_WORDS = frozenset(
    ("app_unexpander", "delab", "term_parser", "tactic_parser", "command_parser", "parser", "config")
)
"""Words behind which code of the candidate's own runs."""
_MACRO_WORDS = frozenset(("macro", "macro_rules", "syntax", "declare_syntax_cat", "tactic"))
_BUILDS_SYNTAX = re.compile(
    r"\bmk[A-Z]|\bT?Syntax\b|\bName\b|\.(?:ident|node|atom|mk|str|raw)\b|\bquote\b|\bdo\b|\bIO\b"
)
"""A macro without these only puts quoted pieces together, whose words are seen here."""
_WORD = re.compile(r"#?[^\W\d][\w'₀-₉]*[!?]?")
_SIMPLE_CONFIG = re.compile(r"\bconfig\s*:=\s*\{[\w\s:=.,]*\}")
_UNSAFE = re.compile(r"unsafe", re.IGNORECASE)
_NATIVE_OPTION = re.compile(r"\+\s*native\b|\bnative\s*:=\s*true")
_ATTRIBUTE = re.compile(r"(?:@|\battribute\s*)\[[^\]]{0,200}?(?<![\w.])(export|init|builtin_init)\b")
_SCOPE_WORD = re.compile(r"(?<![\w.'«@])(namespace|section|mutual|end)(?![\w'»])")


def read_candidate(statement: Statement, candidate: str, header: str) -> tuple[Source | None, str]:
    """A candidate's text as it is to be elaborated, or None and why it is rejected before that.

    Args:
        statement: what it has to prove.
        candidate: a proof or a whole file, as it came.
        header: what stands before the statement.
    """
    if len(candidate) > MAX_CHARACTERS:
        return None, f"longer than {MAX_CHARACTERS} characters"
    if not candidate.isascii() and candidate.encode("utf-8", "replace").decode() != candidate:
        return None, "not valid Unicode text"
    source = source_of(statement, candidate, header)
    reason = refusal(source.own, scopes_left_open(header) if source.repeats_header else 0)
    return (None, reason) if reason else (source, "")


def refusal(code: str, open_scopes: int = 0) -> str:
    """Why the candidate's text is rejected unseen; empty if it is not.

    Args:
        code: the candidate's own text (without header and statement).
        open_scopes: namespaces and sections that the candidate may close although they are not in its text.
    """
    visible = blank_comments_and_strings(code)
    for token in _WORD.findall(visible):
        word = token.rstrip("!?")
        reason = _REASONS.get(word) or _REASONS.get(word.lstrip("#"))
        if reason is not None:
            return f"'{word}' {reason}"
        if _UNSAFE.search(word):
            return f"'{word}' leaves the safe part of the language"
    if _NATIVE_OPTION.search(visible):
        return f"'native' {_TRUSTS_COMPILER}"
    attribute = _ATTRIBUTE.search(visible)
    if attribute is not None:
        return f"attribute '{attribute.group(1)}' {_FOREIGN_CODE if attribute.group(1) == 'export' else _RUNS_CODE}"
    depth = open_scopes
    for change in _scope_changes(visible):
        depth += change
        if depth < 0:
            return "'end' closes a scope that the candidate did not open"
    return ""


def scopes_left_open(code: str) -> int:
    """How many namespaces and sections `code` opens and does not close."""
    return sum(_scope_changes(blank_comments_and_strings(code)))


def _scope_changes(visible: str) -> list[int]:
    return [-1 if word == "end" else 1 for word in _SCOPE_WORD.findall(visible)]


def leaves_traces(code: str) -> bool:
    """Whether elaborating this text may run code of the candidate's own that the scan has not read.

    Macros that compute syntax could spell words that are not in the text; parsers and options are computed.
    """
    visible = _SIMPLE_CONFIG.sub(" ", blank_comments_and_strings(code))
    words = {word.rstrip("!?") for word in _WORD.findall(visible)}
    if words & _PARSER_WORDS:
        return True
    return bool(words & _MACRO_WORDS and _BUILDS_SYNTAX.search(visible))
