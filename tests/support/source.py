"""The project's own source, read once as syntax trees: what tests of its structure look at."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("reasoning", "verifiers")


@dataclass(frozen=True)
class Source:
    """A module: its name, whether it is a package, its syntax."""

    name: str
    is_package: bool
    tree: ast.Module

    @cached_property
    def listed(self) -> tuple[str, ...] | None:
        """Its `__all__`; None: it has none."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and any(
                isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets
            ):
                return tuple(ast.literal_eval(node.value))
        return None

    @cached_property
    def definitions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
        """Its public functions and classes."""
        defining = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return [node for node in self.tree.body if isinstance(node, defining) and node.name[0] != "_"]


@cache
def sources() -> dict[str, Source]:
    """All modules by name; `sources.cache_clear()` gives the memory back."""
    gc.disable()  # nothing here is garbage, and looking for it among a million nodes takes longer than reading
    try:
        return dict(_read())
    finally:
        gc.enable()


def _read() -> Iterator[tuple[str, Source]]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            yield name, Source(name, is_package, ast.parse(path.read_text("utf-8")))
