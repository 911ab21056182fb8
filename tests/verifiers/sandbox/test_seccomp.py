"""The assembled filters, run by a small BPF interpreter: every call number of both architectures is looked at."""

from __future__ import annotations

import errno
import platform
import struct

import pytest

from verifiers.sandbox import seccomp
from verifiers.sandbox.linux import CLONE_NEWNET, CLONE_NEWUSER

ALLOW = 0x7FFF_0000
KILL = 0x8000_0000
ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
ORDINARY = {  # read write openat close mmap munmap brk futex execve exit_group wait4 getrandom fcntl
    "x86_64": (0, 1, 257, 3, 9, 11, 12, 202, 59, 231, 61, 318, 72),
    "aarch64": (63, 64, 56, 57, 222, 215, 214, 98, 221, 94, 260, 278, 25),
}
NAMED = {
    "x86_64": {"socket": 41, "mount": 165, "unshare": 272, "ptrace": 101, "bpf": 321, "keyctl": 250, "setns": 308},
    "aarch64": {"socket": 198, "mount": 40, "unshare": 97, "ptrace": 117, "bpf": 280, "keyctl": 219, "setns": 268},
}
CLONE = {"x86_64": 56, "aarch64": 220}
KILL_CALL = {"x86_64": 62, "aarch64": 129}
CHMOD_AT = {"x86_64": 268, "aarch64": 53}
SET_AFFINITY = {"x86_64": 203, "aarch64": 122}


def run_filter(code: bytes, number: int, architecture: int, arguments: tuple[int, ...] = ()) -> int:
    """What the kernel would return for a call."""
    data = struct.pack("<II", number & 0xFFFFFFFF, architecture) + bytes(8)
    data += b"".join(struct.pack("<Q", argument) for argument in (*arguments, *[0] * (6 - len(arguments))))
    instructions = [struct.unpack_from("HBBI", code, at) for at in range(0, len(code), 8)]
    accumulator, at = 0, 0
    for _ in range(len(instructions) + 1):
        operation, if_true, if_false, operand = instructions[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, operand)
        elif operation == 0x06:
            return operand
        elif operation == 0x05:
            at += operand
        else:
            test = {
                0x15: accumulator == operand,
                0x35: accumulator >= operand,
                0x45: bool(accumulator & operand),
            }[operation]
            at += if_true if test else if_false
    raise AssertionError("the filter does not end")


def refused(error: int) -> int:
    return 0x0005_0000 | error


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: request.param)
    return request.param


def test_every_number_ends_in_allow_or_a_refusal(machine):
    code = seccomp.assemble().code
    answers = {run_filter(code, number, ARCHITECTURES[machine]) for number in range(700)}
    assert answers == {ALLOW, refused(errno.EPERM), refused(errno.ENOSYS)}


def test_ordinary_calls_pass_and_dangerous_ones_do_not(machine):
    code = seccomp.assemble().code
    for number in ORDINARY[machine]:
        assert run_filter(code, number, ARCHITECTURES[machine]) == ALLOW
    for name, number in NAMED[machine].items():
        assert run_filter(code, number, ARCHITECTURES[machine]) == refused(errno.EPERM), name


def test_other_tables_are_refused(machine):
    code = seccomp.assemble().code
    for other in {0x4000_0003, 0x4000_0028, *ARCHITECTURES.values()} - {ARCHITECTURES[machine]}:
        assert run_filter(code, ORDINARY[machine][0], other) == KILL
    assert run_filter(code, 0x4000_0000 | 39, ARCHITECTURES[machine]) == refused(errno.ENOSYS)
    assert run_filter(code, 0xFFFF_FFFF, ARCHITECTURES[machine]) == refused(errno.ENOSYS)


def test_arguments_decide_where_they_must(machine):
    code = seccomp.assemble().code

    def call(number: int, *arguments: int) -> int:
        return run_filter(code, number, ARCHITECTURES[machine], arguments)

    table = seccomp._TABLES[machine]
    assert call(CLONE[machine], 17) == ALLOW
    for flag in (CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWUSER | 17):
        assert call(CLONE[machine], flag) == refused(errno.EPERM)
    assert call(table.clone3) == refused(errno.ENOSYS)
    assert call(table.socketpair, 1, 1, 0) == ALLOW
    assert call(table.socketpair, 2, 1, 0) == refused(errno.EPERM)
    assert call(table.prlimit, 0) == ALLOW
    assert call(table.prlimit, 1234) == refused(errno.EPERM)
    assert call(table.ioctl, 0, 0x5413) == ALLOW
    assert call(table.ioctl, 0, 0x5412) == refused(errno.EPERM)
    assert call(table.ioctl, 0, 0x541C) == refused(errno.EPERM)


def test_options_add_refusals(machine):
    plain = seccomp.assemble().code
    strict = seccomp.assemble(deny_signals=True, deny_metadata=True, deny_scheduling=True).code
    for number in (KILL_CALL[machine], CHMOD_AT[machine], SET_AFFINITY[machine]):
        assert run_filter(plain, number, ARCHITECTURES[machine]) == ALLOW
        assert run_filter(strict, number, ARCHITECTURES[machine]) == refused(errno.EPERM)
