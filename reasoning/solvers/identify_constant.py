"""Which constant a number in decimals is: closed forms over a basis of constants.

>>> identify_constant("1.2732395447351626861510701069801148962756771659237", ["pi"]).solution.forms[0].expression
'4/pi'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from reasoning.discovery.identification import DEFAULT_BASIS, IdentificationError, identify
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status
from verifiers.constants.closed_form import evaluate_to
from verifiers.constants.expressions import parse
from verifiers.wording import counted

__all__ = ["ClosedForm", "ClosedForms", "IdentificationCertificate", "identify_constant"]

MAX_DIGITS = 300
"""Longest number; relations among many constants take seconds beyond."""


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """A closed form.

    Attributes:
        expression: such as "(2 + 3*pi)/7".
        form: the kind of relation.
        evidence: trusted digits of the number for each digit of the form's coefficients; at least 2.
    """

    expression: str
    form: str
    evidence: float


@dataclass(frozen=True, slots=True)
class ClosedForms:
    """All that was found.

    Attributes:
        forms: the best supported first.
    """

    forms: list[ClosedForm]


@dataclass(frozen=True, slots=True)
class IdentificationCertificate:
    """What anybody can check.

    Attributes:
        digits: trusted digits of the number.
        values: each form in decimals, to two digits more than are trusted; they begin as the number does.
    """

    digits: int
    values: list[str]


@solver
def identify_constant(
    number: Annotated[str, Field(max_length=MAX_DIGITS + 20)],
    basis: Annotated[list[str], Field(min_length=1, max_length=30)] = list(DEFAULT_BASIS),  # noqa: B006 - never changed
) -> Result[ClosedForms, IdentificationCertificate]:
    """Find closed forms of a real number that is known to many digits.

    Tried in turn, until one kind finds something: algebraic numbers, (p c + q) / (r c + s) for each constant c, linear
    combinations of all, products of powers, quotients of quadratics. A form is given when the number confirms at least
    twice as many digits as its coefficients hold: it is well supported, not proved.

    Args:
        number: in decimals, as text, of at least 26 digits; the last one is not trusted.
        basis: constants, such as "pi", "e", "log(2)", "sqrt(3)", "zeta(3)", "catalan", "euler", "gamma(1/3)"; default:
            18 usual ones.

    Returns:
        `converged` with the forms, or `limit`: none is supported by so many digits.

    Raises:
        SolverInputError: the text is no number, has too few digits, or a constant cannot be evaluated.

    Source:
        Integer relations by lattice reduction (Lenstra, Lenstra and Lovasz 1982, as in FLINT), which do what the PSLQ
        of Ferguson, Bailey and Arno 1999 does.

    Example:
        {"number": "0.83190737258070746868312627882153073442", "basis": ["zeta(3)"]}
    """
    if len(number) > MAX_DIGITS:
        raise SolverInputError(f"number: at most {MAX_DIGITS} characters are taken, got {len(number)}")
    try:
        found = identify(number, basis)
    except IdentificationError as error:
        raise SolverInputError(f"number or basis: {error}") from None
    if not found:
        return Result(
            Status.LIMIT, message=f"no form over {counted(len(basis), 'constant')} is supported by these digits"
        )
    digits = found[0].digits
    values = [evaluate_to(parse(one.expression), digits + 5).str(digits + 2, radius=False) for one in found]
    forms = [ClosedForm(one.expression, one.form, round(one.evidence, 2)) for one in found]
    return Result(Status.CONVERGED, ClosedForms(forms), IdentificationCertificate(digits, values))
