"""The verifiers of kinds `answer` and `choice`, as the registry gives them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from verifiers.answers.symbolic import payload
from verifiers.answers.tree import Call, Symbol
from verifiers.choices import chosen_labels
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool


async def judged(kind: str, candidate: str, fields: Mapping[str, object]) -> Verdict:
    async with SandboxPool(workers=1) as pool:
        return await VerifierRegistry(pool).verify(Problem("p", kind, fields=dict(fields)), candidate, Limits())


def run(kind: str, candidate: str, **fields: object) -> Verdict:
    import asyncio

    return asyncio.run(judged(kind, candidate, fields))


def test_answer() -> None:
    verdict = run("answer", r"So it is \boxed{0.5}.", gold=r"\frac{1}{2}")
    assert verdict.status is Status.PASSED
    assert verdict.score == 1.0
    assert "strict yes" in verdict.detail
    assert run("answer", "The answer is 3.", gold=["4", "5"]).status is Status.WRONG
    assert run("answer", "", gold="4").status is Status.UNPARSABLE
    assert run("answer", "2, 1", gold="1, 2", convention="ordered").status is Status.WRONG


@pytest.mark.parametrize(
    "fields", [{}, {"gold": []}, {"gold": [1]}, {"gold": True}, {"gold": "1", "convention": "none"}]
)
def test_malformed_answer_problem(fields: dict[str, object]) -> None:
    with pytest.raises(RecordError):
        run("answer", "1", **fields)


def test_undecided_pairs_go_to_the_sandbox_and_come_back() -> None:
    verdict = run("answer", r"1 + e^{-100000}", gold="1")
    assert verdict.status is Status.WRONG
    assert verdict.isolation
    assert "not decided" in verdict.detail
    assert run("answer", r"2 e^{-100000} + 1", gold=r"e^{-100000} + 1 + e^{-100000}").status is Status.PASSED


def test_a_pair_that_the_sandbox_proves_equal_is_still_a_calculation() -> None:
    text = r"1 + e^{-100000} - e^{-100000}"
    verdict = run("answer", text, gold="1")
    assert verdict.status is Status.PASSED
    assert verdict.isolation
    assert run("answer", text, gold="1", convention="computed").status is Status.WRONG


def test_what_hits_a_limit_does_not_go_to_the_sandbox() -> None:
    verdict = run("answer", r"9^{9^{9^{9}}} \cdot 9", gold=r"9^{9^{9^{8}}}")
    assert verdict.status is Status.WRONG
    assert verdict.isolation == ()


def test_what_cannot_be_expressed_is_not_sent() -> None:
    assert payload(Call("apply f", (Symbol("x"),)), Symbol("x")) is None
    assert payload(Symbol("x"), Symbol("y")) is not None


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("The answer is (B).", "B"),
        ("B", "B"),
        ("b", "B"),
        ("**Answer: C**", "C"),
        (r"\boxed{\text{(D)}}", "D"),
        ("I get 4, so that is my answer.", "B"),
        ("It cannot be A. (C) fits best", "C"),
        ("故选B", "B"),
        ("Choose B over C.", "B"),
        ("<think>The answer is A.</think>\n<answer>(D) 6</answer>", "D"),
    ],
)
def test_choice(text: str, label: str) -> None:
    options = {"A": "3", "B": "4", "C": "5", "D": "6"}
    assert chosen_labels(text, options)[0] == {label}


def test_choice_verdicts() -> None:
    options = ["3", "4", "5", "6"]
    assert run("choice", "The answer is (B).", options=options, gold="B").passed
    assert not run("choice", "The answer is (C).", options=options, gold="B").passed
    assert run("choice", "A, C and D", options=options, gold=["A", "C", "D"]).passed
    assert not run("choice", "A and C", options=options, gold=["A", "C", "D"]).passed
    assert run("choice", "no idea", options=options, gold="B").status is Status.UNPARSABLE
    assert run("choice", "(B)", options=["A) 3", "B) 4"], gold="B").passed
    with pytest.raises(RecordError):
        run("choice", "A", options=options, gold="E")
