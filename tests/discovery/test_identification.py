import json
import random

import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from reasoning.cli.commands import app
from reasoning.cli.main import main
from reasoning.discovery import DEFAULT_BASIS, IdentificationError, identify
from reasoning.discovery.moebius import moebius_text
from reasoning.discovery.relations import find_relation
from verifiers.constants.closed_form import evaluate_to
from verifiers.constants.evidence import hidden_part
from verifiers.constants.expressions import parse


def decimals(text, digits):
    """The value of a closed form in `digits` significant decimals."""
    ctx.prec = 4 * digits + 64
    return evaluate_to(parse(text), digits + 5).str(digits, radius=False)


@pytest.mark.parametrize(
    ("value", "expression", "form"),
    [
        ("4/pi", "4/pi", "moebius"),
        ("-2/(pi-4)", "-2/(pi-4)", "moebius"),
        ("(1-catalan)/catalan", "(-catalan+1)/catalan", "moebius"),
        ("8/(7*zeta(3))", "8/(7*zeta(3))", "moebius"),
        ("22/7", "22/7", "rational"),
        ("-5", "-5", "rational"),
        ("sqrt(7)", "sqrt(28)/2", "algebraic"),
        ("(3+sqrt(17))/4", "(3+sqrt(17))/4", "algebraic"),
        ("-(5/3)**(1/4)", "-(5/3)**(1/4)", "algebraic"),
        ("pi+e-3", "pi+e-3", "linear combination"),
        ("pi/2+3*log(2)-catalan/5", "5*pi+30*log(2)-2*catalan", "linear combination"),
        ("gamma(1/4)**4/pi**2", "pi**(-2)*gamma(1/4)**(4)", "product of powers"),
        ("-sqrt(2*pi)/e", "-2**(1/2)*pi**(1/2)*e**(-1)", "product of powers"),
        ("(e**2+3)/(2*e**2-e+1)", "(e**2+3)/(2*e**2-e+1)", "quadratic quotient"),
    ],
)
def test_numbers_are_recognised(value, expression, form):
    found = identify(decimals(value, 60))
    assert found, value
    assert found[0].form == form
    ctx.prec = 300
    assert abs(evaluate_to(parse(found[0].expression), 58) - evaluate_to(parse(value), 58)) < arb("1e-50")
    if form != "linear combination":
        # Signs of a quotient may stand above or below.
        assert found[0].expression.replace("-", "").replace("+", "") == expression.replace("-", "").replace("+", "")


coefficient = st.integers(-99, 99)


@settings(max_examples=40, deadline=None)
@given(coefficient, coefficient, coefficient, coefficient, st.sampled_from(["pi", "zeta(3)", "e", "log(2)"]))
def test_moebius_images_are_found_again(p, q, r, s, constant):
    if p * s == q * r or (r == 0 and s == 0):
        return
    found = identify(decimals(f"({p}*{constant}+{q})/({r}*{constant}+{s})", 45), [constant])
    assert found
    assert found[0].form in ("moebius", "rational")
    assert found[0].evidence >= 2


def test_random_numbers_are_not_recognised():
    generator = random.Random(3)
    for digits in (27, 40, 60):
        for _ in range(3):
            number = "0." + "".join(generator.choice("123456789") for _ in range(digits))
            assert identify(number) == []


def test_a_factor_of_constants_alone_is_no_relation_of_the_number():
    # (sqrt(8) - 2 sqrt(2)) v = 0 relates the constants, whatever v is.
    number = "0.1827364519283746551928374655192837465"
    assert identify(number, ["sqrt(2)", "sqrt(8)", "pi", "2*pi"]) == []


@pytest.mark.parametrize(
    ("number", "basis", "message"),
    [
        ("3.14159265358979", ["pi"], "at least 25 are needed"),
        ("0.000000000000000000000000000000000001", ["pi"], "0 trusted digits"),
        ("pi", ["pi"], "not a decimal number"),
        ("1" * 9_000, ["pi"], "at most 5000"),
        ("0." + "1" * 30, ["pi;"], "constant 'pi;'"),
        ("0." + "1" * 30, ["log(-1)"], "no real value"),
        ("", ["pi"], "not a decimal"),
    ],
)
def test_what_cannot_be_used_is_named(number, basis, message):
    with pytest.raises(IdentificationError, match=message):
        identify(number, basis)


def test_relations_are_small_and_normal():
    ctx.prec = 300
    root = arb(2).sqrt()
    relation = find_relation([root * root * 3, arb(4)], 40)
    assert relation.coefficients == (2, -3)
    assert find_relation([root, arb(1)], 40) is None
    assert find_relation([arb.pi(), arb.const_e(), root, arb(1)], 50) is None


def test_the_command_prints_forms_or_says_that_there_are_none(capsys):
    result = CliRunner().invoke(app, ["identify", decimals("6/zeta(3)", 40), "--json"])
    assert json.loads(result.stdout)[0]["expression"] == "6/zeta(3)"
    assert CliRunner().invoke(app, ["identify", "0.83627364519283746551928374655192837465"]).exit_code == 1
    with pytest.raises(SystemExit) as ended:
        main(["identify", "3.14"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: 2 trusted digits")
    with pytest.raises(SystemExit) as ended:
        main(["identify", decimals("pi", 30), "--basis", " ; "])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: Invalid value: --basis: no constant is named\n"


def test_every_constant_of_the_default_basis_can_be_evaluated():
    assert all(evaluate_to(parse(name), 30).is_finite() for name in DEFAULT_BASIS)


def test_what_the_searches_write_hides_nothing():
    images = [(2, -3, 0, 1), (0, 4, 1, 0), (-1, 1, 1, 0), (5, 0, 7, -20), (1, 1, 1, -1)]
    forms = [moebius_text(constant, image) for constant in DEFAULT_BASIS for image in images]
    assert [form for form in forms if hidden_part(parse(form), 100)] == []
