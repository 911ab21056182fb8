"""Back ends that only take text: the guard around them, the REPL client, the Kimina client and server, without Lean."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path

import httpx
import pytest

from verifiers.proofs import ProofMessage, ProofTask
from verifiers.proofs.lean.backends import lean_bridge
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.server import LeanServer
from verifiers.proofs.lean.text_backends import kimina
from verifiers.proofs.lean.text_backends.guarded import (
    TRUST,
    ProverTimeout,
    ProverUnavailable,
    TextBridge,
    reader_refusal,
)
from verifiers.proofs.lean.text_backends.kimina import KiminaProver
from verifiers.proofs.lean.text_backends.repl import ReplDied, ReplProcess, ReplProver
from verifiers.records import RecordError, Status
from verifiers.sandbox import Limits, SandboxPool

TASK = ProofTask("lean", "theorem A.two (n : Nat) : n = n := by")
TYPE = "forall (n : Nat), @Eq.{1} Nat n n"


class Scripted:
    """A double of a back end: answers our own commands as Lean would, and what a test adds."""

    def __init__(self, axioms="does not depend on any axioms", types=(TYPE, TYPE), at=None, error=None):
        self.axioms, self.types, self.at, self.error = axioms, types, at or {}, error
        self.bodies = []

    async def run(self, header, body, seconds):
        if self.error:
            raise self.error
        self.bodies.append(body)
        lines = body.rstrip("\n").split("\n")
        marks = {"pin": 2, "candidate": 3, "check": len(lines) - 3}
        check = re.search(r"#print axioms (\w+)", lines[-1]).group(1)
        messages = [ProofMessage("warning", 2, 8, "declaration uses `sorry`")]
        messages += [ProofMessage(severity, marks[place], 0, text) for place, (severity, text) in self.at.items()]
        for back, shown in zip((2, 1), self.types, strict=True):
            messages.append(ProofMessage("information", len(lines) - back, 0, f"@x :\n  {shown}"))
        if self.axioms:
            messages.append(ProofMessage("information", len(lines), 0, f"'{check}' {self.axioms}"))
        return messages, 0.25

    async def close(self):
        pass


def judge(prover, proof="  rfl", task=TASK):
    return asyncio.run(TextBridge(prover).check(task, proof, Limits()))


def test_a_proof_passes_and_says_what_that_rests_on():
    report = judge(Scripted())
    assert (report.status, report.trust, report.seconds) == (Status.PASSED, TRUST, 0.25)
    assert report.verdict("a").detail == f"no axioms; {TRUST}"


def test_the_statement_is_pinned_before_the_candidate_under_an_unguessable_name():
    prover = Scripted()
    judge(prover)
    judge(prover)
    pins = [
        re.search(r"theorem A\.(statement_[0-9a-f]{24}) \(n : Nat\) : n = n := by sorry", body)
        for body in prover.bodies
    ]
    assert pins[0].group(1) != pins[1].group(1)
    assert prover.bodies[0].index("statement_") < prover.bodies[0].index("theorem A.two")


@pytest.mark.parametrize(
    ("prover", "status", "detail"),
    [
        (Scripted("depends on axioms: [propext,\n Quot.sound]"), Status.PASSED, ""),
        (Scripted("depends on axioms: [propext, sorryAx]"), Status.REJECTED, "axiom sorryAx"),
        (Scripted(""), Status.REJECTED, "text ends before"),
        (Scripted(types=(TYPE, "True")), Status.REJECTED, "different statement"),
        (Scripted(types=("", "")), Status.REJECTED, "text ends before"),
        (Scripted(at={"candidate": ("error", "unsolved goals")}), Status.WRONG, "unsolved goals"),
        (Scripted(at={"candidate": ("error", "(deterministic) timeout at x")}), Status.TIMEOUT, "timeout"),
        (Scripted(at={"check": ("error", "Type mismatch")}), Status.REJECTED, "different statement"),
        (Scripted(at={"check": ("error", "Unknown constant `A.two`")}), Status.REJECTED, "does not declare"),
        (Scripted(error=ProverTimeout("late")), Status.TIMEOUT, "late"),
        (Scripted(error=ProverUnavailable("gone")), Status.UNAVAILABLE, "gone"),
    ],
)  # fmt: skip
def test_what_is_made_of_the_answers(prover, status, detail):
    report = judge(prover)
    assert report.status is status
    assert detail in report.detail


def test_a_message_of_the_candidate_does_not_count_as_the_answer_about_axioms():
    forged = Scripted("", at={"candidate": ("information", "'check' does not depend on any axioms")})
    assert judge(forged).status is Status.REJECTED


def test_a_statement_that_lean_refuses_is_a_malformed_problem():
    with pytest.raises(RecordError, match="statement"):
        judge(Scripted(at={"pin": ("error", "unknown identifier")}))
    with pytest.raises(RecordError, match="header"):
        judge(Scripted(), task=ProofTask("lean", "def x := 1\ntheorem a : x = 1 := by"))


@pytest.mark.parametrize(
    "code",
    [
        'notation "x" => 1', "macro_rules | `(tactic| rfl) => `(tactic| sorry)", "local instance : Add Nat := ⟨f⟩",
        "open Nat\ntheorem a : 1 = 1 := rfl", "attribute [-instance] x", "@[instance] def x := 1", "@[simp, instance] def x := 1",
        "set_option pp.all true", "set_option debug.x true in rfl", "namespace A", "#check 1", "variable (h : False)",
    ],
)  # fmt: skip
def test_text_that_changes_how_text_is_read_is_rejected_here(code):
    assert reader_refusal(code)
    assert judge(Scripted(), code).status is Status.REJECTED


@pytest.mark.parametrize(
    "code",
    [
        "  rfl -- open", "  open Nat in rfl", "set_option maxRecDepth 900 in rfl", "@[simp] theorem h : 1 = 1 := rfl",
        "namespace B\ntheorem h : True := trivial\nend B", "simp [Foo.open, x.local]", "exact inferInstance",
    ],
)  # fmt: skip
def test_honest_text_is_not(code):
    assert reader_refusal(code) == ""


# ---- REPL client, over a double of the process


DOUBLE = [sys.executable, str(Path(__file__).resolve().parents[2] / "support" / "repl_double.py")]


def talk(*commands, seconds=20):
    async def run():
        async with ReplProcess(DOUBLE) as repl:
            return [await repl.request({"cmd": command}, seconds) for command in commands], repl

    return asyncio.run(run())[0]


def test_answers_over_several_lines_are_read():
    answers = talk("one", "two")
    assert [(answer["env"], answer["messages"][0]["data"]) for answer in answers] == [(0, "one"), (1, "two")]


@pytest.mark.parametrize("command", ["die", "garbage", "list"])
def test_a_process_that_ends_or_leaves_the_protocol_is_dead(command):
    with pytest.raises(ReplDied):
        talk(command)


def test_a_process_that_hangs_is_ended():
    with pytest.raises(ProverTimeout):
        talk("hang", seconds=0.05)


def test_a_command_that_cannot_be_started_is_unavailable():
    prover = ReplProver(["/nonexistent/repl"])
    assert judge(prover).status is Status.UNAVAILABLE


def test_headers_are_run_once_and_a_dead_process_is_replaced():
    async def run():
        prover = ReplProver(DOUBLE)
        try:
            first = await prover.run("header", "body", 20)
            second = await prover.run("header", "body", 20)
            with pytest.raises(ProverUnavailable):
                await prover.run("header", "die", 20)
            third = await prover.run("", "body", 20)
            return prover.starts, [messages[0].text for messages, _ in (first, second, third)]
        finally:
            await prover.close()

    assert asyncio.run(run()) == (3, ["body", "body", "body"])


# ---- Kimina client


def kimina_client(*answers):
    """Messages, seconds and requests of one run against recorded answers, given in turn."""
    asked = []
    waiting = list(answers)

    def handle(request):
        body = json.loads(request.content)
        asked.append((request.url.path, body, request.headers.get("Authorization")))
        status, make = waiting.pop(0)
        return httpx.Response(status, json=make(body)) if callable(make) else httpx.Response(status, text=make)

    async def run():
        prover = KiminaProver("http://lean.test", "secret", httpx.MockTransport(handle))
        try:
            return await prover.run("import Mathlib\nopen Nat", "theorem a : True := trivial", 7)
        finally:
            await prover.close()

    return run, asked


def checked(**result):
    return lambda body: {"results": [{"id": body["snippets"][0]["id"], "time": 0.5, **result}]}


MESSAGE = {"severity": "error", "pos": {"line": 3, "column": 4}, "endPos": {"line": 3, "column": 9}, "data": "no"}


def test_the_kimina_client_speaks_version_2():
    run, asked = kimina_client((200, checked(response={"env": 1, "messages": [MESSAGE]})))
    assert asyncio.run(run()) == ([ProofMessage("error", 1, 4, "no")], 0.5)
    path, body, key = asked[0]
    assert (path, key, body["timeout"]) == ("/api/check", "Bearer secret", 7)
    assert body["snippets"][0]["code"] == "import Mathlib\nopen Nat\ntheorem a : True := trivial"


def test_the_kimina_client_falls_back_to_the_older_form():
    def older(body):
        id = body["codes"][0]["custom_id"]
        return {"results": [{"custom_id": id, "error": None, "response": {"time": 2.0}}]}

    run, asked = kimina_client((404, "no"), (200, older))
    assert asyncio.run(run()) == ([], 2.0)
    assert [path for path, _, _ in asked] == ["/api/check", "/verify"]


def test_a_busy_kimina_server_is_asked_again(monkeypatch):
    monkeypatch.setattr(kimina, "_PAUSE_SECONDS", 0)
    run, asked = kimina_client((429, "busy"), (500, "oops"), (200, checked(response={"env": 0})))
    assert asyncio.run(run()) == ([], 0.5)
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([(200, "no json")], ProverUnavailable),
        ([(200, lambda body: {"results": [{"id": "another", "response": {"env": 0}}]})], ProverUnavailable),
        ([(200, lambda body: [])], ProverUnavailable),
        ([(401, "key")], ProverUnavailable),
        ([(200, checked(error="Lean REPL command timed out in 7 seconds"))], ProverTimeout),
        ([(200, checked(error="Lean REPL died"))], ProverUnavailable),
        ([(200, checked(response={"message": "Unknown environment."}))], ProverUnavailable),
        ([(200, checked(response={"messages": [3]}))], ProverUnavailable),
        ([(429, "busy")] * 3, ProverUnavailable),
    ],
)
def test_what_is_no_answer_is_no_verdict(answers, error, monkeypatch):
    monkeypatch.setattr(kimina, "_PAUSE_SECONDS", 0)
    run, _ = kimina_client(*answers)
    with pytest.raises(error):
        asyncio.run(run())


# ---- Kimina server: what it answers without asking Lean


@pytest.fixture(scope="module")
def server():
    with LeanServer("127.0.0.1", 0, jobs=1, key="secret") as running:
        yield "http://{}:{}".format(*running.address)


def post(url, body, key="secret"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_both_forms_refuse_text_that_runs_code(server):
    status, answer = post(
        f"{server}/api/check", {"snippets": [{"id": "b", "code": "#eval 1"}, {"id": "a", "code": "import Mathlib"}]}
    )
    assert status == 200
    assert [result["id"] for result in answer["results"]] == ["b", "a"]
    first, second = (result["response"]["messages"][0] for result in answer["results"])
    assert (first["severity"], second["severity"]) == ("error", "error")
    assert "refused: '#eval' runs code" in first["data"]
    assert "Mathlib" in second["data"]
    status, answer = post(f"{server}/verify", {"codes": [{"custom_id": 7, "proof": "axiom a : False"}], "timeout": 5})
    assert (status, answer["results"][0]["custom_id"], answer["results"][0]["error"]) == (200, "7", None)
    assert "declares an axiom" in answer["results"][0]["response"]["messages"][0]["data"]


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/api/check", b"{", 422, "not JSON"),
        ("/api/check", [], 422, "expected an object"),
        ("/api/check", {}, 422, "snippets"),
        ("/api/check", {"snippets": []}, 422, "snippets"),
        ("/api/check", {"snippets": [{"id": "a"}]}, 422, "snippets[0].code"),
        ("/api/check", {"snippets": [{"id": "a", "code": "x"}] * 2}, 422, "unique"),
        ("/api/check", {"snippets": [{"id": "a", "code": "x"}], "timeout": "1"}, 422, "timeout"),
        ("/verify", {"codes": [{"proof": "x"}]}, 422, "codes[0].custom_id"),
        ("/other", {}, 404, "Not Found"),
    ],
)
def test_bad_requests_get_one_line(server, path, body, status, text):
    found, answer = post(server + path, body)
    assert found == status
    assert text in answer["detail"]


def test_a_key_is_asked_for(server):
    assert post(f"{server}/verify", {"codes": []}, key="guess")[0] == 401


def test_health_needs_no_key(server):
    with urllib.request.urlopen(f"{server}/health", timeout=30) as answer:
        assert json.load(answer) == {"status": "ok"}


# ---- which back end


def bridge_for(**environment):
    async def run():
        async with SandboxPool(workers=1) as sandbox:
            return type(lean_bridge(sandbox, environment)).__name__

    return asyncio.run(run())


def test_the_environment_names_the_back_end():
    assert bridge_for() == "LeanBridge"
    assert bridge_for(REASONING_LEAN="kimina:http://127.0.0.1:1") == "TextBridge"
    assert bridge_for(REASONING_LEAN="repl:lake env repl", REASONING_LEAN_PROJECT="/x") == "TextBridge"


@pytest.mark.parametrize("name", ["kimina:", "repl: ", "installed", "x:y"])
def test_an_unknown_back_end_is_one_line(name):
    with pytest.raises(LeanMissingError, match="REASONING_LEAN"):
        bridge_for(REASONING_LEAN=name)
