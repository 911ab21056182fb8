"""Benchmarks, metrics and the evaluation of an engine or of a file of candidates.

    outcome = await evaluate(Settings("puzzles", engine="search"), Path("runs/first"))
    comparison = compare(read_run(Path("runs/first")), read_run(Path("runs/second")))
    validation = await validate_references("puzzles")   # grades the benchmark's own answers

>>> from reasoning.evaluation import pass_at_k
>>> pass_at_k(n=10, c=3, k=1)
0.3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from reasoning.evaluation.comparison import Comparison, ComparisonError, RunScores, compare, read_run
    from reasoning.evaluation.evaluating import EvaluationError, Outcome, Settings, evaluate
    from reasoning.evaluation.family_studies import StudyResult, StudySettings, study
    from reasoning.evaluation.judging_again import Changes, judge_run_again
    from reasoning.evaluation.judging_lines import FileError, JudgedLine, LinesSummary, judge_lines
    from reasoning.evaluation.methods_side_by_side import MethodRow, evaluate_methods
    from reasoning.evaluation.metrics import Metric, bootstrap_interval, estimate_pass_at_k, pass_at_k, wilson_interval
    from reasoning.evaluation.sample_files import BenchmarkSamples, read_problems, write_samples
    from reasoning.evaluation.seeds import Seeds, find_seeds
    from reasoning.evaluation.validate import Validation, validate_references
    from reasoning.evaluation.votes import VoteOptions, vote_ks
    from reasoning.evaluation.voting_again import votes_of_run

__all__ = [
    "BenchmarkSamples",
    "Changes",
    "Comparison",
    "ComparisonError",
    "EvaluationError",
    "FileError",
    "JudgedLine",
    "LinesSummary",
    "MethodRow",
    "Metric",
    "Outcome",
    "RunScores",
    "Seeds",
    "Settings",
    "StudyResult",
    "StudySettings",
    "Validation",
    "VoteOptions",
    "bootstrap_interval",
    "compare",
    "estimate_pass_at_k",
    "evaluate",
    "evaluate_methods",
    "find_seeds",
    "judge_lines",
    "judge_run_again",
    "pass_at_k",
    "read_problems",
    "read_run",
    "study",
    "validate_references",
    "vote_ks",
    "votes_of_run",
    "wilson_interval",
    "write_samples",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "comparison": ("Comparison", "ComparisonError", "RunScores", "compare", "read_run"),
        "evaluating": ("EvaluationError", "Outcome", "Settings", "evaluate"),
        "family_studies": ("StudyResult", "StudySettings", "study"),
        "judging_again": ("Changes", "judge_run_again"),
        "judging_lines": ("FileError", "JudgedLine", "LinesSummary", "judge_lines"),
        "methods_side_by_side": ("MethodRow", "evaluate_methods"),
        "metrics": ("Metric", "bootstrap_interval", "estimate_pass_at_k", "pass_at_k", "wilson_interval"),
        "sample_files": ("BenchmarkSamples", "read_problems", "write_samples"),
        "seeds": ("Seeds", "find_seeds"),
        "validate": ("Validation", "validate_references"),
        "votes": ("VoteOptions", "vote_ks"),
        "voting_again": ("votes_of_run",),
    },
)
