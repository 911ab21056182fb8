"""The public names of the code, read from its syntax: each module lists its own, each package what it offers."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support.source import Source, sources

LAZY = "lazy_exports"
"""What packages import for their own use."""


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module's top level, those under `if`, `try` and `with` too."""
    for node in body:
        yield node
        for part in ("body", "orelse", "handlers", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With | ast.ExceptHandler):
                yield from statements(getattr(node, part, []))


@cache
def bound(name: str) -> dict[str, str]:
    """What the top level of a module binds, for types alone too -> the project's module that it is taken from, or ""."""
    found = {}
    for node in statements(sources()[name].tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = ""
        elif isinstance(node, ast.ImportFrom):
            home = node.module if node.module in sources() else ""
            found |= {alias.asname or alias.name: home for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            stored = (one for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
            found |= {one.id: "" for one in stored}
    return found


def lazy(source: Source) -> dict[str, str] | None:
    """Name -> module, of what a package imports when it is asked for; None: it has no such names."""
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__getattr__":
            assert ast.unparse(node.value).startswith("lazy_exports("), source.name
            package, modules = node.value.args
            assert ast.unparse(package) == "__name__", source.name
            homes = ast.literal_eval(modules)
            return {name: f"{source.name}.{module}" for module, names in homes.items() for name in names}
    return None


@cache
def submodules(package: str) -> set[str]:
    """Names of a package's own modules."""
    return {name.rpartition(".")[2] for name in sources() if name.rpartition(".")[0] == package}


def test_each_module_lists_its_public_names():
    for name, source in sources().items():
        listed = source.listed
        assert listed is not None, f"{name} has no __all__"
        assert len(listed) == len({*listed}), name
        assert {node.name for node in source.definitions} <= {*listed}, name
        assert not [one for one in listed if one[0] == "_" and one != "__version__"], name


def test_each_listed_name_is_there():
    for name, source in sources().items():
        there = {*bound(name), *(submodules(name) if source.is_package else ())}
        assert {*source.listed} <= there, name


def test_each_package_lists_what_it_takes_from_its_modules():
    """Not where the package is itself a module with code, which imports for its own use."""
    offering = 0
    for name, source in sources().items():
        if source.is_package and not source.definitions:
            taken = {one: home for one, home in bound(name).items() if home.startswith(f"{name}.") and one != LAZY}
            assert {*source.listed} == {*taken} or not taken, name
            offering += bool(source.listed)
            for one, home in taken.items():
                assert one in sources()[home].listed or one in submodules(home), f"{name} offers {home}.{one}"
    assert offering > 35


def test_lazy_names_are_those_that_types_are_checked_with():
    packages = 0
    for name, source in sources().items():
        homes = lazy(source)
        if homes is None:
            continue
        packages += 1
        eager = {
            alias.name for node in source.tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
        }  # not those under `if TYPE_CHECKING`
        for_types = {one: home for one, home in bound(name).items() if home.startswith(f"{name}.") and one not in eager}
        assert homes == for_types, name
        assert not {*homes} & submodules(name), f"{name}: such a name is the module's, once that is imported"
    assert packages > 15


def test_modules_import_only_public_names_of_each_other():
    wrong = []
    for name in sources():
        for node in ast.walk(sources()[name].tree):
            if isinstance(node, ast.ImportFrom) and node.module in sources():
                public = {*sources()[node.module].listed, *submodules(node.module)}
                wrong += [f"{name}: {node.module}.{one.name}" for one in node.names if one.name not in public]
    assert not wrong


def test_each_public_name_says_what_it_is():
    """Each module, and each public function and class, has a docstring."""
    for name, source in sources().items():
        assert ast.get_docstring(source.tree), name
        assert [node.name for node in source.definitions if not ast.get_docstring(node)] == [], name


def test_a_name_that_no_package_offers_is_an_error():
    import reasoning.evaluation

    with pytest.raises(AttributeError, match=r"module 'reasoning.evaluation' has no attribute 'nothing'"):
        _ = reasoning.evaluation.nothing


def test_importing_a_package_brings_what_is_heavy_only_when_it_is_asked_for():
    program = """
import sys
import reasoning.cli.main, reasoning.discovery, reasoning.evaluation, reasoning.selfplay, reasoning.training
heavy = {"torch", "transformers", "sympy", "mpmath", "numpy", "flint", "httpx", "ray", "datasets"} & {*sys.modules}
assert not heavy, heavy
from reasoning.discovery import identify
assert "mpmath" in sys.modules or "flint" in sys.modules
print(identify.__module__)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "reasoning.discovery.identification\n"
