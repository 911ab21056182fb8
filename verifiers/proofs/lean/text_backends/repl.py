r"""Client of the REPL of leanprover-community: JSON commands and answers on standard streams, separated by blank lines.

    async with ReplProcess(["lake", "env", "repl"], directory) as repl:
        answer = await repl.request({"cmd": "theorem two : 1 + 1 = 2 := by sorry"}, seconds=30)
        answer["sorries"][0]["goal"]                                       # "⊢ 1 + 1 = 2"
        await repl.request({"tactic": "rfl", "proofState": answer["sorries"][0]["proofState"]}, seconds=30)

`ReplProver` keeps a few processes warm with their header run, and judges through `TextBridge`. What candidates write
runs in that process: give a command that shuts it in (a container, say), or one that does so itself like
`python -m verifiers.proofs.lean.repl_server`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from verifiers.proofs.lean.text_backends.guarded import ProverTimeout, ProverUnavailable
from verifiers.proofs.lean.text_backends.wire import messages_of
from verifiers.proofs.records import ProofMessage

__all__ = ["ReplDied", "ReplProcess", "ReplProver"]

_MOST_ANSWER_BYTES: Final = 64 << 20
_HEADER_SECONDS: Final = 300.0
"""`import Mathlib` on a busy machine takes long, and is none of the candidate's time."""
_RETIRE_REQUESTS: Final = 500
"""A REPL keeps every environment that it has made."""


class ReplDied(RuntimeError):
    """The process ended, could not be started or left the protocol."""


class ReplProcess:
    """A running REPL; one request at a time.

    Args:
        command: program and arguments.
        directory: where it runs; None: here.
    """

    def __init__(self, command: Sequence[str], directory: Path | None = None) -> None:
        self._command = list(command)
        self._directory = directory
        self._process: asyncio.subprocess.Process | None = None
        self.requests = 0
        self.header: str | None = None
        self.environment: int | None = None

    async def __aenter__(self) -> ReplProcess:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start the process.

        Raises:
            ReplDied: it cannot be started.
        """
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self._directory,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_MOST_ANSWER_BYTES,
                start_new_session=True,
            )
        except OSError as error:
            raise ReplDied(f"{self._command[0]}: {error.strerror}") from None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    async def request(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Send a command and wait for its answer.

        Args:
            request: `cmd` and `env`, or `tactic` and `proofState`, or `path`, as the REPL documents them.
            seconds: time limit; a process that exceeds it is ended.

        Raises:
            ReplDied: the process ended, or answered something that is no JSON object.
            ProverTimeout: no answer in time.
        """
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            raise ReplDied("the REPL is not running")
        self.requests += 1
        try:
            async with asyncio.timeout(seconds):
                self._process.stdin.write(json.dumps(request, ensure_ascii=False).encode() + b"\n\n")
                await self._process.stdin.drain()
                answer = await self._answer(self._process.stdout)
        except TimeoutError:
            await self.kill()
            raise ProverTimeout(f"no answer within {seconds:g} s") from None
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, RecursionError) as error:
            await self.kill()
            raise ReplDied(f"the REPL ended or left its protocol ({type(error).__name__})") from None
        except BaseException:
            await self.kill()
            raise
        return answer

    @staticmethod
    async def _answer(stream: asyncio.StreamReader) -> dict[str, Any]:
        """Lines up to a blank one are one JSON object, which the REPL may print over several lines."""
        lines: list[bytes] = []
        size = 0
        while True:
            line = await stream.readline()
            if not line:
                raise asyncio.IncompleteReadError(b"", None)
            if line.strip():
                lines.append(line)
                size += len(line)
                if size > _MOST_ANSWER_BYTES:
                    raise ValueError("too long an answer")
            elif lines:
                break
        answer = json.loads(b"".join(lines))
        if not isinstance(answer, dict):
            raise ValueError("no object")
        return answer

    async def kill(self) -> None:
        """End it and all that it started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()


class ReplProver:
    """A `TextProver` over warm REPL processes.

    Args:
        command: program and arguments.
        directory: where they run.
        workers: processes at once.
    """

    def __init__(self, command: Sequence[str], directory: Path | None = None, workers: int = 1) -> None:
        self._command = list(command)
        self._directory = directory
        self._slots = asyncio.Semaphore(workers)
        self._idle: list[ReplProcess] = []
        self.starts = 0

    async def run(self, header: str, body: str, seconds: float) -> tuple[Sequence[ProofMessage], float]:
        """Run `body` in the environment behind `header`; see `TextProver.run`. A dead process costs one retry."""
        async with self._slots:
            for attempt in range(2):
                repl = self._take(header)
                try:
                    return await self._run(repl, header, body, seconds)
                except ReplDied as error:
                    if attempt:
                        raise ProverUnavailable(str(error)) from None
                finally:
                    if repl.alive and repl.requests < _RETIRE_REQUESTS:
                        self._idle.append(repl)
                    else:
                        await repl.kill()
        raise AssertionError("unreachable")

    async def _run(
        self, repl: ReplProcess, header: str, body: str, seconds: float
    ) -> tuple[Sequence[ProofMessage], float]:
        if not repl.alive:
            self.starts += 1
            await repl.start()
        if repl.header != header:
            if header.strip():
                answer = await self._command_answer(repl, {"cmd": header}, _HEADER_SECONDS)
                errors = [one for one in _messages(answer) if one.severity == "error"]
                if errors:  # their places are before the body
                    above = header.count("\n") + 1
                    return [ProofMessage("error", one.line - above, one.column, one.text) for one in errors], 0.0
                repl.environment = _environment(answer)
            else:
                repl.environment = None
            repl.header = header
        request: dict[str, Any] = {"cmd": body}
        if repl.environment is not None:
            request["env"] = repl.environment
        began = time.monotonic()
        answer = await self._command_answer(repl, request, seconds)
        return _messages(answer), time.monotonic() - began

    @staticmethod
    async def _command_answer(repl: ReplProcess, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        answer = await repl.request(request, seconds)
        if "env" not in answer and "messages" not in answer:
            raise ProverUnavailable(f"the REPL says: {answer.get('message', 'nothing')}"[:300])
        return answer

    def _take(self, header: str) -> ReplProcess:
        """An idle process that has this header, or another one, or a new one."""
        self._idle = [repl for repl in self._idle if repl.alive]
        for repl in self._idle:
            if repl.header == header:
                self._idle.remove(repl)
                return repl
        if self._idle:
            return self._idle.pop(0)
        return ReplProcess(self._command, self._directory)

    async def close(self) -> None:
        """End all processes."""
        for repl in self._idle:
            await repl.kill()
        self._idle.clear()


def _messages(answer: dict[str, Any]) -> list[ProofMessage]:
    try:
        return messages_of(answer)
    except ValueError as error:
        raise ReplDied(f"the REPL left its protocol: {error}") from None


def _environment(answer: dict[str, Any]) -> int:
    number = answer.get("env")
    if not isinstance(number, int):
        raise ReplDied("the REPL left its protocol: no 'env'")
    return number
