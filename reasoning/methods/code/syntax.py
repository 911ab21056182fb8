r"""Python source as its top-level parts: imports, constants, classes and functions, each with its own text.

>>> parts = parse("import math\n\n# Doubles.\ndef f(x):\n    '''Twice x.'''\n    return 2 * x  # two\n\nprint(f(2))\n")
>>> [part.kind for part in parts], parts[1].name
(['import', 'function'], 'f')
>>> parts[1].source
"# Doubles.\ndef f(x):\n    '''Twice x.'''\n    return 2 * x  # two"
>>> print(as_stub(parts[1]))
# Doubles.
def f(x):
    '''Twice x.'''
    raise NotImplementedError()

Text is read, never run. Parts keep their source, comments included; statements of any other kind (calls, `if
__name__`) are dropped. `merge` puts parts of several sources together, `render` writes them as one program.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from verifiers.extraction import is_safe_to_parse

__all__ = [
    "MAX_PARTS",
    "Part",
    "SourceError",
    "as_stub",
    "bound_names",
    "docstring_literal",
    "docstring_source",
    "function_named",
    "merge",
    "names_bound",
    "names_read",
    "parse",
    "render",
    "with_docstring",
]

MAX_PARTS = 200
"""Most top-level parts of one source."""
MAX_SYNTAX_NODES = 20_000
"""Most nodes of one source's syntax tree."""

CACHED = 512
"""Sources whose parts are remembered: samples of one prompt repeat each other and what they were shown."""

Kind = Literal["import", "constant", "class", "function"]


class SourceError(ValueError):
    """A text is no Python source that can be read here."""


@dataclass(frozen=True, slots=True)
class Part:
    """One top-level part of a source.

    Attributes:
        kind: what it is.
        name: of the function or class; targets of the constant; for an import the module, with its level in dots.
        source: its text, with the comments above and behind it.
        implemented: whether it is more than a stub; true for everything but functions.
        imported: (name, alias or empty) for an import; `import a.b` has the name of the module itself.
        definition: the syntax tree of a function, else None.
    """

    kind: Kind
    name: str
    source: str
    implemented: bool = True
    imported: tuple[tuple[str, str], ...] = ()
    definition: ast.FunctionDef | None = None

    @property
    def docstring(self) -> str:
        """The text of a function's docstring; empty where it has none."""
        return "" if self.definition is None else ast.get_docstring(self.definition) or ""

    @property
    def function(self) -> ast.FunctionDef:
        """The syntax tree of a function."""
        if self.definition is None:
            raise ValueError(f"{self.name} is no function")
        return self.definition


@lru_cache(maxsize=CACHED)
def parse(source: str) -> tuple[Part, ...]:
    """The parts of `source`, in order.

    Raises:
        SourceError: it does not compile, or is too long, too deeply nested or has too many parts to be read.
    """
    if not is_safe_to_parse(source):
        raise SourceError("too long or too deeply nested")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except SyntaxError as error:
        raise SourceError(f"line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise SourceError(str(error)) from None
    if len(tree.body) > MAX_PARTS or sum(1 for _ in ast.walk(tree)) > MAX_SYNTAX_NODES:
        raise SourceError("too many parts")
    lines = source.encode().splitlines(keepends=True)
    parts: list[Part] = []
    for statement in tree.body:
        parts.extend(_parts_of(statement, lines))
    return tuple(parts)


def _parts_of(statement: ast.stmt, lines: list[bytes]) -> Iterator[Part]:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            yield _import(alias.name, ((alias.name, alias.asname or ""),))
    elif isinstance(statement, ast.ImportFrom):
        module = "." * statement.level + (statement.module or "")
        yield _import(f"from {module}", tuple((alias.name, alias.asname or "") for alias in statement.names))
    elif isinstance(statement, ast.FunctionDef):
        source = _text_of(statement, lines)
        yield Part("function", statement.name, source, not _is_stub(statement), definition=statement)
    elif isinstance(statement, ast.ClassDef):
        yield Part("class", statement.name, _text_of(statement, lines))
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = [name for target in targets for name in _targets(target)]
        if names:
            yield Part("constant", ", ".join(names), _text_of(statement, lines))


def _import(name: str, imported: tuple[tuple[str, str], ...]) -> Part:
    united = tuple(sorted(set(imported)))
    written = ", ".join(f"{given} as {alias}" if alias else given for given, alias in united)
    source = f"{name} import {written}" if name.startswith("from ") else f"import {written}"
    return Part("import", name, source, imported=united)


def _targets(target: ast.expr) -> list[str]:
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Tuple | ast.List):
        return [name for element in target.elts for name in _targets(element)]
    return []


def _is_stub(function: ast.FunctionDef) -> bool:
    body = function.body[1:] if _docstring_of(function) is not None else function.body
    return all(map(_does_nothing, body))


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise):
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) and statement.value.value is ...
    return isinstance(statement, ast.Pass)


def _docstring_of(function: ast.FunctionDef) -> ast.Expr | None:
    first = function.body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and type(first.value.value) is str
    return first if isinstance(first, ast.Expr) and is_text else None


