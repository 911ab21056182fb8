"""The measuring scripts of the pipelines: their own arithmetic, and a run of the smallest size."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reasoning.pipelines.backend.columns import record_of
from reasoning.pipelines.base import Discarded, Row
from reasoning.runs.store import RunStore
from verifiers.records import Problem

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def script(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_memory_of_a_process_and_its_children():
    program = (
        "import subprocess, sys; b = bytearray(60_000_000); b[::4096] = b'x' * len(b[::4096]); print(flush=True); {}"
    )
    child = program.format("sys.stdin.read()")
    parent = program.format(f"subprocess.run([sys.executable, '-c', {child!r}])")
    tree_mib = script("bench_mixture").tree_mib
    process = subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        process.stdout.readline()  # both have taken their 57 MiB
        assert 114 < tree_mib(process.pid) < 200
    finally:
        process.stdin.close()
        process.wait()


def test_processor_time_of_children_counts_also_when_they_are_gone(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    meter = script("bench_mutate").Meter()
    child = "import time\nwhile time.process_time() < 0.2: pass\nprint(flush=True); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print(flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        meter.look(process.pid)
        before = meter.seconds
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()  # the child has gone
        meter.look(process.pid)
        assert 0.2 <= before <= meter.seconds < before + 0.2
    finally:
        process.stdin.close()
        process.wait()


def mutation(name, hard):
    statement = f"theorem {name} : 1 = 1 := by"
    problem = Problem(name, "proof", statement, {"system": "lean", "statement": statement})
    meta = {"target": "Nat.a", "rule": name, "form": "rw", "hard": hard}
    return Row(problem, "Nat.a", "  rfl", meta=meta)


def test_what_came_of_mutations_is_counted_in_finished_and_unfinished_runs(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    bench = script("bench_mutate")
    rows = [mutation("m0", True), mutation("m1", True), mutation("m2", False)]
    fallen = [
        Discarded("d", "verdict", "wrong: no"),
        Discarded("d", "verdict", "timeout: no"),
        Discarded("e", "length", "x"),
    ]
    store = RunStore(tmp_path / "run.sqlite")
    store.add_outcome("library", 0, 13_740)
    store.add_outcome("theorems", 0, [one.to_json() for one in (*rows, fallen[0])])
    store.add_outcome("theorems", 1, [one.to_json() for one in fallen[1:]])
    store.close()
    took = [{"cpu_seconds": 0.5, "wall_seconds": 2.0, "memory_mib": 5, "mean_load": 1.0},
            {"cpu_seconds": 1.0, "wall_seconds": 2.0, "memory_mib": 4, "mean_load": 3.0}]  # fmt: skip
    first = bench.report(tmp_path, took, 1).splitlines()
    assert "| judged and accepted, not compared yet | 3 |" in first
    assert {"| thrown away, verdict: wrong | 1 |", "| thrown away, verdict: timeout | 1 |"} <= set(first)
    assert "| processor seconds a kept row | 0.500 |" in first
    assert "| rows an hour on two processors, by processor time | 14,400 |" in first
    assert "| memory at most, MiB, all processes | 5 |" in first

    (tmp_path / "dataset" / "data").mkdir(parents=True)
    kept = [record_of(row, row.problem.id) for row in rows[1:]]
    pq.write_table(pa.Table.from_pylist(kept), tmp_path / "dataset" / "data" / "train-00000-of-00001.parquet")
    fallen.append(Discarded("m0", "duplicate", "the same statement as one before"))
    (tmp_path / "discarded.jsonl").write_text("".join(json.dumps(one.to_json()) + "\n" for one in fallen))
    (tmp_path / "metrics.json").write_text("{}")
    second = bench.report(tmp_path, took, 1).splitlines()
    assert {"| kept | 2 |", "| rules, of those kept | 2 |"} <= set(second)
    assert "| of these hard: neither `rfl` nor `simp` proves it alone | 1 |" in second
    assert "| thrown away, duplicate: the same statement as one before | 1 |" in second
    assert "theorem m1 : 1 = 1 := by" in second
    assert "theorem m2 : 1 = 1 := by" not in second


@pytest.mark.slow
def test_a_finished_run_is_opened_again_without_a_question(tmp_path):
    command = [sys.executable, SCRIPTS / "bench_scale.py", "--problems", "100", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    parts = json.loads(done.stderr.splitlines()[-1])
    assert parts["whole"]["asked"] == 800
    assert parts["whole"]["pretended_hours"] == pytest.approx(800 * 200 / 2000 / 3600, abs=0.01)
    assert parts["whole"]["pass@1"] == parts["again"]["pass@1"] == pytest.approx(0.8, abs=0.06)
    assert parts["again"]["asked"] == 0
    assert len(done.stdout.splitlines()) == 3
