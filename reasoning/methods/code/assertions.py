"""Programs against assert statements: calls are answered in the sandbox, the comparison is made here.

    assertions = read_assertions(["assert add(1, 2) == 3"], "add")
    (outcomes,) = await check_assertions(sandbox, ["def add(a, b): return a + b"], assertions)
    outcomes[0].passed          # True

Only assertions that compare calls of one function with constants are read, because only of these nothing but the calls
has to enter the program's process. Each call runs in a process of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from reasoning.methods.code.syntax import SourceError, parse
from verifiers.answer_frames import Answer, readable, shortened
from verifiers.extraction import is_safe_to_parse
from verifiers.plain_data import PlainDataError
from verifiers.programs.assertions import Call, Check, compile_assertions
from verifiers.programs.behaviour import INPUT_SECONDS, Behaviour, Input, observe
from verifiers.programs.streams import same_output
from verifiers.programs.values import revive

if TYPE_CHECKING:
    from reasoning.methods.code.tasks import CodeTask
    from verifiers.sandbox import SandboxPool

__all__ = [
    "Assertion",
    "CheckOutcome",
    "assertions_about",
    "assertions_in",
    "check_assertions",
    "read_assertions",
    "sample_tests",
]

MAX_ASSERTION_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assert statement, taken apart.

    Attributes:
        text: its source.
        calls: that the program has to answer.
        check: of the answers.
    """

    text: str
    calls: tuple[Call, ...]
    check: Check


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """Whether an assertion held for a program, and why not."""

    passed: bool
    reason: str = ""


def assertions_in(blocks: Iterable[str], entry_point: str) -> list[str]:
    """The assert statements about `entry_point` in code blocks, those in functions included, without repetitions."""
    found: dict[str, None] = {}
    for block in blocks:
        for text in _asserts(block):
            if f"{entry_point}(" in text and len(text) <= MAX_ASSERTION_CHARACTERS:
                found[text] = None
    return list(found)


def _asserts(block: str) -> list[str]:
    try:
        parse(block)
        tree = ast.parse(block)
        return [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    except RecursionError:
        return []
    except SourceError:
        # A reply that was cut off: its whole lines still count.
        lines = (line.strip() for line in block.splitlines())
        return [line for line in lines if line.startswith("assert ") and _is_assert(line)]


def _is_assert(line: str) -> bool:
    if not is_safe_to_parse(line):
        return False
    try:
        (statement,) = ast.parse(line).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return isinstance(statement, ast.Assert)


def read_assertions(texts: Iterable[str], entry_point: str, most: int = 100) -> list[Assertion]:
    """The assertions that can be taken apart, at most `most`."""
    read: list[Assertion] = []
    for text in texts:
        if len(read) == most:
            break
        plan = compile_assertions([text], "", entry_point)
        if plan is not None and plan.calls and all(call.name == entry_point for call in plan.calls):
            read.append(Assertion(text, plan.calls, plan.checks[0]))
    return read


def sample_tests(task: CodeTask) -> list[Assertion]:
    """The samples of a whole program: its function, given an input, returns the output, compared as printed text."""
    return _pair_tests(task, task.samples)


def assertions_about(task: CodeTask, texts: Iterable[str]) -> list[Assertion]:
    """As `read_assertions`; those about a whole program have to name an input and an output, compared as printed."""
    if not task.whole:
        return read_assertions(texts, task.root.name)
    pairs = (_pair(text, task.root.name) for text in texts)
    return _pair_tests(task, [pair for pair in pairs if pair is not None])


def _pair(text: str, entry_point: str) -> tuple[str, str] | None:
    """Input and output in `assert f("input") == "output"`."""
    match ast.parse(text).body:
        case [
            ast.Assert(
                test=ast.Compare(
                    left=ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(given))], keywords=[]),
                    ops=[ast.Eq()],
                    comparators=[ast.Constant(value=str(output))],
                )
            )
        ] if name == entry_point:
            return given, output
    return None


def _pair_tests(task: CodeTask, pairs: Iterable[tuple[str, str]]) -> list[Assertion]:
    comparison = task.problem.text("comparison", "lines")
    found = []
    for given, output in pairs:
        text = f"{task.root.name}({given!r}) == {output!r}"
        check = Check(text, (0,), (partial(_returns, output, comparison),))
        found.append(Assertion(text, (Call(task.root.name, (given,)),), check))
    return found


def _returns(output: str, comparison: str, answers: Sequence[Any]) -> bool:
    return isinstance(answers[0], str) and same_output(answers[0], output, comparison)


async def check_assertions(
    sandbox: SandboxPool,
    programs: Sequence[str],
    assertions: Sequence[Assertion],
    *,
    seconds: float = INPUT_SECONDS,
) -> list[list[CheckOutcome]]:
    """Check programs by assertions; see `verifiers.programs.behaviour.observe`.

    Args:
        sandbox: where the programs run.
        programs: sources.
        assertions: asked of each of them.
        seconds: of one call.

    Returns:
        A row a program, an outcome an assertion.
    """
    inputs = [
        Input("", call.name, call.arguments, dict(call.keywords)) for asserted in assertions for call in asserted.calls
    ]
    rows = await observe(sandbox, programs, inputs, seconds=seconds)
    return [_outcomes(row, assertions) for row in rows]


def _outcomes(behaviour: Behaviour, assertions: Sequence[Assertion]) -> list[CheckOutcome]:
    outcomes: list[CheckOutcome] = []
    place = 0
    for asserted in assertions:
        answers = behaviour.answers[place : place + len(asserted.calls)]
        place += len(asserted.calls)
        outcomes.append(_outcome(asserted, answers))
    return outcomes


def _outcome(asserted: Assertion, answers: Sequence[Answer]) -> CheckOutcome:
    for answer in answers:
        if answer.kind != "value":
            return CheckOutcome(False, answer.describe())
    values: list[Any] = []
    for answer in answers:
        try:
            values.append(revive(answer.value))
        except PlainDataError:
            values.append(answer.value)
    try:
        if asserted.check.holds(values):
            return CheckOutcome(True)
    except Exception as error:  # noqa: BLE001 - whatever comparing two pieces of data raises, it does not hold
        return CheckOutcome(False, readable(f"{type(error).__name__}: {error}"))
    return CheckOutcome(False, f"got {', '.join(map(shortened, values))}")
