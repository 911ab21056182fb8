r"""From a request to the prompt that a local model is given.

>>> cut_at_stop("4\n\nQ: next", ("\nQ:", "\n\n"))
('4', True)

`render(tokenizer, request)` gives token ids, through the tokenizer's chat template where the request has messages.
"""

from __future__ import annotations

import json
import re
from typing import Any

from reasoning.engines.base import EngineError, Request
from reasoning.engines.tool_formats import check_tools, format_of, turn_of
from verifiers.records import is_unicode

__all__ = ["check_request", "completion_ids", "cut_at_stop", "render", "says_too_long"]

_TOO_LONG = re.compile(
    r"context_length_exceeded|context (?:length|window|size)|max_model_len|max(?:imum)? model len(?:gth)?"
    r"|(?:prompt|input|request)\b.{0,80}\b(?:too (?:long|large)|longer than|exceeds?)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Words by which servers and engines say that a prompt does not fit."""


def check_request(request: Request, *, takes_tools: bool = False) -> None:
    """See that a request makes sense before any work is done for it.

    Args:
        request: what is asked.
        takes_tools: whether the engine can offer tools to its model.

    Raises:
        EngineError: it has both or neither of `messages` and `prompt`, text that is not Unicode, or a sampling
            option out of range, or tools for an engine that takes none.
    """
    if request.tools and not takes_tools:
        raise EngineError("this engine takes no tools: use an openai, transformers or vllm engine, or leave tools out")
    if bool(request.messages) == (request.prompt is not None):
        raise EngineError("a request needs exactly one of messages and prompt")
    for text in (request.prompt or "", *(message.content for message in request.messages)):
        if not is_unicode(text):
            raise EngineError("the prompt holds a lone surrogate, which no model can read")
    if request.max_tokens < 1:
        raise EngineError(f"max_tokens is {request.max_tokens}, expected at least 1")
    if request.temperature < 0:
        raise EngineError(f"temperature is {request.temperature}, expected 0 (greedy) or more")
    if not 0 < request.top_p <= 1:
        raise EngineError(f"top_p is {request.top_p}, expected a share in (0, 1]")
    if "" in request.stop:
        raise EngineError("stop holds an empty text")


def render(tokenizer: Any, request: Request) -> list[int]:
    """Token ids of the prompt: messages through the tokenizer's chat template, plain text as it stands.

    A last message of the assistant's is not closed: the model goes on with it.

    Args:
        tokenizer: a Hugging Face tokenizer.
        request: what to render.

    Raises:
        EngineError: there are images, messages are given and the tokenizer has no chat template, the template refuses
            them or offers no tools, a call is to be forced, or the prompt has no tokens.
    """
    if any(message.images for message in request.messages):
        raise EngineError("this engine takes text alone, but the conversation has images: use an openai: engine")
    if request.prompt is not None:
        ids = _token_ids(tokenizer, request.prompt, special=True)
    else:
        if not getattr(tokenizer, "chat_template", None):
            raise EngineError("the model's tokenizer has no chat template: ask it with a plain prompt, not messages")
        tools = None
        if request.tools:
            check_tools(request)
            format_of(tokenizer)
            tools = [json.loads(tool) for tool in request.tools]
        turns = [turn_of(message) for message in request.messages]
        begun = turns.pop()["content"] if len(turns) > 1 and turns[-1]["role"] == "assistant" else ""
        text = _apply_template(tokenizer, turns, tools) + begun
        ids = _token_ids(tokenizer, text, special=False)
    if not ids:
        raise EngineError("the prompt is empty")
    return ids


def completion_ids(tokenizer: Any, text: str) -> list[int]:
    """Token ids of a text as a completion: with no token of the tokenizer's own before or behind it.

    Raises:
        EngineError: it has no tokens, or is not Unicode text.
    """
    if not is_unicode(text):
        raise EngineError("the completion holds a lone surrogate, which no model can read")
    ids = _token_ids(tokenizer, text, special=False)
    if not ids:
        raise EngineError("a completion without tokens has no score")
    return ids


def says_too_long(message: str) -> bool:
    """Whether an engine's message says that a prompt does not fit into the model's context."""
    return _TOO_LONG.search(message) is not None


def cut_at_stop(text: str, stop: tuple[str, ...]) -> tuple[str, bool]:
    """The text up to the earliest stop text, and whether there was one."""
    found = [index for index in (text.find(mark) for mark in stop) if index >= 0]
    return (text[: min(found)], True) if found else (text, False)


def _token_ids(tokenizer: Any, text: str, *, special: bool) -> list[int]:
    """Token ids of a text, `special`: with what the tokenizer puts around a text."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or backend.truncation or backend.padding or tokenizer.split_special_tokens:
        return list(tokenizer(text, add_special_tokens=special)["input_ids"])
    # The same ids, without their places in the text, in half the time: that of most of what a short sample costs.
    [encoding] = backend.encode_batch_fast([text], add_special_tokens=special)
    return list(encoding.ids)


def _apply_template(tokenizer: Any, turns: list[dict[str, Any]], tools: list[Any] | None) -> str:
    offered = {"tools": tools} if tools else {}
    try:
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **offered))
    except Exception as error:
        # The template is a program of the model's author: it may raise anything.
        roles = ", ".join(turn["role"] for turn in turns)
        raise EngineError(f"the chat template refuses the roles {roles}: {error}") from error
