"""Votes over the samples of a finished run, counted anew: what `reasoning vote` runs.

votes_of_run(Path("runs/math"), [1, 2, 4, 8])["maj@8"].value        # 0.93
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks import find_benchmark
from reasoning.evaluation.evaluating import EvaluationError, problems_of
from reasoning.evaluation.judging_again import files_of_run, settings_of
from reasoning.evaluation.metrics import Metric
from reasoning.evaluation.votes import VoteCounter, VoteOptions, vote_ks
from reasoning.runs import Run

__all__ = ["votes_of_run"]


def votes_of_run(
    directory: Path, ks: Sequence[int] | None = None, options: VoteOptions | None = None, *, average: bool = False
) -> dict[str, Metric]:
    """Count the votes of the run in `directory`.

    Args:
        directory: the run.
        ks: numbers of samples; None: powers of two, and all.
        options: how votes are counted.
        average: average over all draws of k samples instead of taking the first k.

    Returns:
        Name, such as `maj@8`, -> estimate.

    Raises:
        RunError: the directory holds no run, or is in use.
        EvaluationError: its problems are not there, have no votes, or it has fewer samples.
    """
    with Run.resume(directory) as run:
        settings = settings_of(run.config)
        wanted = list(ks) if ks is not None else vote_ks(settings.samples)
        if wanted[-1] > settings.samples:
            raise EvaluationError(
                f"{directory}: votes over {wanted[-1]} samples, but it has {settings.samples} a problem"
            )
        counter = VoteCounter(wanted, options)
        benchmark = find_benchmark(settings.benchmark)
        # Only sets of programs need to be prepared, and programs have no votes.
        if benchmark.prepare is None:
            problems = problems_of(*files_of_run(run, settings), settings)
            for _ in counter.watching(run.store.items(settings.samples), problems):
                pass
        metrics = counter.expected() if average else counter.first_k()
        if not metrics:
            raise EvaluationError(f"{directory}: its answers cannot be compared with each other: no vote over them")
        return metrics
