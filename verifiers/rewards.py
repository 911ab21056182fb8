r"""One reward, written once over the verifiers and the sandbox, for every trainer.

    reward = VerifierReward(kind="answer")                        # TRL: GRPOTrainer(reward_funcs=reward, ...)
    reward(completions=["so \\boxed{4}"], gold=["4"])             # [1.0]; columns of the dataset come by name
    reward.judge([(problem, "so \\boxed{4}")])                    # plain Python: [Reward(value=1.0, ...)]
    compute_score("gsm8k", "so \\boxed{4}", "4")                  # verl: {"score": 1.0, ...}
    reward_func(queries, prompts, labels)                         # OpenRLHF; over HTTP: verifiers.reward_server

What could not be judged (`unavailable`, `internal`) is None, never 0: TRL leaves such a sample out, and where a trainer
has no such value the call fails instead. A candidate that cheats (`rejected`) earns 0 whatever its form, and is
counted. Judging runs in a thread with an event loop and a sandbox pool of its own, so a reward can be called from any
thread, from coroutines, and from processes forked later.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import json
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.registry import VerifierFactory, VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

__all__ = [
    "Reward",
    "RewardError",
    "Shaping",
    "UnjudgedError",
    "VerifierReward",
    "compute_score",
    "openrlhf_reply",
    "problem_of_label",
    "reward_func",
    "shared_reward",
]

_TRAINER_COLUMNS = frozenset({"prompts", "completions", "completion_ids", "trainer_state", "environments"})
_SPECIAL_TOKENS = re.compile(r"(?:\s*(?:<\|[^|<>]{1,40}\|>|</?s>|<eos>|<pad>|<end_of_turn>))+\s*\Z")
_LONGEST_BEGINNING = 40
_AT_ONCE_FACTOR = 4
"""Judgements under way for each worker of the pool; those that run no code need no worker."""


class RewardError(ValueError):
    """A reward was configured or called wrongly; one clear line."""


class UnjudgedError(RuntimeError):
    """A candidate could not be judged, and the trainer that asked knows no other value for that than a failure."""


@dataclass(frozen=True, slots=True)
class Shaping:
    """What is added to 1 for a right candidate and 0 for any other; by default nothing.

    Attributes:
        partial: times the share of tests that a wrong candidate passed (the verdict's score).
        form: regular expression that a candidate must hold; without it even a right one earns no 1. Empty: none.
        form_bonus: for a candidate that holds `form`, right or not.
        longest: characters up to which nothing is taken off; 0: no limit.
        margin: characters beyond `longest` over which the penalty rises from 0 to its full size (the soft overlong
            punishment of DAPO, arXiv 2503.14476, section 3.4, there in tokens).
        length_penalty: its full size.
    """

    partial: float = 0.0
    form: str = ""
    form_bonus: float = 0.0
    longest: int = 0
    margin: int = 0
    length_penalty: float = 0.0

    def __post_init__(self) -> None:
        try:
            re.compile(self.form)
        except re.error as error:
            raise RewardError(f"form: not a regular expression: {error}") from None
        if not 0 <= self.partial < 1:
            raise RewardError(f"partial is {self.partial}, expected at least 0 and less than 1")
        if self.form_bonus and not self.form:
            raise RewardError("form_bonus needs a form")
        if self.length_penalty and not self.longest:
            raise RewardError("length_penalty needs longest")
        if min(self.form_bonus, self.length_penalty, self.longest, self.margin) < 0:
            raise RewardError("form_bonus, length_penalty, longest and margin must not be negative")


@dataclass(frozen=True, slots=True)
class Reward:
    """What one candidate earns, and why.

    Attributes:
        value: the sum of the parts; None when it could not be judged.
        parts: `correct`, and those of `partial`, `form` and `length` that are switched on; empty when not judged.
        verdict: of the verifier.
    """

    value: float | None
    parts: Mapping[str, float]
    verdict: Verdict


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
        self._form = re.compile(self.shaping.form) if self.shaping.form else None
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
        own = {
            self._columns.get(name, name): values for name, values in columns.items() if name not in _TRAINER_COLUMNS
        }
        for name, values in own.items():
            if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != len(completions):
                raise RewardError(f"column '{name}': expected {len(completions)} values, one a completion")
        if "problem" in own:
            problems = [_problem(value, self.kind) for value in own["problem"]]
        elif self.kind is None and "kind" not in own:
            raise RewardError("the dataset needs a column 'problem' or 'kind', or the reward a kind")
        else:
            rows = ({name: values[row] for name, values in own.items()} for row in range(len(completions)))
            problems = [
                Problem.from_json({"kind": self.kind, "id": str(row), **fields, "prompt": "", "meta": {}})
                for row, fields in enumerate(_without_nulls(fields) for fields in rows)
            ]
        return [(problem, _text_of(completion)) for problem, completion in zip(problems, completions, strict=True)]

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
        means = {
            name: sum(reward.parts[name] for reward in judged) / max(len(judged), 1) for name in self._part_names()
        }
        return {**means, **shares}

    def _part_names(self) -> list[str]:
        switched = {
            "partial": self.shaping.partial,
            "form": self.shaping.form_bonus,
            "length": self.shaping.length_penalty,
        }
        return ["correct", *(name for name, weight in switched.items() if weight)]

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
                return self._reward(candidate, await running.registry.verify(problem, candidate, self._limits))

        tasks = [asyncio.ensure_future(one(problem, candidate)) for problem, candidate in items]
        try:
            rewards = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        if self.watch is not None:
            self.watch(rewards)
        return rewards

    def _reward(self, candidate: str, verdict: Verdict) -> Reward:
        if not verdict.status.judged:
            return Reward(None, {}, verdict)
        formed = self._form is None or self._form.search(candidate) is not None
        cheats = verdict.status is Status.REJECTED
        values = {
            "correct": float(verdict.passed and formed),
            "partial": self.shaping.partial * verdict.score if formed and not cheats and not verdict.passed else 0.0,
            "form": self.shaping.form_bonus if formed and not cheats else 0.0,
            "length": -self.shaping.length_penalty * self._excess(len(candidate)),
        }
        parts = {name: values[name] for name in self._part_names()}
        return Reward(sum(parts.values()), parts, verdict)

    def _excess(self, length: int) -> float:
        if not self.shaping.longest:
            return 0.0
        over = length - self.shaping.longest
        return min(1.0, max(0.0, over / self.shaping.margin)) if self.shaping.margin else float(over > 0)


# verl and OpenRLHF name a file and a function in it, so these have no place for settings: kind `answer` for plain
# labels, whatever the label says for problems in JSON.


@functools.cache
def shared_reward() -> VerifierReward:
    """The reward behind `compute_score` and `reward_func`, made at their first call."""
    return VerifierReward("answer")


async def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: object = None, **others: object
) -> dict[str, float]:
    """The reward in the form of verl (`reward.custom_reward_function.path` is this file).

    Args:
        data_source: name of the data set; unused.
        solution_str: the response.
        ground_truth: JSON of a problem, or the gold answer of one of kind `answer`.
        extra_info: unused.
        others: unused; verl passes more with some settings.

    Returns:
        `score`, and the parts and `rejected` for verl's log; always the same keys.

    Raises:
        UnjudgedError: it could not be judged; verl has no value for that.
    """
    reward = shared_reward()
    [judged] = await reward.judge_async([(problem_of_label(ground_truth), solution_str)])
    return {"score": _value(judged), **judged.parts, "rejected": float(judged.verdict.status is Status.REJECTED)}


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str], **others: object
) -> dict[str, Any]:
    """The reward in the form of OpenRLHF (`--reward.remote_url` is this file).

    Args:
        queries: prompts with their responses, special tokens included.
        prompts: the prompts alone.
        labels: as `ground_truth` of `compute_score`.
        others: unused.

    Returns:
        `rewards` and `scores` (the part for being right) as tensors of shape (queries,), and `extra_logs`.

    Raises:
        RewardError: a query does not hold its prompt.
        UnjudgedError: one could not be judged.
    """
    import torch

    reply = openrlhf_reply(shared_reward(), queries, prompts, labels)
    return {
        "rewards": torch.tensor(reply["rewards"]),
        "scores": torch.tensor(reply["scores"]),
        "extra_logs": {name: torch.tensor(values) for name, values in reply["extra_logs"].items()},
    }


def openrlhf_reply(
    reward: VerifierReward, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str]
) -> dict[str, Any]:
    """What OpenRLHF's reward server answers, as plain JSON; see `reward_func`."""
    if not len(queries) == len(prompts) == len(labels):
        raise RewardError(f"{len(queries)} queries, {len(prompts)} prompts and {len(labels)} labels: expected as many")
    items = [
        (problem_of_label(label, reward.kind or "answer"), _response(query, prompt))
        for query, prompt, label in zip(queries, prompts, labels, strict=True)
    ]
    judged = reward.judge(items)
    return {
        "rewards": [_value(one) for one in judged],
        "scores": [one.parts["correct"] for one in judged],
        "extra_logs": {
            "rejected": [float(one.verdict.status is Status.REJECTED) for one in judged],
            **{name: [one.parts[name] for one in judged] for name in (judged[0].parts if judged else ())},
        },
    }


def problem_of_label(label: str, kind: str = "answer") -> Problem:
    """The problem that a trainer's label means: JSON of one, or the gold answer of one of kind `answer` or `choice`.

    Raises:
        RecordError: the JSON is of a malformed problem.
    """
    if label.lstrip().startswith("{"):
        try:
            record = json.loads(label)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict) and "kind" in record:
            return Problem.from_json(record)
    return Problem("", kind, "", {"gold": label})


