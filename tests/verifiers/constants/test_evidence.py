"""Claims that were fitted to their number, or hide a difference behind the digits compared, and honest ones beside them."""

from __future__ import annotations

import json

import pytest
from flint import arb, ctx

from verifiers.constants.evidence import hidden_part, written_digits
from verifiers.constants.expressions import parse
from verifiers.constants.judge import Claim, judge, read_claim
from verifiers.records import Status

LOG = {"a": "1", "b": "n**2"}
"""1/log(2)."""


def decimals(value: str, digits: int) -> str:
    previous = ctx.prec
    ctx.prec = 4 * digits + 64
    try:
        number = {"pi": arb.pi(), "1/log(2)": 1 / arb(2).log()}[value]
        text: str = number.str(digits, radius=False)
        return text
    finally:
        ctx.prec = previous


def quotients(count: int) -> list[int]:
    """Of the regular continued fraction of pi."""
    previous = ctx.prec
    ctx.prec = 20 * count
    try:
        terms, rest = [], arb.pi()
        for _ in range(count):
            terms.append(int(rest.floor().unique_fmpz()))
            rest = 1 / (rest - terms[-1])
        return terms
    finally:
        ctx.prec = previous


PI = quotients(150)
FITTED = {
    "a decimal times 1": (LOG | {"value": decimals("1/log(2)", 110) + "*pi/pi"}, None, Status.WRONG),
    "a coefficient": ({"a": decimals("pi", 150), "b": "1/10**99"}, "pi", Status.REJECTED),
    "a small coefficient": ({"a": "2*n+1", "b": "n**2+1/10**110"}, "4/pi", Status.WRONG),
    "a smaller coefficient": ({"a": "2*n+1", "b": "n**2+1/10**300"}, "4/pi", Status.REJECTED),
    "the number's own terms": ({"sign_period": [1], "initial": PI, "lfsr": [1, *[0] * 149, -1]}, "pi", Status.WRONG),
    "a polynomial that is 0 for long": (
        {"a": "34*n**3+51*n**2+27*n+5+" + "*".join(f"(n-{k})" for k in range(1, 56)), "b": "-n**6"},
        "6/zeta(3)",
        Status.REJECTED,
    ),
}
HIDDEN = (
    *("1/log(2)+exp(-600)", "1/log(2)+1/gamma(200)", "erf(40)/log(2)", "tanh(300)/log(2)", "zeta(400)/log(2)"),
    *("polylog(400,1/3)/log(2)*3", "1/log(2)*(1+1/10**300)", "log(2)**(-1-exp(-300))", "1/log(2)+(1-tanh(40))**7"),
    "1/log(2+exp(-300))",
)


@pytest.mark.parametrize(("claim", "value", "status"), FITTED.values(), ids=FITTED.keys())
def test_a_fraction_or_form_with_its_number_in_it_does_not_pass(claim, value, status):
    finding = judge(read_claim(json.dumps(claim)), value, 100)
    assert finding.status is status, finding


@pytest.mark.parametrize("value", HIDDEN)
def test_a_difference_beyond_the_digits_compared_does_not_pass(value):
    finding = judge(read_claim(json.dumps(LOG | {"value": value})), None, 100)
    assert finding.status is Status.REJECTED, finding
    assert "not a closed form" in finding.detail


@pytest.mark.parametrize(
    "form",
    [
        *("pi*sqrt(3)", "gamma(1/4)**4/pi**2", "sqrt(pi*e/2)*erfc(1/sqrt(2))", "exp(pi*sqrt(163))", "polylog(2,1/3)"),
        *("640320**3/pi", "1/log(2)+sqrt(4)", "pi*sqrt(1/9)", "e1(1)", "2*(besseli(0,2)/besseli(1,2))-1", "phi**20"),
    ],
)
def test_ordinary_forms_hide_nothing(form):
    assert hidden_part(parse(form), 100) is None


def test_a_refused_part_is_named_as_it_was_written_with_what_to_write_instead():
    said = "not a closed form: sin(pi/2) is the number 1 as far as 33 digits show; where 1 is meant, write that"
    assert judge(read_claim(json.dumps(LOG | {"value": "sin(pi/2)/log(2)"})), None, 100).detail == said
    assert hidden_part(parse("(phi**2-phi)/log(2)"), 100).startswith("(phi**2)-phi is the number 1 ")


def test_digits_that_a_claim_holds():
    assert written_digits(Claim("2*n+1", "n**2", value="4/pi")) < 10
    assert 300 <= written_digits(Claim("n", "n+1/10**300", value="pi")) < 610
    assert written_digits(read_claim(json.dumps({"sign_period": [1], "initial": [9] * 50, "lfsr": [1, -1]}))) >= 100
