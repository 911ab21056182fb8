"""Solvers as tools: typed Python functions that a model, a script or a person can call.

    from reasoning.solvers.linear_program import linear_program
    linear_program([-1.0, -2.0], [[1.0, 1.0]], [4.0]).solution.x        # array([0., 4.])

    async with SandboxPool() as pool:                                   # the same for arguments that nobody trusts
        reply = await Toolbox(pool).call("linear_program", '{"cost": [-1, -2], "upper_matrix": [[1, 1]], "upper": [4]}')

A solver is one function with the decorator `solver` (see `definition`) and one line in `TOOLS` (see `registry`). The
schema for function calling, the MCP tool, the command line and the reference page are made from the function.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reasoning.solvers.definition import Definition, solver
    from reasoning.solvers.registry import ToolError, find_tool, tool_names
    from reasoning.solvers.results import Result, SolverInputError, Status
    from reasoning.solvers.toolbox import Reply, Toolbox

__all__ = [
    "Definition",
    "Reply",
    "Result",
    "SolverInputError",
    "Status",
    "ToolError",
    "Toolbox",
    "find_tool",
    "solver",
    "tool_names",
]

_HOMES = {
    "Definition": "definition",
    "Reply": "toolbox",
    "Result": "results",
    "SolverInputError": "results",
    "Status": "results",
    "ToolError": "registry",
    "Toolbox": "toolbox",
    "find_tool": "registry",
    "solver": "definition",
    "tool_names": "registry",
}


def __getattr__(name: str) -> object:
    """Import on first use: listing the tools needs neither NumPy nor pydantic."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
