"""What the sandbox really is on this machine: the layers that were put on, and the attempts that failed inside.

report = await pool.report()
report.level, report.to_json()["threats"]["network"]    # "A", {"layers": [...], "probed": True}
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from verifiers.sandbox import landlock, seccomp
from verifiers.sandbox.layers import Layer

__all__ = ["IsolationReport", "SandboxUnavailableError"]

_COVERAGE: Final[dict[str, tuple[Layer, ...]]] = {
    "files": (Layer.MOUNT, Layer.LANDLOCK, Layer.OWN_UID),
    "secrets": (Layer.CLOSED, Layer.PID, Layer.MOUNT, Layer.LANDLOCK),
    "network": (Layer.NETWORK, Layer.SECCOMP),
    "processes": (Layer.PID, Layer.LIMITS, Layer.CGROUP, Layer.WATCHER),
    "memory": (Layer.CGROUP, Layer.WATCHER, Layer.LIMITS),
    "kernel": (Layer.SECCOMP, Layer.USER),
}
"""Threat class -> the layers that stand against it."""


class SandboxUnavailableError(RuntimeError):
    """No isolation that is strong enough can be had here; the message says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class IsolationReport:
    """Machine-readable isolation report.

    Attributes:
        level: A (strongest) to E; see `layers.LEVELS`.
        layers: names of the active layers, sorted.
        probes: attempt made inside a child -> empty when it failed as it must, else what went through.
        refused: level -> why a stronger one could not be had.
        memory: `tree` when the memory limit binds the whole process tree, `tree-sampled` when a watcher sums it.
    """

    level: str
    layers: tuple[str, ...]
    probes: Mapping[str, str]
    refused: Mapping[str, str]
    memory: str

    @property
    def holes(self) -> tuple[str, ...]:
        """Attempts that went through."""
        return tuple(f"{name}: {text}" for name, text in self.probes.items() if text)

    def to_json(self) -> dict[str, Any]:
        """Everything, with the kernel's and the policy's identity."""
        active = set(self.layers)
        threats = {
            threat: {
                "layers": [layer.value for layer in layers if layer.value in active],
                "probed": any(name.startswith(threat + ":") for name in self.probes),
                "holes": [hole for hole in self.holes if hole.startswith(threat + ":")],
            }
            for threat, layers in _COVERAGE.items()
        }
        policy = seccomp.assemble().code if seccomp.supported() else b""
        return {
            "level": self.level,
            "layers": list(self.layers),
            "threats": threats,
            "memory_limit": self.memory,
            "refused": dict(self.refused),
            "kernel": platform.release(),
            "machine": platform.machine(),
            "landlock_abi": landlock.abi(),
            "user": os.getuid(),
            "policy": hashlib.sha256(policy + repr(self.layers).encode()).hexdigest()[:12],
        }
