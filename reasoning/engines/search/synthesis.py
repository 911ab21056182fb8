r"""Finds a Python expression that satisfies a puzzle, by several searches that take turns.

>>> result = synthesize("def sat(s: str):\n    return 'Hello ' + s == 'Hello world'", "str", Budget(20_000, None))
>>> result.source
"def sol():\n    return 'world'"

The searches are strategies: generators that do a little work at each turn. They share one Goal, which tries
values on the puzzle. The turn goes to the strategy that has done the least work for its share, and work is
counted in deterministic units, so a search limited by steps takes the same course on every machine.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

from reasoning.engines.search.climb import climbing
from reasoning.engines.search.collecting import collecting
from reasoning.engines.search.expressions import expressions
from reasoning.engines.search.goal import FoundError, Goal
from reasoning.engines.search.lift import Lifter
from reasoning.engines.search.material import Material
from reasoning.engines.search.patterns import patterns
from reasoning.engines.search.prefixes import prefixes
from reasoning.engines.search.prior import Prior
from reasoning.engines.search.puzzle import read_puzzle
from reasoning.engines.search.trial import DeadlineError
from reasoning.engines.search.values import small_values

__all__ = ["Budget", "SearchResult", "synthesize"]

TIMER_INTERVAL_SECONDS: Final = 0.02
"""The deadline's timer fires again after this, in case a puzzle or the interpreter has swallowed the exception."""

FIRST_RETRY_WORK: Final = 60_000
"""Work units after which trials that ran out of ticks are repeated with more; then after three times as many."""

SHARES: Final = {
    "expressions": 1.0,
    "comprehensions": 1.0,
    "values": 1.0,
    "climbing": 2.0,
    "prefixes": 1.0,
    "patterns": 0.5,
    "collecting": 0.5,
}
"""How the work is divided among the strategies."""

NUMBER_SHARES: Final = {"values": 3.0, "comprehensions": 0.6}
"""Shares that differ where the answer is one number: trying them in turn gets further there."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one search. With neither of them it ends only when every strategy is exhausted."""

    steps: int | None
    """Units of work: a trial of a value counts at least six, a step of the enumeration one."""
    seconds: float | None
    """CPU seconds of this process."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found and what it took."""

    expression: str | None
    """An expression over the puzzle's inputs whose value satisfies it, or None."""
    source: str | None
    """A whole program `def sol(...): return <expression>`, or None."""
    steps: int
    """Units of work that were done."""
    seconds: float
    """CPU time."""
    strategy: str | None = None
    """Which of SHARES found the expression."""


@dataclass(slots=True)
class _Worker:
    name: str
    turns: Iterator[None]
    share: float
    used: float = 0.0


def synthesize(sat_source: str, answer_type: str | None, budget: Budget, prior: Prior | None = None) -> SearchResult:
    """Search for an expression that satisfies the puzzle.

    Runs the puzzle's code in this process: call it in a disposable, isolated child. Loops and growing values
    are cut short by a tick limit and size caps (instrument.py); what C code does within one call is not.

    Args:
        sat_source: source of `def sat(answer: T, extra=default, ...)`.
        answer_type: T, such as "List[int]"; None takes it from the annotation.
        budget: steps (repeatable) and CPU seconds; whichever ends first. Seconds need the main thread.
        prior: probabilities of the grammar's rules; None is the uniform prior.

    Returns:
        The expression and the program that returns it, checked on a freshly compiled puzzle; or neither.

    Raises:
        ValueError: the source is not a puzzle, or its answer type is not supported.
    """
    started = time.process_time()
    puzzle = read_puzzle(sat_source, answer_type)
    goal = Goal(puzzle)
    expression: str | None = None
    strategy: str | None = None
    workers: list[_Worker] = []
    digits = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        with warnings.catch_warnings(), _deadline(budget.seconds):
            # Texts that a puzzle evaluates may make the compiler warn.
            warnings.simplefilter("ignore")
            goal.prepare()
            workers += _workers(goal, prior or Prior.uniform())
            _take_turns(goal, workers, budget)
    except FoundError as found:
        expression = found.expression
        strategy = goal.active
    except (DeadlineError, MemoryError):
        expression = None
    finally:
        sys.set_int_max_str_digits(digits)
    source = puzzle.solution(expression) if expression is not None else None
    return SearchResult(expression, source, goal.work, time.process_time() - started, strategy)


def _workers(goal: Goal, prior: Prior) -> list[_Worker]:
    lifter = Lifter(goal.puzzle)
    material = Material(goal.puzzle, (value for _, value, _ in lifter.closed))
    plain, comprehended = expressions(goal, material, lifter, prior)
    strategies = {
        "expressions": plain,
        "comprehensions": comprehended,
        "values": small_values(goal, material),
        "climbing": climbing(goal, material),
        "prefixes": prefixes(goal, material),
        "patterns": patterns(goal, material),
        "collecting": collecting(goal, material),
    }
    shares = SHARES | (NUMBER_SHARES if goal.type.depth == 0 and goal.type.base in ("int", "float") else {})
    return [_Worker(name, turns, shares[name]) for name, turns in strategies.items()]


def _take_turns(goal: Goal, workers: list[_Worker], budget: Budget) -> None:
    next_retry = FIRST_RETRY_WORK
    while workers and (budget.steps is None or goal.work < budget.steps):
        worker = min(workers, key=lambda item: item.used)
        before = goal.work
        goal.active = worker.name
        try:
            next(worker.turns)
        except StopIteration:
            workers.remove(worker)
        worker.used += max(goal.work - before, 1) / worker.share
        if goal.work > next_retry:
            next_retry *= 3
            goal.retry_postponed()


@contextmanager
def _deadline(seconds: float | None) -> Iterator[None]:
    """Raise DeadlineError in the body after so many CPU seconds of the process (main thread only)."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    running = True
    end = time.process_time() + seconds

    def stop(_number: int, _frame: FrameType | None) -> None:
        # The kernel samples this timer coarsely and may be early.
        left = end - time.process_time()
        if running and left > 0:
            signal.setitimer(signal.ITIMER_PROF, left, TIMER_INTERVAL_SECONDS)
        elif running:
            raise DeadlineError

    def unraisable(told: sys.UnraisableHookArgs) -> None:
        # Nothing can be raised out of what the interpreter calls by itself: a collector's callback, a destructor.
        if told.exc_type is not DeadlineError:
            tell(told)

    tell, sys.unraisablehook = sys.unraisablehook, unraisable
    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, TIMER_INTERVAL_SECONDS)
    try:
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
        sys.unraisablehook = tell
