r"""Judges answers to Python Programming Puzzles: `sat(answer) is True`, and the right type.

    problem = Problem("p", "puzzle", fields={"sat": "def sat(s: str, n=3):\n    return s.count('o') == n"})
    async with SandboxPool() as sandbox:
        (await PuzzleVerifier(sandbox).verify(problem, "def sol(n=3): return 'o' * n", Limits(wall_seconds=1))).status
    # <Status.PASSED: 'passed'>

The rule is that of Schuster et al., "Programming Puzzles" (2021), read strictly. The candidate runs in one child and
its answer leaves as plain data; the type is checked here; a second, clean child evaluates the puzzle once on a fresh
copy. The time limit is for both together. No process that ran the candidate decides anything.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from verifiers.answer_frames import read_answer, readable
from verifiers.exact_types import AnnotationError, TypeCheck, exact_type_check
from verifiers.extraction import is_safe_to_parse
from verifiers.judging import failure_of, profile_for, status_of_answer
from verifiers.plain_data import PlainDataError
from verifiers.puzzle_entries import SOLVED, candidate_payload, puzzle_payload
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox.task import Limits, Outcome, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["Puzzle", "PuzzleVerifier"]

CANDIDATE_ENTRY = "verifiers.puzzle_entries:run_candidate"
PUZZLE_ENTRY = "verifiers.puzzle_entries:run_puzzle"
MAX_LITERAL_DIGITS = 4_000
"""Longer integer literals are shortened before a puzzle's source is read here; the parser refuses above 4,300."""

_LONG_LITERAL = re.compile(rf"\d{{{MAX_LITERAL_DIGITS},}}")


@dataclass(frozen=True, slots=True)
class Puzzle:
    """A puzzle, read.

    Attributes:
        sat: its source.
        name: the function that it defines.
        annotation: the type of an answer.
        has_type: checks it.
        profile: the sandbox profile that holds what it imports.
    """

    sat: str
    name: str
    annotation: str
    has_type: TypeCheck
    profile: str

    @classmethod
    def of(cls, problem: Problem) -> Puzzle:
        """Read the fields of a problem of kind `puzzle`.

        Raises:
            RecordError: `sat` defines no function, or the type of an answer is missing or cannot be checked.
        """
        return _read_puzzle(problem.text("sat"), problem.text("ans_type", ""))


class PuzzleVerifier:
    """Judges candidates of kind `puzzle`."""

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge source that defines `sol` (or `g`), or a bare expression.

        Args:
            problem: its fields are `sat` and, unless `sat` annotates its first argument, `ans_type`.
            candidate: the text to judge.
            limits: for candidate and puzzle together where time is meant, for each of them otherwise.

        Raises:
            RecordError: the problem is malformed.
        """
        puzzle = Puzzle.of(problem)
        profile = "numeric" if puzzle.profile == "numeric" else profile_for(candidate)
        try:
            payload = candidate_payload(puzzle.sat, puzzle.name, candidate)
        except PlainDataError as error:
            return Verdict.of(problem.id, Status.REJECTED, f"candidate: {error}")
        ran = await self._sandbox.run(Task(CANDIDATE_ENTRY, payload, profile=profile), limits)
        refusal = _refusal(puzzle, ran)
        if refusal is not None:
            return _verdict(problem, refusal, ran)
        left = limits.wall_seconds - ran.seconds
        if left <= 0:
            return _verdict(problem, (Status.TIMEOUT, "out of time before the puzzle was evaluated"), ran)
        task = Task(PUZZLE_ENTRY, puzzle_payload(puzzle.sat, puzzle.name, ran.answers[0][1:]), profile=puzzle.profile)
        judged = await self._sandbox.run(task, replace(limits, wall_seconds=left))
        return _verdict(problem, _decision(judged), ran, judged)


def _refusal(puzzle: Puzzle, ran: Outcome) -> tuple[Status, str] | None:
    """Why the candidate's child gave no answer of the right type; None if it did."""
    failure = failure_of(ran)
    if failure is not None:
        return failure
    if not ran.answers:
        return Status.ERROR, "no answer: the candidate left before it was asked"
    if len(ran.answers) > 1:
        return Status.REJECTED, f"{len(ran.answers)} answers where one was due"
    answer = read_answer(ran.answers[0])
    if answer.kind != "value":
        return status_of_answer(answer), answer.describe()
    if not puzzle.has_type(answer.value):
        return Status.REJECTED, f"the answer is not exactly of type {puzzle.annotation}"
    return None


def _decision(judged: Outcome) -> tuple[Status, str]:
    failure = failure_of(judged)
    if failure is not None:
        status, detail = failure
        return (Status.WRONG if status is Status.ERROR else status), f"sat: {detail}"
    if judged.answers == (SOLVED,):
        return Status.PASSED, ""
    if len(judged.answers) != 1:
        return Status.WRONG, "sat did not return"
    answer = read_answer(judged.answers[0])
    if answer.kind == "raised":
        return Status.WRONG, f"sat raised {answer.describe()}"
    return Status.WRONG, f"sat returned something other than True: {readable(str(answer.value))}"


def _verdict(problem: Problem, decision: tuple[Status, str], *outcomes: Outcome) -> Verdict:
    status, detail = decision
    seconds = sum(outcome.seconds for outcome in outcomes)
    return Verdict.of(problem.id, status, detail, seconds=seconds, isolation=outcomes[0].isolation)


@lru_cache(maxsize=4096)
def _read_puzzle(sat: str, ans_type: str) -> Puzzle:
    shortened = _LONG_LITERAL.sub("0", sat)
    if not is_safe_to_parse(shortened):
        raise RecordError("sat", "too long or too deeply nested to be read")
    try:
        body = ast.parse(shortened).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RecordError("sat", f"does not parse: {readable(str(error))}") from None
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    function = functions.get("sat") or next(iter(functions.values()), None)
    if function is None:
        raise RecordError("sat", "defines no function")
    arguments = [*function.args.posonlyargs, *function.args.args]
    if not arguments:
        raise RecordError("sat", f"'{function.name}' takes no answer")
    annotation = arguments[0].annotation
    if not ans_type:
        if annotation is None:
            raise RecordError("ans_type", "missing, and the first argument of 'sat' is not annotated")
        ans_type = ast.unparse(annotation).strip("'\"")
    try:
        return Puzzle(sat, function.name, ans_type, exact_type_check(ans_type), profile_for(sat))
    except AnnotationError as error:
        raise RecordError("ans_type", str(error)) from None
