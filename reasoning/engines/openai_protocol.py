"""What is said to an OpenAI-compatible server, and what it says back.

>>> dialect = Dialect("my-model", {})
>>> fields = dialect.fields(Request(prompt="2+2=", max_tokens=8), seed=7)
>>> sorted(fields)
['max_tokens', 'model', 'n', 'prompt', 'seed', 'temperature']
>>> dialect.leave_out(fields, "Unsupported parameter: 'seed'", None)       # ask again, without it
True
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from reasoning.engines.base import Completion, Message, Request, TokenLogprob
from reasoning.engines.prompts import cut_at_stop

__all__ = ["Dialect", "MalformedReplyError", "read_reply"]

_LOG = logging.getLogger(__name__)

_FINISH_REASONS = {
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
}
"""What servers call the two usual ends of a completion; other words are kept."""

_OPTIONAL = ("seed", "temperature", "top_p", "stop", "n")
"""Fields that a request can do without. What that changes is said in each completion's `meta`, save for `stop`
(applied here) and `n` (1 is the default anyway)."""

_APPLIED_HERE = frozenset({"stop", "n"})

_MOST_STOPS = 4
"""Stop texts that a request may have, by the protocol; servers refuse more. The others are applied here alone."""


class MalformedReplyError(ValueError):
    """A reply that is not of the protocol."""


class Dialect:
    """The fields that one server takes, learnt from what it refuses."""

    def __init__(self, model: str, extra_body: Mapping[str, Any]) -> None:
        self._model = model
        self._extra_body = dict(extra_body)
        self._left_out: set[str] = set()
        self._limit_field = "max_tokens"

    @property
    def not_applied(self) -> list[str]:
        """Sampling fields of the request that the server did not get to see, sorted."""
        return sorted(self._left_out - _APPLIED_HERE)

    def fields(self, request: Request, seed: int, *, echo: bool = False) -> dict[str, Any]:
        """Keyword arguments for the client's `create` of the endpoint that fits the request.

        Args:
            request: what is asked.
            seed: of the one sample.
            echo: whether a plain prompt is wanted back before the completion.

        Raises:
            ImageError: an image cannot be read.
        """
        fields: dict[str, Any] = {"model": self._model, "n": 1, "temperature": request.temperature, "seed": seed}
        if request.top_p < 1:
            fields["top_p"] = request.top_p
        if request.stop:
            fields["stop"] = list(request.stop[:_MOST_STOPS])
        body = dict(self._extra_body)
        if request.messages and request.messages[-1].role == "assistant":
            # What vLLM and SGLang need to hear so as to go on with a turn that is begun.
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        if body:
            fields["extra_body"] = body
        if request.messages:
            fields["messages"] = [_turn(turn) for turn in request.messages]
            if request.tools:
                fields["tools"] = [json.loads(tool) for tool in request.tools]
                fields["tool_choice"] = _tool_choice(request.tool_choice)
            fields[self._limit_field] = request.max_tokens
            if request.logprobs:
                fields["logprobs"] = True
        else:
            fields["prompt"] = request.prompt
            fields["max_tokens"] = request.max_tokens
            if request.logprobs:
                fields["logprobs"] = 1
            if echo:
                fields["echo"] = True
        return {key: value for key, value in fields.items() if key not in self._left_out}

    def leave_out(self, fields: Mapping[str, Any], message: str, param: str | None) -> bool:
        """Learn from a refusal (HTTP 400 or 422).

        Args:
            fields: what was sent.
            message: the server's words.
            param: the field that the server names, when it does.

        Returns:
            Whether asking again makes sense: something will be said differently.
        """
        if not _REFUSAL.search(message):
            return False
        if "max_tokens" in fields and "messages" in fields and "max_completion_tokens" in message:
            self._limit_field = "max_completion_tokens"
            return True
        for name in _OPTIONAL:
            if name in fields and (param == name or (param is None and _names(message, name))):
                if name not in self._left_out:
                    _LOG.warning("%s refuses the field %r: it is left out from now on", self._model, name)
                self._left_out.add(name)
                return True
        return False


def _turn(turn: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"role": turn.role, "content": _content(turn)}
    if turn.tool_calls:
        said["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in turn.tool_calls
        ]
    if turn.tool_call_id:
        said["tool_call_id"] = turn.tool_call_id
    return said


def _tool_choice(choice: str) -> str | dict[str, Any]:
    if choice in ("auto", "required", "none"):
        return choice
    return {"type": "function", "function": {"name": choice}}


def _content(turn: Message) -> str | list[dict[str, Any]]:
    """A turn's text, or its images and its text as content parts."""
    if not turn.images:
        return turn.content
    parts: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": image.data_url()}} for image in turn.images
    ]
    return [*parts, {"type": "text", "text": turn.content}]


