r"""The `search` engine: enumerates programs, tries tactics and induces families; no model, GPU, key or network.

    engine = SearchEngine("", {"steps": "50000"})
    completions = await engine.complete(Request(prompt="...", problem=puzzle))
    completions[0].text        # "def sol(n=5):\n    return n * 'ab'"

The search has to run the puzzle's own code many times, so each puzzle gets a disposable child of the sandbox. Theorems
are tried in the embedded Lean (`reasoning.engines.proof_search`). A problem of kind `efa` is answered by template
induction (see `reasoning.families.induction`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from reasoning.data_files import data_file
from reasoning.engines.base import Completion, EngineError, Request
from reasoning.engines.options import EngineSpecError, read_options
from reasoning.engines.prompts import check_request
from reasoning.options import bounded, check_options
from verifiers.answers.verifier import golds_of
from verifiers.records import Problem, RecordError
from verifiers.sandbox import End, Limits, Outcome, SandboxPool, Task

if TYPE_CHECKING:
    from verifiers.proofs.lean.bridge import LeanBridge

__all__ = ["SearchEngine", "SearchOptions"]

_ENTRY: Final = "reasoning.engines.search_entry:run"
_INDUCTION_ENTRY: Final = "reasoning.families.induction.entry:run"
_INDUCTION_LIMITS: Final = Limits(wall_seconds=30.0, memory_mib=512)
_PRIOR_FILE: Final = "search_prior.json"
_WALL_SECONDS_PER_CPU_SECOND: Final = 12.0
"""How much longer than its processor time a search may take on a busy machine."""
_SLOWEST_STEPS_PER_SECOND: Final = 2_000
"""For the wall limit of a search that is limited by steps alone."""
_LEAST_WALL_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Options of the engine, as in `search,steps=100000`."""

    steps: int | None = bounded(None, above=0)
    """Units of work for each puzzle; the result is then the same on every machine. Default: DEFAULT_STEPS."""
    seconds: float | None = bounded(None, above=0)
    """CPU seconds for each puzzle, instead of or beside the steps."""
    memory_mib: int = 2048
    """Of each search."""
    attempts: int = bounded(60, above=0)
    """Proofs tried for each theorem."""
    proof_seconds: float = bounded(10.0, above=0)
    """Seconds in the prover for each theorem."""
    workers: int | None = bounded(None, above=0)
    """Searches at once; default: the number of processors."""
    allow_weak: bool = False
    """Search even where the sandbox has no strong isolation."""

    def __post_init__(self) -> None:
        check_options(self)


DEFAULT_STEPS: Final = 150_000


