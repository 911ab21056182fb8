"""The scan that rejects what runs code or switches checks off, without alarms at honest text."""

from __future__ import annotations

import pytest

from verifiers.proofs.lean.guard import leaves_traces, refusal, scopes_left_open


@pytest.mark.parametrize(
    "code",
    [
        "#eval 1",
        "#eval! 1",
        "#guard 1 = 1",
        "run_cmd skip",
        "native_decide",
        "decide +native",
        "decide (config := {native := true})",
        "set_option debug.skipKernelTC true in decide",
        "set_option debug.«skipKernelTC» true",
        "@[implemented_by f] def g := 1",
        '@[simp, extern "x"] def g := 1',
        "@[export lean_x] def g := 1",
        "attribute [local simp, csimp] h",
        "@[init f] opaque g : Nat",
        "unsafe def f := 1",
        "exact unsafeCast h",
        "axiom h : False",
        "import Lean",
        "exact sorryAx _ true",
        "/- never closed #eval 1",
        's!"{by native_decide}"',
        "end",
        "section\nend\nend X",
        "end X\nnamespace X",
    ],
)
def test_refused(code):
    assert refusal(code)


@pytest.mark.parametrize(
    "code",
    [
        "-- sorry, axiom, #eval, native_decide",
        "/- unsafe /- import -/ extern -/ omega",
        'have s := "#eval unsafe axiom"',
        "exact sorry_free h",
        "exact axiomOfChoice' h",
        "set_option maxRecDepth 4000 in decide",
        "open Classical in exact em p",
        "decide +kernel",
        "simp (config := { decide := true, maxSteps := 100 })",
        "section\nvariable (n : Nat)\nend",
        "namespace A\nmutual\nend\nend A",
        "exact Fin.end h",
        "export Nat (succ)",
        "have init := 1; exact foldl_init",
        'macro "go" : tactic => `(tactic| omega)',
        'local notation "ℕ" => Nat',
        "termination_by n\ndecreasing_by omega",
        "sorry",
    ],
)
def test_not_refused(code):
    assert refusal(code) == ""


def test_the_scan_takes_linear_time():
    assert refusal("@[" * 20_000) == ""
    assert refusal("/-" * 20_000) == ""


def test_a_repeated_header_may_be_closed():
    header = "namespace A\nsection B\nend B"
    assert scopes_left_open(header) == 1
    assert refusal("theorem x : True := trivial\nend A", scopes_left_open(header)) == ""
    assert refusal("end A\nend", scopes_left_open(header))


@pytest.mark.parametrize(
    ("code", "traces"),
    [
        ('macro "go" : tactic => `(tactic| omega)', False),
        ("macro_rules | `(4) => `(3)", False),
        ('local notation "N" => Nat', False),
        ('macro "go" : tactic => do return mkIdent `x', True),
        ("macro_rules | `(4) => return ⟨.node .none `x #[]⟩", True),
        ("@[command_parser] def p : Nat := 1", True),
        ("simp (config := { decide := true })", False),
        ("simp (config := mine)", True),
        ("exact Syntax_of_mkNode", False),
    ],
)
def test_what_may_leave_traces_in_a_worker(code, traces):
    assert leaves_traces(code) is traces