def _problem(value: object, kind: str | None) -> Problem:
    if isinstance(value, Problem):
        return value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise RecordError("problem", f"not JSON: {error}") from None
    if isinstance(value, Mapping):
        value = _without_nulls(value)
        if kind is not None:
            value = {"kind": kind, **value}
    return Problem.from_json(value)


def _without_nulls(record: Mapping[str, Any]) -> dict[str, Any]:
    """Arrow tables fill the fields that a row lacks with nulls."""
    return {name: value for name, value in record.items() if value is not None}


def _text_of(completion: Any) -> str:
    """The text to judge: the completion itself, or the last assistant message of a conversation."""
    if isinstance(completion, str):
        return completion
    for message in reversed(completion):
        if message.get("role") == "assistant":
            content = message.get("content")
            if isinstance(content, list):
                return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
            return content if isinstance(content, str) else ""
    return ""


def _response(query: str, prompt: str) -> str:
    """The response in OpenRLHF's query, without the prompt and the special tokens at the end."""
    before, found, response = query.partition(prompt)
    # A begin token may stand before the prompt.
    if not found or len(before) > _LONGEST_BEGINNING:
        raise RewardError("a query does not begin with its prompt")
    return _SPECIAL_TOKENS.sub("", response)


def _value(reward: Reward) -> float:
    if reward.value is None:
        raise UnjudgedError(f"not judged ({reward.verdict.status.value}): {reward.verdict.detail}")
    return reward.value
