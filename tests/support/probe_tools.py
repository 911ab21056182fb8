"""Tools that misbehave, for the tests of the toolbox."""

from __future__ import annotations

from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, Status


@solver
def hang(depth: int = 0) -> Result[int, None]:
    """Never end.

    Args:
        depth: not used.

    Example:
        {}
    """
    while True:
        depth += 1


@solver
def swell(step: int = 1 << 24) -> Result[int, None]:
    """Take memory without end.

    Args:
        step: bytes at a time.

    Example:
        {}
    """
    taken = []
    while True:
        taken.append(bytearray(step))


@solver
def die(address: int = 0) -> Result[int, None]:
    """End by a signal, as a defect in compiled code would.

    Args:
        address: read although nothing is there.

    Example:
        {}
    """
    import ctypes

    ctypes.string_at(address)
    return Result(Status.CONVERGED, 0)


@solver
def divide(by: int) -> Result[float, None]:
    """Fail as a defective solver would.

    Args:
        by: 0 to fail.

    Example:
        {"by": 1}
    """
    return Result(Status.CONVERGED, 1 / by)


@solver
def look(path: str) -> Result[list[str], None]:
    """List a directory of the host.

    Args:
        path: of the directory.

    Example:
        {"path": "/"}
    """
    import os

    return Result(Status.CONVERGED, sorted(os.listdir(path)))
