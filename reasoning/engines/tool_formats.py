r"""How a model's own text calls tools, for engines that run the model themselves (servers read the calls of theirs).

>>> read_calls('Factor it.\n<tool_call>\n{"name": "f", "arguments": {"n": 6}}\n</tool_call>', "hermes")
('Factor it.', [{'id': 'call_0', 'name': 'f', 'arguments': '{"n": 6}'}])

Formats: `hermes` (Qwen2.5, Qwen3, Hermes: each call is JSON between `<tool_call>` marks) and `llama3_json` (Llama 3.1
and later: the whole reply is one JSON object). Which one a model speaks shows in its chat template, which also offers
the tools to it.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from reasoning.engines.base import Completion, EngineError, Message, Request

__all__ = ["check_tools", "format_of", "read_calls", "turn_of", "with_calls"]

_MARKED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)", re.DOTALL)
_NAME = re.compile(r'"name"\s*:\s*"([^"\\]{1,100})"')


def check_tools(request: Request) -> None:
    """See that what a request wants of tools can be done without a server.

    Raises:
        EngineError: a call is to be forced, which takes a server's grammar.
    """
    if request.tools and request.tool_choice not in ("auto", "none"):
        raise EngineError(
            f"tool_choice {request.tool_choice!r}: only a server can force a call; use an openai: engine, or auto"
        )


def format_of(tokenizer: Any) -> str:
    """The format in which a model calls tools.

    Raises:
        EngineError: its chat template offers none, or in a format that is not known here.
    """
    template = getattr(tokenizer, "chat_template", None) or ""
    text = template if isinstance(template, str) else json.dumps(template)
    if "tools" in text and "<tool_call>" in text:
        return "hermes"
    if "tools" in text and "parameters" in text and "ipython" in text:
        return "llama3_json"
    raise EngineError(
        "the model's chat template offers no tools in a format that is read here (hermes, llama3_json): use an openai: "
        "engine whose server has the parser, or tools=python"
    )


def turn_of(message: Message) -> dict[str, Any]:
    """A turn as chat templates take it."""
    turn: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        functions = ({"name": call.name, "arguments": _object(call.arguments)} for call in message.tool_calls)
        turn["tool_calls"] = [{"type": "function", "function": function} for function in functions]
    return turn


def with_calls(completion: Completion, request: Request, tokenizer: Any) -> Completion:
    """The completion with the calls in its text taken out of it, where the request offers tools."""
    if not request.tools or request.tool_choice == "none":
        return completion
    text, calls = read_calls(completion.text, format_of(tokenizer))
    if not calls:
        return completion
    meta = {**completion.meta, "tool_calls": calls}
    reason = "tool_calls" if completion.finish_reason == "stop" else completion.finish_reason
    return replace(completion, text=text, finish_reason=reason, meta=meta)


def read_calls(text: str, form: str) -> tuple[str, list[dict[str, str]]]:
    """What a reply says beside its calls, and the calls; a malformed one is kept as it is, for its reader to refuse.

    Args:
        text: the reply.
        form: `hermes` or `llama3_json`.
    """
    if form == "hermes":
        bodies = _MARKED.findall(text)
        rest = _MARKED.sub("", text).strip() if bodies else text
    else:
        whole = text.strip()
        bodies = [whole] if whole.startswith("{") and _NAME.search(whole) else []
        rest = "" if bodies else text
    return rest, [{"id": f"call_{number}", **_call(body)} for number, body in enumerate(bodies)]


def _call(body: str) -> dict[str, str]:
    """Name and arguments, both as texts."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        named = _NAME.search(body)
        return {"name": named[1] if named else "", "arguments": body}
    arguments = value.get("arguments", value.get("parameters", {}))
    return {"name": value["name"], "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments)}


def _object(arguments: str) -> Any:
    """Arguments as chat templates want them: an object, or the text where it is none."""
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    return value if isinstance(value, dict) else arguments
