r"""Code out of a completion: fences, prose, repeated prompts, bodies that continue a prompt, chatter behind.

>>> prompt = "def add(a, b):\n    '''Add.'''\n"
>>> extract_program("    return a + b\n\nThis adds the two.", prompt=prompt, entry_point="add")
"def add(a, b):\n    '''Add.'''\n    return a + b\n\n"
>>> extract_solution("'oX' * 1000)\n")
Extracted(kind='expression', source="'oX' * 1000")

Text is read, never run. Each reading is a whole text to which the compiler is asked at most `MAX_CUTS` times where
it breaks, so the time stays linear; text too long or too deeply nested to be parsed safely is taken as it is.
"""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from verifiers.code_blocks import code_blocks
from verifiers.thoughts import without_thoughts

__all__ = ["MAX_PARSED_CHARACTERS", "Extracted", "extract_program", "extract_solution", "is_safe_to_parse", "preamble"]

MAX_PARSED_CHARACTERS = 100_000
"""Longest text that is parsed at all."""
MAX_NESTING = 150
"""Deepest nesting of brackets that is parsed; the tokenizer of CPython refuses 200."""
MAX_CUTS = 6
"""How often one reading is cut where it breaks."""
MAX_READINGS = 12
"""How many readings of one completion are tried."""

_BEGIN = re.compile(r"\[(BEGIN|PYTHON|ANSWER)\][ \t]*\n?")
_END = re.compile(r"\[/?(?:DONE|PYTHON|ANSWER)\]")
_END_LINE = re.compile(r"^\[DONE\]", re.MULTILINE)
_CODE_START = re.compile(
    r"^(?:def |class |import |from \w[\w.]* import|@|async def |[A-Za-z_]\w*(?:[ \t]*:[^\n=]+)? = )", re.MULTILINE
)
_ANYTHING = re.compile("")
_MAIN_GUARD = re.compile(r"^if\s+__name__\s*==", re.MULTILINE)
_ASSERT_PREFIX = re.compile(r"\s*assert\s+(?:True\s*==\s*)?\w+\(")
_PYTHON = ("", "python", "py", "python3")
Validity = Literal["valid", "invalid", "unknown"]


@dataclass(frozen=True, slots=True)
class Extracted:
    """Code found in a completion.

    Attributes:
        kind: a whole program, or one expression.
        source: its text.
    """

    kind: Literal["program", "expression"]
    source: str


def extract_program(text: str, *, prompt: str = "", entry_point: str | None = None) -> str | None:
    """The program that a completion of `prompt` means.

    A completion that defines `entry_point` is a program of its own; what the prompt defines before it (imports,
    helpers) is put in front. Any other completion continues the prompt, whatever its indentation.

    Args:
        text: the completion, or whole source, fenced or not.
        prompt: what was completed; it matters only if it is code that opens `entry_point`.
        entry_point: the function that is wanted; None where any program will do.

    Returns:
        Source text, or None when the text holds nothing that could be code. Source that does not compile is
        returned when nothing better is found.
    """
    text, prompt = _clean(text), _clean(prompt)
    defines = _definition_of([entry_point]) if entry_point else _ANYTHING
    opened = bool(entry_point) and f"def {entry_point}(" in prompt
    broken: str | None = None
    for reading in _readings(text, defines, keep_bodies=opened):
        for before, program, floor in _programs(reading, prompt if opened else "", defines, entry_point):
            source = _trimmed(program, defines, floor)
            if source is not None:
                return _missing_parts(source, text, defines) + before + source
            if broken is None and _looks_like_code(reading):
                broken = before + program
    return broken


def extract_solution(text: str, entry_names: tuple[str, ...] = ("sol", "g")) -> Extracted | None:
    """The solution of a puzzle that a completion means.

    Args:
        text: source that defines one of `entry_names`, a bare expression, or what follows `assert True == f(`.
        entry_names: names of the function that gives the answer.

    Returns:
        The program or the expression; None when the text holds neither.
    """
    text = _clean(text)
    defines = _definition_of(list(entry_names))
    first: str | None = None
    for reading in _readings(text, defines, keep_bodies=False):
        if not defines.search(reading):
            expression = _expression_in(reading)
            if expression is not None:
                return Extracted("expression", expression)
            continue
        source = _trimmed(reading, defines)
        if source is not None:
            return Extracted("program", source)
        first = reading if first is None else first
    return None if first is None else Extracted("program", first)


