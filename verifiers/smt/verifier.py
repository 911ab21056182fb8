"""The verifier of kind `smt`, and `refute`, which looks for a counter-example before a prover is paid.

    problem = Problem("p", "smt")
    async with SandboxPool() as sandbox:
        (await SmtVerifier(sandbox).verify(problem, "x : int; x * x >= 0", Limits())).status
    # <Status.PASSED: 'passed'>

A candidate is a claim in the notation of `verifiers.smt.claims`, or SMT-LIB text that asserts the claim's negation. A
solver's `unsat` is its own word: no kernel has checked it. A counter-example of a small claim is evaluated exactly.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox.task import Limits, Profile, Task
from verifiers.smt.claims import Claim, ClaimError, Value, read_claim
from verifiers.smt.script import ScriptError, read_script

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["INSTALL_HINT", "SOLVERS", "SmtVerifier", "installed", "refute"]

SOLVERS: Final = ("z3", "cvc5")
INSTALL_HINT: Final = "no SMT solver is installed: pip install 'reasoning-toolkit[smt]'"
_ENTRY: Final = "verifiers.smt.entry:solve"
_GRACE_SECONDS: Final = 2.0
_MEMORY_MIB: Final = 2_048


@dataclass(frozen=True, slots=True)
class _Said:
    """What a solver said: `unsat`, `sat`, `unknown`, `timeout`, `error` or `crash`."""

    solver: str
    result: str
    model: Mapping[str, str]
    detail: str = ""
    isolation: tuple[str, ...] = ()


class SmtVerifier:
    """Judges claims.

    The problem's optional fields: `solvers` (a list of `z3` and `cvc5`; default: those that are installed) and `agree`
    (all of them have to prove the claim; default: one is enough and none may object).

    Args:
        sandbox: where solvers run.
    """

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge one claim.

        Raises:
            RecordError: the problem is malformed.
        """
        solvers, agree = _options(problem)
        claim, script, refused = _read(candidate)
        if refused is not None:
            return Verdict.of(problem.id, *refused)
        missing = [name for name in solvers if find_spec(name) is None]
        if not solvers or missing:
            return Verdict.of(problem.id, Status.UNAVAILABLE, INSTALL_HINT)
        started = time.monotonic()
        said = [await self._ask(name, script, limits) for name in solvers]
        status, detail = _decision(claim, said, agree=agree)
        seconds = time.monotonic() - started
        return Verdict.of(problem.id, status, detail, seconds=seconds, isolation=said[0].isolation)

    async def counter_example(self, claim: Claim, limits: Limits) -> dict[str, Value] | None:
        """Values for which the claim does not hold, evaluated exactly; None if no solver finds any."""
        for name in installed():
            found = _checked(claim, await self._ask(name, claim.script(), limits))
            if found is not None:
                return found
        return None

    async def _ask(self, solver: str, script: str, limits: Limits) -> _Said:
        self._sandbox.add_profile(Profile(f"smt-{solver}", modules=(solver,), packages=(solver,)))
        milliseconds = max(1, int(limits.wall_seconds * 1000))
        payload = json.dumps({"solver": solver, "script": script, "milliseconds": milliseconds}).encode()
        bounds = replace(
            limits,
            wall_seconds=limits.wall_seconds + _GRACE_SECONDS,
            memory_mib=max(limits.memory_mib, _MEMORY_MIB),
        )
        outcome = await self._sandbox.run(Task(_ENTRY, payload, profile=f"smt-{solver}"), bounds)
        if len(outcome.answers) != 1:
            result = "timeout" if outcome.end.value in ("timeout", "memory") else "crash"
            return _Said(solver, result, {}, f"{outcome.end.value} {outcome.detail}".strip(), outcome.isolation)
        answer = json.loads(outcome.answers[0])
        if "error" in answer:
            return _Said(solver, "error", {}, str(answer["error"]), outcome.isolation)
        model = {str(name): str(value) for name, value in answer["model"].items()}
        return _Said(solver, str(answer["result"]), model, "", outcome.isolation)


def installed() -> tuple[str, ...]:
    """The solvers that are here."""
    return tuple(name for name in SOLVERS if find_spec(name) is not None)


async def refute(claim: str, sandbox: SandboxPool, seconds: float = 2.0) -> dict[str, Value] | None:
    """A counter-example to a claim in the notation of `verifiers.smt.claims`; None if none was found.

    Args:
        claim: for example `x, y : int; x > 0, y > 0 => x + y > 2`.
        sandbox: where solvers run.
        seconds: for each solver.

    Raises:
        ClaimError: the text is no claim.
    """
    return await SmtVerifier(sandbox).counter_example(read_claim(claim), Limits(wall_seconds=seconds))


def _options(problem: Problem) -> tuple[Sequence[str], bool]:
    solvers = problem.fields.get("solvers")
    agree = problem.fields.get("agree", False)
    if solvers is None:
        solvers = list(installed())
    elif not isinstance(solvers, list) or not solvers or any(name not in SOLVERS for name in solvers):
        raise RecordError("solvers", f"expected a list of {', '.join(SOLVERS)}")
    if not isinstance(agree, bool):
        raise RecordError("agree", "expected true or false")
    return solvers, agree


def _read(candidate: str) -> tuple[Claim | None, str, tuple[Status, str] | None]:
    text = candidate.strip()
    if text.startswith(("(", ";")):
        try:
            return None, read_script(text), None
        except ScriptError as error:
            return None, "", (Status.REJECTED, str(error))
    try:
        claim = read_claim(text)
    except ClaimError as error:
        return None, "", (Status.UNPARSABLE, str(error))
    return claim, claim.script(), None


def _decision(claim: Claim | None, said: Sequence[_Said], *, agree: bool) -> tuple[Status, str]:
    results = {one.solver: one.result for one in said}
    words = ", ".join(f"{solver}: {result}" for solver, result in results.items())
    refuting = [one for one in said if one.result == "sat"]
    if refuting and "unsat" in results.values():
        return Status.INTERNAL, f"the solvers disagree: {words}"
    for one in refuting:
        if claim is None:
            shown = ", ".join(f"{name} = {value}" for name, value in one.model.items())
            return Status.WRONG, f"{one.solver} finds a counter-example: {shown}"
        found = _checked(claim, one)
        if found is not None:
            shown = ", ".join(f"{name} = {_plain(value)}" for name, value in found.items())
            return Status.WRONG, f"does not hold for {shown or 'any values'}"
    if refuting:
        return Status.UNAVAILABLE, "a solver's counter-example could not be evaluated exactly"
    proved = [one.solver for one in said if one.result == "unsat"]
    if proved and (not agree or len(proved) == len(said)):
        return Status.PASSED, f"the negation cannot be satisfied ({', '.join(proved)}; no kernel has checked this)"
    errors = [f"{one.solver}: {one.detail}" for one in said if one.result == "error"]
    if errors and len(errors) == len(said):
        return Status.ERROR, errors[0]
    return Status.UNAVAILABLE, f"not decided: {words}"


def _checked(claim: Claim, said: _Said) -> dict[str, Value] | None:
    """The counter-example of a solver, if the claim fails for it when it is evaluated exactly."""
    if said.result != "sat":
        return None
    values: dict[str, Value] = {}
    for name, sort in claim.sorts.items():
        text = said.model.get(name, "False" if sort == "bool" else "0").lower()
        try:
            values[name] = text == "true" if sort == "bool" else Fraction(text)
        except (ValueError, ZeroDivisionError):
            return None
        if sort == "int" and Fraction(values[name]).denominator != 1:
            return None
    return None if claim.holds(values) else values


def _plain(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
