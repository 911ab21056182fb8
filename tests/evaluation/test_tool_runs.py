"""A whole evaluation with programs: run, interrupted, killed, gone on with, reported."""

import asyncio
import json
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from reasoning.backends import Execution
from reasoning.engines.base import Completion
from reasoning.evaluation.evaluating import Settings, evaluate
from reasoning.evaluation.explain_item import explain_item
from reasoning.solvers import Toolbox
from tests.evaluation.test_kill import finished_items
from tests.support.scripted_answers import ScriptedEngine

PROBLEMS = 10
SAMPLES = 4


def reply(request):
    """Two rounds: a program, then the answer that it printed; each fourth sample is wrong, each fifth problem errs once."""
    number = int(request.problem.id.rpartition("/")[2])
    (sample,) = request.sample_indices
    shown = request.messages[-1].content if request.messages[-1].role == "assistant" else ""
    if number % 5 == 4 and "NameError" not in shown:
        return f"Problem {number}.\n```python\nprint(unknown + {number})\n```\n"
    if f"```output\n{number * 7}\n```" not in shown:
        return f"Multiply.\n```python\nprint({number} * 7)\n```\n```output\n"
    answer = number * 7 + (sample == 3)
    return f"So it is $\\boxed{{{answer}}}$."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tools")
    rows = ({"question": f"What is {n} times seven?", "answer": f"Multiply.\n#### {n * 7}"} for n in range(PROBLEMS))
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def undisturbed(folder):
    return run(folder, "undisturbed", ScriptedEngine(reply))


def run(folder, name, engine, *, resume=False, method="tir"):
    settings = Settings(
        "gsm8k",
        "scripted",
        method,
        samples=SAMPLES,
        data=str(folder / "test.jsonl"),
        temperature=0.8,
        prompt="chat",
        split="test",
        timeout=5.0,
    )
    directory = folder / name
    asyncio.run(
        evaluate(
            settings, directory, engine=engine, resume=resume, execution=Execution(jobs=2, concurrency=4, quiet=True)
        )
    )
    return directory


def outputs(directory):
    return [(directory / name).read_bytes() for name in ("records.jsonl", "metrics.json")]


def test_it_reports_votes_and_costs(undisturbed):
    metrics = json.loads((undisturbed / "metrics.json").read_text())
    assert metrics["pass@1"]["value"] == 0.75
    assert metrics["maj@4"]["value"] == metrics["pass@4"]["value"] == 1.0
    assert metrics["worst@4"]["value"] == 0.0
    assert metrics["maj@1"]["value"] == 0.75
    assert metrics["first_k"]["maj@1"]["value"] == 1.0
    assert metrics["statuses"] == {"passed": 3 * PROBLEMS, "wrong": PROBLEMS}
    erring = sum(n % 5 == 4 for n in range(PROBLEMS))
    assert metrics["cost_per_sample"]["calls"] == (2 * PROBLEMS + erring) / PROBLEMS
    records = [json.loads(line) for line in (undisturbed / "records.jsonl").read_text().splitlines()]
    assert [(record["id"], record["sample"]) for record in records[:5]] == [
        *(("gsm8k/test/0", sample) for sample in range(4)),
        ("gsm8k/test/1", 0),
    ]
    assert "```output\n28\n```\nSo it is $\\boxed{28}$." in records[16]["candidate"]
    assert "NameError: name 'unknown' is not defined" in records[16]["candidate"]


def test_an_interrupted_run_ends_the_same_and_asks_nothing_twice(folder, undisturbed):
    class Stopping(ScriptedEngine):
        async def complete(self, request):
            if len(self.requests) >= 35:
                raise asyncio.CancelledError
            return await super().complete(request)

    first, second = Stopping(reply), ScriptedEngine(reply)
    with pytest.raises(asyncio.CancelledError):
        run(folder, "interrupted", first)
    run(folder, "interrupted", second, resume=True)
    assert outputs(folder / "interrupted") == outputs(undisturbed)
    asked = [(request.seeds, request.messages) for request in (*first.requests, *second.requests)]
    assert len(set(asked)) == len(asked)


@pytest.mark.slow
def test_a_killed_run_ends_the_same(folder, undisturbed):
    """The killed process replays the undisturbed run's completions, request by request, and runs all programs anew."""
    directory = folder / "killed"
    command = [sys.executable, "-m", "reasoning.cli.main", "evaluate", "gsm8k", "--engine", f"replay:{undisturbed}"]
    command += ["--method", "tir", "--samples", str(SAMPLES), "--data", str(folder / "test.jsonl"), "--quiet"]
    command += ["--jobs", "2", "--resume", str(directory)]
    moments = random.Random(7)
    for share in (0.1, 0.6):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while finished_items(directory) < share * PROBLEMS * SAMPLES and process.poll() is None:
            time.sleep(0.005)
        time.sleep(moments.random() * 0.02)
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, errors
    assert finished_items(directory) < PROBLEMS * SAMPLES
    last = subprocess.run([*command, "--price-in", "1"], capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    assert outputs(directory) == outputs(undisturbed)
    assert "cost of a sample: 2.2 calls" in last.stdout
    assert "price 0.00" in last.stdout


def test_votes_and_rewards_of_a_finished_run(folder, undisturbed, capsys):
    from reasoning.cli.main import main

    def cli(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments)])
        return ended.value.code, *capsys.readouterr()

    status, out, _ = cli("vote", undisturbed, "--k", "1,4", "--json")
    assert (status, json.loads(out)["maj@4"]["value"]) == (0, 1.0)
    assert cli("vote", undisturbed, "--average", "--match", "strings")[0] == 0
    for arguments, message in (
        (["--k", "9"], "votes over 9 samples, but it has 4 a problem"),
        (["--k", "x"], "--k 'x': expected whole numbers above 0"),
        (["--match", "x"], "--match 'x': expected one of equivalent, strings"),
        (["--transform", "x"], "--transform 'x'"),
        (["--states", "1,2"], "--states '1,2': expected three weights"),
    ):
        status, _, err = cli("vote", undisturbed, *arguments)
        assert (status, message in err, len(err.splitlines())) == (2, True, 1)
    assert cli("compare", undisturbed, undisturbed)[0] == 0


