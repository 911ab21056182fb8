"""The real embedded Lean: honest proofs pass, wrong ones do not, cheats are rejected, processes may die."""

from __future__ import annotations

import pytest
from lean_runner import CASES, SHORT_SECONDS, run_session

from verifiers.proofs.lean import install
from verifiers.proofs.lean.tactics import TacticState
from verifiers.records import Status

pytestmark = pytest.mark.slow
CHEATS = [case for case in CASES if case["expected"] == "rejected"]


@pytest.fixture(scope="session")
def lean():
    return run_session()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_verdicts(lean, case):
    report = lean.reports[case["id"]]
    assert report.status.value == case["expected"], f"{case['why']}: {report.detail}"
    assert report.detail or report.passed


@pytest.mark.parametrize("case", CHEATS, ids=lambda case: case["id"])
def test_no_cheat_passes_without_the_scan_of_its_text(lean, case):
    """True statements of cheats that only run code, or only trust the compiler, may then fail for other reasons."""
    report = lean.unguarded[case["id"]]
    harmless = case["statement"].endswith(("1 + 1 = 2 := by", "1 + 1 = 2"))
    assert not report.passed or harmless, report


def test_the_table_is_what_it_claims_to_be():
    assert len(CHEATS) >= 80
    assert len({case["id"] for case in CASES}) == len(CASES)


def test_cheats_did_not_cost_processes(lean):
    assert lean.starts <= 5


def test_axioms_are_named(lean):
    assert lean.reports["honest_propext"].axioms == ("propext",)
    assert lean.reports["cheat_sorry"].axioms == ("sorryAx",)
    assert lean.reports["good_term"].axioms == ()


def test_places_are_those_of_the_candidate(lean):
    report = lean.reports["wrong_type"]
    (message,) = (message for message in report.messages if message.severity == "error")
    assert (message.line, message.column) == (1, 2)
    assert "Type mismatch" in message.text


def test_open_goals_are_shown(lean):
    assert lean.reports["wrong_unfinished"].goals == ("case right\np q : Prop\nh : p ∧ q\n⊢ p",)


def test_goals_after_each_step_are_told(lean):
    context = "p q : Prop\nh : p ∧ q\n⊢ "
    left, right = f"case left\n{context}q", f"case right\n{context}p"
    assert lean.shown.passed
    assert [(step.tactic, step.line, step.column, step.after) for step in lean.shown.steps] == [
        ("constructor", 1, 2, (left, right)),
        ("· exact h.2", 2, 2, (right,)),
        ("exact h.2", 2, 4, ()),
        ("· exact h.1", 3, 2, ()),
        ("exact h.1", 3, 4, ()),
    ]
    assert lean.shown.steps[0].before == (f"{context}q ∧ p",)
    assert "line 1, column 2: constructor => case left" in lean.shown.verdict("a").detail


def test_heartbeats_are_told_and_grow_with_the_work(lean):
    assert 0 < lean.reports["good_term"].heartbeats < lean.shown.heartbeats


def test_tactics_lead_from_state_to_state(lean):
    context = "p q : Prop\nh : p ∧ q\n⊢ "
    left, right = f"case left\n{context}q", f"case right\n{context}p"
    assert [state.goals if isinstance(state, TacticState) else "error" for state in lean.states] == [
        (f"{context}q ∧ p",), (left, right), "error", "error", "error", "error", (right,), (), "error",
    ]  # fmt: skip
    assert hash(lean.states[1].goals)
    assert "omega" in lean.states[2].message
    assert "unsolved goals" in lean.states[3].message
    assert lean.judged.passed


def test_processes_start_from_compiled_scripts_and_from_machine_code_that_was_kept(lean):
    found = install.find()
    assert found is not None
    assert found.modules is not None
    assert sorted(path.name for path in found.modules.iterdir()) == ["checker.olean", "mutator.olean"]
    assert found.code is not None
    assert found.code.stat().st_size > 1_000_000


def test_checks_run_in_the_sandbox(lean):
    assert "seccomp" in lean.reports["good_term"].isolation


def test_killed_processes_change_no_verdict(lean):
    assert lean.kills == 3
    assert len(lean.disturbed) > 40
    for id, report in lean.disturbed.items():
        assert report.status is lean.reports[id].status, (id, report.detail)


def test_a_time_limit_is_kept(lean):
    assert lean.endless.status is Status.TIMEOUT
    assert lean.endless.seconds == SHORT_SECONDS


def test_a_candidate_that_brings_its_process_down_gets_its_own_verdict(lean):
    assert lean.deep.status in (Status.CRASH, Status.WRONG)
    assert lean.after.passed
