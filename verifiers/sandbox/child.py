"""What a fresh child does to itself before anything untrusted runs: the order of these steps matters.

Every layer that the plan asks for must take: any failure ends the child with `SETUP_FAILED` and the reason on its
standard error, never "run anyway".
"""

from __future__ import annotations

import builtins
import contextlib
import math
import os
import resource
import signal
import sys
from _sitebuiltins import Quitter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from verifiers.late_imports import load
from verifiers.sandbox import filesystem, landlock, linux, seccomp
from verifiers.sandbox.channel import Channel
from verifiers.sandbox.layers import Layer
from verifiers.sandbox.wire import Order

__all__ = ["ChildPlan", "finish", "flush_streams", "prepare_streams", "run_entry"]

SETUP_FAILED: Final = 213
"""Exit status of a child that could not put a layer on; it means so only before the task has begun."""
OUT_OF_MEMORY: Final = 137
"""Exit status of a child whose program ended with `MemoryError`."""
MIB: Final = 1 << 20
_STACK_BYTES: Final = 64 * MIB
_INTERPRETER_ADDRESS_SPACE_SLACK: Final = 64 * MIB
"""On top of the memory limit and what the server has mapped: thread stacks and allocator arenas reserve more."""

_LIMITED: Final = (
    resource.RLIMIT_CPU,
    resource.RLIMIT_AS,
    resource.RLIMIT_FSIZE,
    resource.RLIMIT_NOFILE,
    resource.RLIMIT_NPROC,
    resource.RLIMIT_STACK,
    resource.RLIMIT_CORE,
)


class ChildPlan:
    """All that a child needs, prepared once by its server.

    Attributes:
        layers: to be put on.
        fresh_proc: whether the task gets its own /proc.
        own_uid: user that the tasks run under.
        own_mounts: whether each task has a mount namespace of its own.
        own_processes: whether each task has a pid namespace of its own.
    """

    def __init__(
        self, layers: frozenset[Layer], entrances: list[int], links: Mapping[str, str], *, fresh_proc: bool
    ) -> None:
        self.layers = layers
        self._links = links  # as `filesystem.build_root` returned them
        self.fresh_proc = fresh_proc
        self.own_uid = os.getuid()
        # Looked up once: hashing an enumeration's members runs Python code, in every child.
        self.own_mounts = Layer.MOUNT in layers
        self.own_processes = Layer.PID in layers
        self._landlock = Layer.LANDLOCK in layers
        self._entrances = entrances
        self._ruleset = -1
        self._landlock_version = 0
        self._landlock_paths: tuple[str, ...] = ()
        self._landlock_listable: tuple[str, ...] = ()
        self._filter: seccomp.PreparedFilter | None = None
        self._base_address_space = 0
        self._hard_limits = {kind: resource.getrlimit(kind)[1] for kind in _LIMITED}
        self._entries: dict[str, Callable[[Channel], None]] = {}

    def prepare(self, landlock_paths: Sequence[str], landlock_listable: Sequence[str]) -> None:
        """Build what can be built once: ruleset, filter, baseline. Called when the server is in its final place.

        Raises:
            OSError: Landlock or seccomp is not to be had.
        """
        if self._landlock:
            self._landlock_version = landlock.abi()
            self._landlock_paths = tuple(landlock_paths)
            self._landlock_listable = tuple(landlock_listable)
            if self.own_mounts:
                self._ruleset = self._build_ruleset([filesystem.BOX, "/dev/null"])
        if Layer.SECCOMP in self.layers:
            contained = self.own_processes or self._landlock_version >= landlock.SIGNAL_SCOPE_ABI
            policy = seccomp.assemble(
                deny_signals=not contained,
                deny_metadata=not self.own_mounts,
                deny_scheduling=Layer.PID not in self.layers,
            )
            self._filter = seccomp.PreparedFilter(policy)
        with open("/proc/self/statm") as stream:
            self._base_address_space = int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")

    def _build_ruleset(self, writable: Sequence[str]) -> int:
        devices = ("/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
        readable = [*self._landlock_paths, *devices]
        return landlock.create_ruleset(self._landlock_version, readable, writable, self._landlock_listable)

    def resolve(self, entry: str) -> Callable[[Channel], None]:
        """The function named `module:function`; its module is part of the trusted code.

        Raises:
            ImportError: there is none.
            AttributeError: likewise.
        """
        if entry not in self._entries:
            self._entries[entry] = load(entry)
        return self._entries[entry]

    def become_task(self, order: Order, descriptors: Sequence[int], work: str | None) -> int:
        """Give up everything that a task must not have.

        Args:
            order: the task's limits.
            descriptors: channel, standard input, output and error (or only the first ones).
            work: its working directory on the host, where there is no mount namespace.

        Returns:
            The descriptor of the channel.

        Raises:
            OSError: a layer did not take.
        """
        for entrance in self._entrances:
            os.write(entrance, b"0")
        os.setsid()
        channel = _arrange_descriptors(descriptors)
        if self.own_mounts:
            filesystem.mount_work(order.disk_mib, order.files, self._links)
            if self.fresh_proc:
                filesystem.mount_process_filesystem()
        elif work is not None:
            os.chdir(work)
            os.environ["HOME"] = os.environ["TMPDIR"] = work
            if "tempfile" in sys.modules:
                sys.modules["tempfile"].tempdir = work  # type: ignore[attr-defined]
        self._limit(order)
        linux.drop_capabilities()
        ruleset = self._ruleset
        if self._landlock and work is not None:
            ruleset = self._build_ruleset([work, "/dev/null"])
        if ruleset >= 0:
            landlock.restrict_self(ruleset)
        linux.close_all_but([channel])
        if self._filter is not None:
            self._filter.enforce()
        return channel

    def _limit(self, order: Order) -> None:
        cpu = max(1, math.ceil(order.cpu_seconds))
        address_space = order.address_space_mib * MIB + self._base_address_space + _INTERPRETER_ADDRESS_SPACE_SLACK
        disk = order.disk_mib * MIB
        processes = order.processes
        if not self.own_processes and self.own_uid != 0:
            processes += _processes_of(self.own_uid)
        elif self.own_processes:
            processes += 2  # the server and its guard run under the same user in the same namespace
        values = (cpu, address_space, disk, order.open_files, processes, _STACK_BYTES, 0)
        for kind, value in zip(_LIMITED, values, strict=True):
            hard = self._hard_limits[kind]
            lowered = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (lowered, lowered))


