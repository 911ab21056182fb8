"""Names of the isolation layers, and which of them make which level.

A: namespaces, Landlock, seccomp and a control group. B: the same without a control group. C: no user namespaces:
Landlock, seccomp, limits (and another user where we are root). D: no Landlock either. E: process limits only.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

__all__ = ["LEVELS", "NAMESPACES", "STRONG_LEVELS", "Layer", "names"]


class Layer(StrEnum):
    """One thing that keeps a task in its place; the value is the name in reports."""

    USER = "user-namespace"
    PID = "pid-namespace"
    MOUNT = "mount-namespace"
    NETWORK = "network-namespace"
    IPC = "ipc-namespace"
    UTS = "uts-namespace"
    OWN_UID = "own-uid"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"
    LIMITS = "rlimits"
    CGROUP = "cgroup"
    WATCHER = "memory-watcher"
    CLOSED = "closed-descriptors"


NAMESPACES: Final = frozenset({Layer.USER, Layer.PID, Layer.MOUNT, Layer.NETWORK, Layer.IPC, Layer.UTS})
_ALWAYS: Final = frozenset({Layer.LIMITS, Layer.CLOSED})

LEVELS: Final[dict[str, frozenset[Layer]]] = {
    "A": NAMESPACES | _ALWAYS | {Layer.LANDLOCK, Layer.SECCOMP, Layer.CGROUP},
    "B": NAMESPACES | _ALWAYS | {Layer.LANDLOCK, Layer.SECCOMP, Layer.WATCHER},
    "C": _ALWAYS | {Layer.LANDLOCK, Layer.SECCOMP, Layer.WATCHER},
    "D": _ALWAYS | {Layer.SECCOMP, Layer.WATCHER},
    "E": frozenset({Layer.LIMITS, Layer.CLOSED, Layer.WATCHER}),
}
"""What each level asks for; `Layer.OWN_UID` is added wherever the pool runs as root."""

STRONG_LEVELS: Final = ("A", "B", "C")
"""Levels at which files, network, processes, memory and time are each covered."""


def names(layers: Iterable[Layer]) -> tuple[str, ...]:
    """Sorted names, as they stand in a verdict's `isolation`."""
    return tuple(sorted(layer.value for layer in layers))
