r"""The reward as an object that trainers call: verdicts from a thread of its own.

    reward = VerifierReward(kind="answer")                        # TRL: GRPOTrainer(reward_funcs=reward, ...)
    reward(completions=["so \\boxed{4}"], gold=["4"])             # [1.0]; columns of the dataset come by name
    reward.judge([(problem, "so \\boxed{4}")])                    # plain Python: [Reward(value=1.0, ...)]

Judging runs in a thread with an event loop and a sandbox pool of its own, so a reward can be called from any thread,
from coroutines, and from processes forked later.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from verifiers.records import Problem, Status
from verifiers.registry import VerifierFactory, VerifierRegistry
from verifiers.rewards.columns import problems_of_columns, text_of
from verifiers.rewards.shaping import Reward, Shaping
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["VerifierReward"]

_AT_ONCE_FACTOR = 4
"""Judgements under way for each worker of the pool; those that run no code need no worker."""


@dataclass(slots=True)
class _Thread:
    """An event loop in a thread of its own, with what lives on it."""

    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    process: int
    pool: SandboxPool
    registry: VerifierRegistry
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))


class VerifierReward:
    """A reward function; also see the module.

    Args:
        kind: kind of the problems where the dataset has no column `kind`, such as `answer`.
        columns: names of dataset columns -> fields of the problem, where they differ (`{"answer": "gold"}`).
        limits: of one judgement.
        shaping: additions to right or wrong.
        workers: sandboxed candidates at once; None: one a processor.
        allow_weak: accept weak isolation.
        own: kind -> factory of verifiers that are registered nowhere.
        name: under which trainers log it.
        watch: called with each batch of rewards, in the judging thread.
    """

    def __init__(
        self,
        kind: str | None = None,
        *,
        columns: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        shaping: Shaping | None = None,
        workers: int | None = None,
        allow_weak: bool = False,
        own: Mapping[str, VerifierFactory] | None = None,
        name: str = "verifier",
        watch: Callable[[Sequence[Reward]], None] | None = None,
    ) -> None:
        self.__name__ = name
        self.kind = kind
        self.shaping = shaping or Shaping()
        self._columns = dict(columns or {})
        self._limits = limits or Limits()
        self._workers = workers
        self._allow_weak = allow_weak
        self._own = dict(own or {})
        self.watch = watch
        self._lock = threading.Lock()
        self._thread: _Thread | None = None
        atexit.register(self.close)

    # TRL

    def __call__(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Any] = (),
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Rewards as TRL wants them: one for each completion, None where it could not be judged.

        Args:
            prompts: unused; accepted because trainers pass them.
            completions: texts, or conversations, of which the last assistant message counts.
            log_metric: told the shares of right, rejected and unjudged candidates and the mean of each part.
            log_extra: told the status of each candidate.
            columns: the dataset's columns, one value a completion. A column `problem` (an object, or its JSON)
                says all; otherwise `kind` (unless the reward has one) and the kind's own fields are columns.

        Raises:
            RewardError: a column is missing, or has another length.
            RecordError: a problem is malformed.
        """
        rewards = self.judge(self._items(completions, columns))
        self._log(rewards, log_metric, log_extra)
        return [reward.value for reward in rewards]

    async def score(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Any] = (),
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """As calling the reward, without blocking the caller's event loop; TRL awaits several such together."""
        rewards = await self.judge_async(self._items(completions, columns))
        self._log(rewards, log_metric, log_extra)
        return [reward.value for reward in rewards]

    # plain Python

    def judge(self, items: Sequence[tuple[Problem, str]]) -> list[Reward]:
        """The rewards of (problem, candidate) pairs, in order; blocks, so not for coroutines.

        Raises:
            RecordError: a problem is malformed.
            SandboxUnavailableError: no isolation that is strong enough can be had here.
        """
        return self._submit(items).result()

    async def judge_async(self, items: Sequence[tuple[Problem, str]]) -> list[Reward]:
        """As `judge`, for coroutines of any event loop."""
        return await asyncio.wrap_future(self._submit(items))

    def close(self) -> None:
        """End the sandbox and the thread; the next call would start them again."""
        with self._lock:
            running, self._thread = self._thread, None
        if running is None or running.process != os.getpid():
            return
        asyncio.run_coroutine_threadsafe(running.pool.close(), running.loop).result()
        running.loop.call_soon_threadsafe(running.loop.stop)
        running.thread.join()
        running.loop.close()
        atexit.unregister(self.close)

    # inside

    def _items(self, completions: Sequence[Any], columns: Mapping[str, Any]) -> list[tuple[Problem, str]]:
        problems = problems_of_columns(columns, len(completions), self.kind, self._columns)
        return [(problem, text_of(completion)) for problem, completion in zip(problems, completions, strict=True)]

    def _log(
        self,
        rewards: Sequence[Reward],
        log_metric: Callable[[str, float], None] | None,
        log_extra: Callable[[str, list[Any]], None] | None,
    ) -> None:
        if log_metric is not None:
            for name, value in self.summary(rewards).items():
                log_metric(f"{self.__name__}/{name}", value)
        if log_extra is not None:
            log_extra(f"{self.__name__}_status", [reward.verdict.status.value for reward in rewards])

    def summary(self, rewards: Sequence[Reward]) -> dict[str, float]:
        """Means of every part over the judged, shares of `rejected` and `unjudged` among all; always the same keys."""
        judged = [reward for reward in rewards if reward.value is not None]
        count = max(len(rewards), 1)
        shares = {
            "rejected": sum(reward.verdict.status is Status.REJECTED for reward in rewards) / count,
            "unjudged": (len(rewards) - len(judged)) / count,
        }
        names = self.shaping.part_names
        means = {name: sum(reward.parts[name] for reward in judged) / max(len(judged), 1) for name in names}
        return {**means, **shares}

    def _submit(self, items: Sequence[tuple[Problem, str]]) -> Future[list[Reward]]:
        running = self._running()
        return asyncio.run_coroutine_threadsafe(self._judge_all(running, list(items)), running.loop)

    def _running(self) -> _Thread:
        with self._lock:
            if self._thread is None or self._thread.process != os.getpid():
                self._thread = self._start()
            return self._thread

    def _start(self) -> _Thread:
        loop = asyncio.new_event_loop()
        pool = SandboxPool(workers=self._workers, allow_weak=self._allow_weak)
        thread = threading.Thread(target=loop.run_forever, name=f"{self.__name__}-reward", daemon=True)
        slots = asyncio.Semaphore(_AT_ONCE_FACTOR * pool.workers)
        thread.start()
        return _Thread(loop, thread, os.getpid(), pool, VerifierRegistry(pool, self._own), slots)

    async def _judge_all(self, running: _Thread, items: list[tuple[Problem, str]]) -> list[Reward]:
        async def one(problem: Problem, candidate: str) -> Reward:
            async with running.slots:
                verdict = await running.registry.verify(problem, candidate, self._limits)
                return self.shaping.reward(candidate, verdict)

        tasks = [asyncio.ensure_future(one(problem, candidate)) for problem, candidate in items]
        try:
            rewards = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        if self.watch is not None:
            self.watch(rewards)
        return rewards
