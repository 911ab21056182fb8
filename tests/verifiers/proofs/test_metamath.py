"""Metamath: our verifier and the C program give the same verdicts; nothing but a proof gets in."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.proofs import ProofTask, ProofVerifier
from verifiers.proofs.metamath import bridge, kernel
from verifiers.proofs.metamath.kernel import ProofError, read_database
from verifiers.records import RecordError, Status
from verifiers.sandbox import Limits, SandboxPool

HEADER = """
$c 0 + = -> ( ) term wff |- A. $.  $v t r s P Q x y $.
tt $f term t $.  tr $f term r $.  ts $f term s $.  wp $f wff P $.  wq $f wff Q $.  tx $f term x $.  ty $f term y $.
tze $a term 0 $.  tpl $a term ( t + r ) $.  weq $a wff t = r $.  wim $a wff ( P -> Q ) $.
a1 $a |- ( t = r -> ( t = s -> r = s ) ) $.  a2 $a |- ( t + 0 ) = t $.
${ min $e |- P $. maj $e |- ( P -> Q ) $. mp $a |- Q $. $}
${ $d x y $. dis $a |- ( x + y ) = ( y + x ) $. $}
"""
NORMAL = (
    "tt tze tpl tt weq tt tt weq tt a2 tt tze tpl tt weq tt tze tpl tt weq tt tt weq wim tt a2 "
    "tt tze tpl tt tt a1 mp mp"
)
COMPRESSED = "( tze tpl weq a2 wim a1 mp ) ABCZADZAADZAEZJJKFLIAAGHH"
STATEMENT = "th1 $p |- t = t $="
OPEN = HEADER + "${ h1 $e |- P $. h2 $e |- ( P -> Q ) $. "
HONEST = [
    (HEADER, STATEMENT, NORMAL),
    (HEADER, STATEMENT, COMPRESSED),
    (HEADER, STATEMENT, f"```metamath\nth1 $p |- t = t $=\n{COMPRESSED} $.\n```"),
    (HEADER, "th2 $p |- ( 0 + 0 ) = 0 $= ? $.", "tze a2"),
    (OPEN, "th3 $p |- Q $=", "wp wq h1 h2 mp"),
    (OPEN, "th3 $p |- Q $=", "( mp ) ABCDE"),
    (HEADER + "${ $d x y $. ", "th4 $p |- ( x + y ) = ( y + x ) $=", "tx ty dis"),
    (HEADER + f"th1 $p |- t = t $= {NORMAL} $.", "th5 $p |- 0 = 0 $=", "tze th1"),
]
WRONG = [
    (HEADER, STATEMENT, NORMAL[:-3]),
    (HEADER, STATEMENT, "th1"),
    (HEADER, STATEMENT, "tt nowhere"),
    (HEADER, STATEMENT, "tt a2"),
    (HEADER, STATEMENT, "mp"),
    (HEADER, STATEMENT, ""),
    (HEADER, STATEMENT, "( tze tpl weq a2 wim a1 mp ) ABCZADZAADZAEZJJKFLIAAGH"),
    (HEADER, STATEMENT, "( tze ) ABT"),
    (HEADER, STATEMENT, "( tt a2 ) AB"),
    (HEADER, STATEMENT, "( tze"),
    (HEADER, STATEMENT, "wp wq min maj mp"),
    (HEADER, "th4 $p |- ( x + y ) = ( y + x ) $=", "tx ty dis"),
    (HEADER + "${ $d x y $. ", "th6 $p |- ( x + x ) = ( x + x ) $=", "tx tx dis"),
]
REJECTED = [
    "?",
    "tt ? tpl",
    "( tze ) AB?",
    "tt $. cheat $a |- t = t $. th9 $p |- t = t $= tt cheat",
    "$[ /etc/passwd $]",
    "$( comment $) tt",
    "tt a2 $. $c new $. $( x",
    "th1 $p |- 0 = 0 $= tze a2 $.",
    "th2 $p |- t = t $= tt a2 $.",
    "cheat $a |- t = t $.",
    "tt\u00a0a2 \uff1f",
    "${ min $e |- t = t $. min $}",
    "$d x y $. tx ty dis",
    "x" * 1_000_001,
]


@pytest.fixture(scope="module")
def check():
    """One sandbox for all checks of this file."""
    loop = asyncio.new_event_loop()
    sandbox = SandboxPool(workers=1)

    def run(header, statement, proof):
        task = ProofTask("metamath", statement, header)
        return loop.run_until_complete(ProofVerifier(sandbox).check(task, proof, Limits()))

    yield run
    loop.run_until_complete(sandbox.close())
    loop.close()


@pytest.fixture(params=["program", "alone"])
def checkers(request, monkeypatch):
    if request.param == "alone":
        monkeypatch.setattr(bridge, "find", lambda: None)
    elif bridge.find() is None:
        pytest.skip(bridge.INSTALL_HINT)


@pytest.mark.parametrize(("header", "statement", "proof"), HONEST)
def test_honest_proofs(check, checkers, header, statement, proof):
    report = check(header, statement, proof)
    assert report.passed, report.detail


@pytest.mark.parametrize(("header", "statement", "proof"), WRONG)
def test_wrong_proofs(check, checkers, header, statement, proof):
    report = check(header, statement, proof)
    assert report.status is Status.WRONG, report.detail


@pytest.mark.parametrize("proof", REJECTED)
def test_what_is_no_proof_is_rejected(check, proof):
    assert check(HEADER, STATEMENT, proof).status is Status.REJECTED


def test_axioms_are_those_of_all_theorems_used(check):
    assert check(HEADER, STATEMENT, NORMAL).axioms == ("a1", "a2", "mp")
    assert check(*HONEST[-1]).axioms == ("a1", "a2", "mp")


@pytest.mark.parametrize(
    ("header", "statement", "field"),
    [
        ("$[ other.mm $]", STATEMENT, "header"),
        ("$c a", STATEMENT, "header"),
        (HEADER, "th1 |- t = t", "statement"),
        (HEADER, "a2 $p |- t = t $=", "statement"),
        (HEADER, "th1 $p |- t = unknown $=", "statement"),
    ],
)
def test_a_malformed_task_names_its_field(check, header, statement, field):
    with pytest.raises(RecordError) as error:
        check(header, statement, NORMAL)
    assert error.value.field == field


def test_a_proof_that_doubles_its_statement_ends(monkeypatch):
    monkeypatch.setattr(kernel, "MOST_SYMBOLS", 100_000)
    database = read_database(HEADER)
    with pytest.raises(ProofError, match="symbols"):
        database.prove(("term", "t", "t"), _doubling())


def _doubling():
    """Each saved step holds the one before twice."""
    letters = "AABZ"
    for index in range(40):
        number = index + 2  # mandatory: tt; labels: tpl; then saved steps
        letter = _number(number)
        letters += f"{letter}{letter}BZ"
    return ["(", "tpl", ")", letters]


def _number(index):
    """A compressed number, from 0."""
    text = chr(ord("A") + index % 20)
    index //= 20
    while index:
        text = chr(ord("U") + (index - 1) % 5) + text
        index = (index - 1) // 5
    return text


@given(st.lists(st.sampled_from([*NORMAL.split(), "(", ")", "ABC", "Z", "th1"]), max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_sequence_of_labels_breaks_the_verifier(proof):
    database = read_database(HEADER)
    try:
        database.prove(("|-", "t", "=", "t"), proof)
    except ProofError:
        return
    assert proof[-1] == "mp"
