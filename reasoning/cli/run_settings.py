"""The settings of an evaluation from what the command line gives: checked, and with defaults for the rest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reasoning.evaluation.evaluating import Settings

__all__ = ["checked", "default_directory", "settings_from"]

SAMPLING_TEMPERATURE = 0.8
"""Default where several samples are wanted of each problem; a single one is greedy."""


def settings_from(given: dict[str, Any]) -> Settings:
    """All settings of a new run: what is given, and defaults for the rest."""
    from reasoning.evaluation.benchmarks import find_benchmark
    from reasoning.evaluation.evaluating import Settings

    benchmark = find_benchmark(given["benchmark"])
    defaults = {
        "engine": benchmark.default_engine,
        "timeout": benchmark.timeout_seconds,
        "temperature": SAMPLING_TEMPERATURE if given.get("samples", 1) > 1 else 0.0,
        "prompt": benchmark.style().name,
        "split": benchmark.split(),
    }
    return Settings(**{**defaults, **checked(given)})


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """What is given, if all of it exists and can be read."""
    from reasoning.evaluation.benchmarks import find_benchmark
    from reasoning.methods import find_method
    from reasoning.runs.budget import Budget

    if "budget" in given:
        Budget.parse(given["budget"])
    if "method" in given:
        find_method(given["method"])
    if "benchmark" in given:
        benchmark = find_benchmark(given["benchmark"])
        benchmark.split(given.get("split"))
        benchmark.style(given.get("prompt"))
    return given


def default_directory(settings: Settings) -> Path:
    """Where a run is put when it is not said."""
    engine = re.sub(r"[^A-Za-z0-9.-]+", "_", settings.engine).strip("_")[:60]
    return Path("runs") / f"{settings.benchmark}-{engine}-{settings.seed}"
