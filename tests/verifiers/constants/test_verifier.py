import asyncio
import json
import os
import random
import re
from pathlib import Path

import pytest

from verifiers.constants import ConstantVerifier
from verifiers.constants.polynomials import polynomial
from verifiers.records import Problem, RecordError, Status
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

APERY = {"a": "34*n**3+51*n**2+27*n+5", "b": "-n**6", "value": "6/zeta(3)"}


def judge_all(claims, fields=None, limits=None):
    async def work():
        async with SandboxPool(workers=2) as sandbox:
            registry = VerifierRegistry(sandbox)
            problem = Problem("p", "constant", fields=fields or {})
            texts = [claim if isinstance(claim, str) else json.dumps(claim) for claim in claims]
            judged = [registry.verify(problem, text, limits or Limits(wall_seconds=20)) for text in texts]
            return await asyncio.gather(*judged)

    return asyncio.run(work())


def known():
    root = os.environ.get("REASONING_BENCHMARKS")
    if not root:
        pytest.skip("REASONING_BENCHMARKS is not set")
    return [json.loads(line) for line in Path(root, "constants", "known_pcf.jsonl").read_text().splitlines()]


def test_known_rows_hold_to_100_digits():
    rows = known()
    verdicts = judge_all(rows)
    assert len(rows) == 61
    assert [row for row, verdict in zip(rows, verdicts, strict=True) if not verdict.passed] == []


def test_known_rows_that_converge_geometrically_hold_to_1000_digits():
    rows = [row for row in known() if row["method"].startswith("exact convergent, depth 650")]
    assert len(rows) == 41
    verdicts = judge_all(rows, {"digits": 1000})
    assert {verdict.status for verdict in verdicts} == {Status.PASSED}
    assert all("proved" in verdict.detail for verdict in verdicts)


def perturbed(row, generator):
    """The claim with one whole number in `a`, `b` or the value changed by one."""
    name = generator.choice(["a", "b", "value"])
    numbers = list(re.finditer(r"\d+", row[name]))
    if not numbers:
        return None
    number = generator.choice(numbers)
    changed = int(number[0]) + generator.choice([1, -1])
    text = row[name][: number.start()] + str(changed) + row[name][number.end() :]
    return {**{key: row[key] for key in ("a", "b", "value")}, name: text}


def test_two_hundred_perturbed_claims_are_refused():
    rows = [row for row in known() if row["kind"] == "pcf"]
    generator = random.Random(5)
    claims = []
    while len(claims) < 110:
        claim = perturbed(generator.choice(rows), generator)
        # What happens to be another true row is no false claim.
        if claim is not None and not any(all(claim[key] == row[key] for key in claim) for row in rows):
            claims.append(claim)
    for row in rows:
        fraction = {key: row[key] for key in ("a", "b")}
        other = generator.choice([one for one in rows if one["value_40"] != row["value_40"]])
        claims.append({**fraction, "value": other["value"]})
        digits = generator.choice([12, 24])
        claims.append({**fraction, "value": f"({row['value']})*(1+pi/10**{digits})"})
    verdicts = judge_all(claims)
    accepted = [claim for claim, verdict in zip(claims, verdicts, strict=True) if verdict.passed]
    # Changes that leave the value as it is, zeta(3)**1 and the like, are no false claims.
    assert [claim for claim in accepted if claim not in claims[:110] or not harmless(claim, rows)] == []
    assert len(claims) - len(accepted) >= 200
    refused = [verdict for verdict in verdicts if not verdict.passed]
    assert not any(verdict.status in (Status.INTERNAL, Status.TIMEOUT) for verdict in refused)
    # Almost right values are wrong at a digit that the verdict names.
    places = [re.search(r"at digit (\d+)", verdict.detail) for verdict in verdicts[110:]]
    assert all(place is not None for place in places)
    assert {int(place[1]) for place in places[1::2]} <= {12, 13, 24, 25}


