"""What a prover of the user's installation says of itself.

said("coqc", "--version")      # 'The Coq Proof Assistant, version 8.16.1 ...'
"""

from __future__ import annotations

import subprocess
from typing import Final

__all__ = ["said"]

_ASK_SECONDS: Final = 20.0


def said(*command: str) -> str:
    """Standard output of a command; empty where it is not there, fails or takes more than 20 s."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
