"""What an exported task of inspect_ai is: a dataset, one generation, and our verifier as the scorer.

inspect_task(Path("tasks/puzzles"))         # in a file with a function that has the decorator `inspect_ai.task`
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from reasoning.interop.exported import ExportedTask
from verifiers.inspect_scorer import score_of
from verifiers.records import Problem, Verdict

__all__ = ["exported_verdict", "inspect_task"]


def inspect_task(folder: Path) -> Any:
    """The `Task` of an exported task.

    Args:
        folder: of the task.
    """
    from inspect_ai import Task
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, GenerateConfig
    from inspect_ai.solver import generate

    task = ExportedTask(folder)
    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}

    def sample(row: dict[str, Any]) -> Any:
        turns = [kinds[turn["role"]](content=turn["content"]) for turn in json.loads(row["messages"])]
        metadata = {"problem": row["problem"]}
        return Sample(input=turns or row["prompt"], target=row["reference"], id=row["id"], metadata=metadata)

    return Task(
        dataset=MemoryDataset([sample(row) for row in task.rows()], name=task.name),
        solver=generate(),
        scorer=exported_verdict(str(folder.absolute())),
        config=GenerateConfig(max_tokens=task.max_tokens, stop_seqs=task.stop or None, temperature=0.0),
        name=task.name,
    )


@cache
def _scorers() -> Any:
    """The factory of scorers, made when inspect_ai is first needed."""
    from inspect_ai.scorer import Score, accuracy, scorer, stderr

    def factory(folder: str) -> Any:
        task = ExportedTask(Path(folder))

        async def score(state: Any, target: Any) -> Score:
            problem = Problem.from_json(json.loads(state.metadata["problem"]))
            item = task.item(problem, state.output.completion)
            if isinstance(item, Verdict):
                return score_of(item, state.output.completion)
            (judged,) = await task.reward.judge_async([item])
            return score_of(judged.verdict, item[1])

        return score

    return scorer(metrics=[accuracy(), stderr()], name="reasoning_exported_verdict")(factory)


def exported_verdict(folder: str) -> Any:
    """The scorer of the exported task in `folder`."""
    return _scorers()(folder)
