"""The bridge to F*, against a double of `fstar.exe` that speaks its IDE protocol and knows no logic."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os

import pytest
from fstar_double import install_double
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.proofs import ProofTask
from verifiers.proofs.fstar.bridge import FstarBridge
from verifiers.proofs.fstar.guard import refusal
from verifiers.proofs.fstar.install import find
from verifiers.proofs.fstar.protocol import ProtocolError, Query, read_reply
from verifiers.proofs.fstar.text import Definition, UnreadableText, split_statement, visible, without_comments
from verifiers.proofs.provers import list_provers
from verifiers.records import Problem, RecordError, Status
from verifiers.sandbox import Limits, SandboxPool

STATEMENT = "val add_zero (x:int) : Lemma (x + 0 == x)"
TASK = ProofTask("fstar", STATEMENT)
IN_PROJECT = ProofTask(
    "fstar", STATEMENT, "open FStar.Mul", file="Math.Lemmas.fst", until="Math.Lemmas.add_zero", declared=False
)


def together(variables, use, seconds=60):
    """What `use(bridge)` returns."""

    async def run():
        async with SandboxPool(workers=1) as sandbox:
            return await use(FstarBridge(sandbox, workers=1, environment=variables))

    return asyncio.run(asyncio.wait_for(run(), seconds))


def judged(variables, cases, seconds=30.0):
    """The reports on (task, candidate) pairs, one after another in one process, and how many were started."""

    async def use(bridge):
        reports = [await bridge.check(task, text, Limits(wall_seconds=seconds)) for task, text in cases]
        return reports, bridge._pool.starts

    return together(variables, use)


def test_definitions_are_judged_one_after_another_in_one_process(tmp_path):
    cases = {
        "let add_zero x = right": Status.PASSED,
        "let add_zero x = ()": Status.WRONG,
        "let add_zero x = mistyped": Status.WRONG,
        f"It holds:\n```fstar\n{STATEMENT}\n(* no admit *)\nlet rec add_zero x =\n  unparsed\n```\nDone.": Status.WRONG,
        "let add_zero x = noisy; right": Status.PASSED,
        "let add_zero x = noisy": Status.WRONG,
        "let add_zero x = right hatch": Status.REJECTED,
        "let add_zero x =\n  let y = right in y // admit": Status.PASSED,
    }
    reports, starts = judged(install_double(tmp_path), [(TASK, text) for text in cases])
    assert [report.status for report in reports] == list(cases.values())
    assert starts == 1
    assert "F* process" in reports[0].trust
    assert "error 19: - Subtyping check failed" in reports[1].detail
    assert (reports[3].messages[0].line, reports[3].messages[0].text) == (5, "error 168: - Syntax error")
    assert "335" in reports[6].detail


def test_a_project_is_gone_on_from_its_checked_file_and_the_type_is_compared(tmp_path):
    cases = [
        (IN_PROJECT, "let add_zero x = right"),
        (IN_PROJECT, "let add_zero (x:nat) = right weaker"),
        (IN_PROJECT, "let add_zero x = ()"),
        (TASK, "let add_zero x = right"),
        (ProofTask("fstar", STATEMENT, file="Math.Lemmas.fst", until="Math.Lemmas.unknown"), "let add_zero x = right"),
        (ProofTask("fstar", STATEMENT, file="Gone.fst", until="Gone.add_zero"), "let add_zero x = right"),
    ]
    reports, starts = judged(install_double(tmp_path), cases)
    assert [report.status.value for report in reports] == [
        "passed", "rejected", "wrong", "passed", "unavailable", "unavailable",
    ]  # fmt: skip
    assert "another type" in reports[1].detail
    assert "no checked file" in reports[4].detail
    assert starts == 4  # one a file, and one for what an unavailable context ended


def test_a_process_that_fails_costs_one_retry_and_is_never_wrong(tmp_path):
    variables = install_double(tmp_path)
    reports, starts = judged(variables, [(TASK, "let add_zero x = die"), (TASK, "let add_zero x = garbage")])
    assert [report.status for report in reports] == [Status.CRASH, Status.CRASH]
    assert starts == 4
    (slow, after), _ = judged(variables, [(TASK, "let add_zero x = slow"), (TASK, "let add_zero x = right")], 0.8)
    assert (slow.status, after.status) == (Status.TIMEOUT, Status.PASSED)


def test_what_f_star_refuses_of_the_problem_is_the_problems_fault(tmp_path):
    tasks = {
        "statement": [ProofTask("fstar", "val add_zero : nonsense"), ProofTask("fstar", "let add_zero x = ()")],
        "header": [ProofTask("fstar", STATEMENT, "open nonsense"), ProofTask("fstar", STATEMENT, "#admits")],
        "until": [ProofTask("fstar", STATEMENT, file="A.fst")],
        "file": [ProofTask("fstar", STATEMENT, until="A.f")],
    }

    async def use(bridge):
        for field, refused in tasks.items():
            for task in refused:
                with pytest.raises(RecordError) as error:
                    await bridge.check(task, "let add_zero x = right", Limits())
                assert error.value.field == field
        return await bridge.check(TASK, "let add_zero x = right", Limits())

    assert together(install_double(tmp_path), use).status is Status.PASSED


@pytest.mark.parametrize("variables", [{}, {"REASONING_FSTAR": "/nowhere/fstar.exe"}])
def test_without_f_star_it_is_unavailable_and_says_how_to_install_it(variables, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    async def use(bridge):
        honest = await bridge.check(TASK, "let add_zero x = ()", Limits())
        cheat = await bridge.check(TASK, "let add_zero x = admit ()", Limits())
        return honest, cheat

    honest, cheat = together(variables, use)
    assert honest.status is Status.UNAVAILABLE
    assert "opam install fstar" in honest.detail
    assert cheat.status is Status.REJECTED


def test_without_a_project_its_problems_are_unavailable(tmp_path):
    variables = install_double(tmp_path)
    del variables["REASONING_FSTAR_PROJECT"]

    async def use(bridge):
        return await bridge.check(IN_PROJECT, "let add_zero x = right", Limits())

    report = together(variables, use)
    assert report.status is Status.UNAVAILABLE
    assert "REASONING_FSTAR_PROJECT" in report.detail


CHEATS = [
    "let add_zero x = admit ()",
    "let add_zero x = admit_smt_queries; ()",
    "let add_zero x = FStar.Pervasives.admit ()",
    "let add_zero x = assume (x + 0 == x)",
    "let add_zero x = Prims._assume (x + 0 == x)",
    "let add_zero x = magic ()",
    "let add_zero x = unsafe_coerce x",
    "let add_zero x = assert (x + 0 == x) by (tadmit ())",
    "let add_zero x = assert (x + 0 == x) by (FStar.Tactics.V2.tadmit_t (`()))",
    'let add_zero x = _ by (set_options "--admit_smt_queries true"; smt ())',
    'let add_zero x = _ by (exact (pack (Tv_FVar (mk ["FStar"; "Pervasives"; "admit"]))))',
    'let add_zero x = _ by (exact (pack (Tv_FVar (pack_fv ["FStar"; "ad" ^ "mit"]))))',
    'let add_zero x = _ by (let _ = launch_process "sh" [] "" in smt ())',
    '#push-options "--admit_smt_queries true"\nlet add_zero x = ()',
    'let add_zero x = ()\n#set-options "--lax"',
    'let add_zero x = ()\n# reset-options "--z3rlimit 1"',
    "#restart-solver\nlet add_zero x = ()",
    "[@@expect_failure]\nlet add_zero x = ()",
    "[@@ noextract [expect_failure]; expect_failure]\nlet add_zero x = ()",
    "let add_zero x = ()\n[@@ admit_termination",
    "[@@ admit_termination]\nlet rec add_zero x = add_zero x",
    "[@@ some_attribute 1; opaque_to_smt]\nlet add_zero x = ()",
    "assume val helper : squash False\nlet add_zero x = helper",
    "let add_zero x = ()\nassume val helper : squash False",
    "let helper = 1\nlet add_zero x = ()",
    "let add_zero x = ()\nlet add_one x = ()",
    "let add_zero x = let y = x in ()\nlet add_one x = let y = x in ()",
    "let rec add_zero x = other x\nand other x = add_zero x",
    "let add_zero x = ()\ntype extra = int",
    "type add_zero = int\nlet extra = 1",
    "open Evil\nlet add_zero x = ()",
    "let add_zero x = ()\nopen Evil",
    "module Evil\nlet add_zero x = ()",
    "friend Evil\nlet add_zero x = ()",
    "let add_zero x = ()\n%splice[extra] (return [])",
    "let add_zero x = ()\ninstance i : c int = { f = 1 }",
    "val add_zero (x:int) : Lemma (x == x)\nlet add_zero x = ()",
    "val add_zero (x:int) : Lemma (x + 0 == x) (requires False)\nlet add_zero x = ()",
    "let add_zeros x = ()",
    "let add_zero' x = ()",
    "let ( +! ) x = ()",
    "let add_zero x = (* never closed ()",
    'let add_zero x = "never closed',
    'let add_zero x = "\\q" ; admit ()',
    "let add_zero x = (*) ; admit () (*)",
    "let add_zero x = ()\u200b",
    "let add_zero x = \u2060admit ()",
    "let add_zero x = \uff41\uff44\uff4d\uff49\uff54 ()",
    "```fstar\nlet add_zero x = ()\n```pulse\nfn f () {}\n",
    "the lemma is trivial",
    "",
]


@pytest.mark.parametrize("text", CHEATS)
def test_cheats_are_rejected_before_f_star_reads_them(text):
    try:
        reason = refusal(Definition.of(text, split_statement(STATEMENT)).text)
    except UnreadableText as error:
        reason = str(error)
    assert reason


@pytest.mark.parametrize(
    "text",
    [
        "let add_zero x = ()",
        "let rec add_zero (x:int) : Lemma (ensures x + 0 == x) (decreases x) = if x > 0 then add_zero (x - 1)",
        "let add_zero x = (* admit () *) ()",
        "let add_zero x = () // assume false",
        "let add_zero x = let open FStar.Mul in let y = x in assert (y == x)",
        "let add_zero x = let rec f y = g y and g y = 0 in f x",
        'inline_for_extraction noextract\nlet add_zero x = assert_norm (strlen "admission" > 0)',
        "[@@ strict_on_arguments [0; 1]; noextract]\nlet add_zero x = ()",
        '[@@ "opaque_to_smt"]\nlet add_zero #a x = Classical.forall_intro (fun (y:int) -> ())',
        "let add_zero x' = calc (==) { x' + 0; == { () } x'; }",
        "let add_zero x = match 'a' with | 'b' -> () | _ -> assumption_lemma x; no_admits x",
        "let add_zero x = assert (x + 0 == x) by (norm [delta; zeta]; smt ())",
        "unfold let add_zero (#t:Type) (x:t) = (`%add_zero)",
    ],
)
def test_honest_definitions_are_not_refused(text):
    assert refusal(Definition.of(text, split_statement(STATEMENT)).text) == ""


def test_a_definition_is_found_behind_words_and_a_repeated_statement():
    text = f"Sure:\n```fstar\n  {STATEMENT.replace(' (', '  (')}\n\n  let add_zero x =\n    ()\n```\nlet other = 1"
    found = Definition.of(text, split_statement(STATEMENT))
    assert (found.text, found.line, found.column) == ("let add_zero x =\n    ()", 5, 2)
    statement = split_statement("inline_for_extraction val ( +! ) (#a:Type) : a -> a  // plus")
    assert statement.renamed("n") == "inline_for_extraction val n (#a:Type) : a -> a"
    assert Definition.of("let (+!) x = x", statement).text == "let (+!) x = x"


def test_text_keeps_its_length_and_lines():
    code = "a (* b (* c\n *) *) \"d \\\" (* e\" f' '\"' // g\n'h"
    with pytest.raises(UnreadableText):
        visible(code)  # the quoted quotation mark is not read: it would begin a string
    code = code.replace("'\"'", "'k'")
    blank = visible(code)
    assert (len(blank), blank.count("\n")) == (len(code), code.count("\n"))
    assert blank.split() == ["a", "f'", "'k'", "'h"]
    assert '"d \\" (* e"' in without_comments(code)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="letadmi \n(*)/\"'\\x#[]@", max_size=60))
def test_any_text_is_read_or_refused_and_keeps_its_places(code):
    try:
        told = without_comments(code)
    except UnreadableText:
        return
    assert (len(told), told.count("\n")) == (len(code), code.count("\n"))
    assert all(one in (two, " ") for one, two in zip(told, code, strict=True))
    assert without_comments(told) == told  # no comment comes about by taking others out
    with contextlib.suppress(UnreadableText):
        assert refusal(Definition.of(f"let add_zero x = admit ()\n{code}", split_statement(STATEMENT)).text)


def test_an_answer_is_read_only_if_it_answers_the_query():
    query = Query.new("push", {"kind": "full"})
    marks = query.step().marks
    forged = json.dumps({"kind": "message", "contents": f'"query-id":"{query.id}","kind":"response"'})
    assert not all(mark in forged.replace(" ", "") for mark in marks)
    good = json.dumps({"kind": "response", "query-id": query.id, "status": "success", "response": []})
    assert all(mark in good.replace(" ", "") for mark in marks)
    assert read_reply(query, f"{forged}\n{good}").succeeded
    error = {"level": "error", "number": 19, "message": "no", "ranges": []}
    assert not read_reply(query, good.replace("[]", json.dumps([error]))).succeeded
    for bad in ("", "[1]", good.replace(query.id, "1"), good.replace("[]", "[3]"), "[" * 100_000):
        with pytest.raises(ProtocolError):
            read_reply(query, bad)


def test_doctor_names_f_star_or_says_how_to_install_it(tmp_path, monkeypatch):
    def line():
        return next(prover for prover in list_provers() if prover.name == "fstar")

    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("REASONING_FSTAR", raising=False)
    assert not line().detail
    assert "opam install fstar" in line().hint
    for name, value in install_double(tmp_path).items():
        monkeypatch.setenv(name, value)
    assert "2024.09.05" in line().detail
    assert str(tmp_path / "project") in line().detail
    command = find().command("A.fst")
    assert command[1:3] == ("--ide", "A.fst")
    assert command[-2:] == ("--include", str(tmp_path / "project"))


@pytest.mark.slow
@pytest.mark.skipif(
    find() is None, reason="F* is not installed: fstar.exe is neither on PATH nor named in REASONING_FSTAR"
)
def test_a_real_f_star_decides():
    false = ProofTask("fstar", "val add_zero (x:int) : Lemma (x + 0 == x + 1)")
    with_header = ProofTask("fstar", STATEMENT, "let twice (x:int) : int = x + x")
    cases = [
        (TASK, "let add_zero x = ()", Status.PASSED),
        (false, "let add_zero x = ()", Status.WRONG),
        (TASK, "let add_zero x = 1 + true", Status.WRONG),
        (TASK, "let add_zero x = let", Status.WRONG),
        (with_header, "let add_zero x = assert (twice x == 2 * x)", Status.PASSED),
        (TASK, "let add_zero x = ()", Status.PASSED),
    ]

    async def use(bridge):
        return [await bridge.check(task, text, Limits(wall_seconds=120)) for task, text, _ in cases]

    reports = together(dict(os.environ), use, seconds=900)
    assert [(report.status, report.detail) for report in reports] == [
        (status, report.detail) for (_, _, status), report in zip(cases, reports, strict=True)
    ]


def test_a_problems_fields_reach_the_task():
    fields = {"system": "fstar", "statement": STATEMENT, "file": "A.fst", "until": "A.f", "declared": False}
    task = ProofTask.of(Problem("p", "proof", fields=fields))
    assert (task.file, task.until, task.declared) == ("A.fst", "A.f", False)
    with pytest.raises(RecordError, match="declared"):
        ProofTask.of(Problem("p", "proof", fields={**fields, "declared": 1}))
