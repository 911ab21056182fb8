r"""Sub-expressions of a puzzle that make good building blocks, with the values they have on its inputs.

For `def sat(x: int, s="a b"):\n    n = len(s.split())\n    return x == n * 2` the closed expressions
`s.split()`, `len(s.split())` and `len(s.split()) * 2` are found (local names are replaced by what was assigned
to them). Expressions over the variables of the puzzle's own loops and comprehensions are found too; inside a
comprehension that the search builds, they are tried on its variables.
"""

from __future__ import annotations

import ast
import builtins
import copy
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, fresh_copy, type_of
from reasoning.engines.search.instrument import guarded_expression
from reasoning.engines.search.limits import (
    MAX_VALUE_ITEMS,
    bounded_power,
    bounded_product,
    bounded_shift,
    check_iterable,
)
from reasoning.engines.search.puzzle import Puzzle

__all__ = ["Lifter", "OpenExpression", "evaluate", "free_names"]

MAX_CHARACTERS: Final = 200
"""Longest source of an expression that is lifted."""

MAX_LIFTED: Final = 60
"""Most expressions of each sort that are lifted from one puzzle."""

EVALUATION_TICKS: Final = 20_000
"""Loop turns that the evaluation of one lifted expression may use."""

_ALLOWED: Final = frozenset(
    (
        *("abs", "all", "any", "bin", "bool", "chr", "dict", "divmod", "enumerate", "filter", "float", "frozenset"),
        *("hex", "int", "len", "list", "map", "max", "min", "oct", "ord", "pow", "range", "repr", "reversed"),
        *("round", "set", "sorted", "str", "sum", "tuple", "zip"),
    )
)


@dataclass(frozen=True, slots=True)
class OpenExpression:
    """An expression of the puzzle with free variables that a comprehension may bind."""

    text: str
    variables: tuple[str, ...]
    code: Any


def evaluate(code: Any, names: dict[str, Any]) -> Any:
    """Evaluate compiled guarded code with the given names; raises whatever it raises."""
    scope: dict[str, Any] = {
        "_tick": repeat(True, EVALUATION_TICKS).__next__,
        "_power": bounded_power,
        "_product": bounded_product,
        "_shift": bounded_shift,
        "_walkable": check_iterable,
        "__builtins__": {name: getattr(builtins, name) for name in _ALLOWED},
        **names,
    }
    return eval(code, scope)  # noqa: S307 - part of the puzzle, which the caller isolates


class _Inline(ast.NodeTransformer):
    def __init__(self, known: dict[str, ast.expr]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self.known:
            return copy.deepcopy(self.known[node.id])
        return node


def free_names(node: ast.AST) -> set[str]:
    """Names that an expression reads and does not bind itself."""
    bound = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    bound |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - bound


class Lifter:
    """Collects the expressions of one puzzle."""

    def __init__(self, puzzle: Puzzle) -> None:
        self.puzzle = puzzle
        self.closed: list[tuple[str, Any, AnswerType]] = []
        self.open: list[OpenExpression] = []
        seen: set[str] = set()
        inline = _Inline(self._locals())
        allowed = set(puzzle.inputs) | _ALLOWED
        for statement in puzzle.function.body:
            for node in ast.walk(statement):
                if not isinstance(node, ast.expr) or isinstance(
                    node, ast.Constant | ast.Name | ast.Starred | ast.Lambda | ast.Slice | ast.JoinedStr
                ):
                    continue
                if isinstance(getattr(node, "ctx", None), ast.Store):
                    continue
                expression = inline.visit(copy.deepcopy(node))
                try:
                    text = ast.unparse(expression)
                except (ValueError, RecursionError):
                    continue
                if text in seen or len(text) > MAX_CHARACTERS:
                    continue
                seen.add(text)
                self._take(expression, text, free_names(expression) - allowed)

    def _locals(self) -> dict[str, ast.expr]:
        """Local names that are assigned once, at the top, to something closed."""
        counts: dict[str, int] = {}
        for node in ast.walk(self.puzzle.function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                counts[node.id] = counts.get(node.id, 0) + 1
        known: dict[str, ast.expr] = {}
        allowed = set(self.puzzle.inputs) | _ALLOWED
        for statement in self.puzzle.function.body:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                self._unpack(statement, counts, known)
            if (
                isinstance(statement, ast.Assign)
                and len(statement.targets) == 1
                and isinstance(statement.targets[0], ast.Name)
                and counts[statement.targets[0].id] == 1
            ):
                value = _Inline(known).visit(copy.deepcopy(statement.value))
                if free_names(value) <= allowed:
                    known[statement.targets[0].id] = value
        return known

    def _unpack(self, statement: ast.Assign, counts: dict[str, int], known: dict[str, ast.expr]) -> None:
        """Take `a, b = inputs` as `a = inputs[0]` and `b = inputs[1]`."""
        target = statement.targets[0]
        if not isinstance(target, ast.Tuple | ast.List):
            return
        value = _Inline(known).visit(copy.deepcopy(statement.value))
        paired = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        closed = set(self.puzzle.inputs) | _ALLOWED
        for place, item in enumerate(target.elts):
            part = value.elts[place] if paired else ast.Subscript(value, ast.Constant(place), ast.Load())
            once = isinstance(item, ast.Name) and counts[item.id] == 1
            if isinstance(item, ast.Name) and once and free_names(part) <= closed:
                known[item.id] = part

    def _take(self, expression: ast.expr, text: str, free: set[str]) -> None:
        if self.puzzle.answer_name in free or len(free) > 2:
            return
        try:
            code = compile(guarded_expression(ast.Expression(copy.deepcopy(expression))), "<lifted>", "eval")
        except (SyntaxError, ValueError, RecursionError):
            return
        if free:
            if len(self.open) < MAX_LIFTED:
                self.open.append(OpenExpression(text, tuple(sorted(free)), code))
            return
        if len(self.closed) >= MAX_LIFTED:
            return
        try:
            value = evaluate(code, fresh_copy(self.puzzle.inputs))
        except Exception:  # noqa: BLE001 - an expression of the puzzle that raises is no building block
            return
        self._keep(text, value)

    def _keep(self, text: str, value: Any) -> None:
        if isinstance(value, tuple | range | zip | map | enumerate | reversed):
            if isinstance(value, range) and len(value) > MAX_VALUE_ITEMS:
                return
            text, value = f"list({text})", list(value)
        elif isinstance(value, set | frozenset):
            try:
                text, value = f"sorted({text})", sorted(value)
            except TypeError:
                return
        elif isinstance(value, dict):
            text, value = f"list({text})", list(value)
        kind = type_of(value)
        if kind is not None:
            self.closed.append((text, value, kind))
