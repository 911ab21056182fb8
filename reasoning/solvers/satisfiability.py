"""Satisfiability: of clauses (SAT), and of constraints over integers and real numbers (SMT), with z3.

>>> satisfy_clauses([[1, 2], [-1], [-2, 3]]).solution.true
[2, 3]
>>> satisfy_constraints(["x^2 + y^2 = 25", "x > y", "y > 0"]).solution.values
{'x': '4', 'y': '3'}
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field

from reasoning.solvers.definition import solver
from reasoning.solvers.expressions import names_of, read_expression
from reasoning.solvers.results import Result, SolverInputError, Status
from verifiers.constants.expressions import Binary, Name, Negative, Node, Number

__all__ = [
    "Assignment",
    "ClauseCertificate",
    "ConstraintCertificate",
    "Model",
    "satisfy_clauses",
    "satisfy_constraints",
]

MAX_VARIABLE = 100_000
MAX_POWER = 20
MILLISECONDS = 4_000
"""z3's own limit, below half that of the tool: a refutation is searched twice."""
MAX_PROOF = 20_000
"""Most clauses of a refutation."""
_RELATION = re.compile(r"(<=|>=|!=|==|=|<|>)")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Truth values that satisfy every clause.

    Attributes:
        true: variables that are true; the others are false.
    """

    true: list[int]


@dataclass(frozen=True, slots=True)
class ClauseCertificate:
    """What anybody can check.

    Attributes:
        satisfied: number of clauses with a true literal; all of them, where there is an assignment.
        refutation: where there is none, clauses that end with the empty one. Each follows from the given ones and those
            before it by unit propagation: with all its literals false, clauses with one literal left force one after
            another until one is empty (reverse unit propagation, as in DRAT proofs). Null when it is too long.
    """

    satisfied: int | None = None
    refutation: list[list[int]] | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """Numbers that satisfy every constraint.

    Attributes:
        values: variable -> integer, fraction or decimal (of an irrational number, cut and ending in "?").
    """

    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class ConstraintCertificate:
    """What anybody can check.

    Attributes:
        satisfied: number of constraints that the values satisfy, in exact arithmetic; null when a value is irrational.
        core: where there are no values, indices of constraints that cannot hold together: a smaller problem, for
            another solver or a proof by hand.
    """

    satisfied: int | None = None
    core: list[int] | None = None


@solver
def satisfy_clauses(
    clauses: Annotated[list[list[int]], Field(min_length=1)],
) -> Result[Assignment, ClauseCertificate]:
    """Find truth values that satisfy a formula in conjunctive normal form.

    Args:
        clauses: lists of literals; k stands for variable k, -k for its negation, k from 1 to 100000.

    Returns:
        `converged` with an assignment, `infeasible` with a proof when there is none, `limit` when neither was found in
        time.

    Raises:
        SolverInputError: a literal is 0 or too large.

    Source:
        The SAT core of z3 (de Moura and Bjorner 2008, "Z3: An Efficient SMT Solver").

    Example:
        {"clauses": [[1, 2], [-1, 3], [-2, -3], [-1, -2]]}
    """
    import z3

    for index, clause in enumerate(clauses):
        for literal in clause:
            if literal == 0 or abs(literal) > MAX_VARIABLE:
                raise SolverInputError(f"clauses[{index}]: {literal} is no literal (1..{MAX_VARIABLE} or negative)")
    variables = {number: z3.Bool(f"v{number}") for number in sorted({abs(one) for clause in clauses for one in clause})}
    disjunctions = [z3.Or([variables[one] if one > 0 else z3.Not(variables[-one]) for one in it]) for it in clauses]
    search = _search(z3)
    search.add(disjunctions)
    outcome = search.check()
    if outcome != z3.sat:
        return _unsolved(z3, outcome, lambda: ClauseCertificate(refutation=_refutation(z3, variables, disjunctions)))
    model = search.model()
    true = {number for number, variable in variables.items() if z3.is_true(model.eval(variable))}
    satisfied = sum(any((abs(one) in true) == (one > 0) for one in clause) for clause in clauses)
    return Result(Status.CONVERGED, Assignment(sorted(true)), ClauseCertificate(satisfied))


@solver
def satisfy_constraints(
    constraints: Annotated[list[str], Field(min_length=1, max_length=500)],
    sort: Literal["integer", "real"] = "integer",
) -> Result[Model, ConstraintCertificate]:
    """Find numbers that satisfy polynomial equations and inequalities.

    Args:
        constraints: such as "x^2 + y <= 7", "x != y"; relations =, !=, <, <=, >, >=; polynomials in any variables.
        sort: what the variables stand for, integer or real.

    Returns:
        `converged` with values, `infeasible` with an unsatisfiable core when there are none, `limit` when neither was
        found in time.

    Raises:
        SolverInputError: a text is no constraint between polynomials.

    Source:
        z3's arithmetic (nonlinear real arithmetic: Jovanovic and de Moura 2012).

    Example:
        {"constraints": ["3x + 5y = 47", "x > 0", "y > x"]}
    """
    import z3

    read = [_constraint(text, f"constraints[{index}]") for index, text in enumerate(constraints)]
    names = sorted(set().union(*(names_of(left) | names_of(right) for left, _, right in read)))
    make = z3.Int if sort == "integer" else z3.Real
    variables: dict[str, Any] = {name: make(name) for name in names}
    search = _search(z3)
    for index, (left, relation, right) in enumerate(read):
        place = f"constraints[{index}]"
        holds = _holds(relation, _polynomial(left, variables, place), _polynomial(right, variables, place))
        search.assert_and_track(z3.BoolVal(holds) if isinstance(holds, bool) else holds, str(index))
    outcome = search.check()
    if outcome != z3.sat:
        core = ConstraintCertificate(core=sorted(int(str(one)) for one in search.unsat_core()))
        return _unsolved(z3, outcome, lambda: core)
    model = search.model()
    values = {name: _value(z3, model.eval(variable, model_completion=True)) for name, variable in variables.items()}
    certificate = ConstraintCertificate(_satisfied(read, values))
    return Result(Status.CONVERGED, Model(values), certificate)


def _search(z3: Any) -> Any:
    search = z3.Solver()
    search.set("timeout", MILLISECONDS)
    search.set("random_seed", 0)
    return search


def _refutation(z3: Any, variables: dict[int, Any], disjunctions: list[Any]) -> list[list[int]] | None:
    """The clauses that z3 learns on its way to the contradiction; it searches anew, as listening takes time."""
    numbers = {variable.get_id(): number for number, variable in variables.items()}
    learnt: list[list[int]] = []

    def literal(term: Any) -> int:
        return -numbers[term.arg(0).get_id()] if z3.is_not(term) else numbers[term.get_id()]

    def listen(reason: Any, _: Any, clause: Any) -> None:
        if len(learnt) < MAX_PROOF and reason is not None and reason.decl().name() == "rup":
            literals = [literal(clause[place]) for place in range(len(clause))]
            if not learnt or learnt[-1] != literals:  # z3 tells of some twice
                learnt.append(literals)

    search = _search(z3)
    listener = z3.OnClause(search, listen)
    search.add(disjunctions)
    outcome = search.check()
    del listener  # not before: z3 calls it
    if outcome != z3.unsat or len(learnt) >= MAX_PROOF:
        return None
    return learnt if learnt and not learnt[-1] else [*learnt, []]


def _unsolved(z3: Any, outcome: Any, certificate: Callable[[], Any]) -> Result[Any, Any]:
    if outcome == z3.unsat:
        return Result(Status.INFEASIBLE, None, certificate(), message="no assignment satisfies all of them")
    return Result(Status.LIMIT, message="neither satisfied nor refuted in time")


def _constraint(text: str, place: str) -> tuple[Node, str, Node]:
    parts = _RELATION.split(text)
    if len(parts) != 3:
        raise SolverInputError(f"{place}: expected one relation (=, !=, <, <=, >, >=)")
    return read_expression(parts[0], place), "=" if parts[1] == "==" else parts[1], read_expression(parts[2], place)


def _holds(relation: str, left: Any, right: Any) -> Any:
    return {
        "=": lambda: left == right,
        "!=": lambda: left != right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
    }[relation]()


def _polynomial(node: Node, variables: dict[str, Any], place: str) -> Any:
    """The value of a tree; integer coefficients stay integers, so that no variable is made real."""
    if isinstance(node, Number):
        return int(node.value) if node.value.denominator == 1 else _rational(node.value, variables, place)
    if isinstance(node, Name) and node.name in variables:
        return variables[node.name]
    if isinstance(node, Negative):
        return -_polynomial(node.inner, variables, place)
    if isinstance(node, Binary):
        left = _polynomial(node.left, variables, place)
        if node.operator == "**":
            if not isinstance(node.right, Number) or node.right.value not in range(MAX_POWER + 1):
                raise SolverInputError(f"{place}: an exponent is no integer from 0 to {MAX_POWER}")
            power: Any = 1
            for _ in range(int(node.right.value)):
                power = power * left
            return power
        right = _polynomial(node.right, variables, place)
        if node.operator == "/":
            if not isinstance(right, int | Fraction) or right == 0:
                raise SolverInputError(f"{place}: only division by a number other than 0 is taken")
            return left * _rational(Fraction(1) / right, variables, place)
        return left * right if node.operator == "*" else left + right if node.operator == "+" else left - right
    raise SolverInputError(f"{place}: only polynomials are taken")


def _rational(value: Fraction, variables: dict[str, Any], place: str) -> Any:
    import z3

    exact = all(isinstance(one, Fraction) for one in variables.values())
    return value if exact and variables else z3.Q(value.numerator, value.denominator)


def _value(z3: Any, number: Any) -> str:
    if z3.is_algebraic_value(number):
        return str(number.as_decimal(20))
    return str(Fraction(number.as_fraction()) if z3.is_rational_value(number) else number.as_long())


def _satisfied(read: list[tuple[Node, str, Node]], values: dict[str, str]) -> int | None:
    if any(value.endswith("?") for value in values.values()):
        return None
    exact = {name: Fraction(value) for name, value in values.items()}
    sides = [(_polynomial(left, exact, ""), relation, _polynomial(right, exact, "")) for left, relation, right in read]
    return sum(bool(_holds(relation, left, right)) for left, relation, right in sides)