def harmless(claim, rows):
    """Whether the perturbed claim is true all the same, by 60 digits of another library."""
    import mpmath

    mpmath.mp.dps = 60
    names = {
        "n": None, "sqrt": mpmath.sqrt, "exp": mpmath.exp, "log": mpmath.log, "pi": mpmath.pi, "e": mpmath.e,
        "tan": mpmath.tan, "atan": mpmath.atan, "zeta": mpmath.zeta, "catalan": mpmath.catalan, "gamma": mpmath.gamma,
        "besseli": mpmath.besseli, "besselj": mpmath.besselj, "e1": mpmath.e1, "erfc": mpmath.erfc,
    }  # fmt: skip
    numbers = re.sub(r"(\d+)", r"mpf(\1)", claim["value"])
    target = eval(numbers, {**names, "mpf": mpmath.mpf})  # our own rows, not a model's text
    value = mpmath.mpf(0)
    for n in range(2000, 0, -1):
        a, b = (eval(claim[key], {"n": mpmath.mpf(n)}) for key in "ab")
        value = b / (a + value)
    value += eval(claim["a"], {"n": 0})
    return abs(value - target) < mpmath.mpf(10) ** -50


@pytest.mark.parametrize("digits", [12, 24, 60])
def test_a_value_that_is_right_to_some_digits_only_fails_at_that_digit(digits):
    # 6/zeta(3) and a decimal that agrees with it to `digits` digits.
    exact = "4.9914442354842448120987576729291844065017242"
    text = "4.99144423548424481209875767292918440650172425000000000000000000"[: digits + 1] + "7"
    (verdict,) = judge_all([{**APERY, "value": text if digits < 40 else exact + "123456789012345678901"}])
    # A decimal is a rational number, which is refused however close it is.
    assert verdict.status is Status.REJECTED
    shifted = f"6/zeta(3) + pi/10**{digits}"
    (verdict,) = judge_all([{**APERY, "value": shifted}])
    assert verdict.status is Status.WRONG
    assert f"at digit {digits} " in verdict.detail or f"at digit {digits + 1} " in verdict.detail


def test_the_problem_may_name_the_value():
    fraction = {"a": "2*n+1", "b": "n^2"}
    for given, status in [("4/pi", Status.PASSED), ("4/e", Status.WRONG)]:
        (verdict,) = judge_all([fraction], {"value": given})
        assert verdict.status is status
    # Both the problem's and the candidate's own value must hold.
    right, wrong = judge_all([{**fraction, "value": "8/(2*pi)"}, {**fraction, "value": "4/e"}], {"value": "4/pi"})
    assert (right.status, wrong.status) == (Status.PASSED, Status.WRONG)
    (verdict,) = judge_all([fraction])
    assert (verdict.status, verdict.detail) == (
        Status.UNPARSABLE,
        "field 'value': missing, and the problem names none",
    )


REFUSED = [
    ({"a": "n+1", "b": "n-3", "value": "e"}, Status.REJECTED, r"b\(3\) is 0"),
    ({"a": "2", "b": "-1", "value": "exp(0)"}, Status.REJECTED, "rational number 1/1"),
    ({"a": "1", "b": "2", "value": "pi"}, Status.REJECTED, "rational number 2/1"),
    ({"a": "1", "b": "2", "value": "2"}, Status.REJECTED, "closed form is a rational"),
    ({"a": "n+4", "b": "-4*n", "value": "e"}, Status.REJECTED, "its value is 0"),
    ({"a": "n+1", "b": "0", "value": "e"}, Status.REJECTED, "0 everywhere"),
    ({"a": "0", "b": "n", "value": "pi"}, Status.WRONG, "no limit"),
    ({"a": "1", "b": "-1", "value": "pi"}, Status.WRONG, "no limit"),
    ({"a": "1", "b": "n**3+1", "value": "pi"}, Status.WRONG, "no limit"),
    ({"a": "1", "b": "-n**2", "value": "pi"}, Status.WRONG, "no limit"),
    # A double root whose convergents fall like 1/log n: no digit can be trusted.
    ({"a": "2*n+1", "b": "-n**2", "value": "pi"}, Status.LIMIT, "too slow"),
]


