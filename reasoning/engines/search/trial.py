r"""Runs a puzzle on candidate values: yes or no, or a graded answer that says how far the value is.

>>> from reasoning.engines.search.puzzle import read_puzzle
>>> trial = Trial(read_puzzle("def sat(x: int, a=7):\n    assert x > 2\n    return x * 3 == a + 2", None))
>>> trial.prepare()
>>> trial.accepts(3), trial.accepts(4)
(True, False)
>>> trial.grade(4).score < trial.grade(9).score
True
"""

from __future__ import annotations

import ast
import operator
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final

from reasoning.engines.search import limits
from reasoning.engines.search.answer_types import freeze, fresh_copy
from reasoning.engines.search.distances import Distance, gap, scaled, squeezed
from reasoning.engines.search.instrument import graded, guarded, guarded_expression
from reasoning.engines.search.puzzle import Puzzle
from reasoning.engines.search.tracing import MAX_EQUATIONS, SMALL_TOLERANCE, Equation, equations_between, trace

__all__ = ["MAX_TICKS", "DeadlineError", "Grade", "Trial", "loop_targets", "reraise_deadline"]

FIRST_TICKS: Final = 20_000
"""Loop turns and calls that one trial may use at first."""

MAX_TICKS: Final = 2_500_000
"""Loop turns and calls that one trial may ever use (about half a second of CPU)."""

MAX_NOTES: Final = 400
"""Pairs of operands of failed comparisons that one graded trial keeps."""

MAX_FAILED_PARTS: Final = 150
"""Failing elements of one `all(...)` after which a graded trial looks no further."""

MAX_EVALUATED_CHARACTERS: Final = 2_000
"""Longest source that `eval` inside a puzzle is given."""

WORK_PER_TRIAL: Final = 6
"""Work units of a trial, next to one for each TICKS_PER_WORK ticks."""

TICKS_PER_WORK: Final = 10

ITEMS_PER_WORK: Final = 50
"""Elements of a candidate that count as one unit of work in each trial."""


@dataclass(slots=True)
class Grade:
    """The outcome of a graded trial. Smaller scores are better; 0.0 means that every condition held."""

    score: tuple[float, Distance]
    """Sum of the scaled distances (each in [0, 1)), then the sum of the plain ones to break ties exactly."""
    notes: list[tuple[Any, Any]]
    """Operands (left, right) of comparisons that did not hold."""
    lengths: list[int]
    """Lengths that the puzzle expected when it unpacked something."""
    broken: bool
    """A condition inside a loop over the answer failed, or the puzzle raised: no longer answer mends this."""
    state: dict[str, Any] | None
    """The local variables when the puzzle returned."""
    limited: bool
    """The trial ran out of ticks."""


@dataclass(slots=True)
class _Record:
    total: float = 0.0
    plain: Distance = 0
    sites: dict[int, float] = field(default_factory=dict)
    """Sum of the distances at each recording site."""
    notes: list[tuple[Any, Any]] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    broken: bool = False
    state: dict[str, Any] | None = None
    equations: list[Equation] | None = None
    """Filled only while an answer is traced."""
    alternatives: int = 0
    """Depth of alternatives (`or`, `any`) around the condition that is being measured."""


