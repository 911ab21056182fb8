r"""Lean source as text: where comments and strings are, what a statement declares, where a proof begins.

>>> split_statement("theorem foo (n : Nat) : n = n := by")
Statement(text='theorem foo (n : Nat) : n = n', opening=' := by', name='foo')
>>> source_of(split_statement("theorem foo (n : Nat) : n = n := by"), "  rfl", "").code
'theorem foo (n : Nat) : n = n := by\n  rfl\n'

Nothing here decides what is proved; that is the kernel's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verifiers.code_blocks import declaring_block
from verifiers.records import RecordError

__all__ = ["Source", "Statement", "blank_comments_and_strings", "source_of", "split_statement", "without_comments"]

_PART = r"(?:«[^»\n]*»|[^\s(){}\[\]:⦃⦄«».,;=|\"]+)"
_DECLARATION = r"\b(?:theorem|lemma)\s+"
_NAME = re.compile(rf"{_DECLARATION}({_PART}(?:\.{_PART})*)")
_OPENING = re.compile(r"\s*:=\s*(?:by\b)?\s*(?:sorry\s*)?\Z")
_COMMAND = re.compile(
    r"\s*(?:@\[[^\]]*\]\s*)?(?:(?:private|protected|public|noncomputable|partial|unsafe)\s+)*"
    r"(?:theorem|lemma|def|abbrev|axiom|example|inductive|structure|class|instance|opaque|namespace|section|variable|"
    r"universe|import|prelude|macro_rules|macro|notation|attribute|#exit|end)(?![\w'.!?])"
)
"""How a text begins that is no proof but a file."""
_LANGUAGES = ("lean", "lean4", "Lean", "Lean4")
_IMPORT_LINE = re.compile(r"^(?:public )?import [\w.]+[ \t]*$")
_CHARACTER = re.compile(r"'(?:\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)|[^'\\\n])'")
_RAW_STRING = re.compile(r'r(#*)"')
_BEFORE_CHARACTER = re.compile(r"[\w'!?₀-₉]")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, read.

    Attributes:
        text: up to, not including, `:=`.
        opening: what stood behind it: ` := by`, ` :=`, or nothing.
        name: of the theorem that it declares, as written.
    """

    text: str
    opening: str
    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """What the prover is given.

    Attributes:
        code: statement and proof, or the candidate's whole text.
        own: the candidate's part of it.
        lines_before: lines of `code` before the candidate's own first line.
        repeats_header: whether the candidate's text began with the header, which is left out of `code`.
    """

    code: str
    own: str
    lines_before: int = 0
    repeats_header: bool = False


def split_statement(statement: str) -> Statement:
    """Read a statement that ends before, at or behind `:=` / `:= by` (a `sorry` behind that is dropped).

    Raises:
        RecordError: it declares no named theorem.
    """
    found = _OPENING.search(statement)
    text = (statement[: found.start()] if found else statement).rstrip()
    opening = "" if found is None else " := by" if re.search(r"\bby\b", found.group()) else " :="
    name = _NAME.search(blank_comments_and_strings(text))
    if name is None:
        raise RecordError("statement", "declares no named theorem")
    return Statement(text, opening, name.group(1).removeprefix("_root_."))


def source_of(statement: Statement, candidate: str, header: str) -> Source:
    """The text to elaborate, of a candidate that is a proof or a whole file; a fence around it is taken off.

    A whole file is one that declares a theorem of the statement's name, or that begins with another command; the
    header, if it repeats it, is left out.
    """
    last_part = re.escape(statement.name.rpartition(".")[2])
    declaration = re.compile(rf"{_DECLARATION}(?:{_PART}\.)*{last_part}(?!\.?[\w'!?«])")
    block = declaring_block(candidate, _LANGUAGES, declaration)
    if block is not None:
        candidate = block.text
    visible = blank_comments_and_strings(candidate)
    if declaration.search(visible) is None and not _COMMAND.match(visible):
        before = statement.text + (statement.opening or " :=")
        if candidate.lstrip().startswith(":="):
            before = statement.text
        return Source(f"{before}\n{candidate}\n", candidate, before.count("\n") + 1)
    shown = header.strip()
    stripped = candidate.lstrip()
    if shown and stripped.startswith(shown):
        cut = len(candidate) - len(stripped) + len(shown)
        whole = re.sub(r"[^\n]", " ", candidate[:cut]) + candidate[cut:] + "\n"
        return Source(whole, whole, repeats_header=True)
    imported = {line.strip() for line in header.splitlines() if _IMPORT_LINE.match(line.strip())}
    lines = ["" if line.strip() in imported else line for line in candidate.split("\n")]
    whole = "\n".join(lines) + "\n"
    return Source(whole, whole)


def blank_comments_and_strings(code: str) -> str:
    """`code` with comments, strings and character literals blanked, of the same length and with the same lines.

    Where the reading is doubtful (interpolated strings, an unterminated comment or string) text is left visible, so
    that a doubtful word counts as used.
    """
    return _blanked(code, comments_only=False)


def without_comments(code: str) -> str:
    """`code` with comments blanked, of the same length and with the same lines; doubtful ones stay."""
    return _blanked(code, comments_only=True)


def _blanked(code: str, *, comments_only: bool) -> str:
    out: list[str] = []
    position, length = 0, len(code)
    previous = ""
    while position < length:
        end, visible = _token(code, position, previous)
        piece = code[position:end]
        kept = visible or (comments_only and not piece.startswith(("--", "/-")))
        out.append(piece if kept else re.sub(r"[^\n]", " ", piece))
        previous = piece[-1]
        position = end
    return "".join(out)


def _token(code: str, position: int, previous: str) -> tuple[int, bool]:
    """End of the piece that begins at `position`, and whether it stays visible."""
    two = code[position : position + 2]
    if two == "--":
        end = code.find("\n", position)
        return (len(code) if end < 0 else end), False
    if two == "/-":
        return _comment_end(code, position)
    character = code[position]
    if character == "«":
        end = code.find("»", position)
        return (len(code) if end < 0 else end + 1), True
    joined = bool(_BEFORE_CHARACTER.match(previous)) if previous else False
    if character == "'" and not joined:
        literal = _CHARACTER.match(code, position)
        return (literal.end(), False) if literal else (position + 1, True)
    if character == "r" and not joined:
        raw = _RAW_STRING.match(code, position)
        if raw is not None:
            end = code.find('"' + raw.group(1), raw.end())
            return (len(code), True) if end < 0 else (end + 1 + len(raw.group(1)), False)
    if character == '"':
        if previous == "!":
            return len(code), True  # s!"{...}" holds terms
        end = _string_end(code, position)
        return (len(code), True) if end < 0 else (end, False)
    return position + 1, True


def _comment_end(code: str, position: int) -> tuple[int, bool]:
    depth, end = 1, position + 2
    while depth and end < len(code):
        two = code[end : end + 2]
        if two == "/-":
            depth, end = depth + 1, end + 2
        elif two == "-/":
            depth, end = depth - 1, end + 2
        else:
            end += 1
    return (len(code), True) if depth else (end, False)


def _string_end(code: str, position: int) -> int:
    end = position + 1
    while end < len(code) and code[end] != '"':
        end += 2 if code[end] == "\\" else 1
    return end + 1 if end < len(code) else -1
