"""The real Coq: honest proofs pass, wrong ones do not, cheats are rejected, processes may die."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from pathlib import Path

import pytest

from verifiers.proofs import ProofTask, ProofVerifier
from verifiers.proofs.coq import bridge, guard
from verifiers.proofs.coq.install import INSTALL_HINT, find
from verifiers.proofs.coq.text import UnreadableText, sentences, split_statement
from verifiers.records import RecordError, Status
from verifiers.sandbox import Limits, SandboxPool

TABLE = Path(__file__).resolve().parents[2] / "tables" / "coq_cases.jsonl"
CASES = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
CHEATS = [case for case in CASES if case["expected"] == "rejected"]
HONEST = [case for case in CASES if case["expected"] == "passed"]
needs_coq = pytest.mark.skipif(find() is None, reason=INSTALL_HINT)


def task(case, **changes):
    return dataclasses.replace(ProofTask("coq", case["statement"], case.get("header", ""), ()), **changes)


def check_all(pairs, seconds=20.0, before=None):
    """Reports of (task, proof) pairs, one after another in one process."""

    async def run():
        async with SandboxPool(workers=1) as sandbox:
            verifier = ProofVerifier(sandbox)
            reports = []
            for index, (one, proof) in enumerate(pairs):
                if before is not None:
                    await before(index, verifier)
                reports.append(await verifier.check(one, proof, Limits(wall_seconds=seconds)))
            return reports

    return asyncio.run(run())


@pytest.fixture(scope="module")
def reports():
    """Cases of one header behind each other: a process loads it once."""
    cases = sorted(CASES, key=lambda case: case["header"])
    found = check_all([(task(case), case["proof"]) for case in cases])
    return {case["id"]: report for case, report in zip(cases, found, strict=True)}


@needs_coq
def test_every_case_has_its_verdict(reports):
    wrong = {
        case["id"]: f"{case['why']}: {reports[case['id']]}"
        for case in CASES
        if reports[case["id"]].status.value != case["expected"]
    }
    assert not wrong
    assert len(HONEST) >= 20
    assert len(CHEATS) >= 50
    assert all(report.detail or report.passed for report in reports.values())


@needs_coq
@pytest.mark.slow
def test_no_cheat_passes_without_the_scan(monkeypatch):
    """The kernel and the list of assumptions decide; statements that hold anyway are left out."""
    monkeypatch.setattr(guard, "refusal", lambda found, whole_file: "")
    monkeypatch.setattr(guard, "strange_character", lambda code: "")
    cases = [case for case in CHEATS if case["statement"] == "Theorem t : 1 = 2."]
    found = check_all([(task(case), case["proof"]) for case in cases])
    passed = [case["why"] for case, report in zip(cases, found, strict=True) if report.passed]
    assert not passed


@needs_coq
def test_allowed_axioms_are_named_in_full():
    case = {"header": "Require Import Classical.", "statement": "Theorem t : forall P : Prop, P \\/ ~ P."}
    proof = "apply classic. Qed."
    refused, allowed = check_all([(task(case), proof), (task(case, axioms=("classic",)), proof)])
    assert refused.detail == "rests on Coq.Logic.Classical_Prop.classic"
    assert allowed.passed
    assert allowed.axioms == ("Coq.Logic.Classical_Prop.classic",)


@needs_coq
def test_an_own_axiom_does_not_pass_under_an_allowed_name(monkeypatch):
    monkeypatch.setattr(guard, "refusal", lambda found, whole_file: "")
    proof = "Axiom classic : False.\nTheorem t : 1 = 2. Proof. destruct classic. Qed."
    (report,) = check_all([(ProofTask("coq", "Theorem t : 1 = 2.", "", ("classic",)), proof)])
    assert report.status is Status.REJECTED
    assert report.detail == "rests on Top.classic"


@needs_coq
def test_places_and_goals():
    case = {"statement": "Theorem t : forall n : nat, n = S n."}
    (report,) = check_all([(task(case), "Proof.\n  intros n.\n  reflexivity.\nQed.")])
    assert (report.messages[0].line, report.messages[0].column) == (3, 2)
    assert "n = S n" in report.goals[0]


@needs_coq
def test_time_limits_and_a_killed_process_cost_no_other_verdict():
    async def kill(index, verifier):
        if index == 2:
            await verifier._bridges["coq"]._pool._idle[0].kill()

    endless = "Proof. do 1000000000 (try discriminate). Qed."
    good = {"statement": "Theorem t : 0 = 0."}
    found = check_all([(task(good), endless), *[(task(good), "reflexivity. Qed.")] * 3], seconds=1.0, before=kill)
    assert [report.status.value for report in found] == ["timeout", "passed", "passed", "passed"]


@needs_coq
@pytest.mark.parametrize(
    ("field", "change"), [("statement", {"statement": "Theorem t : foo."}), ("header", {"header": "Foo."})]
)
def test_a_task_that_coq_refuses_is_malformed(field, change):
    with pytest.raises(RecordError) as error:
        check_all([(task({"statement": "Theorem t : 0 = 0.", **change}), "reflexivity. Qed.")])
    assert error.value.field == field


@needs_coq
def test_a_library_that_is_not_there_is_unavailable():
    case = {"header": "From nowhere Require Import all.", "statement": "Theorem t : 0 = 0."}
    (report,) = check_all([(task(case), "reflexivity. Qed.")])
    assert report.status is Status.UNAVAILABLE
    assert "nowhere" in report.detail


@needs_coq
@pytest.mark.slow
def test_the_strict_check_agrees(monkeypatch):
    found = check_all([(task(case, strict=True), case["proof"]) for case in HONEST])
    assert {case["id"]: report.detail for case, report in zip(HONEST, found, strict=True) if not report.passed} == {}


def test_without_coq_it_says_how_to_install(monkeypatch):
    monkeypatch.setattr(bridge, "find", lambda: None)
    (report,) = check_all([(task({"statement": "Theorem t : 0 = 0."}), "reflexivity. Qed.")])
    assert report.status is Status.UNAVAILABLE
    assert "apt-get install coq" in report.detail


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("a. b.", 2),
        ("a (* x. y *). b.", 2),
        ('a "x. ""y. ". b.', 2),
        ("f.g x. h", 2),
        ("now auto... b.", 2),
        ("x .. y. b.", 2),
    ],
)
def test_sentences(code, count):
    assert len(sentences(code)) == count


@pytest.mark.parametrize("code", ["(* a", '"a', '(* "*)', "(*)"])
def test_what_is_not_closed_cannot_be_read(code):
    with pytest.raises(UnreadableText):
        sentences(code)


@pytest.mark.parametrize(
    "statement", ["Theorem t : 0 = 0. Theorem u : 0 = 0.", "Goal True.", "", "Theorem t : (* 0 = 0."]
)
def test_a_statement_is_one_sentence_with_a_name(statement):
    with pytest.raises(RecordError):
        split_statement(statement)
    assert split_statement("Lemma t' : True. Proof. Admitted.").renamed("g").startswith("Lemma g : True.")
