"""Child side: becomes the program of a resident worker, which converses through the descriptor of the channel.

The pool sends `{"argv": [..., "{channel}"]}` first; `{channel}` becomes the descriptor's number.
"""

from __future__ import annotations

import json
import os

from verifiers.sandbox.channel import Channel

__all__ = ["become_program", "program_payload"]

CHANNEL_MARK = "{channel}"


def program_payload(argv: list[str]) -> bytes:
    """The payload that makes `become_program` run `argv`."""
    return json.dumps({"argv": argv}).encode()


def become_program(channel: Channel) -> None:
    """Run the program in this process; what follows on the channel is the program's to read."""
    payload = channel.receive()
    if payload is None:
        return
    descriptor = channel.fileno()
    argv = [str(descriptor) if part == CHANNEL_MARK else part for part in json.loads(payload)["argv"]]
    os.set_inheritable(descriptor, True)
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/")}
    os.execve(argv[0], argv, environment)  # noqa: S606 - a program of ours, with arguments of ours
