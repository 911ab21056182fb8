"""The system calls that the standard library does not wrap, by ctypes, with no build step.

    clone_child(CLONE_NEWPID | CLONE_NEWNS)    # -> (pid, pidfd) in the parent, (0, -1) in the child

Everything here raises `OSError` with the call's name; nothing is attempted at import, so that the module can be
imported (and the lack of a call reported) on any system.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from functools import lru_cache
from typing import Final

__all__ = [
    "CLONE_NEWNET",
    "CLONE_NEWUSER",
    "NAMESPACE_FLAGS",
    "clone_child",
    "close_all_but",
    "collapse_memory",
    "drop_capabilities",
    "drop_capability_bounding_set",
    "fork_child",
    "mount",
    "no_new_privileges",
    "pivot_root",
    "prctl",
    "supported",
    "syscall",
    "unshare",
]

CLONE_NEWNS: Final = 0x0002_0000
CLONE_NEWCGROUP: Final = 0x0200_0000
CLONE_NEWUTS: Final = 0x0400_0000
CLONE_NEWIPC: Final = 0x0800_0000
CLONE_NEWUSER: Final = 0x1000_0000
CLONE_NEWPID: Final = 0x2000_0000
CLONE_NEWNET: Final = 0x4000_0000
CLONE_NEWTIME: Final = 0x0000_0080
NAMESPACE_FLAGS: Final = (
    CLONE_NEWNS
    | CLONE_NEWCGROUP
    | CLONE_NEWUTS
    | CLONE_NEWIPC
    | CLONE_NEWUSER
    | CLONE_NEWPID
    | CLONE_NEWNET
    | CLONE_NEWTIME
)
_CLONE_PIDFD: Final = 0x1000
_MADV_COLLAPSE: Final = 25
_HUGE_PAGE: Final = 2 << 20
_SIGCHLD: Final = 17

MS_RDONLY: Final = 1
MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_REMOUNT: Final = 32
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_PRIVATE: Final = 1 << 18
MNT_DETACH: Final = 2

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_CAPBSET_DROP: Final = 24
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_LAST_CAPABILITY_BOUND: Final = 64

_CAPABILITY_VERSION_3: Final = 0x2008_0522

_SYSCALLS: Final[dict[str, dict[str, int]]] = {
    "x86_64": {
        "capset": 126,
        "pivot_root": 155,
        "seccomp": 317,
        "pidfd_send_signal": 424,
        "pidfd_open": 434,
        "clone3": 435,
        "close_range": 436,
        "landlock_create_ruleset": 444,
        "landlock_add_rule": 445,
        "landlock_restrict_self": 446,
    },
    "aarch64": {
        "capset": 91,
        "pivot_root": 41,
        "seccomp": 277,
        "pidfd_send_signal": 424,
        "pidfd_open": 434,
        "clone3": 435,
        "close_range": 436,
        "landlock_create_ruleset": 444,
        "landlock_add_rule": 445,
        "landlock_restrict_self": 446,
    },
}


_MACHINE: Final = platform.machine()
_NUMBERS: Final = _SYSCALLS.get(_MACHINE, {})


def supported() -> bool:
    """Whether this machine is Linux on an architecture whose system call numbers are known."""
    return sys.platform == "linux" and bool(_NUMBERS)


@lru_cache(maxsize=1)
def _libc() -> ctypes.PyDLL:
    # PyDLL keeps the interpreter's lock held: a fork through ctypes needs that, the other calls are short.
    library = ctypes.PyDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def _check(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def syscall(name: str, *arguments: object) -> int:
    """Make the system call `name` with ints, None or ctypes values.

    Raises:
        OSError: the kernel refused, or the number of the call is not known here.
    """
    if name not in _NUMBERS:
        raise OSError(f"{name}: no system call number known for {_MACHINE}")
    converted = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    return _check(_libc().syscall(ctypes.c_long(_NUMBERS[name]), *converted), name)


def prctl(option: int, argument: int = 0, second: int = 0) -> None:
    """`prctl` with up to two arguments."""
    zero = ctypes.c_ulong(0)
    _check(_libc().prctl(option, ctypes.c_ulong(argument), ctypes.c_ulong(second), zero, zero), f"prctl({option})")


def unshare(flags: int) -> None:
    """Leave the shared namespaces named by `flags`."""
    _check(_libc().unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """`mount(2)`; empty `data` passes none."""
    _check(
        _libc().mount(
            source.encode(),
            target.encode(),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            data.encode() if data else None,
        ),
        f"mount {target}",
    )


def pivot_root(new_root: str) -> None:
    """Make `new_root` (a mount point) the root and detach the old one."""
    os.chdir(new_root)
    syscall("pivot_root", ctypes.c_char_p(b"."), ctypes.c_char_p(b"."))
    _check(_libc().umount2(b".", MNT_DETACH), "umount old root")
    os.chdir("/")


def no_new_privileges() -> None:
    """Give up, for good, gaining privileges by executing a file."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def drop_capability_bounding_set() -> None:
    """Empty the bounding and ambient sets, as far as the caller may."""
    for capability in range(_LAST_CAPABILITY_BOUND):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)