def _clean(text: str) -> str:
    text = without_thoughts(text.removeprefix("\ufeff"))
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _definition_of(names: list[str]) -> re.Pattern[str]:
    name = f"(?:{'|'.join(re.escape(name) for name in names)})"
    return re.compile(
        rf"^(?:(?:async[ \t]+)?def[ \t]+{name}[ \t]*[\[(]|class[ \t]+{name}\b|{name}[ \t]*(?::[^\n]*)?=(?!=)"
        rf"|(?:from|import)[ \t].*\b{name}\b)",
        re.MULTILINE,
    )


def _readings(text: str, defines: re.Pattern[str], *, keep_bodies: bool) -> Iterator[str]:
    """The texts within a completion that may be its code, most promising first."""
    begin = _BEGIN.search(text)
    if begin is not None:
        text = text[begin.end() :]
    end = _END_LINE.search(text) if begin is None else _END.search(text)
    if end is not None:
        text = text[: end.start()]
    if "```" not in text and "~~~" not in text:
        yield text
        return
    found = list(code_blocks(text))
    blocks = [block.text for block in found if block.closed or block.text.strip()]
    defining = [block for block in blocks if defines.search(block)]
    before = text[: found[0].begin] if found else text
    if before.strip() and not blocks:
        yield before
    if keep_bodies and before[:1] in (" ", "\t") and before.strip():
        yield before
    yield from reversed(defining[-MAX_READINGS:])
    if not defining and before.strip() and defines.search(before):
        yield before
    yield from (block for block in reversed(blocks[-MAX_READINGS:]) if block not in defining)
    yield text


def _programs(
    reading: str, prompt: str, defines: re.Pattern[str], entry_point: str | None
) -> Iterator[tuple[str, str, int]]:
    """Whole programs that a reading may mean, most promising first.

    Yields:
        What stands before the program, the program, and the length of it that no cut may go below.
    """
    if not reading.strip():
        return
    indented = reading.lstrip("\n")[:1] in (" ", "\t")
    dedented = textwrap.dedent(reading) if indented else reading
    if defines.search(dedented) and (not indented or len(dedented) < len(reading)):
        yield preamble(prompt, entry_point), dedented, 0
        return
    if not prompt:
        yield "", reading, 0
        return
    floor = len(prompt.rstrip())
    if not indented and prompt.endswith("\n"):
        margin = _margin(prompt)
        yield "", prompt + textwrap.indent(reading, margin), floor
        yield "", prompt + margin + reading, floor
    yield "", prompt + reading, floor
    if defines.search(reading):
        yield preamble(prompt, entry_point), reading, 0


def _margin(prompt: str) -> str:
    """The indentation of the body that a prompt has opened."""
    last = prompt.rstrip().rpartition("\n")[2]
    return last[: len(last) - len(last.lstrip())] or "    "


def preamble(prompt: str, entry_point: str | None) -> str:
    """What a prompt that is code defines before the function that it opens; empty if that does not compile."""
    start = prompt.rfind(f"def {entry_point}(") if entry_point else -1
    if start < 0 or (start > 0 and prompt[start - 1] != "\n"):
        return ""
    before = prompt[:start]
    return before if before.strip() and _compiles(before) == "valid" else ""


def _trimmed(source: str, defines: re.Pattern[str], floor: int = 0) -> str | None:
    """`source` without prose in front, broken chatter behind and main guard.

    None if no such cut compiles and is longer than `floor`, the part that does not stem from the completion.
    """
    guard = None if defines is _ANYTHING else _MAIN_GUARD.search(source)
    if guard is not None and defines.search(source, 0, guard.start()):
        source = source[: guard.start()]
    for start in [0] if floor else _starts(source, defines):
        text = source[start:]
        for _ in range(MAX_CUTS):
            broken = _broken_line(text)
            if broken is None:
                return _without_trailing_words(text, defines)
            text = _cut_before(text, broken)
            if len(text.rstrip()) <= floor or not defines.search(text):
                break
    return None


def _missing_parts(source: str, text: str, defines: re.Pattern[str]) -> str:
    """The other blocks of a completion that define what `source` uses: imports or helpers shown apart."""
    if text.count("```") + text.count("~~~") < 4:
        return ""
    missing = _names(source)[1]
    parts: list[str] = []
    for block in reversed(list(code_blocks(text))):
        usable = (
            block.closed
            and block.language in _PYTHON
            and block.text.strip() not in source
            and not defines.search(block.text)
        )
        if missing and usable and _compiles(block.text) == "valid":
            defined, used = _names(block.text)
            if defined & missing:
                parts.append(block.text)
                missing = (missing - defined) | used
    return "".join(reversed(parts))


