"""`reasoning sandbox`: run one program where it can harm nothing."""

from __future__ import annotations

import io
import json
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reasoning.cli.execution import MOST_MIB, MOST_SECONDS, AllowWeak
from reasoning.cli.support import run_interruptible, say

if TYPE_CHECKING:
    from verifiers.sandbox import Limits, Outcome

__all__ = ["sandbox"]

EXIT_TIMEOUT = 124
EXIT_MEMORY = 137
EXIT_LIMIT = 125
"""The program flooded its output."""
EXIT_INTERNAL = 70
"""The sandbox itself failed (EX_SOFTWARE)."""
SIGNAL_BASE = 128
"""A program that died by signal N exits with this plus N, as in a shell."""


def sandbox(
    file: Annotated[Path | None, typer.Argument(metavar="FILE.py", help="The program.")] = None,
    timeout: Annotated[float, typer.Option(min=0.01, max=MOST_SECONDS, help="Seconds of wall time.")] = 10.0,
    memory: Annotated[int, typer.Option(min=16, max=MOST_MIB, help="MiB for the whole process tree.")] = 1024,
    stdin: Annotated[Path | None, typer.Option(help="File given as standard input. Default: an empty one.")] = None,
    env: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Environment variable; repeatable.")
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Print the active isolation as JSON; run nothing.")] = False,
    allow_weak: AllowWeak = False,
) -> None:
    """Run one Python program in the sandbox.

    Its standard output and error are passed through, capped. The exit status is the program's own; 124 when its
    time ran out, 137 when its memory did.

    \b
    Examples:
      reasoning sandbox program.py --timeout 2 --memory 256
      reasoning sandbox program.py --stdin input.txt --env LANG=C
      reasoning sandbox --report
    """  # noqa: D301 - \b is typer's mark, not text
    if report:
        print(json.dumps(run_interruptible(_report(allow_weak), "nothing was run"), indent=2))
        return
    if file is None:
        raise typer.BadParameter("give the FILE.py to run, or --report")
    from verifiers.sandbox import Limits

    source = _source(file)
    given = None if stdin is None else _read(stdin)
    limits = Limits(wall_seconds=timeout, memory_mib=memory)
    work = _run(source, file.name, given, _environment(env or []), limits, allow_weak)
    outcome = run_interruptible(work, "the program was ended")
    _pass_through(outcome, limits)
    raise typer.Exit(_status(outcome))


def _read(path: Path) -> bytes:
    from reasoning.evaluation.judging_lines import FileError

    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None


def _source(path: Path) -> str:
    from reasoning.evaluation.judging_lines import FileError

    data = _read(path)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: is not Python source: {error}") from None


def _environment(settings: list[str]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not name or not equals or "\0" in setting:
            raise typer.BadParameter(f"--env {setting!r}: expected NAME=VALUE")
        variables[name] = value
    return variables


async def _report(allow_weak: bool) -> dict[str, object]:
    from verifiers.sandbox import SandboxPool

    async with SandboxPool(workers=1, allow_weak=allow_weak) as pool:
        return (await pool.report()).to_json()


async def _run(
    source: str, name: str, stdin: bytes | None, environment: dict[str, str], limits: Limits, allow_weak: bool
) -> Outcome:
    from verifiers.sandbox import SandboxPool, Task
    from verifiers.sandbox.entries import program_payload

    payload = program_payload(source, argv=(name,), filename=name, environment=environment)
    task = Task("verifiers.sandbox.entries:run_program", payload, stdin=stdin, capture=True)
    async with SandboxPool(workers=1, allow_weak=allow_weak) as pool:
        return await pool.run(task, limits)


def _pass_through(outcome: Outcome, limits: Limits) -> None:
    sys.stdout.buffer.write(outcome.stdout)
    sys.stdout.buffer.flush()
    sys.stderr.buffer.write(outcome.stderr)
    sys.stderr.buffer.flush()
    for name, kept, total in (
        ("standard output", len(outcome.stdout), outcome.stdout_total),
        ("standard error", len(outcome.stderr), outcome.stderr_total),
    ):
        if total > kept:
            say(f"sandbox: {name} cut to {kept} of {total} bytes (limit {limits.output_bytes})")


def _status(outcome: Outcome) -> int:
    from verifiers.sandbox import End

    if outcome.end is End.EXITED:
        return outcome.exit_code or 0
    say(f"sandbox: {outcome.end.value}: {outcome.detail}".rstrip(": "))
    if outcome.end is End.SIGNALED:
        return SIGNAL_BASE + (outcome.signal or 0)
    return {End.TIMEOUT: EXIT_TIMEOUT, End.MEMORY: EXIT_MEMORY, End.LIMIT: EXIT_LIMIT}.get(outcome.end, EXIT_INTERNAL)
