"""A million verdicts stream through `reasoning verify` in flat memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from plugins import install_plugins

LINES = 1_000_000
LARGEST_MIB = 300
MEASURED = """
import sys
from reasoning.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""
"""Prints the peak in KiB, of this program's memory alone: what `getrusage` says outlives an exec, so it may be pytest's."""


@pytest.mark.slow
def test_a_million_verdicts_hold_a_flat_memory(tmp_path):
    install_plugins(tmp_path)
    lines, verdicts = tmp_path / "lines.jsonl", tmp_path / "verdicts.jsonl"
    with open(lines, "w") as stream:
        for number in range(LINES):
            problem = {"kind": "gold", "gold": str(number % 7)}
            stream.write(json.dumps({"id": str(number), "problem": problem, "candidate": str(number % 5)}) + "\n")
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{tmp_path}"}
    command = [sys.executable, "-c", MEASURED, "verify", "gold", "--in", lines, "--out", verdicts, "--quiet"]
    done = subprocess.run(command, check=True, env=environment, timeout=600, capture_output=True, text=True)
    assert int(done.stderr.split()[-1]) / 1024 < LARGEST_MIB
    passed = 0
    with open(verdicts) as stream:
        for number, line in enumerate(stream):
            verdict = json.loads(line)
            assert verdict["id"] == str(number)
            passed += verdict["passed"]
    assert number == LINES - 1
    assert passed == sum(number % 7 == number % 5 for number in range(LINES))
