r"""Code-based self-verification: solve with programs, check the answer with another, amend while the check says False.

    reasoning evaluate math --engine ENGINE --method csv,amendments=2 --samples 8

Each check ends in one of three states: true, false, or uncertain (also when the program fails or prints no verdict).
The last state stays with the candidate, as its vote's state, for verification-weighted voting (see `voting`).

Source: Zhou et al. 2024, "Solving Challenging Math Word Problems Using GPT-4 Code Interpreter with Code-based
Self-Verification". There one prompt lets a model with an interpreter do all three steps by itself; here each is asked
for, so that any chat model can do them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, Prompt, Question, Workbench
from reasoning.methods.tool_integrated import tool_prompt
from reasoning.methods.tool_loop import ToolOptions, Transcript, converse
from reasoning.options import bounded
from verifiers.records import Candidate

__all__ = ["CodeVerificationOptions", "code_verification", "state_in"]

CHECK = (
    "Now check this answer with a Python program that does not repeat the solution: put the answer into the conditions "
    "of the problem, or find it in another way. The last line that the program prints must be 'Verdict: True', "
    "'Verdict: False' or, if it cannot tell, 'Verdict: Uncertain'."
)
AMEND = (
    "The check says that the answer is wrong. Find the mistake and solve the problem again, with Python programs where "
    "they help. Put the corrected final answer in \\boxed{}."
)
_VERDICT = re.compile(r"\bverdict:\s*(true|false|uncertain)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CodeVerificationOptions(ToolOptions):
    """Options of `csv`: those of `ToolOptions`, for the solution, and how often it is amended.

    Attributes:
        amendments: most times that the solution is amended; each is checked again.
        check_rounds: most completions of one check.
    """

    amendments: int = bounded(2, low=0)
    check_rounds: int = bounded(2, low=1)


async def code_verification(question: Question, workbench: Workbench, options: CodeVerificationOptions) -> Attempt:
    """Solve, check, and amend while the check says False.

    Raises:
        EngineError: no completion could be had, or the sandbox failed.
    """
    prompt = tool_prompt(question.problem, options)
    checking = _for_checks(options)
    stages = []
    state = "uncertain"
    solution = await converse(question, workbench, prompt, options, step="csv/solve")
    for number in range(options.amendments + 1):
        if not solution.answered or not solution.text.strip():
            break
        messages = (*prompt.messages, Message("assistant", solution.text), Message("user", CHECK))
        check = await converse(question, workbench, Prompt(messages=messages), checking, step=f"csv/check/{number}")
        state = state_in(check)
        stages.append({"solution": list(solution.rounds), "check": list(check.rounds), "state": state})
        if state != "false" or number == options.amendments:
            break
        messages = (*messages, Message("assistant", check.text), Message("user", AMEND))
        amended = await converse(question, workbench, Prompt(messages=messages), options, step=f"csv/amend/{number}")
        if not amended.answered or not amended.text.strip():
            break
        prompt, solution = Prompt(messages=messages), amended
    trace = {"vote": {"state": state}, "stages": stages}
    if not solution.text.strip():
        return Attempt(None, solution.finish_reason, trace)
    candidate = Candidate(question.problem.id, solution.text, question.sample, solution.meta)
    return Attempt(candidate, solution.finish_reason, trace)


def state_in(check: Transcript) -> str:
    """The verdict that the last program of a check printed at its end, in lower case; `uncertain` when there is none.

    Only what a program printed counts: a model that writes a verdict itself has not checked anything.
    """
    lines = check.output.strip().splitlines()
    found = _VERDICT.search(lines[-1]) if lines else None
    failed = bool(check.rounds) and bool(check.rounds[-1]["failed"])
    return found[1].lower() if found is not None and not failed else "uncertain"


def _for_checks(options: CodeVerificationOptions) -> ToolOptions:
    return ToolOptions(options.check_rounds, options.timeout, options.memory, options.carry, options.turns)