class SearchEngine:
    """Enumerative program synthesis over typed expressions (see `reasoning.engines.search`).

    Raises:
        EngineSpecError: a target is given, or an option is wrong.
    """

    name = "search"

    def __init__(self, target: str, options: Mapping[str, str]) -> None:
        if target:
            raise EngineSpecError(f"engine 'search' takes no model, got {target!r}; write search[,steps=N]")
        settings = read_options("search", SearchOptions, options)
        self._settings = settings
        self._steps = DEFAULT_STEPS if settings.steps is None and settings.seconds is None else settings.steps
        self._pool = SandboxPool(workers=settings.workers, allow_weak=settings.allow_weak)
        self._lean: LeanBridge | None = None
        self._prior = data_file(_PRIOR_FILE).read_text(encoding="utf-8")

    async def complete(self, request: Request) -> list[Completion]:
        """Search once; every seed gets the same program, because enumeration has no randomness.

        Raises:
            EngineError: the request carries no puzzle, proof or seed problem, it offers tools, or the sandbox or the
                prover failed.
        """
        check_request(request)
        problem = request.problem
        if problem is not None and problem.kind == "efa":
            return [await self._induced(problem)] * len(request.seeds)
        if problem is not None and problem.kind == "proof":
            return [await self._prove(problem)] * len(request.seeds)
        if problem is None or problem.kind != "puzzle":
            kind = "no problem" if problem is None else f"a problem of kind '{problem.kind}'"
            raise EngineError(f"engine 'search' solves puzzles, proofs and families only, and was given {kind}")
        payload = {
            "sat": problem.text("sat"),
            "ans_type": problem.fields.get("ans_type"),
            "steps": self._steps,
            "seconds": self._settings.seconds,
            "prior": self._prior,
        }
        outcome = await self._pool.run(Task(_ENTRY, json.dumps(payload).encode()), self._limits())
        completion = _completion(outcome)
        return [completion] * len(request.seeds)

    async def _induced(self, problem: Problem) -> Completion:
        payload = {
            "problem": problem.text("seed"),
            "solution": problem.text("solution", ""),
            "answer": golds_of(problem)[0],
        }
        outcome = await self._pool.run(Task(_INDUCTION_ENTRY, json.dumps(payload).encode()), _INDUCTION_LIMITS)
        return _induction(outcome)

    async def _prove(self, problem: Problem) -> Completion:
        """Look for a proof in the embedded or installed Lean; whether it is one is not decided here."""
        from reasoning.engines.proof_search import Budget, search_proof
        from verifiers.proofs import ProofTask
        from verifiers.proofs.lean.backends import kernel_bridge
        from verifiers.proofs.lean.bridge import Attempt, LeanBridge
        from verifiers.proofs.lean.install import LeanMissingError
        from verifiers.proofs.lean.text import split_statement
        from verifiers.proofs.lean.worker import WorkerNotStarted

        task = ProofTask.of(problem)
        if task.system != "lean":
            raise EngineError(f"engine 'search' proves in lean only, and was given a problem in {task.system}")
        if self._lean is None:
            self._lean = kernel_bridge(self._pool, self._settings.workers) or LeanBridge(
                self._pool, self._settings.workers
            )
        bridge = self._lean
        by_tactics = replace(task, statement=split_statement(task.statement).text + " := by")

        async def attempt(proof: str) -> Attempt:
            return await bridge.attempt(by_tactics, proof, self._settings.proof_seconds)

        budget = Budget(self._settings.attempts, self._settings.proof_seconds)
        try:
            found = await search_proof(attempt, task.statement, budget)
        except (LeanMissingError, WorkerNotStarted, RecordError) as error:
            raise EngineError(f"engine 'search': {error}") from None
        if found.proof is None:
            return Completion("", "exhausted", completion_tokens=found.attempts)
        text = found.proof if split_statement(task.statement).opening == " := by" else f"by\n{found.proof}"
        return Completion(text, "stop", completion_tokens=found.attempts, meta={"strategy": found.strategy})

    async def close(self) -> None:
        """End the sandbox's servers."""
        await self._pool.close()

    def describe(self) -> dict[str, Any]:
        """Name and budget."""
        settings = asdict(self._settings)
        for machine_dependent in ("workers", "allow_weak"):
            settings.pop(machine_dependent)
        return {"engine": self.name, **settings, "steps": self._steps}

    def _limits(self) -> Limits:
        wall = _LEAST_WALL_SECONDS
        if self._steps is not None:
            wall = max(wall, self._steps / _SLOWEST_STEPS_PER_SECOND)
        if self._settings.seconds is not None:
            wall = max(_LEAST_WALL_SECONDS, self._settings.seconds * _WALL_SECONDS_PER_CPU_SECOND)
        return Limits(wall_seconds=wall, memory_mib=self._settings.memory_mib)


def _induction(outcome: Outcome) -> Completion:
    """The family's class in a code block, as a model would write it, or that there is none, with the reason."""
    if outcome.end is End.INTERNAL:
        raise EngineError(f"engine 'search': the sandbox failed: {outcome.detail}")
    try:
        answer = json.loads(outcome.answers[0])
    except (IndexError, ValueError):
        return Completion("", "exhausted", meta={"end": outcome.end.value})
    if "source" not in answer:
        return Completion("", "exhausted", meta={"reason": answer["reason"]})
    return Completion(f"```python\n{answer['source']}```", "stop", meta={"steps": answer["steps"]})


def _completion(outcome: Outcome) -> Completion:
    """What the child says, or that it found nothing; how it ended is kept."""
    if outcome.end is End.INTERNAL:
        raise EngineError(f"engine 'search': the sandbox failed: {outcome.detail}")
    try:
        answer = json.loads(outcome.answers[0])
        source, steps = answer["source"], int(answer["steps"])
        meta = {"strategy": answer["strategy"], "expression": answer["expression"]}
    except (IndexError, KeyError, TypeError, ValueError):
        # The puzzle's code brought the child down (memory, a crash): a search without result.
        return Completion("", "exhausted", meta={"end": outcome.end.value})
    if not isinstance(source, str):
        return Completion("", "exhausted", completion_tokens=steps)
    return Completion(source, "stop", completion_tokens=steps, meta=meta)