class Trial:
    """Both programs of one puzzle, ready to run; `work` counts deterministic units of work done here."""

    def __init__(self, puzzle: Puzzle) -> None:
        self.puzzle = puzzle
        self.ticks = FIRST_TICKS
        self.work = 0
        self.limited = False
        self._record = _Record()
        self._plain_scope = self._scope()
        self._graded_scope = self._scope()
        for name in ("require", "finish", "compare", "truth", "all_of", "any_of", "part", "affix"):
            self._graded_scope[f"_{name}"] = getattr(self, f"_{name}")
        for name in ("sum_of", "least_of", "sum_of_values", "least_of_values"):
            self._graded_scope[f"_{name}"] = getattr(self, f"_{name}")
        self.sites = 0

    def prepare(self) -> None:
        """Compile both programs and run their module-level code; raises ValueError when that fails."""
        try:
            self._define(guarded(self.puzzle.tree), self._plain_scope)
            tree, self.sites = graded(self.puzzle.tree)
            self._define(tree, self._graded_scope)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            reraise_deadline(error)
            raise ValueError(f"the puzzle cannot be defined: {type(error).__name__}: {error}") from error

    def _scope(self) -> dict[str, Any]:
        return {
            "__name__": "puzzle",
            "List": typing.List,  # noqa: UP006 - puzzles are written with this name
            "Set": typing.Set,  # noqa: UP006
            "Dict": typing.Dict,  # noqa: UP006
            "Tuple": typing.Tuple,  # noqa: UP006
            "_tick": repeat(True, MAX_TICKS).__next__,
            "_power": limits.bounded_power,
            "_product": limits.bounded_product,
            "_product_in_place": limits.bounded_product_in_place,
            "_shift": limits.bounded_shift,
            "_walkable": limits.check_iterable,
            "_eval": self._evaluate,
        }

    def _define(self, tree: ast.Module, scope: dict[str, Any]) -> None:
        exec(compile(tree, "<puzzle>", "exec"), scope)  # noqa: S102 - the caller isolates this process

    def _evaluate(self, source: Any, scope: dict[str, Any], names: dict[str, Any]) -> Any:
        if not isinstance(source, str) or len(source) > MAX_EVALUATED_CHARACTERS:
            raise limits.TooLargeError("eval of a long text")
        tree = guarded_expression(ast.parse(source.strip(), mode="eval"))
        return eval(compile(tree, "<eval>", "eval"), scope, names)  # noqa: S307 - the caller isolates this

    def _call(self, scope: dict[str, Any], value: Any) -> Any:
        """Run `sat` of a scope on a copy of the value; exceptions of the puzzle pass through."""
        counter = repeat(True, self.ticks)
        scope["_tick"] = counter.__next__
        inputs = self.puzzle.inputs
        try:
            if self.puzzle.mutates:
                return scope["sat"](fresh_copy(value), **fresh_copy(inputs))
            return scope["sat"](value, **inputs)
        finally:
            left = operator.length_hint(counter)
            self.limited = left == 0
            self.work += WORK_PER_TRIAL + (self.ticks - left) // TICKS_PER_WORK
            if isinstance(value, str | list):
                self.work += len(value) // ITEMS_PER_WORK

    def accepts(self, value: Any) -> bool:
        """Whether `sat(value) is True` within the tick limit; `limited` then says whether it ran out."""
        try:
            return self._call(self._plain_scope, value) is True and not self.limited
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a puzzle raises is a rejection
            reraise_deadline(error)
            return False

    def grade(self, value: Any) -> Grade:
        """Run the graded program on a copy of the value."""
        record = self._record = _Record()
        try:
            self._call(self._graded_scope, value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a puzzle raises is a distance
            reraise_deadline(error)
            self._note_error(error)
            record.broken = True
            record.total += 1.0 + (self.sites - len(record.sites))
        if self.limited:
            record.total += 2.0 + self.sites
        record.total += sum(map(squeezed, record.sites.values()))
        plain = record.plain if record.plain == record.plain else 0
        return Grade(
            (round(record.total, 9), plain),
            record.notes,
            record.lengths,
            record.broken or self.limited,
            record.state,
            self.limited,
        )

    def equations(self, value: Any) -> list[Equation]:
        """The linear equations that the puzzle asks of the numbers in a value (see tracing.py)."""
        record = self._record = _Record(equations=[])
        try:
            self._call(self._graded_scope, trace(value))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - what was collected before it raised still holds
            reraise_deadline(error)
        return record.equations or []

    def _note_error(self, error: BaseException) -> None:
        if isinstance(error, ValueError) and "values to unpack (expected" in str(error):
            digits = str(error).split("(expected", 1)[1].split(",")[0].strip(" )")
            if digits.isdigit():
                self._record.lengths.append(int(digits))

    def _guarded(self, thunk: Callable[[], float]) -> float:
        try:
            return thunk()
        except Exception as error:
            reraise_deadline(error)
            if isinstance(error, StopIteration | RuntimeError):
                raise
            self._note_error(error)
            return 1.0

    def _require(self, site: int, hard: bool, thunk: Callable[[], float]) -> None:
        record = self._record
        distance = self._guarded(thunk)
        record.sites[site] = record.sites.get(site, 0.0) + distance
        if distance and hard:
            record.broken = True

    def _finish(self, site: int, thunk: Callable[[], float], state: dict[str, Any]) -> None:
        record = self._record
        record.sites[site] = record.sites.get(site, 0.0) + self._guarded(thunk)
        record.state = state

    def _leaf(self, distance: Distance) -> float:
        self._record.plain += distance
        return scaled(distance)

    def _compare(self, sign: str, left: Callable[[], Any], right: Callable[[], Any]) -> float:
        try:
            first = left()
        except IndexError:
            # The other side may be what the missing element should be.
            self._note(None, right())
            return 1.0
        try:
            second = right()
        except IndexError:
            self._note(first, None)
            return 1.0
        distance = gap(sign, first, second)
        if self._record.equations is not None and not self._record.alternatives:
            self._equate(sign, first, second)
        if distance:
            self._note(first, second)
        return self._leaf(distance)

    def _equate(self, sign: str, left: Any, right: Any) -> None:
        equations = self._record.equations
        if equations is None or len(equations) >= MAX_EQUATIONS:
            return
        near = (
            sign in ("<", "<=")
            and getattr(left, "absolute", False)
            and isinstance(right, int | float)
            and right <= SMALL_TOLERANCE
        )
        if sign == "==" or near:
            equations.extend(equations_between(left, 0 if near else right))

    def _note(self, left: Any, right: Any) -> None:
        if len(self._record.notes) < MAX_NOTES:
            self._record.notes.append((left, right))

    def _truth(self, value: Any, negate: bool) -> float:
        return 0.0 if bool(value) != negate else self._leaf(1)

    def _all_of(self, *parts: Callable[[], float]) -> float:
        return sum(map(self._guarded, parts))

    def _any_of(self, *parts: Callable[[], float]) -> float:
        best = 1.0
        self._record.alternatives += 1
        for part in parts:
            best = min(best, self._guarded(part))
            if not best:
                break
        self._record.alternatives -= 1
        return best

    def _part(self, thunk: Callable[[], float]) -> float:
        return self._guarded(thunk)

    def _affix(self, method: str, text: Any, affix: Any) -> float:
        if getattr(text, method)(affix):
            return 0.0
        self._note(text, affix)
        if isinstance(text, str) and isinstance(affix, str):
            end = text[: len(affix)] if method == "startswith" else text[-len(affix) :]
            return self._leaf(max(gap("==", end, affix), 1))
        return self._leaf(1)

    def _sum_of(self, parts: Iterable[float]) -> float:
        total, failed = 0.0, 0
        for part in parts:
            if part:
                total += part
                failed += 1
                if failed >= MAX_FAILED_PARTS and self._record.equations is None:
                    break
        return squeezed(total)

    def _least_of(self, parts: Iterable[float]) -> float:
        best = 1.0
        self._record.alternatives += 1
        for part in parts:
            if part < best:
                best = part
                if not best:
                    break
        self._record.alternatives -= 1
        return best

    def _sum_of_values(self, values: Iterable[Any], negate: bool) -> float:
        return squeezed(sum(0.5 for value in values if bool(value) == negate))

    def _least_of_values(self, values: Iterable[Any], negate: bool) -> float:
        return 0.0 if any(bool(value) != negate for value in values) else 0.5

    def local_state(self, grade: Grade) -> Any:
        """What the puzzle had computed when it returned, as a key: all locals but arguments and loop targets."""
        if grade.state is None:
            return None
        skipped = {self.puzzle.answer_name, *self.puzzle.inputs, *loop_targets(self.puzzle.function)}
        items = []
        for name, value in grade.state.items():
            if name not in skipped and not callable(value):
                try:
                    items.append((name, freeze(value)))
                    hash(items[-1])
                except TypeError:
                    continue
        return tuple(items)


class DeadlineError(BaseException):
    """The CPU time of the whole search is used up; raised by its timer, never by a puzzle."""


def reraise_deadline(error: BaseException) -> None:
    """Let the deadline through where everything else that a puzzle raises is caught."""
    if isinstance(error, DeadlineError):
        raise error


def loop_targets(function: ast.FunctionDef) -> set[str]:
    """Names that a `for` statement of the function binds."""
    return {
        part.id
        for node in ast.walk(function)
        if isinstance(node, ast.For)
        for part in ast.walk(node.target)
        if isinstance(part, ast.Name)
    }
