"""Any method with an engine whose model may call tools.

    reasoning evaluate math --method direct,tools=solve_equations+linear_program --engine ENGINE
    reasoning evaluate gsm8k --method self_consistency,n=8,tools=all,tool_rounds=4 --engine ENGINE
    reasoning evaluate gsm8k --method best_of_n,n=4,tools=python --engine ENGINE --reward-model MODEL

The method asks as it always does; before it sees a reply, the model's calls are answered and it goes on. Tools are

- those of `reasoning tools`, by function calling: the server offers them to its model by the chat template and reads
  the calls by the model's own format. With `tool_choice` it forces a call by a grammar in the first round, and with
  `tool_strict` the grammar holds the arguments to the tool's schema.
- `python`, for models without function calling: programs in the model's text are run, and it goes on after their output
  (the loop of `tool_loop`). All that was written is the reply.

What was called stands in the attempt's trace, in the part `tools`. Replies are kept in the run: a call that comes
again, in this sample, another one or a resumed run, is not run again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from reasoning.engines.base import (
    BudgetSpentError,
    Completion,
    Engine,
    EngineError,
    Message,
    PromptTooLongError,
    Request,
    derive_seed,
)
from reasoning.methods.base import Attempt, Method, Prompt, Question, Workbench
from reasoning.methods.direct import NO_ANSWER
from reasoning.methods.tool_loop import ToolOptions, run_between
from reasoning.options import OptionError, bounded, check_options, read_options
from reasoning.solvers.registry import ToolError, find_entry, find_tool
from reasoning.solvers.toolbox import Toolbox
from verifiers.together import all_or_first_error

__all__ = ["ToolCallingEngine", "ToolCallingOptions", "calling_tools"]

PYTHON = "python"
ALL = "all"
PROGRAM_NOTE = (
    "You can run Python programs (numpy and sympy are there): put one into a ```python block, and what it prints is "
    "shown to you in an ```output block."
)
_PREFIX = "tool_"


@dataclass(frozen=True, slots=True)
class ToolCallingOptions:
    """What a model may call, and how.

    Attributes:
        names: tools, joined by `+`; `all`; or `python`.
        rounds: most completions in the place of one. With tools by function calling, the last one cannot call any.
        choice: `auto`, `required`, or the name of a tool; for the first round, later ones are `auto`.
        strict: whether the server is to hold arguments to the schema; hosted servers may refuse schemas with
            optional arguments.
        timeout: seconds for one call; 0: each tool's own limit, 5 for programs.
        memory: MiB for one call; 0: each tool's own limit, 1024 for programs.
        characters: most of a result that the model is shown; programs: 400.
        turns: programs only: see `tool_loop.ToolOptions`.
    """

    names: str
    rounds: int = bounded(6, low=1)
    choice: str = "auto"
    strict: bool = False
    timeout: float = bounded(0.0, low=0)
    memory: int = bounded(0, low=0)
    characters: int = bounded(4000, low=100)
    turns: str = "one"

    def __post_init__(self) -> None:
        check_options(self)
        if self.programs:
            self.program_options()
            return
        try:
            for name in self.tools or ():
                find_entry(name)
        except ToolError as error:
            raise ValueError(str(error)) from None
        if self.choice not in ("auto", "required", *(self.tools or (self.choice,))):
            raise ValueError(f"option choice={self.choice}: expected auto, required or one of the tools")

    @property
    def programs(self) -> bool:
        """Whether the model runs programs rather than tools."""
        return self.names == PYTHON

    @property
    def tools(self) -> list[str] | None:
        """The names; None for all."""
        return None if self.names == ALL else self.names.split("+")

    def toolbox(self, workbench: Workbench) -> Toolbox:
        """The tools for one sample."""
        return Toolbox(
            workbench.sandbox,
            self.tools,
            seconds=self.timeout or None,
            memory_mib=self.memory or None,
            replies=workbench.replies,
        )

    def program_options(self) -> ToolOptions:
        """Of the loop that runs programs."""
        default = ToolOptions()
        timeout, memory = self.timeout or default.timeout, self.memory or default.memory
        return ToolOptions(self.rounds, timeout, memory, turns=self.turns)


def calling_tools(method: Method, options: Mapping[str, str]) -> Method:
    """The method with an engine whose model may call tools.

    Args:
        method: any.
        options: `tools`, and fields of `ToolCallingOptions` with `tool_` before their names.

    Raises:
        OptionError: an option is unknown or wrong, or `tools` is missing.
    """
    given = {key.removeprefix(_PREFIX): value for key, value in options.items() if key != "tools"}
    if not options.get("tools"):
        raise OptionError(f"option {_PREFIX}{next(iter(given), 'rounds')} needs tools=NAME+NAME, all or {PYTHON}")
    if "names" in given:
        raise OptionError(f"tools have no option '{_PREFIX}names'; name them by tools=")
    read = read_options(
        f"tools={options['tools']} (options tool_...)", ToolCallingOptions, {"names": options["tools"], **given}
    )
    return partial(_attempt, inner=method, calling=read)


async def _attempt(question: Question, workbench: Workbench, *, inner: Method, calling: ToolCallingOptions) -> Attempt:
    engine = ToolCallingEngine(workbench, calling)
    try:
        attempt = await inner(question, replace(workbench, engine=engine))
    except (BudgetSpentError, PromptTooLongError) as error:
        attempt = Attempt.stopped(error)  # here, so that the calls are not lost
    called = engine.called()
    return replace(attempt, trace={**attempt.trace, "tools": called}) if called else attempt


class ToolCallingEngine:
    """Answers requests as its engine does, after the calls of its model."""

    def __init__(self, workbench: Workbench, options: ToolCallingOptions) -> None:
        self.name = workbench.engine.name
        self._engine: Engine = workbench.engine
        self._workbench = workbench
        self._options = options
        self._toolbox = None if options.programs else options.toolbox(workbench)
        self._schemas = () if self._toolbox is None else _schemas(tuple(self._toolbox.names), options.strict)
        self._called: list[tuple[tuple[int, int], list[dict[str, Any]]]] = []

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`.

        Raises:
            EngineError: no completion could be had, or tools are offered in a prompt that is no conversation.
        """
        numbered = len(request.sample_indices) == len(request.seeds)
        indices = request.sample_indices if numbered else range(len(request.seeds))
        return await all_or_first_error(
            self._one(replace(request, seeds=(seed,), sample_indices=(index,)))
            for seed, index in zip(request.seeds, indices, strict=True)
        )

    async def close(self) -> None:
        """Leave the engine open: it belongs to the run."""

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return self._engine.describe()

    def called(self) -> list[dict[str, Any]]:
        """All calls with their results, request by request in an order that does not depend on who was faster."""
        return [call for _, calls in sorted(self._called, key=lambda entry: entry[0]) for call in calls]

    async def _one(self, request: Request) -> Completion:
        calls: list[dict[str, Any]] = []
        self._called.append(((request.sample_indices[0], request.seeds[0]), calls))
        if self._toolbox is None:
            return await self._with_programs(request, calls)
        return await self._with_tools(request, self._toolbox, calls)

    async def _ask(self, request: Request, number: int) -> Completion:
        """The completion of a round; later rounds have seeds of their own."""
        seed = request.seeds[0] if number == 0 else derive_seed(request.seeds[0], "tools", number)
        (completion,) = await self._engine.complete(replace(request, seeds=(seed,)))
        return completion

    async def _with_tools(self, request: Request, toolbox: Toolbox, calls: list[dict[str, Any]]) -> Completion:
        if not request.messages:
            raise EngineError(f"tools are offered in conversations: use a prompt style of chat, or tools={PYTHON}")
        options, messages, made = self._options, request.messages, []
        for number in range(options.rounds):
            last = number == options.rounds - 1
            choice = "none" if last else options.choice if number == 0 else "auto"
            asked = replace(request, messages=messages, tools=self._schemas, tool_choice=choice)
            made.append(await self._ask(asked, number))
            wanted = made[-1].tool_calls
            if not wanted or last or made[-1].finish_reason in NO_ANSWER:
                break
            # A turn that the method has begun is one turn with what the model went on with.
            begun = messages[-1].content if messages[-1].role == "assistant" else ""
            before = messages[:-1] if begun else messages
            results = []
            for call in wanted:
                reply = await toolbox.call(call.name, call.arguments)
                shown = reply.text[: options.characters]
                calls.append(
                    {"tool": call.name, "arguments": call.arguments, "status": str(reply.status), "result": shown}
                )
                results.append(Message("tool", shown, tool_call_id=call.id))
            messages = (*before, Message("assistant", begun + made[-1].text, tool_calls=wanted), *results)
        return _together(made, made[-1].text)

    async def _with_programs(self, request: Request, calls: list[dict[str, Any]]) -> Completion:
        made: list[Completion] = []

        async def ask(number: int, prompt: Prompt) -> Completion:
            asked = replace(request, messages=prompt.messages, prompt=prompt.text, stop=prompt.stop)
            made.append(await self._ask(asked, number))
            return made[-1]

        prompt = Prompt(_noted(request.messages), request.prompt, request.stop)
        transcript = await run_between(ask, self._workbench, prompt, self._options.program_options())
        for one in transcript.rounds:
            status = "error" if one["failed"] else "ran"
            calls.append({"tool": PYTHON, "arguments": one["program"], "status": status, "result": one["output"]})
        return _together(made, transcript.text)


@cache
def _schemas(names: tuple[str, ...], strict: bool) -> tuple[str, ...]:
    """The tools as JSON texts, with the mark by which a server holds their arguments to the schema."""
    found = []
    for schema in (find_tool(name).function_schema() for name in names):
        function = {**schema["function"], "strict": True} if strict else schema["function"]
        found.append(json.dumps({**schema, "function": function}, sort_keys=True))
    return tuple(found)


def _noted(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation with a system message that says how programs are run."""
    if not messages:
        return messages
    if messages[0].role == "system":
        return (replace(messages[0], content=f"{messages[0].content}\n\n{PROGRAM_NOTE}"), *messages[1:])
    return (Message("system", PROGRAM_NOTE), *messages)


def _together(made: list[Completion], text: str) -> Completion:
    """The last completion, with this text, in the place of all."""
    return replace(
        made[-1],
        text=text,
        prompt_tokens=sum(one.prompt_tokens for one in made),
        completion_tokens=sum(one.completion_tokens for one in made),
    )
