"""How many candidates of an EFAGen run came to each test and passed it: the per-test rates of EFAGen, section 3.

for rate in test_rates(Path("runs/efagen")):
    print(rate.test, rate.reached, rate.passed)         # is_extractable 200 181
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.families.validity import EXTRA_TESTS, PAPER_TESTS
from reasoning.pipelines.base import PipelineError
from reasoning.pipelines.efagen import NO_CANDIDATE, REPEATED, STAGE, SURPLUS
from reasoning.runs import Run

__all__ = ["TestRate", "test_rates"]

REPLIED = "has_reply"
"""Comes before the tests: the engine said something."""


@dataclass(frozen=True, slots=True)
class TestRate:
    """A test, how many candidates came to it, and how many of these passed it."""

    test: str
    reached: int
    passed: int


def test_rates(directory: Path) -> list[TestRate]:
    """The rates over all candidates of the finished seeds of a run; a reply that came again counts again.

    Raises:
        PipelineError: it is no run of `efagen`.
        RunError: the directory holds no run, or is in use.
    """
    with Run.resume(directory) as run:
        settings = run.config["settings"]
        if settings.get("pipeline") != "efagen":
            raise PipelineError(f"{directory} is no run of `generate efagen`")
        fallen: Counter[str] = Counter()
        for outcomes in run.store.outcomes(STAGE):
            fallen.update(_stages(outcomes).values())
    *extra, solver = EXTRA_TESTS
    tests = [REPLIED, *PAPER_TESTS, *(extra if settings["extra"] else ()), *([solver] if settings["solve"] else ())]
    rates, left = [], fallen.total()
    for name in tests:
        passed = left - fallen[NO_CANDIDATE if name == REPLIED else name]
        rates.append(TestRate(name, left, passed))
        left = passed
    return rates


def _stages(outcomes: list[dict[str, Any]]) -> dict[int, str]:
    """Sample -> the test at which that candidate of a seed fell; empty where it passed all of them."""
    stages: dict[int, str] = {}
    repeated: dict[int, int] = {}
    for outcome in outcomes:
        meta = outcome["meta"]
        if "sample" not in meta:
            continue  # the seed itself was refused
        stage = outcome.get("stage", "")
        if stage == REPEATED:
            repeated[meta["sample"]] = meta["of"]
        else:
            stages[meta["sample"]] = "" if stage == SURPLUS else stage
    return stages | {sample: stages[first] for sample, first in repeated.items()}
