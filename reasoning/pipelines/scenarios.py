"""Optimisation problems as ReSocratic's models write them: sections of sentences with formal lines below.

    scenario = read_scenario(text)
    scenario.objective, scenario.relations      # "2.5x + 6y", ["x >= 0", "y >= 0", "3x + 5y <= 240", "y <= 30"]

A formal line is a JSON object (a variable) or polynomials with a relation between them. A text is read as far as it is
valid, so that a scenario with a malformed last constraint is one without it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from reasoning.solvers.expressions import CONSTANTS, names_of, read_expression
from reasoning.solvers.results import SolverInputError
from verifiers.constants.expressions import Binary, Name, Negative, Node, Number

__all__ = ["MAX_CONSTRAINTS", "Scenario", "ScenarioError", "Variable", "read_scenario"]

MAX_CONSTRAINTS = 5
"""Sections of constraints; with variables and objective the seven sections of the paper."""
_VARIABLES, _OBJECTIVE = "define variables", "define objective function"
_TITLE = re.compile(r"^##[ \t]*(.+?)[ \t]*:?[ \t]*$", re.MULTILINE)
_GOAL = re.compile(
    r"(?:(?:so, the )?objective function(?: is)?: *)?(maximi[sz]e|minimi[sz]e)\b[ \t:]*(.+)", re.IGNORECASE
)
_RELATION = re.compile(r"(<=|>=|==|=|<|>)")
_DESCRIPTION = re.compile(r"[A-Za-z](?:[^:=\n\"`*]{0,150}[A-Za-z0-9)])?")
_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}", re.ASCII)


class ScenarioError(ValueError):
    """A text is no scenario; one line."""


@dataclass(frozen=True, slots=True)
class Variable:
    """What is decided: its description, its symbol, and whether it is an integer."""

    description: str
    symbol: str
    integer: bool


@dataclass(frozen=True, slots=True)
class Scenario:
    """A model of an optimisation problem, in words and as polynomials.

    Attributes:
        sections: their texts, in order: variables, objective, constraints.
        variables: what is decided.
        ranges: relations between polynomials that bound the variables.
        maximize: whether the objective is to be large.
        objective: a polynomial.
        constraints: the relations of each section of constraints.
        linear: whether all polynomials are.
    """

    sections: tuple[str, ...]
    variables: tuple[Variable, ...]
    ranges: tuple[str, ...]
    maximize: bool
    objective: str
    constraints: tuple[tuple[str, ...], ...]
    linear: bool

    @property
    def text(self) -> str:
        """The sections, one after the other."""
        return "\n\n".join(self.sections)

    @property
    def relations(self) -> list[str]:
        """What every feasible point satisfies."""
        return [*self.ranges, *(one for section in self.constraints for one in section)]

    @property
    def quantity(self) -> str:
        """The name of the optimum."""
        return f"The {'maximum' if self.maximize else 'minimum'} of the objective"


def read_scenario(text: str, most: int = MAX_CONSTRAINTS) -> Scenario:
    """The valid beginning of a scenario: sections in order, each with sentences and then formal lines.

    Args:
        text: may have other words before the first section.
        most: constraint sections that are read.

    Raises:
        ScenarioError: the variables, the objective or the first constraint are missing or malformed.
    """
    parts = _TITLE.split(text[text.find("##") :] if "##" in text else "")
    titled = [(title.casefold(), body) for title, body in zip(parts[1::2], parts[2::2], strict=True)]
    if [title for title, _ in titled[:2]] != [_VARIABLES, _OBJECTIVE]:
        raise ScenarioError("it does not begin with variables and objective")
    variables, ranges = _variables(_formal(titled[0][1]))
    symbols = {one.symbol for one in variables}
    degree = max((_relation_degree(one, symbols) for one in ranges), default=0)
    goals = [_GOAL.fullmatch(line) for line in _formal(titled[1][1])]
    if len(goals) != 1 or goals[0] is None:
        raise ScenarioError("the objective is not one line `Maximize ...` or `Minimize ...`")
    maximize, objective = goals[0][1].casefold().startswith("max"), goals[0][2]
    degree = max(degree, _polynomial_degree(objective, symbols))
    constraints: list[tuple[str, ...]] = []
    try:
        for number, (title, body) in enumerate(titled[2 : 2 + most], start=1):
            if title != f"generate constraint-{number}":
                raise ScenarioError(f"no section `Generate Constraint-{number}` where it is expected")
            section = tuple(one for line in _formal(body) for one in _relations(line))
            degree = max(degree, *(_relation_degree(one, symbols) for one in section))
            constraints.append(section)
    except ScenarioError:
        if not constraints:
            raise
    if not constraints:
        raise ScenarioError("it has no constraint")
    sections = tuple(
        f"## {title}:\n{body.strip()}"
        for title, body in list(zip(parts[1::2], parts[2::2], strict=True))[: 2 + len(constraints)]
    )
    return Scenario(sections, variables, ranges, maximize, objective, tuple(constraints), degree <= 1)


def _formal(body: str) -> list[str]:
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    formal = [line.startswith("//") for line in lines]
    if not any(formal) or formal[0] or formal != sorted(formal):
        raise ScenarioError("a section is not sentences and then formal lines")
    return [line.removeprefix("//").strip() for line in lines if line.startswith("//")]


def _variables(lines: list[str]) -> tuple[tuple[Variable, ...], tuple[str, ...]]:
    variables: list[Variable] = []
    ranges: list[str] = []
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict) or not all(isinstance(one, str) for one in record.values()):
            raise ScenarioError("a variable is no JSON object of texts")
        kind, span = record.pop("type", ""), record.pop("range", "")
        described = [" ".join(name.split()) for name in record]
        symbol = next(iter(record.values()), "")
        if len(described) != 1 or not _DESCRIPTION.fullmatch(described[0]):
            raise ScenarioError("a variable has no plain description")
        if not _SYMBOL.fullmatch(symbol) or symbol in CONSTANTS:
            raise ScenarioError(f"{symbol[:40]!r} is no symbol of a variable")
        if kind not in ("integer", "binary", "continuous", "real"):
            raise ScenarioError(f"a variable is of type {kind[:40]!r}")
        variables.append(Variable(described[0], symbol, kind in ("integer", "binary")))
        if kind == "binary":  # whose range is written in many ways
            ranges += [f"{symbol} >= 0", f"{symbol} <= 1"]
        elif span:
            ranges += _relations(span)
    if len({one.symbol for one in variables}) < len(variables):
        raise ScenarioError("two variables have one symbol")
    if len({one.description.casefold() for one in variables}) < len(variables):
        raise ScenarioError("two variables have one description")
    return tuple(variables), tuple(ranges)


def _relations(line: str) -> list[str]:
    """`0 <= x <= 5; y >= 1` as `0 <= x`, `x <= 5` and `y >= 1`."""
    found: list[str] = []
    for text in re.split(r";|, ", line.replace("≤", "<=").replace("≥", ">=")):
        parts = [part.strip() for part in _RELATION.split(text)]
        if len(parts) < 3:
            raise ScenarioError("a formal line is no relation")
        found += [" ".join(parts[place : place + 3]) for place in range(0, len(parts) - 2, 2)]
    return found


def _relation_degree(relation: str, symbols: set[str]) -> int:
    left, _, right = _RELATION.split(relation)
    return max(_polynomial_degree(left, symbols), _polynomial_degree(right, symbols))


def _polynomial_degree(text: str, symbols: set[str]) -> int:
    try:
        node = read_expression(text, "a formal line")
    except SolverInputError as error:
        raise ScenarioError(str(error)) from None
    if unknown := sorted(names_of(node) - symbols):
        raise ScenarioError(f"a formal line uses {unknown[0][:40]!r}, which is no variable")
    return _degree(node)


def _degree(node: Node) -> int:
    if isinstance(node, Number):
        return 0
    if isinstance(node, Name) and node.name not in CONSTANTS:
        return 1
    if isinstance(node, Negative):
        return _degree(node.inner)
    if isinstance(node, Binary):
        left, right = _degree(node.left), _degree(node.right)
        if node.operator in "+-":
            return max(left, right)
        if node.operator == "*":
            return left + right
        if node.operator == "/" and right == 0:
            return left
        if node.operator == "**" and isinstance(node.right, Number) and node.right.value.denominator == 1:
            return left * max(0, int(node.right.value))
    raise ScenarioError("a formal line holds more than polynomials")
