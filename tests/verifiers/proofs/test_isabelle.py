"""The bridge to Isabelle, against a double of its server that speaks the wire protocol and knows no logic."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest
from isabelle_double import IsabelleDouble

from verifiers.proofs import ProofTask
from verifiers.proofs.isabelle.bridge import IsabelleBridge
from verifiers.proofs.isabelle.client import Client, CommandFailed
from verifiers.proofs.isabelle.guard import refusal
from verifiers.proofs.isabelle.text import UnreadableText, split_statement, visible
from verifiers.proofs.isabelle.theory import METHODS, proof_of
from verifiers.proofs.provers import list_provers
from verifiers.records import RecordError, Status
from verifiers.sandbox import Limits

STATEMENT = 'theorem two: "1 + 1 = (2::nat)"'
TASK = ProofTask("isabelle", STATEMENT)
CLOSES = {"1 + 1": {"auto", "simp"}, "field": {"presburger", "(auto simp: field_simps)"}, "code": {"eval"}}


def together(tmp_path, use, *, variable=None, **options):
    """What `use(bridge, server)` returns."""

    async def run():
        async with IsabelleDouble(tmp_path, CLOSES, **options) as server:
            closing = []
            pool = SimpleNamespace(workers=4, call_on_close=closing.append)
            bridge = IsabelleBridge(pool, {"REASONING_ISABELLE": variable or server.variable})
            try:
                return await use(bridge, server)
            finally:
                await closing[0]()

    return asyncio.run(asyncio.wait_for(run(), 60))


def judged(tmp_path, proof, task=TASK, seconds=30.0, **options):
    async def use(bridge, server):
        return await bridge.check(task, proof, Limits(wall_seconds=seconds)), server

    return together(tmp_path, use, **options)


@pytest.mark.parametrize(
    "proof",
    [
        "by simp",
        "  by (* trivially, no sorry *) auto",
        "proof -\n  show ?thesis by simp\nqed",
        f"{STATEMENT}\n  by simp",
        f"Here it is:\n```isabelle\ntheory Two imports Main\nbegin\n{STATEMENT}\n  by simp\nend\n```\nDone.",
        'proof -\n  have "lemma sorry ML" by simp\n  show ?thesis by simp\nqed',
    ],
)
def test_honest_proofs_pass(tmp_path, proof):
    task = ProofTask("isabelle", STATEMENT, "theory T imports Main\nbegin" if "theory" in proof else "")
    report, server = judged(tmp_path, proof, task)
    assert (report.status, report.axioms) == (Status.PASSED, ())
    assert "Isabelle" in report.trust
    assert server.count("purge_theories") == 1
    assert not list(server.folder.iterdir())
    assert not server.sessions  # stopped when the pool closed
    started = next(argument for command, argument in server.commands if command == "session_start")
    assert started["session"] == "HOL"
    assert "quick_and_dirty=false" in started["options"]


def test_an_error_has_its_place_in_the_candidate(tmp_path):
    report, _ = judged(tmp_path, 'proof -\n  fix x\n  have "\\<forall>x. x = x" by blast\nqed')
    assert report.status is Status.WRONG
    assert (report.messages[0].line, report.messages[0].column) == (3, 27)
    assert "Failed to finish proof" in report.detail


def test_a_place_counts_from_the_start_of_a_whole_text(tmp_path):
    report, _ = judged(tmp_path, f"So:\n```isabelle\n{STATEMENT}   by blast\n```")
    assert (report.messages[0].line, report.messages[0].column) == (3, len(STATEMENT) + 3)


def test_the_session_is_started_once_and_theories_have_names_of_their_own(tmp_path):
    async def use(bridge, server):
        proofs = ["by simp", "by blast", "by auto"] * 5
        reports = await asyncio.gather(*(bridge.check(TASK, proof, Limits(wall_seconds=30)) for proof in proofs))
        return [report.status for report in reports], server

    found, server = together(tmp_path, use, segments=True)
    assert found == [Status.PASSED, Status.WRONG, Status.PASSED] * 5
    assert server.count("session_start") == 1
    assert len({text.split()[1] for text in server.theories}) == 15


def test_placeholders_are_tried_in_order_and_each_on_its_own(tmp_path):
    task = ProofTask("isabelle", 'theorem "field n"')
    proof = 'proof -\n  have "x" by sledgehammer\n  show ?thesis sledgehammer\nqed'
    report, server = judged(tmp_path, proof, task)
    assert report.status is Status.PASSED
    tried = [text.split("\n") for text in server.theories]
    assert [sum(row in METHODS for row in rows) for rows in tried] == [2] * len(tried)
    # What rests on an oracle that the problem does not allow could not pass.
    first = ["by auto", "by simp", "by blast", "by fastforce", "by force", "by presburger"]
    assert [next(row for row in rows if row in METHODS) for rows in tried] == first


def test_a_placeholder_is_tried_as_eval_where_its_oracle_is_allowed(tmp_path):
    statement = 'lemma c: "code 3"'
    allowed = ProofTask("isabelle", statement, axioms=("holds_by_evaluation",))
    report, server = judged(tmp_path, "by sledgehammer", allowed)
    assert (report.status, report.axioms) == (Status.PASSED, ("holds_by_evaluation",))
    assert len(server.theories) == METHODS.index("by eval") + 1
    report, server = judged(tmp_path, "by sledgehammer", ProofTask("isabelle", statement))
    assert report.status is Status.WRONG
    assert len(server.theories) == len(METHODS) - 1


def test_a_placeholder_that_nothing_closes_is_wrong_at_its_place(tmp_path):
    report, server = judged(
        tmp_path, "proof -\n  show ?thesis by sledgehammer\nqed", ProofTask("isabelle", 'lemma "x"')
    )
    assert report.status is Status.WRONG
    assert (report.messages[0].line, report.messages[0].column) == (2, 15)
    assert len(server.theories) == len(METHODS) - 1


def test_an_oracle_is_refused_unless_the_problem_allows_it(tmp_path):
    statement = 'lemma c: "code 3"'
    report, _ = judged(tmp_path, "by eval", ProofTask("isabelle", statement))
    assert report.status is Status.REJECTED
    assert "holds_by_evaluation" in report.detail
    report, _ = judged(tmp_path, "by eval", ProofTask("isabelle", statement, axioms=("holds_by_evaluation",)))
    assert (report.status, report.axioms) == (Status.PASSED, ("holds_by_evaluation",))


@pytest.mark.parametrize(
    "proof",
    [
        "sorry",
        "oops",
        'oops axiomatization where two: "1 + 1 = (2::nat)"',
        'if "False" using that by simp',
        'assumes "False" by simp',
        '"True" by simp',
        "by (tactic \\<open>all_tac\\<close>)",
        "by simp ML \\<open>OS.Process.exit OS.Process.failure\\<close>",
        "by simp ML_val \\<open>()\\<close>",
        "by simp\nend\ntheory X imports Main begin",
        "by simp setup \\<open>I\\<close>",
        "using [[quick_and_dirty]] by simp",
        "using [[ML_print_depth = 3]] by simp",
        "by (Pure.tactic \\<open>all_tac\\<close>)",
        'by ("tactic" \\<open>all_tac\\<close>)',
        'by ("\\116actic" \\<open>all_tac\\<close>)',
        "by (match conclusion in _ \\<Rightarrow> \\<open>tactic \\<open>all_tac\\<close>\\<close>)",
        "using [ [ML_print_depth = 3]] by simp",
        'using [[smt_timeout = 9, smt_certificates = "/tmp/x"]] by smt',
        'by (smt TrueI [smt_certificates = "/tmp/x"])',
        "using [[simp_trace, smt_oracle]] by simp",
        'proof - text \\<open>@{ML "1"}\\<close> qed',
        "proof - \\<comment> \\<open>\\<^ML>\\<open>1\\<close>\\<close> qed",
        "proof - \\<comment> \\<open>@{ML 1}\\<close> qed",
        "by _ML \\<open>1\\<close>",
        'by simp notation plus (infixl "minus" 65)',
        "by simp (* never closed",
        'by (simp add: "x)',
        "by simp\u200b",
        'theorem two: "1 + 1 = (3::nat)" by simp',
        "lemma helper: True by simp",
        "",
        "The proof is by simp",
    ],
)
def test_cheats_are_rejected_before_the_server_sees_them(tmp_path, proof):
    report, server = judged(tmp_path, proof)
    assert report.status is Status.REJECTED
    assert report.detail
    assert not server.commands


def test_comments_are_not_sent(tmp_path):
    _, server = judged(tmp_path, "by (* \\<open> ML (* nested *) *) simp")
    assert "ML" not in server.theories[0]


def test_a_timeout_cancels_the_task_and_the_next_check_is_answered(tmp_path):
    async def use(bridge, server):
        slow = await bridge.check(TASK, "by simp", Limits(wall_seconds=0.05))
        cancelled = server.cancelled.is_set()
        return slow, cancelled, await bridge.check(TASK, "by simp", Limits(wall_seconds=30)), server

    slow, cancelled, after, server = together(tmp_path, use, tricks=["slow"])
    assert slow.status is Status.TIMEOUT
    assert cancelled
    assert after.status is Status.PASSED
    assert server.count("session_start") == 1
    assert server.count("purge_theories") == 2


@pytest.mark.parametrize("trick", ["close", "bad json", "not consolidated", "no oracles", "forget"])
def test_a_failing_server_costs_one_retry_and_is_never_wrong(tmp_path, trick):
    report, server = judged(tmp_path, "by simp", tricks=[trick])
    assert report.status is Status.PASSED
    assert server.count("session_start") == (2 if trick == "forget" else 1)
    report, _ = judged(tmp_path, "by simp", tricks=[trick, trick])
    assert report.status is Status.INTERNAL


def test_the_facts_behind_a_proof_are_asked_for_where_they_are_wanted(tmp_path):
    task = replace(TASK, premises=True)
    facts = {"Nat.two": "2 = 2", "HOL.refl": "t = t"}
    report, server = judged(tmp_path, "using HOL.refl by simp", task, facts=facts)
    assert (report.status, report.premises) == (Status.PASSED, ("HOL.refl",))
    assert server.theories[0].endswith(
        ".two\ndeclare [[names_long]]\nthm_deps " + server.theories[0].split()[1] + ".two\nend\n"
    )
    # An answer that is missing is not an empty one.
    report, _ = judged(tmp_path, "by simp", task, tricks=["no dependencies"] * 2)
    assert report.status is Status.INTERNAL
    assert "no list of dependencies" in report.detail
    report, server = judged(tmp_path, "using HOL.refl by simp", facts=facts)
    assert (report.status, report.premises) == (Status.PASSED, ())
    assert "thm_deps" not in server.theories[0]


def test_a_wrong_password_is_unavailable(tmp_path):
    async def use(bridge, server):
        wrong = IsabelleBridge(
            SimpleNamespace(workers=1, call_on_close=lambda close: None),
            {"REASONING_ISABELLE": f"127.0.0.1:{server.port}:wrong"},
        )
        return await wrong.check(TASK, "by simp", Limits())

    report = together(tmp_path, use)
    assert report.status is Status.UNAVAILABLE
    assert "password" in report.detail


def test_a_stopped_server_is_unavailable(tmp_path):
    async def use(bridge, server):
        before = await bridge.check(TASK, "by simp", Limits())
        await server.stop()
        return before, await bridge.check(TASK, "by blast", Limits())

    before, after = together(tmp_path, use)
    assert (before.status, after.status) == (Status.PASSED, Status.UNAVAILABLE)


@pytest.mark.parametrize("variable", ["4711", "host:port:password", "localhost:99999:p", "::"])
def test_a_malformed_address_is_named(tmp_path, variable):
    report, _ = judged(tmp_path, "by simp", variable=variable)
    assert (report.status, report.detail) == (
        Status.UNAVAILABLE,
        "REASONING_ISABELLE: expected HOST:PORT:PASSWORD",
    )


def test_a_statement_that_isabelle_refuses_is_the_problems_fault(tmp_path):
    with pytest.raises(RecordError) as error:
        judged(tmp_path, "by simp", ProofTask("isabelle", 'theorem "nonsense"'))
    assert error.value.field == "statement"
    report, _ = judged(tmp_path, "by simp", ProofTask("isabelle", STATEMENT, "theory T imports Missing begin"))
    assert report.status is Status.UNAVAILABLE
    with pytest.raises(RecordError):
        judged(tmp_path, "by simp", ProofTask("isabelle", "definition x where x"))


def test_the_client_tells_a_bad_command_and_echoes_long_texts(tmp_path):
    async def use(_, server):
        client = await Client.connect("127.0.0.1", server.port, server.variable.rpartition(":")[2])
        text = "\\<forall> ∀\n" * 5_000
        echoed = await asyncio.gather(*(client.command("echo", {"n": n, "text": text}) for n in range(3)))
        with pytest.raises(CommandFailed, match="Bad command 'nothing'"):
            await client.command("nothing", {})
        await client.close()
        return [one["n"] for one in echoed], echoed[0]["text"] == text

    assert together(tmp_path, use) == ([0, 1, 2], True)


def test_doctor_names_the_server_or_says_what_is_missing(tmp_path, monkeypatch):
    def line():
        return next(prover for prover in list_provers() if prover.name == "isabelle")

    async def use(_, server):
        monkeypatch.setenv("REASONING_ISABELLE", server.variable)
        return await asyncio.to_thread(line), server.variable

    found, variable = together(tmp_path, use)
    assert variable.rpartition(":")[0] in found.detail
    assert variable.rpartition(":")[2] not in found.detail
    assert not line().detail  # the double is gone
    assert "nothing answers" in line().hint
    monkeypatch.delenv("REASONING_ISABELLE")
    assert "install Isabelle" in line().hint


def test_text_keeps_its_length_and_lines():
    code = 'a (* b "\n (* c *) *) d "e \\" (* f" \\<open>g \\<open>h\\<close>\n\\<close> ‹i› `j` k'
    blank = visible(code)
    assert (len(blank), blank.count("\n")) == (len(code), code.count("\n"))
    assert blank.split() == ["a", "d", "k"]
    for bad in ("(* (* *)", '"x', "\\<open>"):
        with pytest.raises(UnreadableText):
            visible(bad)


def test_a_proof_is_found_behind_a_repeated_statement():
    found = proof_of(TASK, split_statement(STATEMENT), 'theorem  two:\n "1 + 1 = (2::nat)"\nby simp')
    assert (found.text, found.line, found.column) == ("\nby simp", 2, 19)
    assert split_statement('lemma "x" sorry').named("n") == 'lemma n: "x"'
    assert split_statement("theorem t [simp]: x").named("n") == "theorem t [simp]: x"


@pytest.mark.parametrize(
    "proof",
    [
        "using a.end by simp",
        "by (simp add: \\<open>sorry\\<close>)",
        ".",
        "..",
        "using [[simproc del: x, simp_trace = false]] by (metis a\\<^sub>1)",
    ],
)
def test_honest_text_is_not_refused(proof):
    assert refusal(proof) == ""
