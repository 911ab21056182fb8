"""One sign changed in the gold answers of benchmarks: what is still accepted was read by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from verifiers.answers import judge

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "bench_answer_signs.py"
JUDGED = ROOT / "tests" / "tables" / "sign_changes.jsonl"


def test_every_judged_change_is_still_accepted() -> None:
    rows = [json.loads(line) for line in JUDGED.read_text(encoding="utf-8").splitlines()]
    assert rows
    for row in rows:
        assert judge(row["gold"], row["answer"]).passed, row
        assert row["why"]


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("x=-1,3", "-x=-1,3"),
        (r"\mathrm{r}=5", r"-\mathrm{r}=5"),
        (r"x \in [-2,7]", r"-x \in [-2,7]"),
        ("I(0)", "-I(0)"),
        ("I(0)", "0"),
        (r"P(\{2\})=1/6", r"-P(\{2\})=1/6"),
        (r"\cos(207^{\circ}) \approx -0.891", r"\cos(207^{\circ}) \approx +0.891"),
        (r"\cos(e) \approx -0.912", r"\cos(e) \approx +0.912"),
        (r"\cos(\frac{5\pi}{4})=-\frac{\sqrt{2}}{2}, x=1", r"-\cos(\frac{5\pi}{4})=-\frac{\sqrt{2}}{2}, x=1"),
        (r"[\frac{\ln 2}{-0.1}, \infty)=[-10\ln 2, \infty)", r"[\frac{\ln 2}{+0.1}, \infty)=[-10\ln 2, \infty)"),
        (r"y=\frac{c x^2}{1-c x} \quad y=-x", r"y=\frac{c x^2}{1+c x} \quad y=-x"),
    ],
)
def test_each_mended_cause(gold: str, answer: str) -> None:
    assert judge(gold, gold.replace(" ", "")).passed
    assert not judge(gold, answer).passed


@pytest.mark.slow
@pytest.mark.skipif("REASONING_BENCHMARKS" not in os.environ, reason="REASONING_BENCHMARKS is not set")
def test_nothing_else_is_accepted() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 of them not in sign_changes.jsonl" in done.stdout
