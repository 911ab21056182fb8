"""Judges results of optimisation problems: every described quantity, by name, within a tolerance.

    problem = Problem("p", "optimization", fields={"results": {"The maximum profit": "3600.0"}})
    async with SandboxPool() as sandbox:
        (await OptimizationVerifier(sandbox).verify(problem, "The maximum profit: 3600", Limits())).status
    # <Status.PASSED: 'passed'>

A candidate is a Python program (its output counts), or a text that holds the results itself; they are read from the
last JSON object on a line of its own, else from lines `NAME: VALUE`, of which the last for a name counts. A problem
with a single quantity may be answered by a text that ends with a lone number. All quantities must be right.

Source: the judge of OptiBench (Yang et al. 2024, "OptiBench meets ReSocratic"): |answer - truth| < 1e-4 for each
quantity. There a second turn of the model names the numbers (the method `two_turn` of the package `reasoning`); here
the program may print them under their names.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from verifiers.answer_frames import readable
from verifiers.extraction import extract_program
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox.entries import program_payload
from verifiers.sandbox.task import End, Limits, Outcome, Profile, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["PROFILE", "TOLERANCE", "OptimizationVerifier", "named_results"]

TOLERANCE = 1e-4
"""Default of the problem's field `tolerance`; absolute."""
MAX_LINE = 2_000
_LINE = re.compile(r"\s*(?:[-*]\s+)?(.{1,300}?)\s*[:=]\s*(\S.{0,80}?)\s*")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_FENCE = re.compile(r"^\s*```", re.MULTILINE)
_ENDS = {End.TIMEOUT: Status.TIMEOUT, End.MEMORY: Status.MEMORY, End.LIMIT: Status.LIMIT, End.SIGNALED: Status.CRASH}
_PACKAGES = tuple(name for name in ("numpy", "scipy") if find_spec(name) is not None)
PROFILE = Profile("optimization", modules=(*_PACKAGES, *(f"{name}.optimize" for name in _PACKAGES if name == "scipy")),
                  packages=_PACKAGES)  # fmt: skip
"""Programs may use NumPy, and SciPy where it is installed."""


class OptimizationVerifier:
    """Judges programs that print named numbers, or texts that hold them.

    Args:
        sandbox: runs the programs.
    """

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge one candidate.

        Raises:
            RecordError: the field `results` or `tolerance` is missing or malformed.
        """
        gold, tolerance = _gold(problem)
        text = candidate
        outcome: Outcome | None = None
        if _FENCE.search(candidate):
            program = extract_program(candidate)
            if program is None:
                return Verdict.of(problem.id, Status.UNPARSABLE, "no code found in the text")
            self._sandbox.add_profile(PROFILE)
            task = Task("verifiers.sandbox.entries:run_program", program_payload(program), None, True, PROFILE.name)
            outcome = await self._sandbox.run(task, limits)
            failed = _failure(outcome)
            if failed is not None:
                return Verdict.of(problem.id, *failed, seconds=outcome.seconds, isolation=outcome.isolation)
            text = outcome.stdout.decode("utf-8", "replace")
        status, detail = _judged(gold, tolerance, text)
        if outcome is None:
            return Verdict.of(problem.id, status, detail)
        return Verdict.of(problem.id, status, detail, seconds=outcome.seconds, isolation=outcome.isolation)


def _gold(problem: Problem) -> tuple[dict[str, float], float]:
    results, tolerance = problem.fields.get("results"), problem.fields.get("tolerance", TOLERANCE)
    if not isinstance(results, Mapping) or not results:
        raise RecordError("results", "expected an object with at least one quantity")
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 < tolerance < math.inf:
        raise RecordError("tolerance", "expected a number above 0")
    gold: dict[str, float] = {}
    for name, value in results.items():
        number = _number(value)
        if number is None:
            raise RecordError("results", f"{name!r}: expected a finite number, got {value!r}"[:200])
        gold[_key(str(name))] = number
    return gold, float(tolerance)


def _failure(outcome: Outcome) -> tuple[Status, str] | None:
    if outcome.end is End.INTERNAL:
        return Status.INTERNAL, outcome.detail
    if outcome.end in _ENDS:
        return _ENDS[outcome.end], outcome.detail or f"the program ended by {outcome.end.value}"
    if outcome.exit_code != 0:
        lines = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
        return Status.ERROR, readable(lines[-1] if lines else f"exit status {outcome.exit_code}")
    return None


def _judged(gold: Mapping[str, float], tolerance: float, text: str) -> tuple[Status, str]:
    found = named_results(text)
    if len(gold) == 1 and not gold.keys() & found.keys():
        lines = text.strip().splitlines()
        lone = _number(lines[-1]) if lines else None
        if lone is not None:
            found = dict.fromkeys(gold, lone)
    missing = [name for name in gold if name not in found]
    if len(missing) == len(gold):
        return Status.UNPARSABLE, "the text names none of the quantities"
    if missing:
        return Status.WRONG, f"no value for {readable(missing[0], 100)!r}"
    for name, truth in gold.items():
        if not abs(found[name] - truth) < tolerance:
            return Status.WRONG, f"{readable(name, 100)}: {found[name]:.12g}, expected {truth:.12g}"
    return Status.PASSED, f"{len(gold)} quantities"


def named_results(text: str) -> dict[str, float]:
    """The numbers that a text gives, by their names in lower case.

    The last JSON object on a line of its own wins over lines `NAME: VALUE`.
    """
    found: dict[str, float] = {}
    for line in reversed(text.splitlines()):
        if line.strip().startswith("{") and len(line) <= MAX_LINE * 10:
            record = _object(line)
            if record is not None:
                return record
    for line in text.splitlines():
        matched = _LINE.fullmatch(line) if len(line) <= MAX_LINE else None
        number = _number(matched[2]) if matched else None
        if matched and number is not None:
            found[_key(matched[1])] = number
    return found


def _object(line: str) -> dict[str, float] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    numbers = {_key(name): _number(value) for name, value in record.items()}
    return {name: number for name, number in numbers.items() if number is not None}


def _key(name: str) -> str:
    return " ".join(name.strip().strip("*`\"'").split()).casefold()


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.replace("$", "").replace(",", "").strip().rstrip(".").strip("*` ")
        if len(text) > 60 or not _NUMBER.fullmatch(text):
            return None
        value = float(text)
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
