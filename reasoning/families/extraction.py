r"""A family's class in a model's reply, found by reading, never by running.

>>> reply = "Here it is:\n```python\nclass EFA:\n    original = {'n': 1}\n    def sample(rng): return {'n': 2}\n"
>>> reply += "    def render(n): return f'{n}?'\n    def solve(n): return n\n```"
>>> extract_class(reply).name
'EFA'
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import islice

from verifiers.code_blocks import code_blocks
from verifiers.extraction import is_safe_to_parse

__all__ = ["MEMBERS", "ExtractedClass", "ExtractionError", "extract_class"]

MEMBERS = ("original", "sample", "render", "solve")
"""What a family's class must have."""
MAX_BLOCKS = 12
"""Code blocks of one reply that are looked at."""


class ExtractionError(ValueError):
    """The reply holds no class, or not exactly one, with all members."""


@dataclass(frozen=True, slots=True)
class ExtractedClass:
    """The code block and the name of the class in it."""

    source: str
    name: str


def extract_class(reply: str) -> ExtractedClass:
    """The one class with all `MEMBERS` in the code blocks of a reply (or in the whole reply where it has none).

    Raises:
        ExtractionError: there is none, or more than one.
    """
    blocks = [block.text for block in islice(code_blocks(reply), MAX_BLOCKS)] or [reply]
    found: list[ExtractedClass] = []
    nearest = "no code block with a class"
    for block in dict.fromkeys(blocks):
        module = _parsed(block)
        if module is None:
            continue
        classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
        for name, node in classes.items():
            missing = [member for member in MEMBERS if member not in _members(node, classes)]
            if not missing:
                found.append(ExtractedClass(block, name))
            elif len(missing) < len(MEMBERS):
                nearest = f"class {name[:60]} lacks {', '.join(missing)}"
    if not found:
        raise ExtractionError(nearest)
    if len(found) > 1:
        raise ExtractionError(f"{len(found)} classes have all members, expected one")
    return found[0]


def _parsed(block: str) -> ast.Module | None:
    if not is_safe_to_parse(block):
        return None
    try:
        return ast.parse(block)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _members(node: ast.ClassDef, classes: dict[str, ast.ClassDef], depth: int = 0) -> set[str]:
    """Names defined in a class body, and in those of its bases in the same block."""
    names: set[str] = set()
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Assign):
            names |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            names.add(statement.target.id)
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes and depth < len(classes):
            names |= _members(classes[base.id], classes, depth + 1)
    return names
