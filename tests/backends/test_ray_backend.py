"""A real Ray cluster of two nodes on this machine: the same records as local, also when a node is killed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="Ray is not installed")
import ray
from ray.cluster_utils import Cluster

from reasoning.backends import BackendError, Execution, open_backend
from reasoning.engines.options import EngineSpecError
from reasoning.evaluation.evaluating import Settings, evaluate
from reasoning.pipelines.backend import build
from reasoning.pipelines.settings import settings_from
from verifiers.records import Problem, RecordError, Status
from verifiers.sandbox import Limits, Task, measure_usage
from verifiers.sandbox.entries import program_payload

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "reasoning.cli.main"]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


def spec(cluster: Cluster, more: str = "") -> str:
    return f"ray,address={cluster.address}{more}"


def finished(store: Path) -> int:
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as reader:
            return int(reader.execute("select count(*) from items").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_a_node_killed_in_the_middle_changes_no_record(tmp_path: Path, cluster: Cluster) -> None:
    second = cluster.add_node(num_cpus=1)
    settings = Settings("puzzles", "search,steps=20000", limit=60, samples=2)
    asyncio.run(evaluate(settings, tmp_path / "local", execution=Execution(jobs=1, quiet=True)))
    left = []

    def kill_in_the_middle() -> None:
        while finished(tmp_path / "ray" / "run.sqlite") == 0:
            time.sleep(0.05)
        left.append(120 - finished(tmp_path / "ray" / "run.sqlite"))
        cluster.remove_node(second, allow_graceful=False)

    killer = threading.Thread(target=kill_in_the_middle)
    killer.start()
    outcome = asyncio.run(evaluate(settings, tmp_path / "ray", execution=Execution(quiet=True, backend=spec(cluster))))
    killer.join()
    assert left[0] > 0, "the node was to be killed before the end"
    assert outcome.unanswered == 0
    records = [(tmp_path / name / "records.jsonl").read_text() for name in ("local", "ray")]
    assert records[0].count("\n") == 120
    assert records[0] == records[1]


def test_calls_and_their_errors_are_those_of_this_process(cluster: Cluster) -> None:
    cluster.add_node(num_cpus=3, num_gpus=2)

    async def work() -> dict[str, Any]:
        async with open_backend(spec(cluster, ",gpus=1")) as backend:
            with measure_usage() as usage:
                task = Task("verifiers.sandbox.entries:run_program", program_payload("print(6*7)"), capture=True)
                outcome = await backend.pool.run(task)
            malformed = Problem("p", "answer")
            with pytest.raises(RecordError) as raised:
                await backend.judges.verify(malformed, "4", Limits())
            with pytest.raises(EngineSpecError, match="no engine"):
                await backend.engine("nothing")
            engine = await backend.engine("search,steps=1000")
            engines = len(engine._crew.answers)  # type: ignore[attr-defined]
            puzzle = Problem("p", "puzzle", fields={"sat": "def sat(x: int):\n    return x == 42"})
            with measure_usage() as judging:
                verdict = await backend.judges.verify(puzzle, "def sol():\n    return 42", Limits())
            return {
                "out": outcome.stdout,
                "tasks": usage.tasks,
                "judging": judging.tasks,
                "field": raised.value.field,
                "workers": backend.pool.workers,
                "engines": engines,
                "status": verdict.status,
            }

    # One engine for each GPU; the machine without a GPU has none, but judges.
    assert asyncio.run(work()) == {
        "out": b"42\n",
        "tasks": 1,
        "judging": 2,
        "field": "gold",
        "workers": 4,
        "engines": 2,
        "status": Status.PASSED,
    }


def test_generate_and_verify_give_the_same_bytes(tmp_path: Path, cluster: Cluster) -> None:
    cluster.add_node(num_cpus=1)
    settings = settings_from(
        {
            "pipeline": "rejection",
            "problems": "puzzles",
            "limit": 20,
            "engine": "search,steps=5000",
            "decontaminate": "none",
        }
    )
    for name, backend in (("local", "local"), ("ray", spec(cluster))):
        asyncio.run(build(settings, tmp_path / name, execution=Execution(quiet=True, backend=backend)))
    manifests = [json.loads((tmp_path / name / "dataset" / "manifest.json").read_text()) for name in ("local", "ray")]
    assert manifests[0]["files"] == manifests[1]["files"]
    lines = [
        {"id": str(n), "problem": {"id": "p", "kind": "answer", "gold": str(n % 3)}, "candidate": "\\boxed{1}"}
        for n in range(50)
    ]
    source = tmp_path / "candidates.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    outputs = []
    for backend in ("local", spec(cluster)):
        command = [*COMMAND, "verify", "answer", "--in", str(source), "--quiet", "--backend", backend]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        outputs.append([{**json.loads(line), "seconds": 0} for line in done.stdout.splitlines()])
    assert outputs[0] == outputs[1]
    assert sum(one["passed"] for one in outputs[0]) == 17


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("rax", "error: no backend 'rax'; there are: local, ray\n"),
        ("local,jobs=3", "error: backend 'local' takes no options, got 'jobs'\n"),
        ("ray,gpus=-1", "error: backend 'ray': option gpus=-1: expected 0 or more\n"),
        (
            "ray,address=127.0.0.1:1",
            "error: backend 'ray': no cluster at 127.0.0.1:1: [Errno 111] Connection refused\n",
        ),
    ],
)
def test_one_line_for_a_backend_that_is_not_there(tmp_path: Path, given: str, said: str) -> None:
    source = tmp_path / "empty.jsonl"
    source.write_text("")
    command = [*COMMAND, "verify", "answer", "--in", str(source), "--backend", given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, said)


def test_a_cluster_that_does_not_let_in_is_one_line_with_what_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**options: Any) -> None:
        raise ConnectionError("Failed to connect to Ray cluster at 10.0.0.1:6379")

    async def join() -> None:
        async with open_backend("ray,address=auto"):
            pass

    monkeypatch.setattr(ray, "init", refused)
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with pytest.raises(BackendError, match=r"at 10\.0\.0\.1:6379; .*RAY_AUTH_MODE=token"):
        asyncio.run(join())
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    with pytest.raises(BackendError, match=r"6379$"):
        asyncio.run(join())
