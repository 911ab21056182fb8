"""The real embedded Lean: honest proofs pass, wrong ones do not, cheats are rejected, processes may die."""

from __future__ import annotations

import pytest
from lean_runner import CASES, SHORT_SECONDS, run_session

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
    assert lean.reports["good_classical"].axioms == ("propext", "Classical.choice", "Quot.sound")
    assert lean.reports["cheat_sorry"].axioms == ("sorryAx",)
    assert lean.reports["good_term"].axioms == ()


def test_places_are_those_of_the_candidate(lean):
    report = lean.reports["wrong_type"]
    (message,) = (message for message in report.messages if message.severity == "error")
    assert (message.line, message.column) == (1, 8)
    assert "Type mismatch" in message.text


def test_open_goals_are_shown(lean):
    assert lean.reports["wrong_unfinished"].goals == ("case right\np q : Prop\nh : p ∧ q\n⊢ p",)


def test_checks_run_in_the_sandbox(lean):
    assert "seccomp" in lean.reports["good_term"].isolation


def test_killed_processes_change_no_verdict(lean):
    assert lean.kills == 3
    assert len(lean.disturbed) > 40
    for id, report in lean.disturbed.items():
        assert report.status is lean.reports[id].status, (id, report.detail)


def test_a_time_limit_is_kept(lean):
    report, seconds = lean.endless
    assert report.status is Status.TIMEOUT
    assert seconds < 3 * SHORT_SECONDS


def test_a_candidate_that_brings_its_process_down_gets_its_own_verdict(lean):
    assert lean.deep.status in (Status.CRASH, Status.WRONG)
    assert lean.after.passed
