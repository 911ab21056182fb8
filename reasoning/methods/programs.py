r"""Programs in a model's text, run in the sandbox, and what they printed as the model sees it.

>>> program_to_run("Let us compute.\n```python\nprint(6 * 7)\n```\n")
'print(6 * 7)\n'
>>> output_block("42")
'\n```output\n42\n```\n'

    result = await run_program(workbench, "print(y * y)", earlier=["y = 3"], limits=Limits(wall_seconds=5))
    result.text         # "9"
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from reasoning.engines.base import EngineError
from reasoning.methods.base import Workbench
from verifiers.code_blocks import code_blocks
from verifiers.sandbox.entries import program_payload
from verifiers.sandbox.task import End, Limits, Outcome, Profile, Task

__all__ = [
    "NOTHING_PRINTED",
    "OUTPUT_CHARACTERS",
    "ProgramResult",
    "cut",
    "output_block",
    "program_to_run",
    "programs_in",
    "run_program",
]

OUTPUT_CHARACTERS = 400
"""Longest output that a model is shown; of a longer one the first and the last half of this."""
NOTHING_PRINTED = "(nothing was printed)"
_FENCE = "```"
_INLINE_OPENING = re.compile(r"(?<=\S)(?<!`)[ \t]*+(?=```(?:python|py)[ \t]*+$)", re.MULTILINE)
_NEXT_FENCE = re.compile(r"^[ \t]*+```", re.MULTILINE)
_ENTRY = "verifiers.sandbox.entries:run_program"
_PROFILE = "numeric"
"""The sandbox profile that has numpy and sympy."""
_ADDRESS = re.compile(r" at 0x[0-9a-f]{8,16}>")
"""Where an object lies in memory; it differs from run to run, and a repeated run must see the same transcript."""
_SEPARATOR = "\x1d\n"
"""Printed between the earlier programs' output, which was shown before, and the new one's."""


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """What came of a program.

    Attributes:
        text: what the model is shown: the output, cut, or the last line of the error.
        output: the whole output, as far as the sandbox keeps it.
        failed: it raised, did not compile, or was stopped.
    """

    text: str
    output: str
    failed: bool


def programs_in(text: str) -> list[str]:
    """The programs in the fenced `python` blocks of a text that are closed, in order.

    Models also open a block behind words of the same line, and close one with the fence that opens its output.
    """
    found: list[str] = []
    for block in code_blocks(_INLINE_OPENING.sub("\n", text)):
        if block.language in ("python", "py"):
            opened = _NEXT_FENCE.search(block.text)
            if opened is not None or block.closed:
                found.append(block.text if opened is None else block.text[: opened.start()])
    return found


def program_to_run(text: str) -> str | None:
    """The program that a text ends with; None when it ends with something else."""
    if not text.rstrip().endswith(_FENCE):
        return None
    found = programs_in(text)
    return found[-1] if found and found[-1].strip() else None


def output_block(text: str) -> str:
    """A program's output as it stands in a transcript."""
    return f"\n{_FENCE}output\n{text}\n{_FENCE}\n"


def cut(text: str) -> str:
    """`text`, or its beginning and end where it is longer than `OUTPUT_CHARACTERS`."""
    half = OUTPUT_CHARACTERS // 2
    return text if len(text) <= OUTPUT_CHARACTERS else f"{text[:half]}...{text[-half:]}"


async def run_program(
    workbench: Workbench,
    source: str,
    limits: Limits,
    *,
    earlier: Sequence[str] = (),
    profile: Profile | None = None,
) -> ProgramResult:
    """Run a program after the earlier ones of the same transcript, whose output is left out.

    What came of it is kept in the run: a resumed run shows the model the same, also of a program that prints the time.

    Args:
        workbench: its sandbox runs the program.
        source: the program.
        limits: of all of it, the earlier programs included.
        earlier: programs that ran without an error; their names are there.
        profile: packages that it may use; None: numpy and sympy.

    Raises:
        EngineError: the sandbox failed twice, which says nothing about the program.
    """
    whole = source
    if earlier:
        before = "\n".join(earlier)
        whole = f"{before}\nprint({_SEPARATOR[:-1]!r})\n{source}"
    name = _PROFILE if profile is None else profile.name
    key = hashlib.sha256(repr(("program", name, whole, limits)).encode("utf-8", "surrogatepass")).digest()[:16]
    known = None if workbench.replies is None else workbench.replies.tool_reply(key)
    if known is not None:
        return ProgramResult(*json.loads(known))
    if profile is not None:
        workbench.sandbox.add_profile(profile)
    task = Task(_ENTRY, program_payload(whole), capture=True, profile=name)
    outcome = await workbench.sandbox.run(task, limits)
    if outcome.end is End.INTERNAL:
        outcome = await workbench.sandbox.run(task, limits)
        if outcome.end is End.INTERNAL:
            raise EngineError(f"the sandbox failed: {outcome.detail}")
    output = outcome.stdout.decode("utf-8", "replace")
    output = output.rpartition(_SEPARATOR)[2] if earlier else output
    failed = outcome.end is not End.EXITED or outcome.exit_code != 0
    shown = _error(outcome, limits) if failed else output.strip() or NOTHING_PRINTED
    result = ProgramResult(cut(_ADDRESS.sub(" at 0x...>", shown)), output, failed)
    if workbench.replies is None:
        return result
    workbench.replies.add_tool_reply(key, json.dumps(astuple(result)))
    # Of two that ran at once everybody sees the one that was kept.
    kept = workbench.replies.tool_reply(key)
    return result if kept is None else ProgramResult(*json.loads(kept))


def _error(outcome: Outcome, limits: Limits) -> str:
    """The last line of the error, or how the program was stopped."""
    if outcome.end is End.TIMEOUT:
        return f"TimeoutError: the program ran for more than {limits.wall_seconds:g} seconds"
    if outcome.end is End.MEMORY:
        return f"MemoryError: the program used more than {limits.memory_mib} MiB"
    if outcome.end is not End.EXITED:
        return f"RuntimeError: the program was stopped ({outcome.detail or outcome.end.value})"
    lines = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""
