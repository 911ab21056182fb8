"""Child side: the program of a resident worker, which converses with the pool.

The pool sends `{"argv": [...], "environment": {...}}` first. `become_program` turns into the program, which speaks
frames over the descriptor that replaces `{channel}`. `serve_program` starts a program that knows only its standard
streams: a frame is written to its input, and of what it prints only lines `@@{...}` leave, one frame each, with the
program's resident size and processor time added; a line that says `"bytes": n` is followed by n bytes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import IO, Any

from verifiers.sandbox.channel import Channel

__all__ = ["CHANNEL_MARK", "KILLED_STATUS", "become_program", "program_payload", "serve_program"]

CHANNEL_MARK = "{channel}"
KILLED_STATUS = 99
"""Exit status of `serve_program` when its program was killed: the first process of a namespace cannot kill itself, and
128 + 9 would be read as a lack of memory."""
_MARK = b"@@"
_MOST_LINE_BYTES = 64 << 20
_MOST_EXPORT_BYTES = 256 << 20
_MOST_NOISE_LINES = 20
_TICKS = os.sysconf("SC_CLK_TCK")


def program_payload(argv: list[str], environment: dict[str, str]) -> bytes:
    """The payload that makes an entry run `argv` with these variables."""
    return json.dumps({"argv": argv, "environment": environment}).encode()


def become_program(channel: Channel) -> None:
    """Run the program in this process; what follows on the channel is the program's to read."""
    order = _order(channel)
    if order is None:
        return
    descriptor = channel.fileno()
    argv = [str(descriptor) if part == CHANNEL_MARK else part for part in order["argv"]]
    os.set_inheritable(descriptor, True)
    os.execve(argv[0], argv, _environment(order))  # noqa: S606 - a program of ours, with arguments of ours


def serve_program(channel: Channel) -> None:
    """Run the program beside this process and carry frames to and from its standard streams; end as it ends."""
    order = _order(channel)
    if order is None:
        return
    program = subprocess.Popen(
        order["argv"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(order), bufsize=1 << 16
    )
    assert program.stdin is not None
    assert program.stdout is not None
    noise: list[bytes] = []
    while (frame := channel.receive()) is not None:
        try:
            program.stdin.write(frame)
            program.stdin.flush()
        except BrokenPipeError:
            break
        answer = _answer(program.stdout, program.pid, noise)
        if answer is None:
            break
        channel.send(answer)
    else:
        program.kill()
        return
    sys.stderr.buffer.write(b"".join(noise))
    sys.stderr.flush()
    _end_like(program.wait())


def _order(channel: Channel) -> dict[str, Any] | None:
    payload = channel.receive()
    return None if payload is None else json.loads(payload)


def _environment(order: dict[str, Any]) -> dict[str, str]:
    own = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/")}
    return {**own, **order["environment"]}


def _answer(stream: IO[bytes], pid: int, noise: list[bytes]) -> bytes | None:
    """The next answer as a frame, or None at the end; other lines are noise, the last of which are kept."""
    while line := stream.readline(_MOST_LINE_BYTES):
        if not line.startswith(_MARK):
            noise.append(line)
            del noise[:-_MOST_NOISE_LINES]
            continue
        record = json.loads(line[len(_MARK) :])
        size = record.pop("bytes", 0)
        if not 0 <= size <= _MOST_EXPORT_BYTES:
            raise ValueError(f"declarations of {size} bytes")
        data = b"\n" + stream.read(size) if size else b""
        record["rss"], record["cpu"] = _usage(pid)
        return json.dumps(record).encode() + data
    return None


def _usage(pid: int) -> tuple[int, float]:
    """Resident bytes and processor seconds of a process."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except (OSError, ValueError, IndexError):
        return 0, 0.0
    return resident, (int(fields[11]) + int(fields[12])) / _TICKS


def _end_like(status: int) -> None:
    """End this process so that it shows how the program ended: a kill is told apart from any status of its own."""
    if status == -signal.SIGKILL:
        sys.exit(KILLED_STATUS)
    sys.exit(1 if status else 0)
