"""Sampling and checking at the same time: the model samples in a thread while Lean's processes judge what is there.

    results, timing = await sample_and_check(prompts, directory, sample=..., check=..., workers=2, ...)
    timing.sampler_idle, timing.checker_idle

`samples.jsonl` gets a line for each batch, `checks.jsonl` one for each verdict; both are appended at once, so that a
kill loses one batch and the checks under way. A proof that was sampled several times is checked once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from reasoning.selfplay.checking import UNJUDGED, Checked
from reasoning.selfplay.records import Proof
from reasoning.selfplay.selection import with_counts
from reasoning.selfplay.store import Appended, SelfPlayError
from verifiers.together import all_or_first_error

__all__ = ["Asked", "Result", "Sample", "Timing", "proofs_of", "sample_and_check"]

MOST_UNJUDGED: Final = 0.005
"""Share of proofs without a verdict, after a second pass, above which a round is given up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt and what it is about.

    Attributes:
        statement: id.
        prompt: text.
    """

    statement: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was made of a prompt.

    Attributes:
        statement: id.
        text: what was read from the completion.
        checked: the verdict on it.
    """

    statement: str
    text: str
    checked: Checked


@dataclass(slots=True)
class Timing:
    """Where the time of a step went.

    Attributes:
        seconds: of the step.
        sampling: seconds in which the sampler worked.
        checking: seconds of work of all checkers together.
        workers: checkers.
        checks: verdicts made in this call.
    """

    seconds: float = 0.0
    sampling: float = 0.0
    checking: float = 0.0
    workers: int = 1
    checks: int = 0

    @property
    def sampler_idle(self) -> float:
        """Share of the step in which the sampler did nothing."""
        return 1 - min(self.sampling / self.seconds, 1.0) if self.seconds else 0.0

    @property
    def checker_idle(self) -> float:
        """Share of the checkers' time in which they had nothing to do."""
        return 1 - min(self.checking / (self.seconds * self.workers), 1.0) if self.seconds else 0.0

    def to_json(self) -> dict[str, Any]:
        """Seconds, and the two shares."""
        return {
            "seconds": round(self.seconds, 3),
            "sampling_seconds": round(self.sampling, 3),
            "checking_seconds": round(self.checking, 3),
            "workers": self.workers,
            "checks": self.checks,
            "sampler_idle": round(self.sampler_idle, 4),
            "checker_idle": round(self.checker_idle, 4),
        }


Sample = Callable[[Sequence[str], int], list[str]]
"""(prompts, number of the batch) -> one text each; called in a thread."""
Check = Callable[[str, str], Awaitable[Checked]]
"""(statement's id, text) -> verdict."""


async def sample_and_check(
    asked: Sequence[Asked],
    directory: Path,
    *,
    batch_size: int,
    sample: Sample,
    read: Callable[[str], str],
    check: Check,
    workers: int,
    on_check: Callable[[bool], None] = lambda passed: None,
    on_known: Callable[[int], None] = lambda count: None,
) -> tuple[list[Result], Timing]:
    """Sample a text for each prompt, and judge each distinct text of each statement.

    Args:
        asked: prompts, those of one statement as often as it is to be sampled.
        directory: of the two files.
        batch_size: prompts sampled at once.
        sample: the model.
        read: makes what is judged (a proof) of a text.
        check: the judge.
        workers: judgements at once.
        on_check: told of each new verdict.
        on_known: told of texts that need no new verdict.

    Returns:
        What was made of each prompt, in the order of `asked`; and the time of this call.

    Raises:
        SelfPlayError: more than 0.5 % of the proofs could not be judged, at a second attempt either.
    """
    work = _Work(check, on_check, on_known, Timing(workers=workers))
    started = time.monotonic()
    with Appended(directory / "checks.jsonl") as checks:
        work.take(checks)
        texts = await _overlapped(asked, directory / "samples.jsonl", batch_size, sample, read, work, workers)
        pairs = [(one.statement, text) for one, text in zip(asked, texts, strict=True)]
        await _second_pass(list(dict.fromkeys(pairs)), work)
    work.timing.seconds = time.monotonic() - started
    return [Result(*pair, work.verdicts[pair]) for pair in pairs], work.timing


