"""From assert statements to calls that the candidate answers and checks that the trusted side makes.

>>> plan = compile_assertions(["assert add(1, 2) == 3", "assert abs(add(0.1, 0.2) - 0.3) < 1e-9"], "", "add")
>>> plan.calls
(Call(name='add', arguments=(1, 2), keywords={}), Call(name='add', arguments=(0.1, 0.2), keywords={}))
>>> [check.holds([3, 0.30000000000000004]) for check in plan.checks]
[True, True]

Assertions that are expressions over calls with constant arguments are compiled; anything else (loops, random inputs,
helpers, classes of the candidate) is not, and the caller then runs the tests in a child of their own.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from verifiers.extraction import is_safe_to_parse
from verifiers.plain_data import PlainDataError, encode
from verifiers.programs.evaluator import (
    Evaluation,
    Slot,
    UnsupportedError,
    compile_expression,
    constant_value,
    is_builtin,
)

__all__ = ["Call", "Check", "Plan", "compile_assertions", "compile_check"]

MAX_DEPTH = 50
"""Deepest nesting of an expression that is evaluated here; deeper ones could exhaust the stack."""

_MUTABLE = (list, dict, set, bytearray)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function of the candidate.

    Attributes:
        name: the function.
        arguments: positional, plain data.
        keywords: by name, plain data.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One test over the answers.

    Attributes:
        label: its source or number, for people.
        slots: indices of the answers that it needs.
        conditions: from all answers to whether each of its assertions holds.
    """

    label: str
    slots: tuple[int, ...]
    conditions: tuple[Evaluation, ...]

    def holds(self, answers: list[Any]) -> bool:
        """Whether all its assertions hold; whatever the operations on the answers raise passes through."""
        return all(condition(answers) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Plan:
    """Tests as calls and checks.

    Attributes:
        calls: to be answered by the candidate, in order.
        checks: made on the answers.
        library_values_as_plain: whether the checks see library values as decoded, to take their plain view.
        seconds: longest wall time of each call; empty: calls have no limits of their own.
    """

    calls: tuple[Call, ...]
    checks: tuple[Check, ...]
    library_values_as_plain: bool = False
    seconds: tuple[float, ...] = ()


def compile_assertions(tests: list[str], setup: str, entry_point: str) -> Plan | None:
    """Compile a list of sources of assert statements.

    Args:
        tests: each is one check and may hold several statements.
        setup: imports and constants that they use.
        entry_point: the function under test.

    Returns:
        The plan, or None when a test is more than an expression over calls.
    """
    compiler = _Compiler(entry_point)
    try:
        for statement in _statements(setup):
            compiler.define(statement)
        checks = [compiler.check(test, _statements(test)) for test in tests]
    except (UnsupportedError, RecursionError):
        return None
    return compiler.plan(checks)


def compile_check(test: str, entry_point: str) -> Plan | None:
    """Compile a source that defines `check(candidate)`; each of its assertions is one check."""
    compiler = _Compiler(entry_point)
    try:
        body = list(_statements(test))
        functions = [statement for statement in body if isinstance(statement, ast.FunctionDef)]
        if len(functions) != 1 or functions[0].name != "check" or body[-1] is not functions[0]:
            return None
        for statement in body[:-1]:
            compiler.define(statement)
        compiler.alias = _only_parameter(functions[0])
        checks = []
        for statement in functions[0].body:
            if isinstance(statement, ast.Assert):
                if not (isinstance(statement.test, ast.Constant) and statement.test.value is True):
                    checks.append(compiler.check(ast.unparse(statement.test), [statement]))
            else:
                compiler.define(statement)
    except (UnsupportedError, RecursionError):
        return None
    return compiler.plan(checks)


def _statements(source: str) -> Iterator[ast.stmt]:
    if not is_safe_to_parse(source):
        raise UnsupportedError("too long or too deeply nested to be read here")
    try:
        yield from ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UnsupportedError("does not parse") from None


def _only_parameter(function: ast.FunctionDef) -> str:
    arguments = function.args
    if len(arguments.args) != 1 or ast.unparse(arguments) != arguments.args[0].arg or function.decorator_list:
        raise UnsupportedError("check takes exactly the candidate")
    return arguments.args[0].arg


class _Compiler:
    """Names and calls met so far."""

    def __init__(self, entry_point: str) -> None:
        self.alias = entry_point
        self._entry_point = entry_point
        self._names: dict[str, Any] = {}
        self._calls: list[Call] = []
        self._loaded: set[str] = set()

    def plan(self, checks: list[Check]) -> Plan | None:
        return Plan(tuple(self._calls), tuple(checks)) if checks else None

    def define(self, statement: ast.stmt) -> None:
        """Take in a statement that only gives names to constants or modules."""
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for name in statement.names:
                bound = name.asname or name.name.partition(".")[0]
                is_math = isinstance(statement, ast.Import) and name.name == "math"
                self._names[bound] = math if is_math else UnsupportedError
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if not isinstance(target, ast.Name) or target.id in (self._entry_point, self.alias):
                raise UnsupportedError("an assignment to something else than a new name")
            self._require_unshared(statement.value)
            self._names[target.id] = constant_value(statement.value, self._names)
        elif not isinstance(statement, ast.Pass) and not _does_nothing(statement):
            raise UnsupportedError(type(statement).__name__)

    def check(self, label: str, statements: Iterator[ast.stmt] | list[ast.stmt]) -> Check:
        """One check of the assertions among `statements`."""
        first = len(self._calls)
        conditions: list[Evaluation] = []
        for statement in statements:
            if isinstance(statement, ast.Assert):
                _require_shallow(statement.test)
                self._require_unshared(statement.test)
                expression = self._with_slots(statement.test)
                conditions.append(compile_expression(expression, self._names))
            else:
                self.define(statement)
        if not conditions:
            raise UnsupportedError("a test without an assertion")
        return Check(label, tuple(range(first, len(self._calls))), tuple(conditions))

    def _require_unshared(self, node: ast.expr) -> None:
        """Refuse a mutable constant that is used twice: the candidate could change it between the uses."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(self._names.get(part.id), _MUTABLE):
                if part.id in self._loaded:
                    raise UnsupportedError(f"'{part.id}' is shared")
                self._loaded.add(part.id)

    def _with_slots(self, node: ast.expr) -> ast.expr:
        """`node` with each call of the candidate replaced by the name of its answer."""
        compiler = self

        class Replace(ast.NodeTransformer):
            def visit_Call(self, call: ast.Call) -> ast.AST:
                name = compiler._candidate_function(call.func)
                return self.generic_visit(call) if name is None else compiler._slot(name, call)

        replaced: ast.expr = Replace().visit(node)
        return replaced

    def _candidate_function(self, node: ast.expr) -> str | None:
        if not isinstance(node, ast.Name):
            return None
        if node.id in (self.alias, self._entry_point):
            return self._entry_point
        return None if node.id in self._names or is_builtin(node.id) else node.id

    def _slot(self, name: str, call: ast.Call) -> ast.Name:
        if any(isinstance(argument, ast.Starred) for argument in call.args):
            raise UnsupportedError("unpacking")
        arguments = tuple(constant_value(argument, self._names) for argument in call.args)
        keywords = {}
        for word in call.keywords:
            if word.arg is None:
                raise UnsupportedError("unpacking")
            keywords[word.arg] = constant_value(word.value, self._names)
        _require_plain((arguments, keywords))
        slot = f"<answer {len(self._calls)}>"
        self._names[slot] = Slot(len(self._calls))
        self._calls.append(Call(name, arguments, keywords))
        return ast.Name(slot, ast.Load())


def _require_shallow(node: ast.expr) -> None:
    level: list[ast.AST] = [node]
    for _ in range(MAX_DEPTH):
        level = [child for part in level for child in ast.iter_child_nodes(part)]
        if not level:
            return
    raise UnsupportedError("nested too deeply")


def _require_plain(value: object) -> None:
    def refuse(part: object) -> int:
        raise UnsupportedError(type(part).__name__)

    try:
        encode(value, refuse)
    except PlainDataError as error:
        raise UnsupportedError(str(error)) from None


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant | ast.Name)
