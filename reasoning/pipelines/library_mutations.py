"""Mutations of Lean's own library, found by a process of the embedded Lean; nobody has judged them yet.

    async with LibraryMutator(sandbox) as mutator:
        print(await mutator.size())                                   # theorems of the library
        target, mutations = await mutator.mutations(3000, Effort())

A target's mutations depend on its number and the effort alone, so a process that died is replaced and asked again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final, Self

from verifiers.proofs.lean import install
from verifiers.proofs.lean.program import embedded_program
from verifiers.proofs.lean.worker import Role, Worker, WorkerDied, WorkerNotStarted, WorkerTimeout
from verifiers.sandbox import SandboxPool

__all__ = ["FORMS", "Effort", "LibraryMutator", "Mutation", "MutatorError"]

FORMS: Final = ("rw", "rw-back", "rw-at", "rw-back-at", "apply")
"""What can be changed, and how: see `mutator.lean`."""
_SECONDS: Final = 120.0


class MutatorError(RuntimeError):
    """Two processes in a row failed over the same theorem, or none comes up."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard one theorem is tried.

    Attributes:
        mode: `rw`, `apply` or `both`.
        tries: rules tried for the conclusion and for each hypothesis.
        most: mutations of the conclusion, and of each hypothesis by each tactic.
    """

    mode: str = "both"
    tries: int = 40
    most: int = 3


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed theorem with a proof from the unchanged one.

    Attributes:
        target: the library theorem that was changed.
        rule: the library theorem by which it was.
        form: one of `FORMS`.
        universes: of the target, as Lean writes them behind a name; empty: none.
        statement: the new type, as text.
        proof: a tactic block, as text.
    """

    target: str
    rule: str
    form: str
    universes: str
    statement: str
    proof: str


class LibraryMutator:
    """One process of the embedded Lean that mutates theorems of its library.

    Args:
        sandbox: where it runs.

    Raises:
        LeanMissingError: the embedded Lean is not installed and cannot be prepared (from the methods).
    """

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox
        self._worker: Worker | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._worker is not None:
            await self._worker.kill()

    async def size(self) -> int:
        """How many theorems the library has that can be mutated."""
        async with self._turn:
            return int((await self._ready()).ready["theorems"])

    async def mutations(self, number: int, effort: Effort) -> tuple[str, list[Mutation]]:
        """The theorem of this number, from 0, and its mutations.

        Raises:
            MutatorError: the process failed twice over it.
        """
        request = {"start": number, "count": 1, "tries": effort.tries, "most": effort.most, "mode": effort.mode}
        async with self._turn:
            for attempt in range(2):
                worker = await self._ready()
                try:
                    answer, _ = await worker.ask(request, _SECONDS)
                    return _read(answer)
                except (WorkerDied, WorkerTimeout) as error:
                    if attempt:
                        raise MutatorError(f"theorem {number} of the library: {error}") from None
        raise AssertionError("unreachable")

    async def _ready(self) -> Worker:
        if self._worker is not None and self._worker.worn:
            await self._worker.kill()
            self._worker = None
        if self._worker is None:
            found = install.find()
            if found is None or not found.complete:
                found = await asyncio.to_thread(install.prepare)
            try:
                self._worker = await Worker.start(self._sandbox, embedded_program(found), Role.MUTATE)
            except WorkerNotStarted as error:
                raise MutatorError(str(error)) from None
        return self._worker


def _read(answer: dict[str, Any]) -> tuple[str, list[Mutation]]:
    targets = answer.get("targets")
    if not targets:
        raise WorkerDied(f"no theorem: {str(answer.get('reason', ''))[:200]}")
    (target,) = targets
    name, universes = str(target["name"]), str(target["universes"])
    return name, [
        Mutation(name, str(one["rule"]), str(one["form"]), universes, str(one["statement"]), str(one["proof"]))
        for one in reversed(target["mutations"])
    ]
