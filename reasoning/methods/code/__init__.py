"""What methods that write programs share: code out of replies, its parts, examples, and what programs do.

task = code_task(problem, "plan")                   # the function that has to be written
written = read_function(reply, task.root)           # as the reply gives it, with what stands beside it
visible_tests(statement, "add")                     # the statement's examples: ["assert add(1, 2) == 3"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from reasoning.methods.code.asking import Asker, Spent
    from reasoning.methods.code.assertions import Assertion, CheckOutcome, check_assertions
    from reasoning.methods.code.examples import visible_tests
    from reasoning.methods.code.imports import complete_program
    from reasoning.methods.code.replies import Written, parts_of_reply, read_function
    from reasoning.methods.code.single import ask_once, program_in
    from reasoning.methods.code.tasks import SOLUTION, CodeTask, code_task, whole_program

__all__ = [
    "SOLUTION",
    "Asker",
    "Assertion",
    "CheckOutcome",
    "CodeTask",
    "Spent",
    "Written",
    "ask_once",
    "check_assertions",
    "code_task",
    "complete_program",
    "parts_of_reply",
    "program_in",
    "read_function",
    "visible_tests",
    "whole_program",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "asking": ("Asker", "Spent"),
        "assertions": ("Assertion", "CheckOutcome", "check_assertions"),
        "examples": ("visible_tests",),
        "imports": ("complete_program",),
        "replies": ("Written", "parts_of_reply", "read_function"),
        "single": ("ask_once", "program_in"),
        "tasks": ("SOLUTION", "CodeTask", "code_task", "whole_program"),
    },
)