def _text_of(statement: ast.stmt, lines: list[bytes]) -> str:
    """The text of a statement, with whole comment lines right above and a comment behind."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    start = 0 if decorators else statement.col_offset
    last, end = (statement.end_lineno or statement.lineno) - 1, statement.end_col_offset or 0
    text = _between(lines, first, start, last, end)
    behind = lines[last][end:].strip()
    if behind.startswith(b"#"):
        text += b"  " + behind
    above = first
    while not start and above > 0 and lines[above - 1].startswith(b"#"):
        above -= 1
    return (b"".join(lines[above:first]) + text).decode().rstrip()


def _between(lines: list[bytes], first: int, start: int, last: int, end: int) -> bytes:
    if first == last:
        return lines[first][start:end]
    return lines[first][start:] + b"".join(lines[first + 1 : last]) + lines[last][:end]


def function_named(parts: Iterable[Part], name: str) -> Part | None:
    """The function of this name that counts: an implemented one before a stub, the last among equals."""
    found = [part for part in parts if part.kind == "function" and part.name == name]
    return max(enumerate(found), key=lambda pair: (pair[1].implemented, pair[0]))[1] if found else None


def merge(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Parts without repetitions.

    Imports of one module become one; of constants, classes and functions of one name the last is kept, except that a
    stub never takes the place of an implemented function. Each stands where its first namesake stood.
    """
    kept: dict[tuple[str, str], Part] = {}
    for part in parts:
        key = (part.kind, part.name)
        earlier = kept.get(key)
        if earlier is not None and part.kind == "import":
            part = _import(part.name, earlier.imported + part.imported)
        if earlier is None or part.implemented or not earlier.implemented:
            kept[key] = part
    return tuple(kept.values())


def render(parts: Iterable[Part]) -> str:
    """One program: imports in order of their names, then what functions may need when they are defined, then functions.

    A constant or class that reads a function's name when the module is loaded comes after the functions.
    """
    merged = merge(parts)
    functions = [part for part in merged if part.kind == "function"]
    names = {part.name for part in functions}
    imports = sorted((part for part in merged if part.kind == "import"), key=_import_order)
    others = [part for part in merged if part.kind in ("constant", "class")]
    late = [part for part in others if names & names_read(part.source)]
    early = [part for part in others if part not in late]
    head = "\n".join(part.source for part in imports)
    blocks = [head, *(part.source for part in (*early, *functions, *late))]
    return "\n\n\n".join(block for block in blocks if block) + "\n"


def _import_order(part: Part) -> tuple[bool, bool, str]:
    return part.name != "from __future__", part.name.startswith("from "), part.name


@lru_cache(maxsize=CACHED)
def names_read(source: str) -> frozenset[str]:
    """Names that a source reads (anywhere in it); empty where it does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def bound_names(part: Part) -> set[str]:
    """Names that a part binds on the top level."""
    if part.kind == "import":
        return {alias or name.partition(".")[0] for name, alias in part.imported}
    return set(part.name.split(", "))


def names_bound(source: str) -> set[str]:
    """Names that a source binds on its top level; empty where it cannot be read."""
    try:
        return {name for part in parse(source) for name in bound_names(part)}
    except SourceError:
        return set()


def as_stub(function: Part) -> str:
    """The function without its body: header, docstring and a raise of `NotImplementedError`."""
    head, docstring, indent = _opened(function)
    lines = [head, *([indent + docstring] if docstring else []), f"{indent}raise NotImplementedError()"]
    return "\n".join(lines)


def _opened(function: Part) -> tuple[str, str, str]:
    """The text up to the body, the source of the docstring (or nothing), and the body's indentation."""
    own = _reparsed(function.source)
    lines = function.source.encode().splitlines(keepends=True)
    first = own.body[0]
    row, column = first.lineno - 1, first.col_offset
    if getattr(first, "decorator_list", None):
        row = min(decorator.lineno for decorator in first.decorator_list) - 1  # type: ignore[attr-defined]
    head = (b"".join(lines[:row]) + lines[row][:column]).decode().rstrip()
    same_line = bool(lines[row][:column].strip())
    docstring = _docstring_of(own)
    text = ""
    if docstring is not None:
        last, end = (docstring.end_lineno or row + 1) - 1, docstring.end_col_offset or 0
        text = _between(lines, row, column, last, end).decode()
    return head, text, "    " if same_line else lines[row][:column].decode()


def docstring_source(function: Part) -> str:
    """The source of the function's docstring, quotes included; empty where it has none."""
    return _opened(function)[1]


def with_docstring(function: Part, literal: str) -> Part:
    """The function with the docstring that `literal` (source of a string) stands for, in the place of its own.

    Returns:
        The function as it was where that cannot be done.
    """
    own = _reparsed(function.source)
    head, docstring, indent = _opened(function)
    lines = function.source.encode().splitlines(keepends=True)
    rest = own.body[1:] if docstring else own.body
    body = ""
    if rest:
        first = rest[0]
        decorators = getattr(first, "decorator_list", [])
        row = min([first.lineno, *(decorator.lineno for decorator in decorators)]) - 1
        body = (lines[row][first.col_offset :] + b"".join(lines[row + 1 :])).decode()
    text = "\n".join([head, indent + literal, *([indent + body] if body else [])])
    try:
        (changed,) = [part for part in parse(text) if part.kind == "function"]
    except (SourceError, ValueError):
        return function
    same = changed.name == function.name and len(changed.function.body) == len(rest) + 1
    return replace(changed, implemented=function.implemented) if same else function


@lru_cache(maxsize=CACHED)
def _reparsed(source: str) -> ast.FunctionDef:
    """The syntax tree of a function's own text, whose positions are those in `source`."""
    (own,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return own


def docstring_literal(text: str) -> str:
    """The source of a string that can stand as the docstring of a function indented by four spaces."""
    lines = text.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"').splitlines() or [""]
    closing = " " if lines[-1].endswith('"') else ""
    return '"""' + "\n    ".join(line.rstrip() for line in lines) + closing + '"""'
