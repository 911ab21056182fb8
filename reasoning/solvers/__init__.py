"""Solvers as tools: typed Python functions that a model, a script or a person can call.

    from reasoning.solvers.linear_program import linear_program
    linear_program([-1.0, -2.0], [[1.0, 1.0]], [4.0]).solution.x        # array([0., 4.])

    async with SandboxPool() as pool:                                   # the same for arguments that nobody trusts
        reply = await Toolbox(pool).call("linear_program", '{"cost": [-1, -2], "upper_matrix": [[1, 1]], "upper": [4]}')

A solver is one function with the decorator `solver` (see `definition`) and one line in `TOOLS` (see `registry`). The
schema for function calling, the MCP tool, the command line and the reference page are made from the function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from reasoning.solvers.definition import Definition, solver
    from reasoning.solvers.registry import ToolEntry, ToolError, find_tool, tool_names
    from reasoning.solvers.results import Result, SolverInputError, Status
    from reasoning.solvers.toolbox import Reply, Toolbox

__all__ = [
    "Definition",
    "Reply",
    "Result",
    "SolverInputError",
    "Status",
    "ToolEntry",
    "ToolError",
    "Toolbox",
    "find_tool",
    "solver",
    "tool_names",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "definition": ("Definition", "solver"),
        "registry": ("ToolEntry", "ToolError", "find_tool", "tool_names"),
        "results": ("Result", "SolverInputError", "Status"),
        "toolbox": ("Reply", "Toolbox"),
    },
)
