"""Child side of a resident program: writes to its standard input and reads what it prints, step by step.

The pool sends `{"argv": [...], "environment": {...}}` first, then requests `{"steps": [[text, [mark, ...]], ...],
"stop": "..."}`. A step is written, and the output is read up to a line that holds all its marks; a line that begins
with `stop` ends the request after its step. The answer is `{"outputs": [...], "rss": bytes}`.
"""

from __future__ import annotations

import json
import os
import subprocess

from verifiers.sandbox.channel import Channel

__all__ = ["converse", "converse_payload"]

MOST_OUTPUT_BYTES = 16 << 20
"""Output of one request beyond which the program is ended."""
_READ_BYTES = 1 << 16


def converse_payload(argv: list[str], environment: dict[str, str]) -> bytes:
    """The payload that makes `converse` start `argv` with these variables."""
    return json.dumps({"argv": argv, "environment": environment}).encode()


def converse(channel: Channel) -> None:
    """Start the program and serve requests until either side ends."""
    payload = channel.receive()
    if payload is None:
        return
    order = json.loads(payload)
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/")}
    program = subprocess.Popen(
        order["argv"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**environment, **order["environment"]},
    )
    assert program.stdin is not None
    assert program.stdout is not None
    reader = _Reader(program.stdout.fileno())
    while (request := channel.receive()) is not None:
        fields = json.loads(request)
        outputs: list[str] = []
        reader.left = MOST_OUTPUT_BYTES
        stop = fields["stop"].encode()
        for text, marks in fields["steps"]:
            program.stdin.write(text.encode("utf-8", "surrogatepass"))
            program.stdin.flush()
            output = reader.read_until([mark.encode() for mark in marks])
            outputs.append(output.decode("utf-8", "replace"))
            if stop and any(line.startswith(stop) for line in output.split(b"\n")):
                break
        channel.send(json.dumps({"outputs": outputs, "rss": _resident(program.pid)}).encode())


class _Reader:
    """Lines of a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self.left = MOST_OUTPUT_BYTES

    def read_until(self, marks: list[bytes]) -> bytes:
        """All up to and with the first line that holds every mark; spaces do not count."""
        lines: list[bytes] = []
        while True:
            line, end, self._rest = self._rest.partition(b"\n")
            if not end:
                part = os.read(self._descriptor, _READ_BYTES)
                self.left -= len(part)
                if not part or self.left < 0:
                    raise SystemExit(1)
                self._rest = line + part
                continue
            lines.append(line)
            if all(mark in line.replace(b" ", b"") for mark in marks):
                return b"\n".join(lines)


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