def test_degenerate_rational_and_divergent_fractions_are_refused():
    verdicts = judge_all([claim for claim, _, _ in REFUSED])
    for (claim, status, detail), verdict in zip(REFUSED, verdicts, strict=True):
        assert verdict.status is status, claim
        assert re.search(detail, verdict.detail), (claim, verdict.detail)


# Textbook fractions that the list of known rows does not hold: Lambert's tangents, Gauss's arctangents and logarithms,
# ratios of Bessel functions, quadratic irrationals, Brouncker's, Laplace's erfc, Gompertz's E_1 and sums in Euler's form.
TEXTBOOK = [
    ("2*n+1", "4", "2/tanh(2)"), ("2*n+1", "-4", "2/tan(2)"), ("10*n+5", "-1", "1/tan(1/5)"),
    ("2*n+1", "4*n**2", "2/atan(2)"), ("6*n+3", "n**2", "1/atan(1/3)"), ("6*n+3", "-4*n**2", "2/atanh(2/3)"),
    ("n+1", "4", "2*besseli(0,4)/besseli(1,4)"), ("n+3", "1", "besseli(2,2)/besseli(3,2)"),
    ("n+1", "-4", "2*besselj(0,4)/besselj(1,4)"), ("5", "1", "(5+sqrt(29))/2"), ("6", "-3", "3+sqrt(6)"),
    ("2", "4*n**2-4*n+1", "1+4/pi"), ("2", "2*n", "2/(sqrt(pi)*e*erfc(1))"), ("2*n+3", "-n*(n+1)", "1/(1-e*e1(1))"),
    ("2*n**2+2*n+1", "-n**4", "6/pi**2"), ("n**5+(n+1)**5", "-n**10", "1/zeta(5)"),
]  # fmt: skip


def test_textbook_fractions_hold_also_without_their_first_terms():
    """x = a(0) + b(1)/y, so the fraction begun one term later is b(1)/(x - a(0))."""
    claims, wrong = [], []
    for a, b, value in TEXTBOOK:
        first, numerator = polynomial(a)(0), polynomial(b)(1)
        later = [re.sub(r"\bn\b", "(n+1)", side) for side in (a, b)]
        rest = f"({numerator})/({value}-({first}))"
        claims += [{"a": a, "b": b, "value": value}, dict(zip(("a", "b"), later, strict=True), value=rest)]
        wrong.append({"a": a, "b": b, "value": f"({value})*(1-10**-98)"})
    verdicts = judge_all([*claims, *wrong])
    assert [one for one, verdict in zip(claims, verdicts, strict=False) if not verdict.passed] == []
    refused = verdicts[len(claims) :]
    assert {verdict.status for verdict in refused} == {Status.WRONG}
    assert all("at digit 98" in verdict.detail or "at digit 99" in verdict.detail for verdict in refused)


def test_double_roots_are_computed_by_their_tail_not_by_depth():
    claims = [{"a": f"n**{s}+(n+1)**{s}", "b": f"-n**{2 * s}", "value": f"1/zeta({s})"} for s in (2, 3, 5)]
    claims += [{**claim, "value": claim["value"] + "+1/10**30"} for claim in claims]
    verdicts = judge_all(claims)
    assert [verdict.status for verdict in verdicts] == [Status.PASSED] * 3 + [Status.WRONG] * 3
    assert all("double root" in verdict.detail and "proved" not in verdict.detail for verdict in verdicts)


def test_equivalent_forms_and_rational_coefficients_have_the_value_that_they_should():
    claims = [
        {"a": "-(2*n+1)", "b": "n^2", "value": "-4/pi"},
        {"a": "(2n+1)/2", "b": "n**2/4", "value": "2/pi"},
        {"a": "5*(2*n+1)", "b": "25n(n)", "value": "20/pi"},
        {"a": "2*n+3", "b": "(n+1)**2", "value": "1/(4/π-1)"},
    ]
    assert {verdict.status for verdict in judge_all(claims)} == {Status.PASSED}


