"""Reads ordinary Python expressions as trees of the grammar, to count what the prior is made of.

>>> import ast
>>> tree = ast.parse("len(sorted(xs)) + 1", mode="eval").body
>>> for edge in edges_of(tree, Reading(inputs=frozenset({"xs"}))):
...     print(edge)
('root', 0, '{0} + {1}')
('{0} + {1}', 0, 'len({0})')
('len({0})', 0, 'sorted({0})')
('sorted({0})', 0, 'input')
('{0} + {1}', 1, 'default')
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from reasoning.engines.search.grammar import BOOLS, FLOATS, INTS, STRS, rules_for
from reasoning.engines.search.lift import Lifter
from reasoning.engines.search.prior import ROOT, Edge
from reasoning.engines.search.puzzle import read_puzzle

__all__ = ["Reading", "edges_of", "program_edges", "puzzle_edges"]

_HOLE: Final = "hole_"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the names and constants of an expression stand for."""

    inputs: frozenset[str] = frozenset()
    constants: frozenset[str] = frozenset()
    """Constants of the puzzle, as text; others are defaults of the grammar."""
    lifted: frozenset[str] = frozenset()
    """Texts of expressions that the search would take whole from the puzzle."""
    variables: frozenset[str] = frozenset()
    """Names bound by an enclosing comprehension."""


@cache
def _patterns() -> tuple[tuple[str, ast.expr, int], ...]:
    """Every template once, as a tree with names for its holes, the most specific first."""
    found = {}
    for rule in rules_for([INTS.listed, STRS, BOOLS, FLOATS]):
        if rule.name not in found:
            text = re.sub(r"\{(\d)\}", rf"{_HOLE}\1", rule.name)
            found[rule.name] = ast.parse(text, mode="eval").body
    sized = [(name, tree, sum(1 for _ in ast.walk(tree))) for name, tree in found.items()]
    return tuple(sorted(sized, key=lambda item: (-item[2], item[0])))


def _match(pattern: Any, node: Any, holes: dict[int, ast.expr]) -> bool:
    if isinstance(pattern, ast.Name) and pattern.id.startswith(_HOLE):
        hole = int(pattern.id.removeprefix(_HOLE))
        known = holes.setdefault(hole, node)
        return isinstance(node, ast.expr) and ast.dump(known) == ast.dump(node)
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, ast.AST):
        return all(
            name == "ctx" or _match(getattr(pattern, name, None), getattr(node, name, None), holes)
            for name in pattern._fields
        )
    if isinstance(pattern, list):
        return len(pattern) == len(node) and all(_match(a, b, holes) for a, b in zip(pattern, node, strict=True))
    return bool(pattern == node)


def edges_of(node: ast.expr, reading: Reading, parent: str = ROOT, hole: int = 0) -> Iterator[Edge]:
    """The (parent rule, hole, child rule) edges of an expression; parts outside the grammar are skipped."""
    if isinstance(node, ast.Name):
        if node.id in reading.inputs:
            yield parent, hole, "input"
        elif node.id in reading.variables:
            yield parent, hole, "variable"
        return
    if isinstance(node, ast.Constant):
        yield parent, hole, "constant" if repr(node.value) in reading.constants else "default"
        return
    if ast.unparse(node) in reading.lifted:
        yield parent, hole, "lifted"
        return
    for name, pattern, _ in _patterns():
        holes: dict[int, ast.expr] = {}
        if _match(pattern, node, holes):
            yield parent, hole, name
            for place, part in sorted(holes.items()):
                yield from edges_of(part, reading, name, place)
            return
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        yield parent, hole, "comprehension"
        bound = {part.id for loop in node.generators for part in ast.walk(loop.target) if isinstance(part, ast.Name)}
        inside = Reading(reading.inputs, reading.constants, reading.lifted, reading.variables | bound)
        yield from edges_of(node.elt, inside)
        for loop in node.generators:
            yield from edges_of(loop.iter, reading)
            for condition in loop.ifs:
                yield from edges_of(condition, inside)
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from edges_of(child, reading)


def program_edges(source: str, reading: Reading) -> Iterator[Edge]:
    """The edges of all outermost expressions of a program's statements."""
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Return | ast.Assign | ast.AugAssign | ast.Assert | ast.If | ast.While):
            for name in ("value", "test"):
                expression = getattr(statement, name, None)
                if isinstance(expression, ast.expr):
                    yield from edges_of(expression, reading)


def puzzle_edges(sat: str, answer_type: str | None, programs: Iterable[str]) -> Iterator[Edge]:
    """The edges of programs that solve a puzzle, read with what the search knows of that puzzle.

    Raises ValueError when the puzzle or a program does not parse.
    """
    puzzle = read_puzzle(sat, answer_type)
    reading = Reading(
        inputs=frozenset(puzzle.inputs),
        constants=frozenset(repr(constant) for constant in puzzle.constants),
        lifted=frozenset(text for text, _, _ in Lifter(puzzle).closed),
    )
    for program in programs:
        try:
            yield from program_edges(program, reading)
        except SyntaxError as error:
            raise ValueError(f"a solution does not parse: {error}") from error
