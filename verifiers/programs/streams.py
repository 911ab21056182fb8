r"""Whole programs: each case runs in a child of its own, with its input, and prints its output.

>>> same_output("1  2 \n3\n\n", "1 2\n3"), same_output("1 2 3", "1 2\n3")
(True, False)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verifiers.answer_frames import readable
from verifiers.judging import failure_of
from verifiers.programs.problems import StreamCase
from verifiers.programs.results import CheckResult, Judgement
from verifiers.records import Status
from verifiers.sandbox.entries import program_payload
from verifiers.sandbox.task import Limits, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["judge_streams", "same_output"]

ENTRY = "verifiers.sandbox.entries:run_program"
MAX_SHOWN = 100
"""Most of an output that a verdict's detail shows, characters."""


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
        task = Task(ENTRY, payload, stdin=case.input.encode("utf-8", "surrogatepass"), capture=True, profile=profile)
        # Room for the expected output in any encoding, so that a long right one is not cut.
        room = max(limits.output_bytes, 4 * len(case.output))
        outcome = await sandbox.run(task, replace(limits, wall_seconds=left, output_bytes=room))
        seconds += outcome.seconds
        isolation = outcome.isolation
        failure = failure_of(outcome)
        printed = outcome.stdout.decode("utf-8", "replace")
        if failure is not None:
            results.append(CheckResult(label, *failure))
        elif outcome.stdout_total > len(outcome.stdout):
            results.append(CheckResult(label, Status.LIMIT, f"{outcome.stdout_total} bytes of output"))
        elif same_output(printed, case.output):
            results.append(CheckResult(label, Status.PASSED))
        else:
            shown = f"printed '{readable(printed, MAX_SHOWN)}', expected '{readable(case.output, MAX_SHOWN)}'"
            results.append(CheckResult(label, Status.WRONG, shown))
    return Judgement(tuple(results), seconds, isolation)


def same_output(printed: str, expected: str) -> bool:
    """Whether two texts have the same lines, each the same words; white space at ends does not count."""
    mine, theirs = printed.rstrip().splitlines(), expected.rstrip().splitlines()
    return len(mine) == len(theirs) and all(
        ours == wanted or ours.split() == wanted.split() for ours, wanted in zip(mine, theirs, strict=True)
    )