_CAPABILITY_HEADER = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
_NO_CAPABILITIES = bytes(24)


def drop_capabilities() -> None:
    """Empty the effective, permitted and inheritable sets of this process."""
    syscall("capset", ctypes.c_char_p(_CAPABILITY_HEADER), ctypes.c_char_p(_NO_CAPABILITIES))


def close_all_but(keep: list[int]) -> None:
    """Close every descriptor above 2 that is not in `keep`."""
    first = 3
    for descriptor in sorted({number for number in keep if number > 2}):
        if first < descriptor:
            _close_range(first, descriptor - 1)
        first = descriptor + 1
    _close_range(first, 0xFFFF_FFFF)


def _close_range(first: int, last: int) -> None:
    try:
        syscall("close_range", first, last, 0)
    except OSError:
        os.closerange(first, min(last + 1, os.sysconf("SC_OPEN_MAX")))


def collapse_memory() -> None:
    """Put this process's memory into huge pages where the kernel can: a fork then copies far fewer table entries.

    Nothing happens on kernels before 6.1, or where huge pages are off.
    """
    with open("/proc/self/maps") as stream:
        rows = [line.split() for line in stream]
    for row in rows:
        named = len(row) > 5 and row[5] != "[heap]"
        if named or not row[1].startswith("rw"):
            continue
        low, high = (int(part, 16) for part in row[0].split("-"))
        low, high = -(-low // _HUGE_PAGE) * _HUGE_PAGE, high // _HUGE_PAGE * _HUGE_PAGE
        for address in range(low, high, _HUGE_PAGE):
            _libc().madvise(ctypes.c_void_p(address), ctypes.c_size_t(_HUGE_PAGE), _MADV_COLLAPSE)


def clone_child(flags: int) -> tuple[int, int]:
    """Fork into new namespaces with one system call.

    Returns:
        (pid, pidfd) in the parent; (0, -1) in the child.

    Raises:
        OSError: the kernel refused.
    """
    python = ctypes.pythonapi
    pidfd = ctypes.c_int(-1)
    arguments = struct.pack("11Q", flags | _CLONE_PIDFD, ctypes.addressof(pidfd), 0, 0, _SIGCHLD, 0, 0, 0, 0, 0, 0)
    buffer = ctypes.create_string_buffer(arguments, len(arguments))
    python.PyOS_BeforeFork()
    try:
        pid = syscall("clone3", buffer, len(arguments))
    except OSError:
        python.PyOS_AfterFork_Parent()
        raise
    if pid == 0:
        python.PyOS_AfterFork_Child()
        return 0, -1
    python.PyOS_AfterFork_Parent()
    return pid, pidfd.value


def fork_child() -> tuple[int, int]:
    """`os.fork` with the shape of `clone_child`; the descriptor is -1 where the kernel has none."""
    pid = os.fork()
    if pid == 0:
        return 0, -1
    try:
        return pid, os.pidfd_open(pid)
    except (AttributeError, OSError):
        return pid, -1
