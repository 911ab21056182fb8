r"""Entries for whole programs and commands: what `reasoning sandbox` and program tests on standard input run.

payload = program_payload("print(input()[::-1])", argv=("main.py",))
outcome = await pool.run(Task("verifiers.sandbox.entries:run_program", payload, stdin=b"abc", capture=True))
outcome.stdout     # b"cba\n"
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType

from verifiers.sandbox.channel import Channel
from verifiers.sandbox.child import flush_streams

__all__ = ["command_payload", "program_payload", "run_command", "run_program"]

_COMMAND_NOT_FOUND = 127


def program_payload(
    source: str,
    argv: Sequence[str] = ("main.py",),
    filename: str = "main.py",
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """The payload of `run_program`: Python source, its `sys.argv` and extra environment variables."""
    return _payload(source=source, argv=list(argv), filename=filename, environment=dict(environment or {}))


def command_payload(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> bytes:
    """The payload of `run_command`: a program (found on PATH or by its path) with its arguments."""
    return _payload(argv=list(argv), environment=dict(environment or {}))


def _payload(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def _read(channel: Channel) -> dict[str, object]:
    fields: dict[str, object] = json.loads(channel.receive() or b"{}")
    return fields


def _environment(fields: dict[str, object]) -> dict[str, str]:
    variables = fields.get("environment")
    return {str(name): str(value) for name, value in variables.items()} if isinstance(variables, dict) else {}


def run_program(channel: Channel) -> None:
    """Run Python source as a script would run: its own `__main__`, its arguments, its exit status."""
    fields = _read(channel)
    os.close(channel.fileno())
    argv, filename = fields["argv"], str(fields["filename"])
    sys.argv = [str(argument) for argument in argv] if isinstance(argv, list) else [filename]
    os.environ.update(_environment(fields))
    sys.path.insert(0, "")
    module = ModuleType("__main__")
    module.__dict__["__file__"] = filename
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    try:
        exec(compile(str(fields["source"]), filename, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    finally:
        _end_as_a_script()
        # Files that the program has left open are written out when they go, after the streams that may need its names.
        flush_streams()
        module.__dict__.clear()


def _end_as_a_script() -> None:
    """Wait for threads and run what was registered for the end, as the interpreter would."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()


def run_command(channel: Channel) -> None:
    """Become another program; the channel is closed, its words are its standard output."""
    fields = _read(channel)
    os.close(channel.fileno())
    arguments = fields["argv"]
    argv = [str(argument) for argument in arguments] if isinstance(arguments, list) else []
    environment = {**os.environ, **_environment(fields)}
    try:
        os.execvpe(argv[0], argv, environment)  # noqa: S606
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        os._exit(_COMMAND_NOT_FOUND)
