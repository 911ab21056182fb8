r"""The same work in a fresh interpreter of the sandbox, under a hash seed of choice.

    task = fresh_task(payload, hash_seed=2, profile="bare")
    frames = read_frames((await pool.run(task, limits)).stdout)

The fork server's children all share one hash seed, so an answer that depends on the order of a set would be the same
in each. Here the child becomes a new interpreter; the few modules of ours that it needs travel as text.
"""

from __future__ import annotations

import base64
import inspect
import json
import os
import sys
from functools import lru_cache
from importlib import import_module

from verifiers.sandbox.entries import command_payload
from verifiers.sandbox.task import Outcome, Task

__all__ = ["fresh_task", "read_frames"]

_ENTRY = "verifiers.sandbox.entries:run_command"
_PACKAGES = ("verifiers", "reasoning", "reasoning.families")
_MODULES = (
    *("verifiers.plain_data", "verifiers.answer_frames", "verifiers.untrusted_code"),
    *("reasoning.families.streams", "reasoning.families.base_model", "reasoning.families.adapter"),
    *("reasoning.families.tools", "reasoning.families.child"),
)
_PROGRAM = """
import base64, json, sys
from types import ModuleType

order = json.load(sys.stdin)
for name in order["packages"]:
    sys.modules[name] = ModuleType(name)
    sys.modules[name].__path__ = []
for name, source in order["modules"]:
    module = sys.modules[name] = ModuleType(name)
    exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)
    package, _, last = name.rpartition(".")
    setattr(sys.modules[package], last, module)
out = sys.stdout.buffer
def send(frame):
    out.write(base64.b64encode(frame) + b"\\n")
    out.flush()
sys.modules[name].perform(base64.b64decode(order["payload"]), send)
"""


def fresh_task(payload: bytes, hash_seed: int, profile: str) -> Task:
    """A task that does what `reasoning.families.child.run` would do with `payload`."""
    order = {
        "packages": _PACKAGES,
        "modules": _sources(),
        "payload": base64.b64encode(payload).decode(),
    }
    argv = [os.path.realpath(sys.executable), "-s", "-B", "-c", _PROGRAM]
    paths = os.pathsep.join(path for path in sys.path if path.endswith("-packages"))
    environment = {"PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": paths}
    command = command_payload(argv, environment)
    return Task(_ENTRY, command, stdin=json.dumps(order).encode(), capture=True, profile=profile)


def read_frames(outcome: Outcome) -> list[bytes]:
    """The frames that it wrote; lines that are none come back as frames that nobody can read."""
    return [_decoded(line) for line in outcome.stdout.splitlines()]


def _decoded(line: bytes) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except ValueError:
        return b""


@lru_cache(maxsize=1)
def _sources() -> list[tuple[str, str]]:
    return [(name, inspect.getsource(import_module(name))) for name in _MODULES]
