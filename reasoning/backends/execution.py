"""How a run is carried out: what a run can be told beside what decides its results.

execution = Execution(jobs=2, backend="ray,address=auto")
async with execution.place() as place:
    verdict = await place.judges.verify(problem, "def sol(): return 3", Limits())
"""

from __future__ import annotations

from dataclasses import dataclass

from reasoning.backends.base import Backend, open_backend

__all__ = ["Execution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How a run is carried out; its records do not depend on it, and a resumed run may have another.

    Attributes:
        jobs: candidates judged at once on each machine; None: one a processor.
        concurrency: requests under way at once; None: what suits the engine.
        allow_weak: accept a weak sandbox.
        quiet: show no progress.
        backend: where it is computed, see `reasoning.backends.open_backend`.
    """

    jobs: int | None = None
    concurrency: int | None = None
    allow_weak: bool = False
    quiet: bool = False
    backend: str = "local"

    def place(self) -> Backend:
        """Where it is computed, to be entered with `async with`.

        Raises:
            BackendError: there is no such backend, or an option is wrong.
        """
        return open_backend(self.backend, jobs=self.jobs, allow_weak=self.allow_weak)
