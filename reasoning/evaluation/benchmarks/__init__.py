"""The benchmarks: one file each, one line each in `base.BENCHMARKS`.

>>> find_benchmark("humaneval").summary
'HumanEval: 164 hand-written Python functions with tests'
"""

from reasoning.evaluation.benchmarks.base import (
    BENCHMARKS,
    Benchmark,
    BenchmarkError,
    Entry,
    SourceFile,
    benchmark_names,
    find_benchmark,
    json_lines,
    prepared,
)
from reasoning.evaluation.benchmarks.locate import digest, locate

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "BenchmarkError",
    "Entry",
    "SourceFile",
    "benchmark_names",
    "digest",
    "find_benchmark",
    "json_lines",
    "locate",
    "prepared",
]
