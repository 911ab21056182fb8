import asyncio

import pytest

from reasoning.engines.base import BudgetSpentError, Completion, Request
from reasoning.runs.budget import Budget, BudgetedEngine, BudgetError
from verifiers.sandbox import Usage


class Ten:
    """Each completion has ten prompt tokens and one of its own."""

    name = "ten"

    def __init__(self):
        self.asked = 0

    async def complete(self, request):
        self.asked += len(request.seeds)
        return [Completion("x", prompt_tokens=10, completion_tokens=1) for _ in request.seeds]


def spend(text, samples, usage=None):
    """How many completions come before the budget ends."""
    engine = Ten()
    bounded = BudgetedEngine(engine, Budget.parse(text), usage or Usage())

    async def work():
        for count in samples:
            await bounded.complete(Request(prompt="p", seeds=tuple(range(count))))

    try:
        asyncio.run(work())
    except BudgetSpentError as error:
        return engine.asked, str(error)
    return engine.asked, ""


def test_budgets_are_read():
    assert Budget.parse("") == Budget()
    assert Budget.parse("tokens=20000") == Budget(tokens=20000)
    assert Budget.parse("calls=3,sandbox=1.5,tokens=9") == Budget(9, 3, 1.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("20000", "budget '20000': expected tokens=N"),
        ("tokens=x", "option tokens='x': expected a whole number"),
        ("tokens=0", "tokens=0: expected more than 0"),
        ("sandbox=nan", "sandbox=nan: expected more than 0"),
        ("dollars=3", "budget has no option 'dollars'; known options: tokens, calls, sandbox"),
        ("calls=1,calls=2", "given twice"),
    ],
)
def test_bad_budgets_are_named(text, message):
    with pytest.raises(BudgetError, match=message):
        Budget.parse(text)


def test_calls_are_never_passed():
    assert spend("calls=5", [1] * 9) == (5, "5 of 5 calls are spent")
    assert spend("calls=5", [2, 2, 2, 2]) == (4, "4 of 5 calls are spent")
    assert spend("calls=5", [6]) == (0, "0 of 5 calls are spent")
    assert spend("calls=5", [2, 3]) == (5, "")


def test_the_request_that_passes_the_bound_of_tokens_is_the_last():
    assert spend("tokens=22", [1] * 9) == (2, "22 tokens are spent")
    assert spend("tokens=23", [1] * 9) == (3, "23 tokens are spent")
    assert spend("tokens=1", [4, 1]) == (4, "1 tokens are spent")
    assert spend("", [4] * 50) == (200, "")


def test_sandbox_time_is_what_was_measured_by_then():
    assert spend("sandbox=2", [1], Usage(cpu_seconds=1.9)) == (1, "")
    assert spend("sandbox=2", [1], Usage(cpu_seconds=2.0)) == (0, "2 s of sandbox time are spent")
