"""What an exported task of lighteval is: a configuration whose metric is our verifier.

TASKS_TABLE = [lighteval_task(Path("tasks/puzzles"))]       # a file for `--custom-tasks`
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reasoning.interop.exported import PROBLEMS_FOLDER, SPLIT, ExportedTask, mean_of_judged

__all__ = ["lighteval_task"]


def lighteval_task(folder: Path) -> Any:
    """The `LightevalTaskConfig` of an exported task.

    Args:
        folder: of the task.
    """
    from lighteval.metrics.metrics_sample import SampleLevelComputation
    from lighteval.metrics.utils.metric_utils import SampleLevelMetric
    from lighteval.tasks.lighteval_task import LightevalTaskConfig
    from lighteval.tasks.requests import Doc, SamplingMethod

    task = ExportedTask(folder)

    class Verdict(SampleLevelComputation):  # type: ignore[misc]
        """1 for a reply that passes, 0 for another, None for one that could not be judged."""

        def compute(self, doc: Any, model_response: Any, **_: Any) -> float | None:
            (verdict,) = task.judge([(doc.specific["problem"], model_response.final_text[0])])
            return float(verdict.passed) if verdict.status.judged else None

    def document(row: dict[str, Any], task_name: str = "") -> Any:
        return Doc(
            task_name=task_name,
            query=row["prompt"],
            choices=[row["reference"]],
            gold_index=0,
            specific={"problem": row["problem"]},
        )

    metric = SampleLevelMetric(
        metric_name="passed",
        higher_is_better=True,
        category=SamplingMethod.GENERATIVE,
        sample_level_fn=Verdict(),
        corpus_level_fn=mean_of_judged,
    )
    return LightevalTaskConfig(
        name=task.name,
        prompt_function=document,
        hf_repo=str((folder / PROBLEMS_FOLDER).absolute()),
        hf_subset="default",
        hf_avail_splits=[SPLIT],
        evaluation_splits=[SPLIT],
        metrics=[metric],
        generation_size=task.max_tokens,
        stop_sequence=task.stop,
    )