def _names(source: str) -> tuple[set[str], set[str]]:
    """Names that a program defines at its top level, and those that it uses and nothing in it defines."""
    if _compiles(source) != "valid":
        return set(), set()
    tree = ast.parse(source)
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        else:
            bound.update(_bound_by(node))
    top = {name for node in tree.body for name in _bound_by(node)}
    top |= {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
            if isinstance(target, ast.Name)}  # fmt: skip
    return top, {name for name in used - bound if not hasattr(builtins, name)}


def _bound_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ExceptHandler) and node.name:
        return [node.name]
    return []


def _starts(source: str, defines: re.Pattern[str]) -> Iterator[int]:
    """Where the code may begin: at the top, at the first line that looks like code, at the definition itself."""
    tried = {0}
    yield 0
    for pattern in (_CODE_START, defines):
        match = pattern.search(source)
        if match is not None and match.start() not in tried:
            tried.add(match.start())
            yield match.start()


def _cut_before(text: str, line: int) -> str:
    """`text` up to the last statement of the top level that begins in or before `line` (counted from 1)."""
    lines = text.splitlines(keepends=True)
    last = min(line, len(lines)) - 1
    while last > 0 and (not lines[last].strip() or lines[last][0] in " \t)]}#" or lines[last - 1].startswith("@")):
        last -= 1
    return "".join(lines[:last])


def _without_trailing_words(text: str, defines: re.Pattern[str]) -> str:
    """`text` without lone words after the last definition: prose such as `Explanation` is a valid expression."""
    lines = text.splitlines(keepends=True)
    end = kept = len(lines)
    while end and (not lines[end - 1].strip() or re.fullmatch(r"[A-Za-z]\w*[.:]?\s*", lines[end - 1])):
        end -= 1
        if lines[end].strip():
            kept = end
    return "".join(lines[:kept])


def _broken_line(text: str) -> int | None:
    """The line (from 1) at which the compiler stops; None if it does not, or must not be asked."""
    if _compiles(text) == "unknown":
        return None
    try:
        _parse(text, "exec")
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _compiles(text: str, mode: Literal["exec", "eval"] = "exec") -> Validity:
    if not is_safe_to_parse(text):
        return "unknown"
    try:
        _parse(text, mode)
    except SyntaxError as error:
        return "unknown" if "integer string conversion" in str(error) else "invalid"
    except (ValueError, RecursionError, MemoryError):
        return "invalid"
    return "valid"


def _parse(text: str, mode: Literal["exec", "eval"]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Up to the syntax tree and no further: generating code for deep nesting can overflow the stack.
        compile(text, "<completion>", mode, flags=ast.PyCF_ONLY_AST, dont_inherit=True)


def is_safe_to_parse(text: str) -> bool:
    """Whether the compiler can be asked about `text` without exhausting the stack of this process."""
    if len(text) > MAX_PARSED_CHARACTERS:
        return False
    depth = 0
    for character in re.findall(r"[()\[\]{}]", text):
        depth += 1 if character in "([{" else -1
        if depth > MAX_NESTING:
            return False
        depth = max(depth, 0)
    return True


def _looks_like_code(text: str) -> bool:
    return bool(_CODE_START.search(text) or re.search(r"^[ \t]+\S", text, re.MULTILINE))


def _expression_in(reading: str) -> str | None:
    """The expression that `reading` is, or begins with when it continues `f(`."""
    reading = reading.strip()
    prefix = _ASSERT_PREFIX.match(reading)
    if prefix is not None:
        reading = reading[prefix.end() :]
    head = _before_unmatched_parenthesis(reading)
    expression = (reading if head is None else head).strip()
    if not expression or _compiles(f"(\n{expression}\n)", "eval") == "invalid":
        return None
    return expression


_TOKEN = re.compile(
    r"""(?P<string>'''(?:\\.|[^\\])*?(?:'''|\\?\Z)|\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\\?\Z)"""
    r"""|'(?:\\.|[^\\'\n])*'?|"(?:\\.|[^\\"\n])*"?)"""
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])",
    re.DOTALL,
)


def _before_unmatched_parenthesis(text: str) -> str | None:
    depth = 0
    for token in _TOKEN.finditer(text):
        if token["open"]:
            depth += 1
        elif token["close"]:
            if depth == 0:
                return text[: token.start()] if token["close"] == ")" else None
            depth -= 1
    return None
