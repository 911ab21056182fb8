r"""A model that reasons and runs programs in turn: the loop of tool-integrated reasoning.

    transcript = await converse(question, workbench, prompt, ToolOptions(rounds=4), step="tir")
    transcript.text     # "Let us compute.\n```python\nprint(6 * 7)\n```\n```output\n42\n```\nSo it is \\boxed{42}."

In each round the model writes until it opens an output block. If what it wrote ends with a program and gives no boxed
answer, the program is run in the sandbox, what it printed (or the last line of its error) goes into the transcript as
an output block, and the model goes on. After the last round a note says that no more programs are run.

Source: the evaluation of Qwen2.5-Math (4 rounds, 5 seconds, output cut to 400 characters); here programs run isolated,
and a program finds what the earlier ones of the transcript have defined.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reasoning.engines.base import Completion, Message
from reasoning.methods.base import Prompt, Question, Workbench
from reasoning.methods.direct import NO_ANSWER
from reasoning.methods.programs import output_block, program_to_run, run_program
from reasoning.options import bounded, check_options, one_of
from verifiers.sandbox.task import Limits

__all__ = ["LIMIT_NOTE", "TURNS", "ToolOptions", "Transcript", "converse", "run_between"]

STOP = "```output"
"""Where a round ends: what a program prints is not for the model to write."""
LIMIT_NOTE = "\nThe limit of program runs is reached.\n"
TURNS = ("one", "many")
_ANSWER_MARK = "boxed"


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """Options of methods that run programs.

    Attributes:
        rounds: most completions of one transcript.
        timeout: seconds for one program.
        memory: MiB for one program.
        carry: programs find what the earlier ones have defined (these run again first, silently).
        turns: `one`: the model goes on with the turn that it has begun; `many`: outputs come as turns of the user, for
            servers that cannot go on with a turn.
        system: system message, in the place of the method's own.
    """

    rounds: int = bounded(4, low=1)
    timeout: float = bounded(5.0, above=0)
    memory: int = bounded(1024, low=16)
    carry: bool = True
    turns: str = one_of("one", TURNS)
    system: str = ""

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def limits(self) -> Limits:
        """The sandbox limits of one program."""
        return Limits(wall_seconds=self.timeout, memory_mib=self.memory)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A finished conversation.

    Attributes:
        text: all that the model wrote, with the output blocks.
        finish_reason: how the last completion ended.
        rounds: for each round what was run and what came of it, as plain JSON.
        output: whole output of the last program; empty when none ran.
        meta: what the engine recorded with the last completion.
    """

    text: str
    finish_reason: str
    rounds: tuple[dict[str, Any], ...]
    output: str
    meta: dict[str, Any]

    @property
    def answered(self) -> bool:
        """Whether the engine had something to say."""
        return self.finish_reason not in NO_ANSWER


async def converse(
    question: Question, workbench: Workbench, prompt: Prompt, options: ToolOptions, step: str
) -> Transcript:
    """Let the model write and run its programs until it answers or the rounds are over.

    Args:
        question: whose seeds and sampling are used.
        workbench: engine and sandbox.
        prompt: messages, or text to be continued.
        options: see `ToolOptions`.
        step: names this conversation within the method, so that it has seeds of its own.

    Raises:
        EngineError: no completion could be had, or the sandbox failed.
    """

    async def ask(number: int, shown: Prompt) -> Completion:
        (completion,) = await workbench.engine.complete(question.request(f"{step}/{number}", shown))
        return completion

    return await run_between(ask, workbench, prompt, options)


async def run_between(
    ask: Callable[[int, Prompt], Awaitable[Completion]], workbench: Workbench, prompt: Prompt, options: ToolOptions
) -> Transcript:
    """The loop itself.

    Args:
        ask: the completion of round 0, 1, ... for a prompt.
        workbench: where programs run.
        prompt: messages, or text to be continued.
        options: see `ToolOptions`.

    Raises:
        EngineError: no completion could be had, or the sandbox failed.
    """
    parts: list[str] = []
    rounds: list[dict[str, Any]] = []
    programs: list[str] = []
    output = ""
    for number in range(options.rounds):
        completion = await ask(number, _continued(prompt, parts, options.turns))
        if completion.finish_reason in NO_ANSWER:
            return Transcript("".join(parts), completion.finish_reason, tuple(rounds), output, dict(completion.meta))
        parts.append(completion.text)
        source = program_to_run(completion.text)
        if _ANSWER_MARK in completion.text or source is None:
            break
        earlier = programs if options.carry else ()
        result = await run_program(workbench, source, options.limits, earlier=earlier)
        if not result.failed:
            programs.append(source)
        output = result.output
        rounds.append({"program": source, "output": result.text, "failed": result.failed})
        last = number == options.rounds - 1
        parts.append(output_block(result.text) + (LIMIT_NOTE if last else ""))
    return Transcript("".join(parts), completion.finish_reason, tuple(rounds), output, dict(completion.meta))


def _continued(prompt: Prompt, parts: Sequence[str], turns: str) -> Prompt:
    """The prompt with what was written so far; the model's parts and the outputs come in turn."""
    stop = (*prompt.stop, STOP)
    if prompt.text is not None:
        return Prompt(text=prompt.text + "".join(parts), stop=stop)
    if not parts:
        return Prompt(messages=prompt.messages, stop=stop)
    if turns == "one":
        *before, last = prompt.messages
        begun = last.content if last.role == "assistant" else ""
        turn = Message("assistant", begun + "".join(parts))
        return Prompt(messages=(*(before if begun else prompt.messages), turn), stop=stop)
    said = tuple(Message("user" if index % 2 else "assistant", part) for index, part in enumerate(parts))
    return Prompt(messages=(*prompt.messages, *said), stop=stop)
