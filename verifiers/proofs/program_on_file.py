"""Child side of a check by a program that reads a file: writes one, runs one command on it, sends one back.

The payload is a line of JSON, `{"argv": [...], "name": "A.v", "wanted": "A.vo"}`, and the bytes of the file `name`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from verifiers.sandbox.channel import Channel

__all__ = ["payload", "run_on_file"]


def payload(argv: list[str], name: str, content: bytes, wanted: str = "") -> bytes:
    """The payload that makes `run_on_file` write `content` to `name`, run `argv` and send the file `wanted` back."""
    return json.dumps({"argv": argv, "name": name, "wanted": wanted}).encode() + b"\n" + content


def run_on_file(channel: Channel) -> None:
    """Write, run, send; the exit status is the command's."""
    head, _, content = (channel.receive() or b"").partition(b"\n")
    order = json.loads(head)
    Path(order["name"]).write_bytes(content)
    done = subprocess.run(order["argv"], check=False, stdin=subprocess.DEVNULL)
    if done.returncode == 0 and order["wanted"]:
        channel.send(Path(order["wanted"]).read_bytes())
    sys.exit(done.returncode if done.returncode >= 0 else 1)
