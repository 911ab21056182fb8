r"""A puzzle's source, read once: its inputs, its answer type, its constants and the header of a solution.

>>> puzzle = read_puzzle("def sat(x: int, a=3, b=[1, 2]):\n    return x - a == sum(b)", None)
>>> puzzle.answer_name, str(puzzle.answer_type), puzzle.inputs
('x', 'int', {'a': 3, 'b': [1, 2]})
>>> print(puzzle.solution("a + sum(b)"))
def sol(a=3, b=[1, 2]):
    return a + sum(b)
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, parse_answer_type

__all__ = ["Puzzle", "read_puzzle"]

MUTATING_METHODS: Final = frozenset(
    (
        *("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "add", "discard"),
        *("setdefault", "popitem", "difference_update", "intersection_update", "symmetric_difference_update"),
        *("__setitem__", "__delitem__"),
    )
)


@dataclass(frozen=True, slots=True)
class Puzzle:
    """What the search knows of a puzzle before it runs it.

    Attributes:
        source: of the puzzle.
        tree: its syntax.
        function: `sat` within it.
        answer_name: of the first argument.
        answer_type: by its annotation, or a guess where it has none.
        inputs: the other arguments with their defaults.
    """

    source: str
    tree: ast.Module
    function: ast.FunctionDef
    answer_name: str
    answer_type: AnswerType
    inputs: dict[str, Any]
    constants: tuple[Any, ...]
    """Constants of the body and the inputs' leaves, each once, in order of appearance."""
    mutates: bool
    """Whether the body could change its arguments; copies are needed only then."""

    def solution(self, expression: str) -> str:
        """The source of a whole program `sol` that returns the expression."""
        arguments = self.function.args
        header = ast.arguments(
            posonlyargs=[],
            args=[ast.arg(item.arg) for item in [*arguments.posonlyargs, *arguments.args][1:]],
            vararg=None,
            kwonlyargs=[],
            kw_defaults=[],
            kwarg=None,
            defaults=arguments.defaults,
        )
        return f"def sol({ast.unparse(header)}):\n    return {expression}"


def read_puzzle(source: str, answer_type: str | None) -> Puzzle:
    """Parse the source of `def sat(answer: T, extra=default, ...)`.

    Raises ValueError when there is no such function, an input has no default, or the type is not supported.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, RecursionError) as error:
        raise ValueError(f"the puzzle does not parse: {error}") from error
    function = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "sat"), None)
    if function is None:
        raise ValueError("the puzzle defines no function `sat`")
    parameters = [*function.args.posonlyargs, *function.args.args]
    if not parameters:
        raise ValueError("`sat` takes no answer")
    defaults = function.args.defaults
    if len(parameters) - 1 != len(defaults):
        raise ValueError(f"`sat` has {len(parameters) - 1} inputs but {len(defaults)} defaults")
    if answer_type is None:
        if parameters[0].annotation is None:
            raise ValueError("the answer has no annotation and no answer type was given")
        answer_type = ast.unparse(parameters[0].annotation)
    inputs = {item.arg: _default(node) for item, node in zip(parameters[1:], defaults, strict=True)}
    return Puzzle(
        source=source,
        tree=tree,
        function=function,
        answer_name=parameters[0].arg,
        answer_type=parse_answer_type(answer_type),
        inputs=inputs,
        constants=_constants(function, inputs),
        mutates=_may_mutate(function),
    )


def _default(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise ValueError(f"the default {ast.unparse(node)!r} is not a literal") from error


def _constants(function: ast.FunctionDef, inputs: dict[str, Any]) -> tuple[Any, ...]:
    found: dict[tuple[str, Any], Any] = {}

    def add(value: Any) -> None:
        if isinstance(value, list | tuple | set):
            for item in value if not isinstance(value, set) else sorted(value, key=repr):
                add(item)
        elif isinstance(value, dict):
            for key, item in value.items():
                add(key)
                add(item)
        elif isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
            found.setdefault((type(value).__name__, value), value)

    skipped: set[int] = set()
    for statement in function.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assert) and node.msg is not None:
                skipped.update(id(part) for part in ast.walk(node.msg))
            elif isinstance(node, ast.Constant) and id(node) not in skipped:
                add(node.value)
    for value in inputs.values():
        add(value)
    return tuple(found.values())


def _may_mutate(function: ast.FunctionDef) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and node.attr in MUTATING_METHODS:
            return True
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            return True
        if isinstance(node, ast.AugAssign):
            return True
        if isinstance(node, ast.Name) and node.id in ("eval", "exec", "setattr", "globals", "locals"):
            return True
    return False
