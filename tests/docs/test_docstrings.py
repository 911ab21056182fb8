"""Docstrings say what a caller has to know: arguments, attributes, errors. What of this syntax can tell is checked here.

Which functions count: those that their module lists, with the public methods of listed classes. The command line is left
out: its `--help` is its documentation.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import pytest

from tests.support.source import sources

Function = ast.FunctionDef | ast.AsyncFunctionDef

MOST_PLAIN_ARGUMENTS = 5
"""With more arguments than this, a docstring needs a section for them; one line can tell of fewer."""
MOST_PLAIN_OFFERED = 3
"""The same, for what a package offers."""
MOST_PLAIN_ATTRIBUTES = 4


def public() -> Iterator[tuple[str, Function | ast.ClassDef, str]]:
    """(place, definition, its docstring) of each public function, class and method."""
    for name, source in sources().items():
        if name.startswith("reasoning.cli"):
            continue
        for node in source.definitions:
            yield f"{name}.{node.name}", node, ast.get_docstring(node) or ""
            for one in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(one, Function) and one.name[0] != "_" and ast.get_docstring(one):
                    yield f"{name}.{node.name}.{one.name}", one, ast.get_docstring(one) or ""


def section(docstring: str, title: str) -> set[str] | None:
    """The names that a section describes, `name: ...` or `one, other: ...` a line; None: there is no such section."""
    found = re.search(rf"^{title}:\n((?:(?: {{4}}.*)?\n?)*)", docstring, re.MULTILINE)
    if found is None:
        return None
    lines = re.findall(r"^ {4}(\w[\w., *]*):", found[1], re.MULTILINE)
    return {name.strip(" *") for line in lines for name in line.split(",")}


def parameters(function: Function) -> set[str]:
    """Names of a function's parameters, but `self` and `cls`."""
    given = function.args
    plain = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {one.arg for one in plain if one is not None} - {"self", "cls"}


def constructor(node: ast.ClassDef) -> Function | None:
    """A class's own `__init__`."""
    return next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)


def exceptions() -> dict[str, set[str]]:
    """The project's exception classes, each with the classes that it is one of."""
    classes = [one for source in sources().values() for one in source.tree.body if isinstance(one, ast.ClassDef)]
    found: dict[str, set[str]] = {}
    for _ in range(3):  # exceptions of exceptions
        for one in classes:
            bases = {ast.unparse(base) for base in one.bases}
            if bases & found.keys() or any(re.search(r"(Error|Exception)$", base) for base in bases):
                found[one.name] = {one.name, *bases, *(far for base in bases for far in found.get(base, ()))}
    return found


def told(docstring: str, others: Mapping[str, str]) -> str:
    """A docstring with those that it sends its reader to, "see `Class.method`", by the ends of their names."""
    seen = re.findall(r"[Ss]ee `([\w.]+)`", docstring)
    return docstring + "".join(others.get(".".join(one.rsplit(".", 2)[-2:]), others.get(one, "")) for one in seen)


def raised(body: list[ast.stmt], caught: frozenset[str] = frozenset()) -> Iterator[str]:
    """Names of the exceptions that statements raise and do not catch; functions within them are left out."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            name = ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
            if name not in caught:
                yield name
        inner = caught
        if isinstance(node, ast.Try):
            inner |= {ast.unparse(one) for handler in node.handlers for one in caught_by(handler)}
        yield from raised(getattr(node, "body", []), inner)
        for part in ("orelse", "finalbody", "handlers", "cases"):
            yield from raised(getattr(node, part, []), caught)


def caught_by(handler: ast.ExceptHandler) -> list[ast.expr]:
    """The exceptions that a handler names."""
    if handler.type is None:
        return []
    return handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]


def test_what_a_function_raises_of_ours_its_docstring_names():
    ours = exceptions()
    found = [*public()]
    others = {".".join(place.split(".")[-parts:]): docstring for place, _, docstring in found for parts in (1, 2)}
    wrong = [
        f"{place} raises {name}"
        for place, node, docstring in found
        if isinstance(node, Function)
        for name in {*raised(node.body)} & ours.keys()
        if not any(one in told(docstring, others) for one in ours[name])
    ]
    assert not wrong


def test_sections_for_arguments_name_all_of_them_and_nothing_else():
    sections = 0
    for place, node, docstring in public():
        described = section(docstring, "Args")
        function = constructor(node) if isinstance(node, ast.ClassDef) else node
        if described is not None and function is not None:
            sections += 1
            assert described == parameters(function), place
    assert sections > 350


def test_many_arguments_have_a_section():
    offered = {
        f"{name}.{one}" for name, source in sources().items() if source.is_package for one in source.listed or ()
    }
    wrong = []
    for place, node, docstring in public():
        function = constructor(node) if isinstance(node, ast.ClassDef) else node
        module, _, name = place.rpartition(".")
        most = MOST_PLAIN_OFFERED if f"{module.rpartition('.')[0]}.{name}" in offered else MOST_PLAIN_ARGUMENTS
        if function is not None and len(parameters(function)) > most and section(docstring, "Args") is None:
            wrong.append(place)
    assert not wrong


def test_attributes_of_data_are_described():
    """Each by a section, by a string below it, by the help of the option that it is, or by name in the prose.

    A line of prose may tell of the few attributes of a small record in their order.
    """
    wrong = []
    for place, node, docstring in public():
        if not isinstance(node, ast.ClassDef) or not any(
            "dataclass" in ast.unparse(one) for one in node.decorator_list
        ):
            continue
        described = section(docstring, "Attributes") or section(docstring, "Args")
        fields = {one.target.id: at for at, one in enumerate(node.body) if is_field(one)}
        missing = {name for name, at in fields.items() if not is_described(node, at)} - (described or set())
        missing = {name for name in missing if f"`{name}`" not in docstring}
        if missing and (described or len(fields) > MOST_PLAIN_ATTRIBUTES):
            wrong.append(f"{place}: {sorted(missing)}")
    assert not wrong


def is_field(node: ast.stmt) -> bool:
    """Is a statement in a class an annotated public attribute?"""
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_"


def is_described(node: ast.ClassDef, at: int) -> bool:
    """Has the attribute at this place of a class a string below it, or a help text?"""
    field, after = node.body[at], node.body[at + 1 : at + 2]
    if after and isinstance(after[0], ast.Expr) and isinstance(after[0].value, ast.Constant):
        return True
    return (
        isinstance(field, ast.AnnAssign) and field.value is not None and ast.unparse(field.value).startswith("option(")
    )


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("raise A('x')", {"A"}),
        ("try:\n    raise A\nexcept (A, B):\n    raise C from None", {"C"}),
        ("def f():\n    raise A", set()),
        ("match x:\n    case 1:\n        raise A", {"A"}),
        ("with x:\n    for y in x:\n        if y:\n            raise A\n        raise", {"A"}),
    ],
)
def test_raised(source, names):
    assert {*raised(ast.parse(source).body)} == names


def test_sections_are_read():
    docstring = (
        "What.\n\nArgs:\n    one: first\n        more: of it.\n    two, three: others.\n\nRaises:\n    A: never."
    )
    assert section(docstring, "Args") == {"one", "two", "three"}
    assert section(docstring, "Raises") == {"A"}
    assert section(docstring, "Attributes") is None
