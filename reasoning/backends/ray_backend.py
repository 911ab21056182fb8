"""The machines of a Ray cluster as a backend: judging, the sandbox and engines run there, the run is kept here.

    async with open_backend("ray,address=10.0.0.1:6379,gpus=1") as backend:
        engine = await backend.engine("vllm:Qwen/Qwen3-4B")         # one for each GPU of the cluster

Every machine needs this package in the same Python environment. One process judges on each machine; engines run in
processes of their own, one a machine, or with `gpus=N` as many as the machine's GPUs allow. What methods run in
conversation with a child (`SandboxPool.session`) stays on this machine; judges have theirs where they judge.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from typing import Any

from reasoning.backends.base import Backend, BackendError
from reasoning.engines.base import DEFAULT_CONCURRENCY, Completion, Engine, Request
from reasoning.engines.options import parse_spec
from reasoning.options import OptionError, bounded, check_options, read_options
from verifiers.records import Problem, Verdict
from verifiers.sandbox import Limits, Outcome, SandboxPool, Task
from verifiers.sandbox.usage import add_usage, record_usage

__all__ = ["RayBackend", "RayOptions"]

HERE = frozenset({"openai", "replay"})
"""Engines that only pass requests on: they stay in this process."""

CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RayOptions:
    """Options of `ray`.

    Attributes:
        address: of a running cluster, `HOST:PORT` or `auto`; empty: `RAY_ADDRESS`, else a cluster of this machine.
        gpus: reserved for each engine process; 0: one engine process a machine, without a GPU.
    """

    address: str = ""
    gpus: int = bounded(0, low=0)

    def __post_init__(self) -> None:
        check_options(self)


class RayBackend(Backend):
    """A Ray cluster."""

    def __init__(self, options: dict[str, str], jobs: int | None, allow_weak: bool) -> None:
        """`jobs` candidates judged at once on each machine (None: one a processor of it).

        Raises:
            BackendError: an option is wrong, or Ray is not installed.
        """
        try:
            self._options = read_options("backend 'ray'", RayOptions, options)
            import ray
        except OptionError as error:
            raise BackendError(str(error)) from None
        except ImportError:
            raise BackendError("backend 'ray' needs ray: pip install 'reasoning-toolkit[ray]'") from None
        self._ray = ray
        self._jobs = jobs
        self._allow_weak = allow_weak
        self._crews: list[Any] = []
        self._began_ray = False

    async def open(self) -> None:
        """Join the cluster and bring up a judging process on each of its machines."""
        from reasoning.backends.ray_actors import JudgeActor
        from reasoning.backends.ray_crew import Crew, Node

        self._join()

        def judges(node: Node) -> Any:
            return self._actor(JudgeActor, node, 0).remote(self._jobs or node.processors, self._allow_weak)

        crew = Crew("judges", judges, capacity=float)
        self._crews.append(crew)
        await crew.start()
        self.judges = _RayJudges(crew)
        self.pool = _RayPool(crew, self._jobs, self._allow_weak)

    async def engine(self, spec: str) -> Engine:
        """The engine, in processes of its own on the machines; `openai` and `replay` in this process."""
        from reasoning.backends.ray_actors import EngineActor
        from reasoning.backends.ray_crew import Crew

        parsed = parse_spec(spec)
        if parsed.name in HERE:
            from reasoning.engines.registry import create_engine

            return create_engine(spec)
        gpus = self._options.gpus

        crew = Crew(
            "engines",
            lambda node: self._actor(EngineActor, node, gpus).remote(spec),
            count=lambda node: node.gpus // gpus if gpus else 1,
        )
        self._crews.append(crew)
        await crew.start()
        return _RayEngine(parsed.name, crew)

    async def close(self) -> None:
        """End all processes; a cluster that was running before goes on."""
        for crew in reversed(self._crews):
            await crew.close()
        if hasattr(self, "pool"):
            await self.pool.close()
        if self._began_ray:
            self._ray.shutdown()

    def _join(self) -> None:
        if self._ray.is_initialized():
            return
        # Nothing of a run leaves the cluster.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        _keep_off_standard_output()
        address = self._options.address or os.environ.get("RAY_ADDRESS") or "local"
        alone = False if address == "local" else None
        _see_that_somebody_listens(address)
        try:
            self._ray.init(address=address, log_to_driver=False, logging_level="ERROR", include_dashboard=alone)
        except (ConnectionError, RuntimeError, ValueError) as error:
            asked = isinstance(error, ConnectionError) and "RAY_AUTH_MODE" not in os.environ
            hint = "; a cluster with a token wants RAY_AUTH_MODE=token here too" if asked else ""
            raise BackendError(f"backend 'ray': {str(error).splitlines()[0]}{hint}") from None
        self._began_ray = True

    def _actor(self, kind: type, node: Any, gpus: int) -> Any:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        placed = NodeAffinitySchedulingStrategy(node.id, soft=False)
        return self._ray.remote(kind).options(
            num_cpus=0, num_gpus=gpus, scheduling_strategy=placed, max_concurrency=10_000, max_restarts=0
        )


def _see_that_somebody_listens(address: str) -> None:
    """Ray itself tries for many minutes to reach a cluster that is not there."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or "/" in host:
        return
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise BackendError(f"backend 'ray': no cluster at {address}: {error}") from None


def _keep_off_standard_output() -> None:
    """Ray tells of lost machines on standard output, where verdicts may go, with pages of its log: one line will do."""
    from ray._private import worker

    def tell(data: dict[str, Any], ignore_prefix: bool) -> None:
        for message in data["lines"]:
            print(f"ray: {message.strip().splitlines()[0]}" if message.strip() else "ray", file=sys.stderr)

    worker.print_to_stdstream = tell


class _RayJudges:
    """Verifiers on the machines."""

    def __init__(self, crew: Any) -> None:
        self._crew = crew

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        verdict: Verdict
        verdict, usage = await self._crew.call("verify", problem, candidate, limits)
        add_usage(usage)
        return verdict


class _RayPool(SandboxPool):
    """The machines' sandboxes as one; its conversations and its report are of this machine."""

    def __init__(self, crew: Any, jobs: int | None, allow_weak: bool) -> None:
        super().__init__(workers=jobs, allow_weak=allow_weak)
        self._crew = crew

    @property
    def workers(self) -> int:
        """How many tasks run at once on all machines that are there now."""
        return max(1, sum(int(workers) for workers in self._crew.answers))

    async def run(self, task: Task, limits: Limits | None = None) -> Outcome:
        """Run one task on one of the machines."""
        outcome: Outcome = await self._crew.call("run", task, limits, self._profiles[task.profile])
        record_usage(outcome)
        return outcome


class _RayEngine:
    """One engine, held several times on the machines."""

    def __init__(self, name: str, crew: Any) -> None:
        self.name = name
        self.concurrency = DEFAULT_CONCURRENCY * len(crew.answers)
        self._crew = crew
        self._description: dict[str, Any] = crew.answers[0]

    async def complete(self, request: Request) -> list[Completion]:
        completions: list[Completion] = await self._crew.call("complete", request)
        return completions

    async def close(self) -> None:
        await self._crew.close()

    def describe(self) -> dict[str, Any]:
        return self._description
