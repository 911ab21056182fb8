"""The measuring scripts of the pipelines: their own arithmetic, and a run of the smallest size."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

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