_REFUSAL = re.compile(r"support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|extra|invalid param", re.I)
"""Words by which servers say that they do not take a field at all, as against a wrong value or too long a prompt."""


def _names(message: str, field: str) -> bool:
    return re.search(rf"(?<![A-Za-z_]){re.escape(field)}(?![A-Za-z_])", message) is not None


def read_reply(reply: Any, request: Request, dialect: Dialect) -> Completion:
    """The completion in a reply of either endpoint.

    Args:
        reply: the client's reply object.
        request: what was asked.
        dialect: with what it could not be asked.

    Raises:
        MalformedReplyError: there is no choice in it, the text is no text, or log-probabilities are missing.
    """
    choices = getattr(reply, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise MalformedReplyError("it holds no choices")
    choice = choices[0]
    meta: dict[str, Any] = {}
    if request.messages:
        message = getattr(choice, "message", None)
        if message is None:
            raise MalformedReplyError("its choice holds no message")
        text = getattr(message, "content", None)
        reasoning = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
        if isinstance(reasoning, str):
            meta["reasoning"] = reasoning
        calls = _tool_calls(message)
        if calls:
            meta["tool_calls"] = calls
        if getattr(message, "refusal", None):
            meta["refusal"] = str(message.refusal)
    else:
        text = getattr(choice, "text", None)
    if text is None and request.messages:
        text = ""
    if not isinstance(text, str):
        raise MalformedReplyError(f"expected a text, got {type(text).__name__}")
    if dialect.not_applied:
        meta["not_applied"] = dialect.not_applied
    if getattr(reply, "system_fingerprint", None):
        meta["system_fingerprint"] = str(reply.system_fingerprint)
    text, stopped = cut_at_stop(text, request.stop)
    reason = str(getattr(choice, "finish_reason", None) or "unknown")
    usage = getattr(reply, "usage", None)
    return Completion(
        text=text,
        finish_reason="stop" if stopped else _FINISH_REASONS.get(reason, reason),
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        logprobs=_logprobs(choice, chat=bool(request.messages)) if request.logprobs else (),
        meta=meta,
    )


def _tool_calls(message: Any) -> list[dict[str, str]]:
    """The calls in a message, numbered afresh: servers draw ids at random, and a run must not depend on them."""
    calls = []
    given = getattr(message, "tool_calls", None) or []
    if not isinstance(given, list):
        raise MalformedReplyError("its tool calls are no list")
    for number, call in enumerate(given):
        function = getattr(call, "function", None)
        name, arguments = getattr(function, "name", None), getattr(function, "arguments", None)
        if not isinstance(name, str) or not isinstance(arguments, str):
            raise MalformedReplyError("a tool call has no name or no arguments")
        calls.append({"id": f"call_{number}", "name": name, "arguments": arguments})
    return calls


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and value >= 0 else 0


def _logprobs(choice: Any, *, chat: bool) -> tuple[TokenLogprob, ...]:
    given: Any = getattr(choice, "logprobs", None)
    try:
        if chat:
            return tuple(TokenLogprob(str(entry.token), float(entry.logprob)) for entry in given.content)
        pairs = list(zip(given.tokens, given.token_logprobs, strict=True))
        if len(pairs) > 1 and pairs[0][1] is None:
            # Of a prompt that is echoed: nothing stands before its first token.
            pairs[0] = (pairs[0][0], 0.0)
        return tuple(TokenLogprob(str(token), float(logprob)) for token, logprob in pairs)
    except (AttributeError, TypeError, ValueError):
        raise MalformedReplyError("it holds no log-probabilities though they were asked for") from None
