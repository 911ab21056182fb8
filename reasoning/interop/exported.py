r"""A benchmark as it was exported: its problems with their prompts, and the judge of replies.

    task = ExportedTask(Path("tasks/puzzles"))
    row = next(task.rows())
    row["prompt"], row["reference"]             # 'Write a function ...', 'def sol(): ...'
    task.judge([(row["problem"], "reply")])     # [Verdict(status=Status.UNPARSABLE, ...)]

tasks/puzzles/task.json             name, benchmark, prompt style, limits
tasks/puzzles/problems/test.jsonl   one problem a line: id, prompt, messages, problem, reference
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from reasoning.evaluation.benchmarks.base import BenchmarkError, find_benchmark, json_lines
from reasoning.methods.base import PromptStyle
from verifiers.records import Problem, Status, Verdict
from verifiers.rewards import VerifierReward
from verifiers.sandbox import Limits

__all__ = ["PROBLEMS_FOLDER", "SPLIT", "TASK_NAME", "ExportedTask", "mean_of_judged"]

TASK_NAME: Final = "task.json"
PROBLEMS_FOLDER: Final = "problems"
SPLIT: Final = "test"
"""Name of the only split, which the frameworks ask for by name."""


class ExportedTask:
    """A folder that `export` wrote.

    Args:
        folder: the folder.

    Raises:
        BenchmarkError: it holds no exported task, or one of a benchmark that is not here.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / TASK_NAME
        try:
            self.about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            benchmark = find_benchmark(str(self.about["benchmark"]))
            self.name: str = self.about["name"]
            self.style: PromptStyle = benchmark.style(str(self.about["prompt"]))
            self.timeout = float(self.about["timeout"])
            self.stop: list[str] = list(self.about["stop"])
            self.max_tokens = int(self.about["max_tokens"])
        except FileNotFoundError:
            raise BenchmarkError(f"{path}: is not there; write it with: reasoning export") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, BenchmarkError):
                raise
            raise BenchmarkError(f"{path}: cannot be read: {error!r}") from None

    @property
    def problems(self) -> Path:
        """The file of problems."""
        return self.folder / PROBLEMS_FOLDER / f"{SPLIT}.jsonl"

    def rows(self) -> Iterator[dict[str, Any]]:
        """The problems, in their order."""
        for _, row in json_lines(self.problems):
            yield row

    @cached_property
    def reward(self) -> VerifierReward:
        """The judge: a sandbox in a thread of its own, started at its first use."""
        return VerifierReward(limits=Limits(wall_seconds=self.timeout), name=self.name)

    def item(self, problem: Problem, reply: str) -> tuple[Problem, str] | Verdict:
        """What is judged of a reply, or the verdict on one without a candidate."""
        candidate = self.style.read(problem, reply)
        if candidate is None:
            return Verdict.of(problem.id, Status.UNPARSABLE, "no candidate in the reply")
        return problem, candidate

    def judge(self, replies: Sequence[tuple[str, str]]) -> list[Verdict]:
        """Verdicts on replies, in order; blocks.

        Args:
            replies: each a problem as JSON text, and a reply to it.
        """
        items = [self.item(Problem.from_json(json.loads(problem)), reply) for problem, reply in replies]
        judged = iter(self.reward.judge([item for item in items if not isinstance(item, Verdict)]))
        return [item if isinstance(item, Verdict) else next(judged).verdict for item in items]


def mean_of_judged(values: Sequence[float | None]) -> float:
    """The mean of what could be judged; NaN where nothing could, never 0."""
    judged = [value for value in values if value is not None]
    return sum(judged) / len(judged) if judged else float("nan")
