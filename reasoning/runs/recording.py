"""An engine that remembers: every completion is kept in the run's store as it arrives, and never asked for twice.

    engine = RecordingEngine(create_engine("openai:my-model"), store, concurrency=64)
    await engine.complete(Request(prompt="2+2=", seeds=(1, 2)))     # asks for two samples, keeps both
    await engine.complete(Request(prompt="2+2=", seeds=(1, 2)))     # reads both from the store

A request for several samples is split into one request a sample, so that a kill loses at most what was under way;
engines that batch put them together again.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from typing import Any

from reasoning.engines.base import Completion, Engine, EngineError, Message, Request, ScoringEngine, TokenLogprob
from reasoning.engines.images import ImageError
from reasoning.engines.scoring import scoring_engine
from reasoning.runs.store import RunStore, compact_json
from reasoning.slots import Slots
from verifiers.together import all_or_first_error

__all__ = ["KEY_BYTES", "RecordingEngine", "request_key"]

KEY_BYTES = 16
"""Length of a content key: the head of a SHA-256."""


class RecordingEngine:
    """Answers from the store what it can, and asks another engine for the rest."""

    def __init__(self, engine: Engine, store: RunStore, concurrency: int) -> None:
        """Wrap `engine`, with at most `concurrency` of its requests under way at once."""
        self.name = engine.name
        self.asked = 0
        """Completions that the engine was asked for, those of the store not counted."""
        self._engine = engine
        self._store = store
        self._description = json.dumps(engine.describe(), sort_keys=True).encode()
        self._slots = Slots(concurrency)

    async def complete(self, request: Request) -> list[Completion]:
        """One completion for each of `request.seeds`, in their order.

        Raises:
            EngineError: no answer could be had, or it did not have the agreed form.
        """
        if len(request.seeds) == len(request.sample_indices) == 1:
            return [await self._single(request)]
        indices = request.sample_indices if len(request.sample_indices) == len(request.seeds) else ()
        singles = [
            replace(request, seeds=(seed,), sample_indices=(indices[position] if indices else position,))
            for position, seed in enumerate(request.seeds)
        ]
        return await all_or_first_error(self._single(single) for single in singles)

    @property
    def can_score(self) -> bool:
        """Whether the wrapped engine can score."""
        return isinstance(self._engine, ScoringEngine)

    async def score(self, request: Request, text: str) -> tuple[TokenLogprob, ...]:
        """See `ScoringEngine.score`. Not kept: what is made of a score is kept by who asked for it.

        Raises:
            EngineError: the wrapped engine cannot score, or not this text.
        """
        engine = scoring_engine(self._engine)
        async with self._slots:
            return await engine.score(request, text)

    async def close(self) -> None:
        """Close the wrapped engine."""
        await self._engine.close()

    def describe(self) -> dict[str, Any]:
        """The wrapped engine's description."""
        return self._engine.describe()

    async def _single(self, request: Request) -> Completion:
        try:
            key = request_key(request, self._description)
        except ImageError as error:
            raise EngineError(str(error)) from None
        stored = self._store.completion(key)
        if stored is not None:
            return stored
        async with self._slots:
            started = time.monotonic()
            completions = await self._engine.complete(request)
            seconds = time.monotonic() - started
        if len(completions) != 1:
            raise EngineError(f"engine '{self.name}' gave {len(completions)} completions for one seed")
        self.asked += 1
        self._store.add_completion(key, completions[0], seconds)
        return completions[0]


def _said(message: Message) -> list[Any]:
    """A message with the contents of its images, not their names."""
    images = [image.digest() for image in message.images]
    said: list[Any] = [message.role, message.content, images] if images else [message.role, message.content]
    if message.tool_calls or message.tool_call_id:
        calls = [[call.id, call.name, call.arguments] for call in message.tool_calls]
        said.append({"calls": calls, "answers": message.tool_call_id})
    return said


def request_key(request: Request, description: bytes) -> bytes:
    """The content key of a request for one sample.

    Args:
        request: with exactly one seed.
        description: the engine's description, as canonical JSON.

    Returns:
        `KEY_BYTES` bytes: equal for equal requests to equal engines, and only for these.

    Raises:
        ImageError: an image of the request cannot be read.
    """
    problem = request.problem
    parts = [
        [_said(message) for message in request.messages],
        request.prompt,
        request.seeds[0],
        request.sample_indices[0],
        request.temperature,
        request.top_p,
        request.max_tokens,
        request.stop,
        request.logprobs,
        None if problem is None else [problem.id, problem.kind, problem.prompt, dict(problem.fields)],
    ]
    if request.tools:
        parts += [request.tools, request.tool_choice]
    digest = hashlib.sha256(description)
    digest.update(b"\x1f")
    digest.update(compact_json(parts).encode())
    return digest.digest()[:KEY_BYTES]
