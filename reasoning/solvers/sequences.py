"""Which rule makes a sequence: a polynomial, a linear recurrence, or one with polynomial coefficients.

>>> identify_sequence([0, 1, 1, 2, 3, 5, 8, 13]).solution.next
[Fraction(21, 1), Fraction(34, 1), Fraction(55, 1)]
>>> identify_sequence([1, 1, 2, 6, 24, 120, 720, 5040]).solution.kind
'holonomic'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field

from reasoning.solvers.arguments import ExactNumber
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Rule", "SequenceCertificate", "identify_sequence"]

SPARE = 2
"""Terms that a rule must explain beyond the ones that fix it."""
MAX_ORDER = 4
MAX_DEGREE = 4
_NEXT = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that all given terms obey.

    Attributes:
        kind: `polynomial`, `recurrence` (constant coefficients: a rational generating function) or `holonomic`
            (polynomial coefficients).
        formula: the rule in words; a(0) is the first term.
        next: the next three terms; fewer where the rule does not fix them.
    """

    kind: str
    formula: str
    next: list[Fraction]


@dataclass(frozen=True, slots=True)
class SequenceCertificate:
    """What anybody can check.

    Attributes:
        coefficients: polynomial: c with a(n) = sum c_k n^k. Otherwise rows p_0, p_1, ... with
            sum_j p_j(n) a(n + j) = 0 for all n, each row the coefficients of p_j.
        spare: given terms beyond the ones that any rule of this size explains; the larger, the less by chance.
    """

    coefficients: list[Any]
    spare: int


@solver
def identify_sequence(
    terms: Annotated[list[ExactNumber], Field(min_length=4, max_length=200)],
) -> Result[Rule, SequenceCertificate]:
    """Find a rule that a sequence of integers or fractions obeys.

    Tries polynomials in n, then recurrences with constant coefficients, then sum_j p_j(n) a(n + j) = 0 with
    polynomials p_j, each by exact linear algebra; the first rule with at least two terms to spare is given.

    Args:
        terms: 4 to 200 integers or fractions, a(0), a(1), ...

    Returns:
        `converged` with the rule, or `limit`: no rule with order and degree up to 4 explains them.

    Raises:
        SolverInputError: a term has too many digits.

    Source:
        Finite differences; guessing by the kernel of the matrix of n^i a(n + j) (Kauers and Paule 2011, "The Concrete
        Tetrahedron", chapter 7).

    Example:
        {"terms": [1, 1, 2, 5, 14, 42, 132, 429, 1430, 4862]}
    """
    if any(max(abs(one.numerator), one.denominator).bit_length() > 20_000 for one in terms):
        raise SolverInputError("terms: one is too long")
    found = _polynomial(terms)
    if found is not None:
        return found
    # By the number of unknowns: small rules first, of those the ones with constant coefficients.
    shapes = sorted(
        ((order, degree) for order in range(1, len(terms) // 2 + 1) for degree in range(MAX_DEGREE + 1)
         if degree == 0 or order <= MAX_ORDER),
        key=lambda shape: (shape[1] > 0, (shape[0] + 1) * (shape[1] + 1), shape),
    )  # fmt: skip
    for order, degree in shapes:
        unknowns = (order + 1) * (degree + 1)
        rows = len(terms) - order
        spare = rows - (unknowns - 1)
        if spare < SPARE:
            continue
        vector = _kernel(terms, order, degree)
        if vector is not None:
            return _recurrence(terms, vector, order, degree, spare)
    return Result(Status.LIMIT, message="no rule of order and degree up to 4 explains the terms")


def _polynomial(terms: Sequence[Fraction]) -> Result[Rule, SequenceCertificate] | None:
    rows = [list(terms)]
    while len(rows[-1]) > SPARE and any(rows[-1]):
        rows.append([after - before for before, after in zip(rows[-1], rows[-1][1:], strict=False)])
    if any(rows[-1]) or len(rows[-1]) < SPARE:
        return None
    # Newton's forward formula, multiplied out.
    coefficients = [Fraction(0)] * max(1, len(rows) - 1)
    basis = [Fraction(1)]
    for index, row in enumerate(rows[:-1]):
        for power, value in enumerate(basis):
            coefficients[power] += row[0] * value
        shifted = [Fraction(0), *basis]
        basis = [(a - index * b) / (index + 1) for a, b in zip(shifted, [*basis, Fraction(0)], strict=True)]
    size = len(terms)
    following = [sum((c * n**k for k, c in enumerate(coefficients)), Fraction(0)) for n in range(size, size + _NEXT)]
    formula = f"a(n) = {_shown(coefficients)}"
    return Result(
        Status.CONVERGED, Rule("polynomial", formula, following), SequenceCertificate(coefficients, len(rows[-1]))
    )


def _kernel(terms: Sequence[Fraction], order: int, degree: int) -> list[Fraction] | None:
    """A vector c with sum_{i, j} c_{j, i} n^i a(n + j) = 0 for every n; None when there is none."""
    from flint import fmpq, fmpq_mat

    rows = [
        [
            fmpq(term.numerator, term.denominator) * n**power
            for term in terms[n : n + order + 1]
            for power in range(degree + 1)
        ]
        for n in range(len(terms) - order)
    ]
    reduced, rank = fmpq_mat(rows).rref()
    width = (order + 1) * (degree + 1)
    if rank == width:
        return None
    pivots = [next(column for column in range(width) if reduced[row, column] != 0) for row in range(rank)]
    free = max(column for column in range(width) if column not in pivots)
    vector = [Fraction(0)] * width
    vector[free] = Fraction(1)
    for row, column in enumerate(pivots):
        value = reduced[row, free]
        vector[column] = -Fraction(int(value.p), int(value.q))
    # The leading polynomial must not vanish, else this is a rule of a lower order.
    return vector if any(vector[order * (degree + 1) :]) else None


def _recurrence(
    terms: Sequence[Fraction], vector: list[Fraction], order: int, degree: int, spare: int
) -> Result[Rule, SequenceCertificate]:
    import math

    scale = math.lcm(*(one.denominator for one in vector))
    whole = [one * scale for one in vector]
    common = math.gcd(*(int(one) for one in whole))
    whole = [one / common for one in whole]
    rows = [whole[start : start + degree + 1] for start in range(0, len(whole), degree + 1)]
    known = list(terms)
    for n in range(len(terms) - order, len(terms) - order + _NEXT):
        leading, *others = [sum((c * n**k for k, c in enumerate(row)), Fraction(0)) for row in reversed(rows)]
        if leading == 0:
            break
        total = sum((value * known[n + order - 1 - index] for index, value in enumerate(others)), Fraction(0))
        known.append(-total / leading)
    parts = [f"({_shown(row)})*a({f'n + {index}' if index else 'n'})" for index, row in enumerate(rows) if any(row)]
    rule = Rule("holonomic" if degree else "recurrence", " + ".join(parts) + " = 0", known[len(terms) :])
    return Result(Status.CONVERGED, rule, SequenceCertificate(rows, spare))


def _shown(coefficients: Sequence[Fraction]) -> str:
    names = ["", "*n", *(f"*n^{power}" for power in range(2, len(coefficients)))]
    parts = [f"{value}{name}" for value, name in zip(coefficients, names, strict=False) if value]
    return " + ".join(parts).replace("+ -", "- ") or "0"