def _processes_of(uid: int) -> int:
    """Processes and threads of `uid` on the host: the kernel counts them all against the limit."""
    total = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == uid:
                    total += len(os.listdir(f"/proc/{name}/task"))
    return total


def _arrange_descriptors(descriptors: Sequence[int]) -> int:
    """Put standard input, output and error in their places; a missing one reads nothing or is thrown away."""
    channel = descriptors[0]
    # The server's own three are the null device, which is what a task without streams gets.
    for target, source in enumerate(descriptors[1:4]):
        os.dup2(source, target, inheritable=True)
    return channel


def prepare_streams() -> None:
    """Set up standard streams and signals as tasks shall find them; in the server, so that no child has to."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number, inheritable=True)
    os.close(null)
    # What the interpreter's site start-up, which the server does without, gives to scripts.
    builtins.exit, builtins.quit = Quitter("exit", "Ctrl-D"), Quitter("quit", "Ctrl-D")
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    # The streams refer to descriptors 0 to 2, whatever each task finds there.
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def run_entry(entry: Callable[[Channel], None], channel: int) -> int:
    """Call the entry as the interpreter would run a script.

    Returns:
        The exit status that the script would have had.
    """
    try:
        entry(Channel(channel))
        return 0
    except SystemExit as exit_request:
        return _exit_status(exit_request.code)
    except MemoryError:
        sys.stderr.write("MemoryError\n")
        return OUT_OF_MEMORY
    except BaseException:  # noqa: BLE001 - the end of the program, whatever it was
        import traceback  # only now: what the server does not hold need not be copied

        traceback.print_exc()
        return 1


def _exit_status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def finish(status: int) -> None:
    """Flush what a script's end would flush and leave without any further interpreter code."""
    flush_streams()
    os._exit(status)


def flush_streams() -> None:
    """Write out what the standard streams, or what the task has put in their place, still hold."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
