"""The structure of the code, read from its syntax: no cycle of imports, judges that know of nothing else, the drawing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.support.source import PACKAGES, ROOT, sources

PAGE = ROOT / "docs" / "architecture.md"


@dataclass(frozen=True)
class Module:
    """What a module imports, and whether it is a package."""

    imports: frozenset[str]
    is_package: bool


@cache
def modules() -> dict[str, Module]:
    """All modules by name."""
    return {name: Module(frozenset(imported(source.tree)), source.is_package) for name, source in sources().items()}


def imported(node: ast.AST) -> Iterator[str]:
    """Names that a syntax tree imports when it is run: `package.module` or `package.module.name`.

    Imports within functions count, those that are for types alone do not.
    """
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name their module in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, part, ())
            waiting += inner if isinstance(inner, list) else ()  # a list of statements, not an expression


def home(name: str) -> str | None:
    """The module of the project that an imported name is, or is of."""
    return next((one for one in (name, name.rpartition(".")[0]) if one in modules()), None)


def test_no_module_imports_itself_by_way_of_others():
    graph = {name: {home(one) for one in module.imports} - {None, name} for name, module in modules().items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))
    assert sum(map(len, graph.values())) > 1000


def test_verifiers_import_nothing_of_reasoning():
    wrong = {
        (name, one)
        for name, module in modules().items()
        for one in module.imports
        if name.partition(".")[0] == "verifiers" and one.partition(".")[0] == "reasoning"
    }
    assert not wrong


def test_imports_in_functions_are_seen_and_those_for_types_are_not():
    tree = ast.parse(
        "import a.b\nif TYPE_CHECKING:\n    import c\ndef f():\n    from d import e\n    async def g():\n        import h"
    )
    assert set(imported(tree)) == {"a.b", "d.e", "h"}


def package(name: str) -> str:
    """The package in which a module is drawn; empty for the loose modules at the bottom."""
    parts = name.split(".")
    if parts[0] == "verifiers":
        return "verifiers"
    return parts[1] if len(parts) > 1 and modules()["reasoning." + parts[1]].is_package else ""


def drawing() -> dict[str, set[str]]:
    """Package -> the packages that arrows lead to, of the page's drawing."""
    text = re.search(r"```mermaid\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[1]
    arrows: dict[str, set[str]] = {}
    for source, targets in re.findall(r"(\w+) --> ([\w &]+)", text):
        arrows.setdefault(source, set()).update(targets.split(" & "))
    return arrows


def between() -> set[tuple[str, str]]:
    """The imports between packages, (importing, imported)."""
    pairs = {
        (package(name), package(home(target) or name))
        for name, module in modules().items()
        for target in module.imports
    }
    return {(one, other) for one, other in pairs if one and other and one != other}


def test_no_package_imports_itself_by_way_of_others():
    graph: dict[str, set[str]] = {}
    for one, other in between():
        graph.setdefault(one, set()).add(other)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_the_drawing_shows_the_imports():
    arrows = drawing()
    made = between()

    def reached(package: str) -> set[str]:
        return {end for target in arrows.get(package, ()) for end in (target, *reached(target))}

    drawn = {(one, target) for one, targets in arrows.items() for target in targets}
    assert drawn <= made, "an arrow that is no import"
    assert all(other in reached(one) for one, other in made), "an import that no arrow shows"
    assert {one for pair in made for one in pair} == {*arrows, "pages", "verifiers"}


def test_what_the_page_names_is_there():
    text = PAGE.read_text("utf-8")
    named = re.findall(r"`((?:reasoning|verifiers|data|tests|docs)/[\w./-]+)`", text)
    assert len(named) > 25
    assert [path for path in named if not (ROOT / path).exists()] == []
    tree = re.search(r"```text\n(.*?)```", text, re.DOTALL)[1]
    for name in PACKAGES:
        below = re.search(rf"^{name}/.*\n((?:  .*\n)+)", tree, re.MULTILINE)[1]
        shown = re.findall(r"[\w.]+(?:/|\.py)", "\n".join(line[:26] for line in below.splitlines()))
        assert [one for one in shown if not (ROOT / name / one).exists()] == []
        folders = {one.parent.name for one in (ROOT / name).glob("*/__init__.py")}
        assert folders <= {one.rstrip("/") for one in shown}


def test_what_wants_a_model_runs_where_there_is_one():
    """A file that is skipped without PyTorch or vLLM, and the slow tests that `test-slow` leaves out, have a target."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = {
        path for line in makefile.splitlines() if "-m pytest" in line for path in re.findall(r" (tests/[\w/.]+)", line)
    }
    left_out = tuple(re.findall(r"--ignore=(\S+)", makefile))
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name, text = path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
        wants = re.search(r"^(torch|transformers|vllm) = pytest.importorskip", text, re.MULTILINE)
        slow = name.startswith(left_out) and re.search(r"mark\.slow", text)
        if wants or slow:
            assert any(name == one or name.startswith(one + "/") for one in named), name
