"""Claims and proposals of formulas: any text gets a verdict or is refused by the reader's own error."""

from __future__ import annotations

import json

from fuzzing import attempt, json_values, mutated, run, sizes, texts
from hypothesis import strategies as st

from reasoning.discovery.identification import IdentificationError, identify
from reasoning.discovery.proposals import MAX_COEFFICIENT, MAX_PROPOSALS, read_proposals
from reasoning.discovery.templates import TemplateBox
from verifiers.constants.closed_form import evaluate_to
from verifiers.constants.expressions import ExpressionError, parse
from verifiers.constants.judge import judge, read_claim
from verifiers.constants.polynomials import polynomial
from verifiers.records import Status

SIGNS = "n0123456789+-*/^()., epi"
ATOMS = st.sampled_from(["pi", "e", "phi", "0", "1", "2", "1/2", "-1", "7", "1.5", "euler", "0.1", "10"])
CALLS = ["sqrt", "log", "exp", "sin", "tan", "asin", "acos", "atanh", "gamma", "zeta", "erfc", "e1", "tanh"]
PAIRS = ["besseli", "besselj", "besselk", "polylog"]


def forms():
    """Closed forms, most of them with a value."""
    return st.recursive(
        ATOMS,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]}){t[1]}({t[2]})"),
            st.tuples(st.sampled_from(CALLS), inner).map(lambda t: f"{t[0]}({t[1]})"),
            st.tuples(st.sampled_from(PAIRS), inner, inner).map(lambda t: f"{t[0]}({t[1]},{t[2]})"),
            st.tuples(inner, st.sampled_from(["2", "-1", "1/2", "3", "(pi)"])).map(lambda t: f"({t[0]})**{t[1]}"),
        ),
        max_leaves=5,
    )


def polynomials():
    return st.lists(st.integers(-9, 9), min_size=1, max_size=4).map(
        lambda cs: "+".join(f"({c})*n**{k}" for k, c in enumerate(cs))
    )


@sizes(40, 1_000)
def test_any_text_is_an_expression_or_refused(examples):
    def check(text):
        for read in (parse, polynomial):
            attempt(ExpressionError, read, text)

    run(examples, texts(SIGNS), check)


@sizes(30, 500)
def test_any_closed_form_has_a_value_or_is_refused(examples):
    def check(text):
        value = attempt(ExpressionError, evaluate_to, parse(text), 30)
        if value is not None:
            assert value.is_finite()
            assert value.rel_accuracy_bits() >= 100

    run(examples, forms(), check)


@sizes(20, 300)
def test_any_fraction_is_judged(examples):
    def check(case):
        a, b, value = case
        finding = judge(read_claim(json.dumps({"a": a, "b": b, "value": value})), None, 30)
        assert isinstance(finding.status, Status)
        assert finding.status not in (Status.INTERNAL, Status.ERROR)
        assert finding.detail

    run(examples, st.tuples(polynomials(), polynomials(), forms()), check)


SIGNED = {"sign_period": [1, -1], "initial": [1, 2, 3, 2], "lfsr": [1, 0, -2, 0, 1], "value": "e/(e-1)"}


@sizes(40, 1_000)
def test_any_claim_is_read_or_refused(examples):
    def check(record):
        text = record if isinstance(record, str) else json.dumps(record)
        claim = attempt(ExpressionError, read_claim, text)
        assert claim is None or claim.signed is not None or isinstance(claim.a, str)

    plain = {"a": "2*n+1", "b": "n**2", "value": "4/pi"}
    run(examples, st.one_of(texts(), json_values(), mutated(plain), mutated(SIGNED)), check)


@sizes(40, 300)
def test_any_signed_fraction_is_judged(examples):
    def check(case):
        signs, initial, recurrence = case
        record = {"sign_period": signs, "initial": initial, "lfsr": recurrence, "value": "e/(e-1)"}
        claim = attempt(ExpressionError, read_claim, json.dumps(record))
        assert claim is None or judge(claim, None, 30).detail

    numbers = st.integers(-3, 3)
    signs = st.lists(st.sampled_from([1, -1]), min_size=1, max_size=3)
    run(examples, st.tuples(signs, st.lists(numbers, max_size=5), st.lists(numbers, max_size=4)), check)


@sizes(30, 700)
def test_any_reply_proposes_small_fractions_or_none(examples):
    def check(reply):
        found = read_proposals(reply if isinstance(reply, str) else json.dumps(reply))
        assert len(found) <= MAX_PROPOSALS
        for one in found:
            assert any(one.a)
            assert any(one.b)
            assert max(map(abs, one.a + one.b)) <= MAX_COEFFICIENT

    family = {"fractions": [{"a": [1, 2], "b": [0, 0, 1], "a_step": [1], "b_step": [1], "k": [1, 3]}]}
    lines = [{"a": "n+k", "b": "-n", "k": [2, 5], "value": "e"}]
    run(examples, st.one_of(texts('{}[]":,ab n123'), json_values(), mutated(family), mutated(lines)), check)


@sizes(30, 300)
def test_any_template_is_a_box_or_refused(examples):
    def check(case):
        a, b, ranges = case
        box = attempt(ValueError, TemplateBox, a, b, tuple(ranges))
        if box is None:
            return
        assert box.chunks > 0
        upper, lower = box.chunk(0) if box.fractions < 10_000 else box.chunk(box.chunks - 1)
        assert len(upper) == len(lower)

    ranges = st.lists(
        st.one_of(st.sampled_from(["x=1:3", "y=-2:2", "x=1", "n=1:2"]), texts("xyn=:019-", 12)), max_size=3
    )
    side = st.one_of(st.sampled_from(["x*n+1", "(x-n)**2", "n", "y*n**2+x"]), texts("xyn0129+-*()/", 14))
    run(examples, st.tuples(side, side, ranges), check)


@sizes(15, 100)
def test_any_number_is_identified_or_refused(examples):
    def check(case):
        number, basis = case
        attempt(IdentificationError, identify, number, (basis,))

    digits = st.text(st.sampled_from("0123456789"), min_size=20, max_size=40)
    numbers = st.one_of(digits, digits.map(lambda d: f"-{d[:3]}.{d[3:]}e-5"), texts("0123456789.e-+", 40))
    run(examples, st.tuples(numbers, st.one_of(forms(), texts(SIGNS, 10))), check)
