"""Function calling: the model calls solvers, sees their results, and answers.

    reasoning evaluate math --engine openai:MODEL,base_url=http://127.0.0.1:8000/v1 --method tools
    reasoning evaluate optibench --engine ENGINE --method tools,names=linear_program+satisfy_constraints,rounds=4

The tools are those of `reasoning tools`. A server offers them to its model by the chat template and reads the calls by
the model's own format (vLLM: `--enable-auto-tool-choice --tool-call-parser hermes` for Qwen2.5, needed for forced
calls as well); with `choice=required` or a tool's name the server forces a call by a grammar in the first round, and
with `strict=true` vLLM's grammar holds the arguments to the tool's schema. For models without function calling there
is the method `tir`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, Prompt, Question, Workbench
from reasoning.methods.direct import NO_ANSWER
from verifiers.records import Candidate

__all__ = ["FunctionCallingOptions", "function_calling"]


@dataclass(frozen=True, slots=True)
class FunctionCallingOptions:
    """Options of `tools`.

    Attributes:
        names: tools to offer, joined by `+`; empty: all.
        rounds: most completions; in the last one no tool can be called.
        choice: `auto`, `required`, or the name of a tool; for the first round, later ones are `auto`.
        strict: whether the server is to hold arguments to the schema; hosted servers may refuse schemas with
            optional arguments.
        timeout: seconds for one call; 0: each tool's own limit.
        memory: MiB for one call; 0: each tool's own limit.
        characters: most of a result that the model is shown.
    """

    names: str = ""
    rounds: int = 6
    choice: str = "auto"
    strict: bool = False
    timeout: float = 0.0
    memory: int = 0
    characters: int = 4000

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError(f"option rounds={self.rounds}: expected at least 1")
        if self.timeout < 0 or self.memory < 0 or self.characters < 100:
            raise ValueError("expected timeout and memory of 0 or more, and characters of at least 100")
        from reasoning.solvers.registry import ToolError, find_entry

        try:
            for name in self.tools or ():
                find_entry(name)
        except ToolError as error:
            raise ValueError(f"option names: {error}") from None

    @property
    def tools(self) -> list[str] | None:
        """The names; None for all."""
        return self.names.split("+") if self.names else None


async def function_calling(question: Question, workbench: Workbench, options: FunctionCallingOptions) -> Attempt:
    """Let the model call tools until it answers.

    Raises:
        EngineError: no completion could be had, or the engine takes no tools.
    """
    from reasoning.solvers.toolbox import Toolbox

    toolbox = Toolbox(
        workbench.sandbox, options.tools, seconds=options.timeout or None, memory_mib=options.memory or None
    )
    tools = tuple(
        json.dumps(_held(schema) if options.strict else schema, sort_keys=True) for schema in toolbox.function_schemas()
    )
    prompt = question.style.write(question.problem)
    messages = prompt.messages or (Message("user", prompt.text or ""),)
    rounds: list[dict[str, Any]] = []
    for number in range(options.rounds):
        last = number == options.rounds - 1
        choice = "none" if last else options.choice if number == 0 else "auto"
        request = question.request(f"tools/{number}", Prompt(messages=messages, stop=prompt.stop))
        (completion,) = await workbench.engine.complete(replace(request, tools=tools, tool_choice=choice))
        calls = completion.tool_calls
        if not calls or last or completion.finish_reason in NO_ANSWER:
            break
        turns = [Message("assistant", completion.text, tool_calls=calls)]
        for call in calls:
            reply = await toolbox.call(call.name, call.arguments)
            shown = reply.text[: options.characters]
            rounds.append(
                {"tool": call.name, "arguments": call.arguments, "status": str(reply.status), "result": shown}
            )
            turns.append(Message("tool", shown, tool_call_id=call.id))
        messages = (*messages, *turns)
    trace = {"tools": rounds, "tool_calls": toolbox.calls, "tool_runs": toolbox.runs}
    text = question.style.read(question.problem, completion.text)
    if text is None or completion.finish_reason in NO_ANSWER:
        return Attempt(None, completion.finish_reason, trace)
    candidate = Candidate(question.problem.id, text, question.sample, dict(completion.meta))
    return Attempt(candidate, completion.finish_reason, trace)


def _held(schema: dict[str, Any]) -> dict[str, Any]:
    """The tool with the mark by which a server holds its arguments to the schema."""
    return {**schema, "function": {**schema["function"], "strict": True}}
