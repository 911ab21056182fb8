"""Landlock: the process gives up, for itself and its children, all files but those that it names.

Rules follow the kernel's version (`abi()`): files from 1, renames across directories 2, truncation 3, TCP 4, device
controls 5, abstract sockets and signals 6. What a version lacks is not asked for, and the isolation report says so.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from typing import Final

from verifiers.sandbox.linux import syscall

__all__ = ["abi", "allow", "create_ruleset", "restrict_self"]

_EXECUTE: Final = 1 << 0
_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_TRUNCATE: Final = 1 << 14
_IOCTL_DEVICE: Final = 1 << 15
_FILE_RIGHTS: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
LIST: Final = _READ_DIR
READ_AND_EXECUTE: Final = _EXECUTE | _READ_FILE | _READ_DIR

_RIGHTS_BY_ABI: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP_BIND_AND_CONNECT: Final = 3
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS: Final = 3
SIGNAL_SCOPE_ABI: Final = 6
"""From this version on, signals stay inside."""
_CREATE_RULESET_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi() -> int:
    """Version of Landlock in the running kernel; 0 without it."""
    try:
        return syscall("landlock_create_ruleset", None, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def _all_rights(version: int) -> int:
    return _RIGHTS_BY_ABI[min(version, max(_RIGHTS_BY_ABI))]


def create_ruleset(
    version: int, read_only: Iterable[str], read_write: Iterable[str], listable: Iterable[str] = ()
) -> int:
    """A ruleset as a descriptor: reading and executing below `read_only`, everything below `read_write`.

    Paths that do not exist are left out.

    Args:
        version: what `abi()` said.
        read_only: files or directories.
        read_write: files or directories.
        listable: directories below which names, but not contents, may be read.

    Raises:
        OSError: the kernel refused.
    """
    attributes = _RulesetAttributes(
        _all_rights(version),
        _TCP_BIND_AND_CONNECT if version >= 4 else 0,
        _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= SIGNAL_SCOPE_ABI else 0,
    )
    size = 24 if version >= SIGNAL_SCOPE_ABI else 16 if version >= 4 else 8
    ruleset = syscall("landlock_create_ruleset", ctypes.byref(attributes), size, 0)
    for path in read_only:
        allow(ruleset, version, path, READ_AND_EXECUTE)
    for path in listable:
        allow(ruleset, version, path, LIST)
    for path in read_write:
        allow(ruleset, version, path, None)
    return ruleset


def allow(ruleset: int, version: int, path: str, rights: int | None) -> None:
    """Add a rule for `path` (all rights when `rights` is None); nothing happens when it does not exist."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        allowed = _all_rights(version) if rights is None else rights
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            allowed &= _FILE_RIGHTS & _all_rights(version)
        rule = _PathBeneath(allowed, descriptor)
        syscall("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def restrict_self(ruleset: int) -> None:
    """Put the ruleset in force; `no_new_privileges` must have been called."""
    syscall("landlock_restrict_self", ruleset, 0)
