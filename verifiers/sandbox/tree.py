"""The processes of a running task, as its server sees them: to sum their memory, and to leave none behind.

In a pid namespace of the server's own, everything but the server belongs to the task. Elsewhere the task's processes
are the server's descendants (it is their subreaper, so orphans come back to it).
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Final

__all__ = ["Tree"]

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_SWEEP_ROUNDS: Final = 10_000
"""Bound on the rounds of killing: each kills all that is there, and a task's processes are limited."""


class Tree:
    """Descendants of this process.

    Args:
        contained: whether this process is the first of its own pid namespace and sees its /proc.
    """

    def __init__(self, *, contained: bool) -> None:
        self._contained = contained
        self._own = os.getpid()

    def processes(self) -> list[int]:
        """Pids of all descendants, parents first."""
        if self._contained:
            return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != self._own]
        found: list[int] = []
        queue = [self._own]
        while queue:
            children = _children(queue.pop())
            found += children
            queue += children
        return found

    def excess(self, pid: int, memory_bytes: int, processes: int) -> str:
        """`memory` or `processes`, whichever the task has too much of; empty when it keeps its limits."""
        members = self.processes()
        if len(members) > processes:
            return "processes"
        if sum(map(_resident_bytes, members)) <= memory_bytes:
            return ""
        return "memory" if sum(map(_own_bytes, members)) > memory_bytes else ""

    def kill_all(self, spare: int | None = None) -> None:
        """Kill and reap every descendant; `spare` is killed by the caller, who wants its exit status."""
        for _ in range(_SWEEP_ROUNDS):
            if self._contained and spare is None:
                # The task's first process is dead, and with it its namespace.
                return
            members = [pid for pid in self.processes() if pid != spare]
            if not members:
                return
            for pid in members:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            if self._contained:
                return
            for pid in members:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as stream:
                found += map(int, stream.read().split())
    return found


def _resident_bytes(pid: int) -> int:
    """Resident memory of one process, whatever it is: quick to read, and never less than what it owns."""
    try:
        with open(f"/proc/{pid}/statm") as stream:
            return int(stream.read().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _own_bytes(pid: int) -> int:
    """Memory of one process that no file backs; of what it shares with others, its part."""
    exact = _sum_of_fields(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))
    # A process may forbid that file to be read; what it shares then counts as a whole.
    return exact or _sum_of_fields(f"/proc/{pid}/status", ("RssAnon:", "RssShmem:"))


def _sum_of_fields(path: str, names: tuple[str, ...]) -> int:
    try:
        with open(path) as stream:
            return sum(int(line.split()[1]) * 1024 for line in stream if line.startswith(names))
    except (OSError, ValueError, IndexError):
        return 0
