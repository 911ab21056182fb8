r"""What a caller hands to the sandbox, and what comes back.

    outcome = await pool.run(Task("verifiers.sandbox.entries:run_program", payload), Limits(wall_seconds=2))
    outcome.end, outcome.exit_code, outcome.stdout       # (End.EXITED, 0, b"42\n")

A task names an *entry*: a function `entry(channel)` in a trusted module, imported by the fork server before any
task ran. In the child it reads its payload from the channel (the fork server never sees it, so a later child
cannot find it in its memory), runs what nobody trusts and sends answers as frames of bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["End", "Limits", "Outcome", "Profile", "Task"]

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may use. All are kept from outside the task."""

    wall_seconds: float = 10.0
    """Deadline on the monotonic clock, from the moment the child starts to the kill."""
    cpu_seconds: float | None = None
    """CPU time of one process; None: the wall limit rounded up, plus one second."""
    memory_mib: int = 1024
    """Whole tree where a cgroup binds or the watcher sums it; address space of each process as well (plus the
    interpreter's own)."""
    address_space_mib: int | None = None
    """Address space of each process, for programs that reserve far more than they use; None: `memory_mib`."""
    processes: int = 32
    """Processes and threads at once, the task's own included."""
    disk_mib: int = 64
    """Size of the private working directory, and of the largest file."""
    files: int = 4096
    """Number of files in the working directory."""
    open_files: int = 256
    """File descriptors of one process."""
    output_bytes: int = 1 * MIB
    """Kept of each of stdout and stderr; a task that writes `OUTPUT_FLOOD_FACTOR` times more is killed."""
    answer_bytes: int = 256 * MIB
    """All frames of the answer channel together."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a fork server has imported before it forks.

    Attributes:
        name: shown in reports.
        modules: imported in this order, before any task; found on `import_paths` or among `packages`.
        read_only_paths: host paths that its tasks may read (and execute) besides the interpreter and the system
            libraries. Nothing else of the host is visible to them.
        import_paths: directories put on `sys.path` (and made readable).
        packages: installed packages (top-level module names) that its tasks may import; no others are visible.
        trusted_modules: imported before the server is shut in, as the modules of entries are; for entries that call
            one of several modules.
    """

    name: str
    modules: tuple[str, ...] = ()
    read_only_paths: tuple[str, ...] = ()
    import_paths: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    trusted_modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to run in one fresh child.

    Attributes:
        entry: `module:function` of the trusted entry, called in the child with its `Channel`.
        payload: delivered to the child as the first frame of its channel.
        stdin: bytes on standard input; None: an empty one.
        capture: whether stdout and stderr are kept; otherwise they are thrown away.
        profile: name of the pool's profile whose fork server runs it.
    """

    entry: str
    payload: bytes = b""
    stdin: bytes | None = None
    capture: bool = False
    profile: str = "bare"


class End(StrEnum):
    """How a child ended."""

    EXITED = "exited"
    """By itself, with `exit_code`."""
    SIGNALED = "signaled"
    """Killed by `signal`, which it brought upon itself."""
    TIMEOUT = "timeout"
    """Its wall or CPU time ran out."""
    MEMORY = "memory"
    LIMIT = "limit"
    """It flooded its output or its answer channel."""
    INTERNAL = "internal"
    """The sandbox failed (a fork server died, a layer could not be put on); says nothing about the task."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a task after its last process is gone.

    Attributes:
        end: how it ended.
        exit_code: the child's own, when `end` is `EXITED`; otherwise None.
        signal: number of the signal, when `end` is `SIGNALED`; otherwise None.
        detail: what the sandbox has to say about the end, in words.
        answers: frames that the child sent, in order. They are the *child's* words: decode them with care.
        stdout: head of what it wrote, at most `Limits.output_bytes`; `stdout_total` bytes in all.
        stderr: likewise, of `stderr_total` bytes.
        seconds: wall time of the child.
        cpu_seconds: user and system time of its process tree, as far as it was waited for.
        peak_memory_mib: largest resident size of one process.
        isolation: names of the active layers.
    """

    end: End
    exit_code: int | None = None
    signal: int | None = None
    detail: str = ""
    answers: tuple[bytes, ...] = ()
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_total: int = 0
    stderr_total: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_mib: float = 0.0
    isolation: tuple[str, ...] = field(default=())
