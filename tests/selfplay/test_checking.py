"""What is made of Lean's reports and of its answers about names; recorded from the embedded Lean."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from reasoning.selfplay.checking import LeanChecker, kind_of
from reasoning.selfplay.config import SelfPlayLean
from verifiers.proofs.lean.commands import CommandReply
from verifiers.proofs.records import ProofMessage, ProofReport
from verifiers.records import Status


@pytest.mark.parametrize(
    ("status", "detail", "kind"),
    [
        (Status.PASSED, "", "passed"),
        (Status.WRONG, "line 1, column 2: unsolved goals", "wrong"),
        (Status.TIMEOUT, "no answer within 10 s", "timeout"),
        (Status.CRASH, "Lean was killed by signal 11", "crash"),
        (Status.UNAVAILABLE, "the embedded Lean is not installed", "unjudged"),
        (Status.INTERNAL, "Lean was killed by signal 9", "unjudged"),
        (Status.REJECTED, "the proof rests on the axiom sorryAx", "rejected: sorry"),
        (Status.REJECTED, "'sorryAx' is the axiom behind sorry", "rejected: sorry"),
        (Status.REJECTED, "the proof rests on the axiom Lean.ofReduceBool", "rejected: axiom"),
        (Status.REJECTED, "'axiom' declares an axiom", "rejected: axiom"),
        (Status.REJECTED, "'#eval' runs code while the proof is checked", "rejected: runs code"),
        (
            Status.REJECTED,
            "'native_decide' trusts compiled code instead of the kernel",
            "rejected: trusts the compiler",
        ),
        (Status.REJECTED, "'skipKernelTC' switches the kernel off", "rejected: switches the kernel off"),
        (Status.REJECTED, "the kernel rejects lie", "rejected: kernel rejects"),
        (Status.REJECTED, "a different statement is proved by lie", "rejected: another statement"),
        (Status.REJECTED, "longer than 400000 characters", "rejected: other"),
    ],
)
def test_the_kind_of_a_verdict(status, detail, kind):
    assert kind_of(ProofReport(status, detail)) == kind


@pytest.mark.parametrize(
    ("severity", "text", "kind"),
    [
        ("warning", "declaration uses 'sorry'", "warning"),
        ("warning", "linter failed", "warning"),
        ("warning", "unused variable `h`", "passed"),
        ("information", "Try this: failed", "passed"),
    ],
)
def test_a_warning_that_something_failed_spoils_a_proof(severity, text, kind):
    assert kind_of(ProofReport(Status.PASSED, messages=(ProofMessage(severity, 1, 0, text),))) == kind


SAID = {
    "#print Nat.add_comm": "protected theorem Nat.add_comm : ∀ (n m : Nat), n + m = m + n :=\n<not imported>",
    "#check Nat.add_comm": "Nat.add_comm (n m : Nat) : n + m = m + n",
    "#print Nat.add": "@[expose] protected def Nat.add : Nat → Nat → Nat :=\nfun x x_1 => x",
    "#check Nat.add": "Nat.add : Nat → Nat → Nat",
    "#print List.map_append": "@[simp] theorem List.map_append.{u_1, u_2} : ∀ {α : Type u_1}, True :=\n<not imported>",
    "#check List.map_append": "List.map_append.{u_1, u_2} {α : Type u_1} :\n  List.map f (l₁ ++ l₂) = List.map f l₁ ++ m",
}


def test_lemmas_are_the_library_s_theorems_that_proofs_can_share():
    asked = []

    async def run(header, code, seconds):
        lines = code.split("\n")
        asked.extend(lines)
        said = [(number, SAID[line]) for number, line in enumerate(lines, 1) if line in SAID]
        return CommandReply(
            tuple({"severity": "info", "pos": {"line": number, "column": 0}, "data": text} for number, text in said)
        )

    checker = LeanChecker.__new__(LeanChecker)
    checker._runner = SimpleNamespace(run=run)
    checker._limits = SimpleNamespace(wall_seconds=SelfPlayLean().seconds)
    names = [
        "Nat.add_comm",
        "Nat.add",
        "Nat.nope",
        "congrArg",
        "Lean.Omega.x",
        "a\n#eval 1",
        "x._auto",
        "List.map_append",
    ]
    found = asyncio.run(checker.lemmas(names))
    assert found == {
        "Nat.add_comm": "theorem Nat.add_comm (n m : Nat) : n + m = m + n",
        "List.map_append": "theorem List.map_append.{u_1, u_2} {α : Type u_1} : "
        "List.map f (l₁ ++ l₂) = List.map f l₁ ++ m",
    }
    # Logic, tactics' own lemmas, and what is no plain name are not even asked for.
    assert [line for line in asked if line.startswith("#check")] == [
        f"#check {name}" for name in ("Nat.add_comm", "Nat.add", "Nat.nope", "List.map_append")
    ]
