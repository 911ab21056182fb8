"""The system call filter that every task runs under.

A deny list over both architectures that we know, with two catches that an allow list would give: a number above the
newest call that was reviewed, and a call by another architecture's table, are refused too. Refusals are `EPERM` or
`ENOSYS`, never a kill, so that honest code gets an exception and libraries fall back.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from typing import Final, NamedTuple

from verifiers.sandbox.linux import NAMESPACE_FLAGS, syscall

__all__ = ["Filter", "PreparedFilter", "assemble", "supported"]

_SECCOMP_SET_MODE_FILTER: Final = 1
_RET_ALLOW: Final = 0x7FFF_0000
_RET_ERRNO: Final = 0x0005_0000
_RET_KILL_PROCESS: Final = 0x8000_0000
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENT_0, _OFFSET_ARGUMENT_1 = 0, 4, 16, 24
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_X32_BIT: Final = 0x4000_0000
_AF_UNIX: Final = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

HIGHEST_REVIEWED_CALL: Final = 466
"""Newer calls (the same numbers on all architectures) are refused until somebody has looked at them."""


class _Table(NamedTuple):
    audit_architecture: int
    clone: int
    clone3: int
    socketpair: int
    prlimit: int
    ioctl: int
    not_permitted: tuple[int, ...]
    """Refused with EPERM."""
    not_there: tuple[int, ...]
    """Refused with ENOSYS, so that libraries fall back."""
    signals: tuple[int, ...]
    """Sending signals; refused only where nothing else keeps them inside."""
    metadata: tuple[int, ...]
    """Modes, owners, times, attributes and watching of files; Landlock leaves them open, so they are refused where
    the host's files are not hidden."""
    scheduling: tuple[int, ...]
    """Priorities and processors, also of other processes; refused where these are not hidden."""


# Calls 424 and above have one number everywhere: pidfd_send_signal, io_uring x3, open_tree, move_mount, fsopen,
# fsconfig, fsmount, fspick, pidfd_open, (435 clone3), pidfd_getfd, process_madvise, mount_setattr, quotactl_fd,
# memfd_secret, process_mrelease, set_mempolicy_home_node, statmount, listmount, lsm_* x3, open_tree_attr, file_getattr.
_MODERN_NOT_PERMITTED: Final = (
    424, 428, 429, 430, 431, 432, 433, 434, 438, 440, 442, 443, 447, 448, 450, 457, 458, 459, 460, 461
)  # fmt: skip
_MODERN_NOT_THERE: Final = (425, 426, 427)

_TABLES: Final = {
    "x86_64": _Table(
        audit_architecture=0xC000_003E,
        clone=56,
        clone3=435,
        socketpair=53,
        prlimit=302,
        ioctl=16,
        not_permitted=(
            41, 42, 43, 49, 50, 288,  # socket connect accept bind listen accept4
            101, 310, 311, 312,  # ptrace process_vm_readv process_vm_writev kcmp
            165, 166, 155, 161, 272, 308,  # mount umount2 pivot_root chroot unshare setns
            246, 320, 169, 167, 168, 175, 176, 313, 174, 178, 177,  # kexec x2, reboot, swap x2, modules
            303, 304, 321, 298, 323,  # name_to_handle_at open_by_handle_at bpf perf_event_open userfaultfd
            248, 249, 250, 317,  # add_key request_key keyctl seccomp
            135, 163, 179, 103, 153, 136, 139, 156, 134, 154,  # personality acct quotactl syslog vhangup ... modify_ldt
            164, 227, 305, 159, 170, 171, 172, 173, 212, 180,  # clocks, host name, io privileges, lookup_dcookie
            300, 256, 279, 237, 238, 239,  # fanotify_init, memory policy and page migration
            181, 182, 183, 184, 185, 236,  # calls that were never made or are gone
        ),
        not_there=(319, 29, 30, 31, 67, 64, 65, 66, 220, 68, 69, 70, 71, 240, 241, 242, 243, 244, 245,
                   206, 207, 208, 209, 210),  # memfd_create, SysV shm/sem/msg, POSIX queues, old aio
        signals=(62, 200, 234, 129, 297),
        metadata=(90, 91, 268, 452, 92, 93, 94, 260, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199, 463, 466, 254),
        scheduling=(141, 142, 144, 203, 251, 314),
    ),
    "aarch64": _Table(
        audit_architecture=0xC000_00B7,
        clone=220,
        clone3=435,
        socketpair=199,
        prlimit=261,
        ioctl=29,
        not_permitted=(
            198, 203, 202, 200, 201, 242,
            117, 270, 271, 272,
            40, 39, 41, 51, 97, 268,
            104, 294, 142, 224, 225, 105, 106, 273,
            264, 265, 280, 241, 282,
            217, 218, 219, 277,
            92, 89, 60, 116, 58,
            170, 112, 266, 171, 161, 162, 18,
            262, 236, 235, 237, 238, 239,
        ),
        not_there=(279, 194, 195, 196, 197, 190, 191, 192, 193, 186, 187, 188, 189, 180, 181, 182, 183, 184, 185,
                   0, 1, 2, 3, 4),
        signals=(129, 130, 131, 138, 240),
        metadata=(52, 53, 452, 54, 55, 88, 5, 6, 7, 14, 15, 16, 463, 466, 27),
        scheduling=(140, 118, 119, 122, 30, 274),
    ),
}  # fmt: skip


