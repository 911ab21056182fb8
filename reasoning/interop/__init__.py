"""Our benchmarks as tasks of other evaluation frameworks, judged by our verifiers.

$ reasoning export lm-eval puzzles --out tasks/puzzles
$ lm_eval run --model hf --model_args pretrained=MODEL --include_path tasks/puzzles --tasks reasoning_puzzles

`export` writes the files; a module for each framework holds what these import.
"""

from reasoning.interop.export import FRAMEWORKS, ExportError, export
from reasoning.interop.exported import ExportedTask

__all__ = ["FRAMEWORKS", "ExportError", "ExportedTask", "export"]
