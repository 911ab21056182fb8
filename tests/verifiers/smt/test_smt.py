"""Claims: what holds, what does not, what may not reach a solver."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.records import Problem, RecordError, Status
from verifiers.sandbox import Limits, SandboxPool
from verifiers.smt import SmtVerifier, refute, verifier
from verifiers.smt.claims import ClaimError, read_claim
from verifiers.smt.script import ScriptError, read_script

HOLDS = [
    "x, y : int; x > 0, y > 0 => x + y > 1",
    "x, y : real; x**2 + y**2 >= 2*x*y",
    "n : int; (n * (n + 1)) % 2 == 0",
    "a, b : int; a < b, b < a + 2 => b == a + 1",
    "p, q : bool; p and q => q or p",
    "x : real; 0 < x, x < 1 => x / 2 < 1",
    "(declare-const x Int) (assert (not (>= (* x x) 0))) (check-sat)",
    "; a comment\n(set-logic QF_LIA)(declare-fun x () Int)(assert (and (> x 0) (< x 1)))",
]
FAILS = [
    "x, y : int; x > 0, y > 0 => x + y > 2",
    "x : real; x**2 >= x",
    "n : int; n // 2 * 2 == n",
    "n : int; n % 3 != 1",
    "p, q : bool; p or q => p and q",
    "x : int, y : real; y > x => y >= x + 1",
    "x : int; 1 == 2",
    "(declare-const x Int)(assert (> x 41))",
]
HOSTILE = [
    '(set-option :regular-output-channel "/tmp/x")(assert false)',
    '(set-option :diagnostic-output-channel "/tmp/x")(assert false)',
    "(set-info :source x)(assert false)",
    "(get-info :version)(assert false)",
    '(echo "x")(assert false)',
    '(include "/etc/passwd")(assert false)',
    "(assert (! false :named claim))",
    "(push 1)(assert false)(pop 1)",
    "(reset)(assert false)",
    "(eval x)(assert false)",
    "(declare-const x Int)",
    "(assert false",
    "(assert false))",
    "(assert \u0442rue)",
    "(" * 600 + ")" * 600,
    "(assert |a\\b|)",
    '(assert "open)',
    "(get-proof)(assert false)",
    "(simplify x)(assert false)",
]
needs_solvers = pytest.mark.skipif(len(verifier.installed()) < 2, reason="needs reasoning-toolkit[smt]")


@pytest.fixture(scope="module")
def judge():
    loop = asyncio.new_event_loop()
    sandbox = SandboxPool(workers=1)

    def run(candidate, seconds=5.0, **fields):
        work = SmtVerifier(sandbox).verify(Problem("p", "smt", fields=fields), candidate, Limits(wall_seconds=seconds))
        return loop.run_until_complete(work)

    run.refute = lambda claim: loop.run_until_complete(refute(claim, sandbox))
    yield run
    loop.run_until_complete(sandbox.close())
    loop.close()


@needs_solvers
@pytest.mark.parametrize("claim", HOLDS)
def test_claims_that_hold(judge, claim):
    verdict = judge(claim)
    assert verdict.passed, verdict.detail
    assert "no kernel" in verdict.detail


@needs_solvers
@pytest.mark.parametrize("claim", FAILS)
def test_claims_that_fail_have_a_counter_example(judge, claim):
    verdict = judge(claim)
    assert verdict.status is Status.WRONG, verdict.detail
    assert "hold for" in verdict.detail or "counter-example: x = " in verdict.detail


@pytest.mark.parametrize("text", HOSTILE)
def test_what_may_not_reach_a_solver(judge, text):
    with pytest.raises(ScriptError):
        read_script(text)
    assert judge(text).status is Status.REJECTED


@needs_solvers
def test_refute_returns_exact_values(judge):
    found = judge.refute("x : real; x**2 >= x")
    assert 0 < found["x"] < 1
    assert isinstance(found["x"], Fraction)
    assert judge.refute("x : real; x**2 >= 0") is None


@needs_solvers
def test_what_no_solver_decides_is_not_wrong(judge):
    verdict = judge("x, y, z : int; x > 0, y > 0, z > 0 => x**5 + y**5 != z**5", seconds=0.3)
    assert verdict.status is Status.UNAVAILABLE
    assert "not decided" in verdict.detail


@needs_solvers
def test_a_counter_example_that_is_no_fraction_is_no_verdict(judge):
    verdict = judge("x : real; x > 0 => x * x != 2", solvers=["z3"])
    assert verdict.status is Status.UNAVAILABLE


@needs_solvers
def test_both_may_have_to_agree(judge):
    assert judge(HOLDS[0], agree=True).passed


@needs_solvers
def test_a_script_that_solvers_refuse_is_an_error(judge):
    assert judge("(assert (> unknown 3))").status is Status.ERROR


def test_without_solvers_it_says_how_to_install(judge, monkeypatch):
    monkeypatch.setattr(verifier, "find_spec", lambda name: None)
    verdict = judge(HOLDS[0])
    assert verdict.status is Status.UNAVAILABLE
    assert "pip install" in verdict.detail


@pytest.mark.parametrize(
    "text",
    ["", "x", "x : int", "x : nat; x > 0", "x : int; x", "x : int; y > 0", "x : int; x / 0 > 1", "x : int; x ** x > 1",
     "x : int; x ** 99 > 1", "x : int; __import__('os') > 1", "x : int; x.y > 1", "x : int; x > 1.5", "let : int; let > 0",
     "x, x : int; x > 0", "x : int; x if x else x", "x : int; x > 0 > True", "x : bool; x + 1 > 0", "x : int; " + "(" * 300,
     "x : int; x // 0 > 1", "x : real; x % 2 > 1", "x : int; x > " + "9" * 200, "x : int; not x", "x : int; x in x"],
)  # fmt: skip
def test_what_is_no_claim(text):
    with pytest.raises(ClaimError):
        read_claim(text)


@pytest.mark.parametrize(("field", "value"), [("solvers", ["yices"]), ("solvers", "z3"), ("solvers", []), ("agree", 1)])
def test_a_malformed_problem_names_its_field(judge, field, value):
    with pytest.raises(RecordError) as error:
        judge(HOLDS[0], **{field: value})
    assert error.value.field == field


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_evaluation_is_that_of_python(x, y):
    text = "x * y - 3 * x ** 2 // 4 + y % 5 <= x - -y and not x == y"
    claim = read_claim(f"x, y : int; {text}")
    assert claim.holds({"x": Fraction(x), "y": Fraction(y)}) is eval(text, {"x": x, "y": y})