def supported() -> bool:
    """Whether a filter is known for this architecture."""
    return platform.machine() in _TABLES


class Filter(NamedTuple):
    """An assembled filter, ready to be put in force any number of times.

    Attributes:
        code: the BPF instructions.
    """

    code: bytes


def assemble(*, deny_signals: bool = False, deny_metadata: bool = False, deny_scheduling: bool = False) -> Filter:
    """The policy for this architecture.

    Args:
        deny_signals: also refuse sending signals, where neither a pid namespace nor Landlock keeps them inside.
        deny_metadata: also refuse changing modes, owners and times of files, where the host's files are in reach.
        deny_scheduling: also refuse setting priorities and processors, where the user's other processes are in reach.

    Raises:
        KeyError: the architecture is not known (`supported()` says so first).
    """
    table = _TABLES[platform.machine()]
    instructions: list[bytes] = []

    def emit(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> None:
        instructions.append(struct.pack("HBBI", code, if_true, if_false, operand))

    def refuse(number: int) -> None:
        emit(_RETURN, _RET_ERRNO | number)

    emit(_LOAD, _OFFSET_ARCHITECTURE)
    emit(_JUMP_EQUAL, table.audit_architecture, 1, 0)
    emit(_RETURN, _RET_KILL_PROCESS)
    emit(_LOAD, _OFFSET_NUMBER)
    # x32 numbers carry a high bit, so one comparison refuses them and everything not reviewed.
    emit(_JUMP_GREATER_EQUAL, min(HIGHEST_REVIEWED_CALL + 1, _X32_BIT), 0, 1)
    refuse(errno.ENOSYS)
    emit(_JUMP_EQUAL, table.clone3, 0, 1)
    refuse(errno.ENOSYS)
    for call, offset, jump, operand, refused_when in (
        (table.clone, _OFFSET_ARGUMENT_0, _JUMP_ANY_BIT, NAMESPACE_FLAGS, True),
        (table.socketpair, _OFFSET_ARGUMENT_0, _JUMP_EQUAL, _AF_UNIX, False),
        (table.prlimit, _OFFSET_ARGUMENT_0, _JUMP_EQUAL, 0, False),
    ):
        emit(_JUMP_EQUAL, call, 0, 4)
        emit(_LOAD, offset)
        emit(jump, operand, 0 if refused_when else 1, 1 if refused_when else 0)
        refuse(errno.EPERM)
        emit(_RETURN, _RET_ALLOW)
    emit(_JUMP_EQUAL, table.ioctl, 0, 5)
    emit(_LOAD, _OFFSET_ARGUMENT_1)
    emit(_JUMP_EQUAL, _TIOCSTI, 1, 0)
    emit(_JUMP_EQUAL, _TIOCLINUX, 0, 1)
    refuse(errno.EPERM)
    emit(_RETURN, _RET_ALLOW)
    not_permitted = {*table.not_permitted, *_MODERN_NOT_PERMITTED}
    not_permitted |= set(table.signals) if deny_signals else set()
    not_permitted |= set(table.metadata) if deny_metadata else set()
    not_permitted |= set(table.scheduling) if deny_scheduling else set()
    not_there = {*table.not_there, *_MODERN_NOT_THERE}
    _emit_search(instructions, sorted((number, errno.EPERM) for number in not_permitted - not_there)
                 + sorted((number, errno.ENOSYS) for number in not_there))  # fmt: skip
    code = b"".join(instructions)
    return Filter(code)


def _emit_search(instructions: list[bytes], refused: list[tuple[int, int]]) -> None:
    """Append a binary search over the refused numbers: a third of the kernel's work of a linear list."""

    def build(rows: list[tuple[int, int]]) -> list[bytes]:
        if not rows:
            return [struct.pack("HBBI", _RETURN, 0, 0, _RET_ALLOW)]
        if len(rows) == 1:
            number, error = rows[0]
            return [
                struct.pack("HBBI", _JUMP_EQUAL, 0, 1, number),
                struct.pack("HBBI", _RETURN, 0, 0, _RET_ERRNO | error),
                struct.pack("HBBI", _RETURN, 0, 0, _RET_ALLOW),
            ]
        middle = len(rows) // 2
        low, high = build(rows[:middle]), build(rows[middle:])
        if len(low) <= 255:
            return [struct.pack("HBBI", _JUMP_GREATER_EQUAL, len(low), 0, rows[middle][0]), *low, *high]
        # A conditional jump reaches 255 instructions; a longer way goes by an unconditional one.
        return [
            struct.pack("HBBI", _JUMP_GREATER_EQUAL, 0, 1, rows[middle][0]),
            struct.pack("HBBI", 0x05, 0, 0, len(low)),
            *low,
            *high,
        ]

    instructions.extend(build(sorted(refused)))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


class PreparedFilter:
    """A filter with its kernel structure built once, so that a child only makes the call."""

    def __init__(self, filter: Filter) -> None:
        self._buffer = ctypes.create_string_buffer(filter.code, len(filter.code))
        self._program = _Program(len(filter.code) // 8, ctypes.addressof(self._buffer))

    def enforce(self) -> None:
        """Put it in force for this process and all that it starts; cannot be undone.

        Raises:
            OSError: the kernel refused.
        """
        syscall("seccomp", _SECCOMP_SET_MODE_FILTER, 0, ctypes.byref(self._program))
