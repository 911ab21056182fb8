import pytest
from mpmath import mp, mpf

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.identify_constant import identify_constant


@pytest.mark.parametrize(
    ("form", "basis", "kind"),
    [
        (lambda: (2 + 3 * mp.pi) / 7, ["pi"], "moebius"),
        (lambda: mp.log(2) - 2 * mp.pi / 3 + 5, ["pi", "log(2)"], "linear combination"),
        (lambda: (1 + mp.sqrt(5)) / 2, ["pi"], "algebraic"),
    ],
)
def test_forms_are_found_and_their_values_are_the_number(form, basis, kind):
    with mp.workdps(60):
        number = mp.nstr(form(), 45)
        result = identify_constant(number, basis)
        best = result.solution.forms[0]
        assert (result.status, best.form) == (Status.CONVERGED, kind)
        assert best.evidence >= 2
        assert result.certificate.digits == 44
        for value in result.certificate.values:
            assert abs(mpf(value) / form() - 1) < mpf(10) ** -44


def test_digits_at_random_are_no_constant():
    number = "0.7430192846510283746152839405867120394857162738495061"
    assert identify_constant(number, ["pi", "e"]).status is Status.LIMIT


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("3.14159",), "at least 25 are needed"),
        (("pi",), "is not a decimal number"),
        (("3." + "1" * 400,), "number: "),
        (("3.14159265358979323846264338327950288", ["import os"]), "constant 'import os'"),
        (("3.14159265358979323846264338327950288", []), "basis: "),
    ],
)
def test_bad_input_is_one_clear_line(arguments, line):
    with pytest.raises(SolverInputError, match=line):
        identify_constant(*arguments)
