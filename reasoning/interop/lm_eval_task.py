"""What an exported task of lm-eval calls: its dataset, and the judging of a document's replies.

dataset, process_results = lm_eval_functions(Path("tasks/puzzles"))
process_results(doc, ["def sol(): return 3"])      # {"passed": 1.0, "unjudged": 0.0}

A reply that could not be judged has `passed` None, which the aggregation leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.interop.exported import SPLIT, ExportedTask

__all__ = ["lm_eval_functions"]

Processed = dict[str, float | None]


def lm_eval_functions(
    folder: Path,
) -> tuple[Callable[..., Any], Callable[[Mapping[str, Any], Sequence[Any]], Processed]]:
    """The functions of an exported task. They are no methods: lm-eval copies its configuration deeply.

    Args:
        folder: of the task.

    Returns:
        `dataset(**_)`: the problems as a `DatasetDict`; what the harness passes besides means nothing here.
        `process_results(doc, results)`: the verdict on a document's reply; of several, the share of those judged that
        passed.
    """
    task = ExportedTask(folder)

    def dataset(**_: Any) -> Any:
        from datasets import Dataset, DatasetDict

        return DatasetDict({SPLIT: Dataset.from_list(list(task.rows()))})

    def process_results(doc: Mapping[str, Any], results: Sequence[Any]) -> Processed:
        replies = [reply for result in results for reply in ([result] if isinstance(result, str) else result)]
        verdicts = task.judge([(doc["problem"], reply) for reply in replies])
        judged = [verdict.passed for verdict in verdicts if verdict.status.judged]
        return {
            "passed": sum(judged) / len(judged) if judged else None,
            "unjudged": 1 - len(judged) / len(verdicts),
        }

    return dataset, process_results