def test_a_claim_is_found_among_words_and_the_last_one_counts():
    text = 'First {"a": "1", "b": "1", "value": "pi"}; no:\n```json\n' + json.dumps(APERY) + "\n```\nDone {x}."
    (verdict,) = judge_all([text])
    assert verdict.passed


HOSTILE = [
    "",
    "[]",
    "{" * 100_000,
    '{"a": ' * 5_000,
    "x" * 200_000,
    {"a": "n**1000000", "b": "1", "value": "pi"},
    {"a": "(((n+1)**60)**60)", "b": "1", "value": "pi"},
    {"a": "9" * 100_000, "b": "1", "value": "pi"},
    {"a": "9**9**9**9", "b": "1", "value": "pi"},
    {"a": "(" * 3_000 + "n" + ")" * 3_000, "b": "1", "value": "pi"},
    {"a": "n" + "+1" * 1_900, "b": "1", "value": "pi"},
    {"a": "1/n", "b": "1", "value": "pi"},
    {"a": "1/(n-n)", "b": "1", "value": "pi"},
    {"a": "sin(n)", "b": "1", "value": "pi"},
    {"a": "n", "b": "__import__('os').system('id')", "value": "pi"},
    {"a": ["n"], "b": None, "value": "pi"},
    {"a": True, "b": "n", "value": "pi"},
    {"a": "n", "b": "1", "value": "exp(exp(exp(exp(9))))"},
    {"a": "n", "b": "1", "value": "gamma(-1)"},
    {"a": "n", "b": "1", "value": "log(-1)"},
    {"a": "n", "b": "1", "value": "1/(pi-pi)"},
    {"a": "n", "b": "1", "value": "pi-pi"},
    {"a": "n", "b": "1", "value": "0/(e-2)"},
    {"a": "n", "b": "1", "value": "10**10**10"},
    {"a": "n", "b": "1", "value": "(" * 3_000},
    {"a": "n", "b": "1", "value": 10**4000},
    {"a": "n", "b": "1", "value": ["pi"]},
    {"sign_period": [1], "initial": [1], "lfsr": [1], "value": "phi"},
    {"sign_period": [2], "initial": [1], "lfsr": [1, -1], "value": "phi"},
    {"sign_period": [], "initial": [1], "lfsr": [1, -1], "value": "phi"},
    {"sign_period": [1], "initial": [1, 1], "lfsr": [2, -1, -1.5], "value": "phi"},
    {"sign_period": [1], "initial": [1, 2], "lfsr": [3, -1, -1], "value": "phi"},
]


def test_hostile_claims_get_a_clear_verdict():
    verdicts = judge_all(HOSTILE)
    judged = [(str(claim)[:60], verdict.status) for claim, verdict in zip(HOSTILE, verdicts, strict=True)]
    assert [row for row in judged if row[1] is not Status.UNPARSABLE] == []
    assert all(verdict.detail and "Traceback" not in verdict.detail for verdict in verdicts)


def test_what_takes_too_long_is_stopped():
    claim = {"a": "n", "b": "1", "value": "polylog(1/3, 1-1/10**300)+besseli(10**9, 10**15)"}
    (verdict,) = judge_all([claim], {"digits": 10_000}, Limits(wall_seconds=0.2))
    assert not verdict.passed
    assert verdict.status in (Status.TIMEOUT, Status.UNPARSABLE, Status.MEMORY)


@pytest.mark.parametrize(("field", "value"), [("digits", 0), ("digits", 10**6), ("digits", "9"), ("value", "1+"), ("value", 3)])  # fmt: skip
def test_a_malformed_problem_is_named(field, value):
    problem = Problem("p", "constant", fields={field: value})
    with pytest.raises(RecordError, match=field):
        asyncio.run(ConstantVerifier(None).verify(problem, json.dumps(APERY), Limits()))
