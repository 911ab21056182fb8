r"""Whole programs: each case runs in a child of its own, with its input, and prints its output.

>>> same_output("1  2 \n3\n\n", "1 2\n3"), same_output("1 2 3", "1 2\n3")
(True, False)
>>> same_output("1 2 3", "1 2\n3", "words"), same_output("1.50", "1.5", "numbers")
(True, True)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from verifiers.answer_frames import readable
from verifiers.judging import failure_of
from verifiers.programs.results import CheckResult, Judgement
from verifiers.records import Status
from verifiers.sandbox.entries import program_payload
from verifiers.sandbox.task import Limits, Task
from verifiers.wording import counted

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["COMPARISONS", "StreamCase", "judge_streams", "same_output"]

ENTRY = "verifiers.sandbox.entries:run_program"
MAX_SHOWN = 100
"""Most of an output that a verdict's detail shows, characters."""
COMPARISONS = ("lines", "words", "numbers")
"""Ways of comparing an output with the expected one, see `same_output`."""
MAX_NUMBER_LENGTH = 100
"""Longest word that is compared as a number."""
_NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,9})?")
"""Unlike Python's numerals: no underscores, no digits of other scripts."""


@dataclass(frozen=True, slots=True)
class StreamCase:
    """One run of a whole program.

    Attributes:
        input: on standard input.
        outputs: texts, any of which is right on standard output.
        comparison: one of `COMPARISONS`.
        seconds: limit for this run; None: only the one for all runs together.
    """

    input: str
    outputs: tuple[str, ...]
    comparison: str = "lines"
    seconds: float | None = None

    def accepts(self, printed: str) -> bool:
        """Whether this output is right."""
        return any(same_output(printed, output, self.comparison) for output in self.outputs)


async def judge_streams(
    sandbox: SandboxPool, cases: tuple[StreamCase, ...], source: str, profile: str, limits: Limits
) -> Judgement:
    """Run `source` on each input; the time limit is for all cases together.

    A case that the time does not reach any more counts as one that ran out of it.
    """
    payload = program_payload(source)
    results: list[CheckResult] = []
    seconds = 0.0
    isolation: tuple[str, ...] = ()
    for number, case in enumerate(cases, 1):
        label = f"case {number}"
        left = limits.wall_seconds - seconds
        if left <= 0:
            results.append(CheckResult(label, Status.TIMEOUT, "out of time before it began"))
            continue
        left = min(left, case.seconds or left)
        task = Task(ENTRY, payload, stdin=case.input.encode("utf-8", "surrogatepass"), capture=True, profile=profile)
        # Room for the expected output in any encoding, so that a long right one is not cut.
        room = max(limits.output_bytes, 4 * max(map(len, case.outputs)))
        outcome = await sandbox.run(task, replace(limits, wall_seconds=left, output_bytes=room))
        seconds += outcome.seconds
        isolation = outcome.isolation
        failure = failure_of(outcome)
        printed = outcome.stdout.decode("utf-8", "replace")
        if failure is not None:
            results.append(CheckResult(label, *failure))
        elif outcome.stdout_total > len(outcome.stdout):
            results.append(CheckResult(label, Status.LIMIT, f"{counted(outcome.stdout_total, 'byte')} of output"))
        elif case.accepts(printed):
            results.append(CheckResult(label, Status.PASSED))
        else:
            shown = f"printed '{readable(printed, MAX_SHOWN)}', expected '{readable(case.outputs[0], MAX_SHOWN)}'"
            results.append(CheckResult(label, Status.WRONG, shown))
    return Judgement(tuple(results), seconds, isolation)


def same_output(printed: str, expected: str, comparison: str = "lines") -> bool:
    """Whether two outputs are the same.

    Args:
        printed: by the candidate.
        expected: of it.
        comparison: `lines`: the same lines, each of the same words; white space at ends does not count. `words`: the
            same words, wherever lines end. `numbers`: as `lines`, and 1.50 is the same word as 1.5.
    """
    # As bytes: there only ASCII's white space parts words and lines.
    ours, wanted = (text.encode("utf-8", "surrogatepass") for text in (printed, expected))
    if comparison == "words":
        return ours.split() == wanted.split()
    mine, theirs = ours.rstrip().splitlines(), wanted.rstrip().splitlines()
    same_words = _same_numbers if comparison == "numbers" else list.__eq__
    return len(mine) == len(theirs) and all(
        line == other or same_words(line.split(), other.split()) for line, other in zip(mine, theirs, strict=True)
    )


def _same_numbers(mine: list[bytes], theirs: list[bytes]) -> bool:
    return len(mine) == len(theirs) and all(
        ours == wanted or _number(ours) == _number(wanted) is not None
        for ours, wanted in zip(mine, theirs, strict=True)
    )


def _number(word: bytes) -> Decimal | None:
    if len(word) > MAX_NUMBER_LENGTH or _NUMBER.fullmatch(word) is None:
        return None
    return Decimal(word.decode())
