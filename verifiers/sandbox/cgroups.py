"""Memory and process limits over a whole process tree, where control groups can be written (versions 1 and 2).

One group a fork server, made when it starts and removed when it ends; each task joins it in turn, so that a task
costs two small writes and one read.
"""

from __future__ import annotations

import contextlib
import os
from typing import Final, NamedTuple

__all__ = ["Group", "LimitFiles", "create", "memory_kills", "open_entrances", "open_events", "remove", "set_limits"]

MIB: Final = 1 << 20
_NAME_PREFIX: Final = "reasoning-sandbox-"
_VERSION_1_ROOTS: Final = ("/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids")
_VERSION_2_ROOT: Final = "/sys/fs/cgroup"


class Group(NamedTuple):
    """A pair of writable groups (one directory in version 2).

    Attributes:
        version: 1 or 2.
        memory: directory of the memory controller.
        processes: directory of the pids controller; equal to `memory` in version 2.
    """

    version: int
    memory: str
    processes: str

    def directories(self) -> list[str]:
        """Each directory once."""
        return list(dict.fromkeys((self.memory, self.processes)))


def create() -> Group | None:
    """A new group, or None where none can be made (the usual case for ordinary users and in containers)."""
    _remove_stale()
    name = f"{_NAME_PREFIX}{os.getpid()}-{os.urandom(4).hex()}"
    for version, memory, processes in _candidates(name):
        group = Group(version, memory, processes)
        try:
            for directory in group.directories():
                os.mkdir(directory)
            set_limits(group, memory_mib=64, processes=16)
        except OSError:
            remove(group)
            continue
        return group
    return None


def _remove_stale() -> None:
    """Remove groups whose pool was killed before it could; one that is in use cannot be removed anyway."""
    for parent in (*_VERSION_1_ROOTS, _own_version_2_directory(), _VERSION_2_ROOT):
        with contextlib.suppress(OSError):
            for name in os.listdir(parent):
                owner = name.removeprefix(_NAME_PREFIX).partition("-")[0]
                if name.startswith(_NAME_PREFIX) and owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
                    with contextlib.suppress(OSError):
                        os.rmdir(f"{parent}/{name}")


def _candidates(name: str) -> list[tuple[int, str, str]]:
    memory, processes = _VERSION_1_ROOTS
    found = []
    if os.path.exists(f"{memory}/memory.limit_in_bytes") and os.path.isdir(processes):
        found.append((1, f"{memory}/{name}", f"{processes}/{name}"))
    if os.path.exists(f"{_VERSION_2_ROOT}/cgroup.controllers"):
        own = _own_version_2_directory()
        found += [(2, f"{parent}/{name}", f"{parent}/{name}") for parent in dict.fromkeys((own, _VERSION_2_ROOT))]
    return found


def _own_version_2_directory() -> str:
    with contextlib.suppress(OSError), open("/proc/self/cgroup") as stream:
        for line in stream:
            if line.startswith("0::"):
                return (_VERSION_2_ROOT + line[3:].strip()).rstrip("/")
    return _VERSION_2_ROOT


def set_limits(group: Group, *, memory_mib: int, processes: int) -> None:
    """Set both limits; the kernel's swap accounting, where it exists, gets the same one.

    Raises:
        OSError: a control file cannot be written.
    """
    size = str(memory_mib * MIB)
    if group.version == 1:
        _write(f"{group.memory}/memory.limit_in_bytes", size)
        with contextlib.suppress(OSError):
            _write(f"{group.memory}/memory.memsw.limit_in_bytes", size)
    else:
        _write(f"{group.memory}/memory.max", size)
        with contextlib.suppress(OSError):
            _write(f"{group.memory}/memory.swap.max", "0")
        with contextlib.suppress(OSError):
            _write(f"{group.memory}/memory.oom.group", "1")
    _write(f"{group.processes}/pids.max", str(processes))


class LimitFiles:
    """The control files of a group, opened while that was still allowed.

    Args:
        group: an existing group.

    Raises:
        OSError: a control file cannot be opened.
    """

    def __init__(self, group: Group) -> None:
        names = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes") if group.version == 1 else ("memory.max",)
        self._memory = os.open(f"{group.memory}/{names[0]}", os.O_WRONLY | os.O_CLOEXEC)
        self._with_swap = -1
        if len(names) > 1:
            with contextlib.suppress(OSError):
                self._with_swap = os.open(f"{group.memory}/{names[1]}", os.O_WRONLY | os.O_CLOEXEC)
        self._processes = os.open(f"{group.processes}/pids.max", os.O_WRONLY | os.O_CLOEXEC)
        self._current: tuple[int, int] | None = None

    def set(self, memory_mib: int, processes: int) -> None:
        """Set both limits (MiB; processes and threads); nothing is written when they stand already."""
        if self._current == (memory_mib, processes):
            return
        size = str(memory_mib * MIB).encode()
        if self._with_swap >= 0:
            # The limit with swap may never be the smaller one, so it goes out of the way first.
            os.pwrite(self._with_swap, b"-1", 0)
        os.pwrite(self._memory, size, 0)
        if self._with_swap >= 0:
            os.pwrite(self._with_swap, size, 0)
        os.pwrite(self._processes, str(processes).encode(), 0)
        self._current = (memory_mib, processes)


def open_entrances(group: Group) -> list[int]:
    """Descriptors through which a process joins by writing "0"."""
    return [os.open(f"{directory}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for directory in group.directories()]


def open_events(group: Group) -> int:
    """Descriptor of the file that counts kills for lack of memory."""
    name = "memory.oom_control" if group.version == 1 else "memory.events"
    return os.open(f"{group.memory}/{name}", os.O_RDONLY | os.O_CLOEXEC)


def memory_kills(events: int) -> int:
    """How many processes of the group were killed for lack of memory so far."""
    for line in os.pread(events, 4096, 0).splitlines():
        if line.startswith(b"oom_kill "):
            return int(line.split()[1])
    return 0


def remove(group: Group) -> None:
    """Remove the directories; nothing happens when they are gone already."""
    for directory in group.directories():
        with contextlib.suppress(OSError):
            os.rmdir(directory)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
