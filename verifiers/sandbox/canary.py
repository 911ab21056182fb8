"""Harmless attempts at what a task must not be able to do, made inside a child to see that each one fails.

outcome = await worker.run(Task("verifiers.sandbox.canary:attempt", payload))
json.loads(outcome.answers[0])     # {"files: read": "", "network: connect": "", ...}; a text says how it succeeded
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
from collections.abc import Callable
from typing import Final

from verifiers.sandbox.channel import Channel

__all__ = ["attempt", "payload"]

_CLONE_NEWUSER: Final = 0x1000_0000


def payload(secret_path: str, forbidden_directory: str, pool_pid: int) -> bytes:
    """What the attempts need.

    Args:
        secret_path: a file that exists on the host and holds something.
        forbidden_directory: a directory on the host that the pool's user may write to.
        pool_pid: a process on the host that the pool's user may signal.
    """
    return json.dumps([secret_path, forbidden_directory, pool_pid]).encode()


def attempt(channel: Channel) -> None:
    """Try everything; answer with a JSON object: name of the attempt -> empty, or what went through."""
    secret_path, forbidden_directory, pool_pid = json.loads(channel.receive() or b"[]")
    attempts: dict[str, Callable[[], str]] = {
        "files: read": lambda: _read(secret_path),
        "files: write": lambda: _write(forbidden_directory),
        "secrets: environment": _environment,
        "secrets: descriptors": lambda: _descriptors(channel.fileno()),
        "network: connect": _connect,
        "network: abstract socket": _abstract_socket,
        "processes: signal outside": lambda: _signal(pool_pid),
        "kernel: user namespace": _user_namespace,
        "kernel: foreign memory": lambda: _foreign_memory(pool_pid),
    }
    results = {name: _result(call) for name, call in attempts.items()}
    # Last, so that what it needs is not read before: the interpreter must still find its library.
    results["control: standard library"] = _result(_standard_library)
    channel.send(json.dumps(results).encode())


def _result(call: Callable[[], str]) -> str:
    try:
        return call()
    except OSError:
        return ""


def _read(path: str) -> str:
    with open(path, "rb") as stream:
        return f"read {len(stream.read(16))} bytes of {path}"


def _write(directory: str) -> str:
    path = os.path.join(directory, f"canary-{os.getpid()}")
    with open(path, "w"):
        pass
    with contextlib.suppress(OSError):
        os.unlink(path)
    return f"wrote {path}"


def _environment() -> str:
    allowed = {"PATH", "HOME", "TMPDIR", "LANG", "PYTHONHASHSEED", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}
    allowed |= {"MKL_NUM_THREADS", "PYTHONDONTWRITEBYTECODE", "LC_CTYPE"}
    extra = sorted(set(os.environ) - allowed)
    return f"sees {', '.join(extra)}" if extra else ""


def _descriptors(channel: int) -> str:
    extra = []
    for number in range(3, 1024):
        if number != channel:
            with contextlib.suppress(OSError):
                os.fstat(number)
                extra.append(str(number))
    return f"holds descriptors {', '.join(extra)}" if extra else ""


def _connect() -> str:
    import socket  # not in the server: every page that it holds is copied with each task

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.connect(("127.0.0.1", 9))
    return "made an internet socket"


def _abstract_socket() -> str:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.bind("\0canary")
    return "bound an abstract socket"


def _signal(pid: int) -> str:
    os.kill(pid, 0)
    # The number may belong to another process, seen from inside; only a process that is not ours counts.
    with contextlib.suppress(OSError):
        os.getsid(pid)
        return "" if os.getsid(pid) == os.getsid(0) else f"may signal process {pid}"
    return f"may signal process {pid}"


def _user_namespace() -> str:
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_CLONE_NEWUSER) < 0:
        raise OSError(ctypes.get_errno(), "unshare")
    return "made a user namespace"


def _foreign_memory(pid: int) -> str:
    with open(f"/proc/{pid}/mem", "rb", buffering=0):
        return f"may read the memory of process {pid}" if os.getpid() != pid else ""


def _standard_library() -> str:
    for name in ("colorsys", "fractions", "statistics"):
        sys.modules.pop(name, None)
        try:
            __import__(name)
        except ImportError as error:
            return f"cannot import {name}: {error}"
    return ""
