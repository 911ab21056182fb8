"""Runs: a directory with its configuration, finished work, resume, progress and bounded concurrency.

with Run.start(Path("runs/first"), settings={"benchmark": "puzzles", "seed": 0}) as run:
    ...
"""

from reasoning.runs.files import replaced_file, write_json
from reasoning.runs.mapping import stream
from reasoning.runs.progress import ProgressDisplay, progress_display
from reasoning.runs.recording import RecordingEngine, request_key
from reasoning.runs.run import Run, RunError, read_config
from reasoning.runs.store import Cost, FinishedItem, RunStore, StoredJudgement, StoreError

__all__ = [
    "Cost",
    "FinishedItem",
    "ProgressDisplay",
    "RecordingEngine",
    "Run",
    "RunError",
    "RunStore",
    "StoreError",
    "StoredJudgement",
    "progress_display",
    "read_config",
    "replaced_file",
    "request_key",
    "stream",
    "write_json",
]