@dataclass(slots=True)
class _Work:
    check: Check
    on_check: Callable[[bool], None]
    on_known: Callable[[int], None]
    timing: Timing
    verdicts: dict[tuple[str, str], Checked] = field(default_factory=dict)
    file: Appended | None = None

    def take(self, file: Appended) -> None:
        """Use the verdicts of an earlier attempt."""
        self.file = file
        for line in file.lines:
            self.verdicts[line["statement"], line["proof"]] = Checked(
                line["kind"], tuple(line["premises"]), line["seconds"], line["detail"]
            )

    async def judge(self, statement: str, proof: str) -> None:
        """Judge one proof and keep the verdict."""
        assert self.file is not None
        began = time.monotonic()
        checked = await self.check(statement, proof)
        # As it is kept, so that a resumed run goes on with the same number.
        checked = replace(checked, seconds=round(checked.seconds, 4))
        self.timing.checking += time.monotonic() - began
        self.timing.checks += 1
        self.verdicts[statement, proof] = checked
        self.file.add(
            {
                "statement": statement,
                "proof": proof,
                "kind": checked.kind,
                "premises": list(checked.premises),
                "seconds": checked.seconds,
                "detail": checked.detail[:300],
            }
        )
        self.on_check(checked.kind == "passed")


async def _overlapped(
    asked: Sequence[Asked],
    path: Path,
    batch_size: int,
    sample: Sample,
    read: Callable[[str], str],
    work: _Work,
    workers: int,
) -> list[str]:
    """What is read from the text that was sampled for each prompt; all of it has been judged."""
    texts: list[str] = []
    queue: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
    seen = set(work.verdicts)

    def hand_over(sampled: Sequence[str]) -> None:
        for text in sampled:
            pair = (asked[len(texts)].statement, read(text))
            texts.append(pair[1])
            if pair in seen:
                work.on_known(1)
            else:
                seen.add(pair)
                queue.put_nowait(pair)

    async def produce() -> None:
        loop = asyncio.get_running_loop()
        with Appended(path) as file, ThreadPoolExecutor(1, "sampler") as thread:
            for line in file.lines:
                hand_over(line["texts"])
            for start in range(len(texts), len(asked), batch_size):
                prompts = [one.prompt for one in asked[start : start + batch_size]]
                began = time.monotonic()
                made = await loop.run_in_executor(thread, sample, prompts, start // batch_size)
                work.timing.sampling += time.monotonic() - began
                file.add({"texts": made})
                hand_over(made)
        for _ in range(workers):
            queue.put_nowait(None)

    async def consume() -> None:
        while (pair := await queue.get()) is not None:
            await work.judge(*pair)

    await all_or_first_error([produce(), *(consume() for _ in range(workers))])
    return texts


async def _second_pass(proofs: Sequence[tuple[str, str]], work: _Work) -> None:
    """Judge again, one by one, what has no verdict.

    Raises:
        SelfPlayError: too many have none then.
    """
    for pair in proofs:
        if work.verdicts[pair].kind == UNJUDGED:
            await work.judge(*pair)
    without = [pair for pair in proofs if work.verdicts[pair].kind == UNJUDGED]
    if len(without) > MOST_UNJUDGED * len(proofs):
        detail = work.verdicts[without[0]].detail
        raise SelfPlayError(f"{len(without)} of {len(proofs)} proofs could not be judged: {detail}")


def proofs_of(results: Sequence[Result], round: int) -> list[Proof]:
    """The distinct proofs of each statement with their counts; what has no verdict counts as not sampled."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.checked.kind != UNJUDGED:
            groups.setdefault(result.statement, []).append(result)
    found = []
    for statement, group in groups.items():
        verdicts = {result.text: result.checked for result in group}
        for text, count in with_counts(result.text for result in group).items():
            verdict = verdicts[text]
            found.append(Proof(statement, text, count, verdict.kind, verdict.premises, verdict.seconds, round))
    return found
