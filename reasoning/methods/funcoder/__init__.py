"""FunCoder: divide a function into new ones, write them from the bottom up, keep what agrees with most candidates.

    reasoning evaluate humaneval --method funcoder,depth=4,samples=11 --engine ...

Source: Chen et al., "Divide-and-Conquer Meets Consensus: Unleashing the Power of Functions in Code Generation", arXiv
2405.20092. Problems of kind `program` are one function with a docstring; a problem of kind `answer` becomes the
docstring of `solution()`, whose result is the answer, and a program that reads standard input the function
`solution(text)`. What differs from the authors' program is said in the
documentation.
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from reasoning.engines.base import derive_seed
from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.code.asking import Asker
from reasoning.methods.code.tasks import SOLUTION, code_task
from reasoning.methods.funcoder.growing import Growth, final_program
from reasoning.methods.funcoder.options import FuncoderOptions
from reasoning.methods.funcoder.trace import TextAllowance
from reasoning.methods.funcoder.tree import TreeNode
from verifiers.programs.behaviour import Input, observe
from verifiers.records import Candidate

__all__ = ["FuncoderOptions", "funcoder"]

_ANSWER_CALLER = f"def answer_as_text():\n    return str({SOLUTION}())\n"
MAX_ANSWER_CHARACTERS = 2_000
"""Longest text of a program's result that is offered as an answer."""


async def funcoder(question: Question, workbench: Workbench, options: FuncoderOptions) -> Attempt:
    """Grow the function tree of a problem.

    Raises:
        EngineError: no answer could be had.
        MethodError: the problem is neither a function to write nor has an answer.
    """
    problem = question.problem
    task = code_task(problem, "funcoder", mathematics=True)
    asker = Asker(question, workbench, options.max_calls)
    growth = Growth(task, asker, workbench.sandbox, options, partial(_random_for, question))
    root = await growth.grow()
    trace = _trace(growth, asker)
    if not root.function.implemented:
        reason = growth.spent_reason or root.trace.outcome.removeprefix("given up: ")
        return Attempt(None, reason, trace)
    program = final_program(task, root)
    trace["program"] = TextAllowance().take(program, 20_000)
    finish = "budget" if growth.spent_reason else "stop"
    if problem.kind != "answer":
        return Attempt(Candidate(problem.id, program, question.sample), finish, trace)
    answer = await _answer_of(program, workbench, options.timeout)
    if answer is None:
        return Attempt(None, "the program gave no answer", trace)
    return Attempt(Candidate(problem.id, answer, question.sample), finish, trace)


def _random_for(question: Question, purpose: str) -> random.Random:
    return random.Random(derive_seed(question.run_seed, question.problem.id, f"funcoder {purpose}", question.sample))


async def _answer_of(program: str, workbench: Workbench, seconds: float) -> str | None:
    """The text of what `solution()` returns; None where it fails."""
    caller = Input(_ANSWER_CALLER, "answer_as_text")
    (behaviour,) = await observe(workbench.sandbox, [program], [caller], seconds=seconds)
    (answer,) = behaviour.answers
    if answer.kind != "value" or type(answer.value) is not str or not answer.value.strip():
        return None
    return answer.value[:MAX_ANSWER_CHARACTERS]


def _trace(growth: Growth, asker: Asker) -> dict[str, Any]:
    trace: dict[str, Any] = {"method": "funcoder", "calls": asker.spent.calls, "tokens": asker.spent.tokens}
    if growth.spent_reason:
        trace["spent"] = growth.spent_reason
    trace["tree"] = _tree(growth.root, TextAllowance())
    return trace


def _tree(node: TreeNode, allowance: TextAllowance) -> dict[str, Any]:
    form: dict[str, Any] = {"name": allowance.take(node.name, 200), "depth": node.depth}
    form["source"] = allowance.take(node.function.source)
    form |= node.trace.to_json(allowance)
    if node.children:
        form["children"] = [_tree(child, allowance) for child in node.children]
    return form