def test_each_sample_is_rated_once_and_keeps_its_reward(folder):
    rows = [
        {"idx": n, "response": [f"\\boxed{{{n * 7}}}", "\\boxed{1}"], "pred_score": [[float(n)], [0.5]]}
        for n in range(PROBLEMS)
    ]
    recorded = folder / "recorded.jsonl"
    recorded.write_text("".join(json.dumps(row) + "\n" for row in rows))
    from reasoning.engines import create_engine

    settings = Settings(
        "gsm8k",
        "replay",
        samples=2,
        data=str(folder / "test.jsonl"),
        reward_model="column:pred_score",
        limit=3,
        timeout=5.0,
    )
    engine = create_engine(f"replay:{recorded},id_field=idx,text_field=response")
    outcome = asyncio.run(evaluate(settings, folder / "rated", engine=engine, execution=Execution(jobs=1, quiet=True)))
    records = [json.loads(line) for line in (folder / "rated" / "records.jsonl").read_text().splitlines()]
    assert [record["vote"] for record in records] == [{"reward": r} for r in (0.0, 0.5, 1.0, 0.5, 2.0, 0.5)]
    assert outcome.results.first_k["rm@2"].value == pytest.approx(2 / 3)
    assert outcome.results.votes["rm@1"].value == 0.5
    config = json.loads((folder / "rated" / "config.json").read_text())
    assert config["settings"]["reward_description"] == {"reward_model": "column", "name": "pred_score"}


def calling(request):
    """One call of a tool, another one for each sample, then the answer that it gave."""
    number, (sample,) = int(request.problem.id.rpartition("/")[2]), request.sample_indices
    if request.messages[-1].role == "tool":
        value = json.loads(request.messages[-1].content)["solution"]["remainder"]
        return f"\\boxed{{{value}}}"
    arguments = json.dumps({"remainders": [number * 7], "moduli": [1000 + sample]})
    call = {"id": "call_0", "name": "solve_congruences", "arguments": arguments}
    return Completion("", "tool_calls", 10, 5, meta={"tool_calls": [call]})


def test_calls_of_tools_stand_in_the_records_and_are_kept(folder, monkeypatch):
    ran = []
    real = Toolbox._run

    async def counted(self, name, entry, arguments):
        ran.append(json.dumps(arguments))
        return await real(self, name, entry, arguments)

    monkeypatch.setattr(Toolbox, "_run", counted)
    method = "direct,tools=solve_congruences"
    whole = run(folder, "tools", ScriptedEngine(calling), method=method)
    assert len(ran) == len(set(ran)) == PROBLEMS * SAMPLES
    records = [json.loads(line) for line in (whole / "records.jsonl").read_text().splitlines()]
    assert all(record["passed"] for record in records)
    (called,) = records[5]["tools"]
    assert (called["tool"], called["status"]) == ("solve_congruences", "converged")
    assert json.loads(called["arguments"]) == {"remainders": [7], "moduli": [1001]}
    assert records[5]["cost"] == {"calls": 2, "prompt_tokens": 20, "completion_tokens": 14, "tool_calls": 1}
    metrics = json.loads((whole / "metrics.json").read_text())
    assert metrics["cost_per_sample"]["tool_calls"] == 1

    class Stopping(ScriptedEngine):
        async def complete(self, request):
            if len(self.requests) >= PROBLEMS * SAMPLES + 10:
                raise asyncio.CancelledError
            return await super().complete(request)

    ran.clear()
    with pytest.raises(asyncio.CancelledError):
        run(folder, "tools-stopped", Stopping(calling), method=method)
    with sqlite3.connect(folder / "tools-stopped" / "run.sqlite") as store:
        (kept,) = store.execute("SELECT count(*) FROM tool_replies").fetchone()
    assert 10 <= kept < PROBLEMS * SAMPLES
    ran.clear()
    run(folder, "tools-stopped", ScriptedEngine(calling), resume=True, method=method)
    assert len(ran) == PROBLEMS * SAMPLES - kept
    assert outputs(folder / "tools-stopped") == outputs(whole)

    ran.clear()
    item = asyncio.run(explain_item(whole, "gsm8k/test/1", 1))
    assert (item.note, len(item.exchanges), item.exchanges[1].request.messages[-1].role) == ("", 2, "tool")
    assert not ran
