"""Text in, text out: what every engine speaks.

    completions = await engine.complete(Request(messages=(Message("user", "2+2?"),), seeds=(7,)))
    completions[0].text        # "4"

Engines know nothing of mathematics. They are asynchronous, so that thousands of methods can wait at once and the
engine sees a full batch without any of them knowing of batching.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from reasoning.engines.images import Image
from verifiers.records import Problem

__all__ = [
    "DEFAULT_CONCURRENCY",
    "BudgetSpentError",
    "Completion",
    "Engine",
    "EngineError",
    "Message",
    "PromptTooLongError",
    "Request",
    "ScoringEngine",
    "TokenLogprob",
    "ToolCall",
    "concurrency_for",
    "derive_seed",
]


DEFAULT_CONCURRENCY = 64
"""Requests under way at once with an engine that names no number."""


class EngineError(RuntimeError):
    """The engine could not answer (after its own retries); one clear line."""


class PromptTooLongError(EngineError):
    """The prompt does not fit into the model's context: a shorter one may."""


class BudgetSpentError(RuntimeError):
    """What a sample may spend is spent: no request is answered any more. A method then offers the best it has."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to have a tool called.

    Attributes:
        id: joins the result to the call.
        name: of the tool.
        arguments: JSON text as the model wrote it, which may be malformed.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Attributes:
        role: system, user, assistant or tool.
        content: its text.
        images: shown before the text, by engines that take images.
        tool_calls: of an assistant's turn.
        tool_call_id: of a tool's turn: the call that it answers.
    """

    role: str
    content: str
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt and how to sample from it.

    Attributes:
        messages: a conversation, for engines with a chat template; empty when `prompt` is given. Where the last one
            is the assistant's, it is begun, and the completion goes on with it.
        prompt: plain text to be continued; exactly one of `messages` and `prompt` is set.
        seeds: one a sample wanted; the same seed and request give the same text on the same engine.
        temperature: 0 means greedy.
        top_p: nucleus mass, 1 for all.
        max_tokens: longest completion.
        stop: texts that end a completion; they are not part of it.
        logprobs: whether the log-probability of each sampled token is wanted.
        problem: what the prompt asks, for engines that solve it without reading text (`search`, `replay`).
        sample_indices: index of each sample among those of the problem, as many as `seeds`; for `replay`.
        tools: tools that the model may call, each the JSON text of its schema; for engines that take tools.
        tool_choice: `auto`, `required` or `none`, or the name of the tool that must be called.
    """

    messages: tuple[Message, ...] = ()
    prompt: str | None = None
    seeds: tuple[int, ...] = (0,)
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()
    logprobs: bool = False
    problem: Problem | None = None
    sample_indices: tuple[int, ...] = (0,)
    tools: tuple[str, ...] = ()
    tool_choice: str = "auto"


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One sampled token (as text) and its natural-log probability."""

    token: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled continuation.

    Attributes:
        text: without the prompt and without the stop text.
        finish_reason: `stop`, `length`, or what the engine says (`exhausted`: the search found nothing;
            `unrecorded`: a replayed file has no such sample).
        prompt_tokens: tokens of the prompt, 0 where the engine has none.
        completion_tokens: tokens (search: evaluations) spent on this completion.
        logprobs: as asked for; empty otherwise.
        meta: plain JSON that the engine wants recorded; the calls of tools stand in its part `tool_calls`.
    """

    text: str
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    logprobs: tuple[TokenLogprob, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the model wants called."""
        return tuple(ToolCall(one["id"], one["name"], one["arguments"]) for one in self.meta.get("tool_calls", ()))


class Engine(Protocol):
    """Anything that completes requests."""

    name: str

    async def complete(self, request: Request) -> list[Completion]:
        """One completion for each of `request.seeds`, in their order.

        Raises:
            EngineError: no answer could be had.
            PromptTooLongError: the prompt does not fit into the model's context.
            BudgetSpentError: the sample has a budget, and it is spent.
        """

    async def close(self) -> None:
        """Release what the engine holds; it is not used afterwards."""

    def describe(self) -> dict[str, Any]:
        """Everything needed to make this engine again, as plain JSON, with no secret in it."""


@runtime_checkable
class ScoringEngine(Engine, Protocol):
    """An engine that can also say how likely a given text is."""

    async def score(self, request: Request, text: str) -> tuple[TokenLogprob, ...]:
        """The model's log-probability of each token of `text` behind the request's prompt, in order.

        The text is split into tokens by itself, as a completion is. Seeds and sampling options mean nothing here.

        Raises:
            EngineError: it cannot be scored.
            PromptTooLongError: prompt and text do not fit into the model's context.
        """


def concurrency_for(engine: Engine | None, wanted: int | None) -> int:
    """How many requests a run keeps under way: `wanted`, or what the engine says in its attribute `concurrency`.

    An engine that works on batches needs more than one batch: the next one has to wait while answers are judged.
    """
    own: int = getattr(engine, "concurrency", DEFAULT_CONCURRENCY)
    return own if wanted is None else wanted


def derive_seed(*parts: object) -> int:
    """A 63-bit seed from any plain values, by SHA-256.

    The run's seed, the problem's id, the method's step and the sample's index together name one random stream, so
    results do not depend on order, concurrency or resume.
    """
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 1
