"""What a backend gives, the local one, and how one is chosen.

    async with open_backend("local", jobs=2) as backend:
        outcome = await backend.pool.run(task)

A backend decides where completions and verdicts are computed and nothing else: what is asked, what is kept and in which
order stays with the caller, so that a run may be begun on one backend and gone on with on another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from reasoning.engines.base import Engine
from reasoning.options import OptionError, split_options
from reasoning.runs.judging import Judges
from verifiers.late_imports import load
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import SandboxPool

__all__ = ["BACKENDS", "Backend", "BackendError", "LocalBackend", "open_backend"]

BACKENDS: dict[str, str] = {
    "local": "reasoning.backends.base:LocalBackend",
    "ray": "reasoning.backends.ray_backend:RayBackend",
}
"""Name -> `module:attribute` of its class, called with (options, jobs, allow_weak); imported when first used."""


class BackendError(RuntimeError):
    """A backend cannot be had, or has lost all its machines; one clear line."""


class Backend(ABC):
    """Where completions and verdicts are computed; an asynchronous context manager.

    Attributes:
        pool: the sandbox, for what methods and pipelines run.
        judges: the verifiers.
    """

    pool: SandboxPool
    judges: Judges

    @abstractmethod
    async def open(self) -> None:
        """Bring up what has to be there before the first call.

        Raises:
            BackendError: it cannot be had.
        """

    @abstractmethod
    async def engine(self, spec: str) -> Engine:
        """The engine that `spec` names; the caller closes it.

        Raises:
            EngineSpecError: the spec is wrong, or something that it needs is not installed.
        """

    @abstractmethod
    async def close(self) -> None:
        """End what was started."""

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class LocalBackend(Backend):
    """This process and this machine's sandbox."""

    def __init__(self, options: dict[str, str], jobs: int | None, allow_weak: bool) -> None:
        """`jobs` tasks at once (None: one a processor); there are no options.

        Raises:
            BackendError: there are options.
        """
        if options:
            raise BackendError(f"backend 'local' takes no options, got '{next(iter(options))}'")
        self.pool = SandboxPool(workers=jobs, allow_weak=allow_weak)
        self.judges = VerifierRegistry(self.pool)

    async def open(self) -> None:
        """Nothing: the sandbox starts with its first task."""

    async def engine(self, spec: str) -> Engine:
        """The engine, in this process."""
        from reasoning.engines.registry import create_engine

        return create_engine(spec)

    async def close(self) -> None:
        """End the sandbox."""
        await self.pool.close()


def open_backend(spec: str = "local", *, jobs: int | None = None, allow_weak: bool = False) -> Backend:
    """The backend that `spec` (`NAME[,key=value...]`) names, to be entered with `async with`.

    Args:
        spec: `local`, or `ray` with the options of `reasoning.backends.ray_backend.RayOptions`.
        jobs: candidates judged at once on each machine; None: one a processor.
        allow_weak: accept a weak sandbox.

    Raises:
        BackendError: there is no such backend, or an option is wrong.
    """
    try:
        name, options = split_options(spec)
    except OptionError as error:
        raise BackendError(f"backend {error}") from None
    if name not in BACKENDS:
        raise BackendError(f"no backend '{name}'; there are: {', '.join(BACKENDS)}")
    made: Backend = load(BACKENDS[name])(dict(options), jobs, allow_weak)
    return made
