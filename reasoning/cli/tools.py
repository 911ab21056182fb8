"""`reasoning tools`: the solvers that a model, a script or a person can call."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reasoning.cli.execution import AllowWeak
from reasoning.cli.support import EXIT_UNJUDGED, run_interruptible

if TYPE_CHECKING:
    from reasoning.solvers import Reply

__all__ = ["call", "show", "tools"]

app = typer.Typer()

MAX_NUMBERS = 1_000_000
"""Most values of one call from the command line."""
_SECTIONS = ("Args", "Returns", "Raises", "Source")


@app.callback(invoke_without_command=True)
def tools(context: typer.Context) -> None:
    """List the solvers that a model can call, or call one.

    \b
    Examples:
      reasoning tools
      reasoning tools show linear_program
      reasoning tools call factor_integer --json '{"number": 8051}'
    """  # noqa: D301 - \b is typer's mark, not text
    if context.invoked_subcommand is None:
        from reasoning.solvers.registry import TOOLS, find_entry, tool_names

        names = tool_names()
        width = max(map(len, names))
        for name in names:
            print(f"{name:{width}}  {(TOOLS.get(name) or find_entry(name)).summary}")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Name of the tool.")],
    schema: Annotated[bool, typer.Option("--schema", help="Only the schema for function calling, as JSON.")] = False,
) -> None:
    """Show what a tool does, its arguments, and an example.

    \b
    Examples:
      reasoning tools show linear_program
      reasoning tools show factor_integer --schema
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.solvers import find_tool

    found = find_tool(name)
    if schema:
        print(json.dumps(found.function_schema(), indent=2))
        return
    print(f"{name}\n\n{found.description}\n")
    for title in _SECTIONS:
        if title in found.sections:
            print(f"{title}:\n{found.sections[title]}\n")
    print(f"Example:\n    reasoning tools call {name} --json '{json.dumps(found.example)}'")


@app.command("call")
def call(
    name: Annotated[str, typer.Argument(help="Name of the tool.")],
    arguments: Annotated[
        str, typer.Option("--json", help="The arguments as a JSON object; @FILE reads a file, - standard input.")
    ] = "{}",
    array: Annotated[
        list[str] | None, typer.Option(help="ARGUMENT=FILE: an array of numbers from a .npy file; can be repeated.")
    ] = None,
    timeout: Annotated[float | None, typer.Option(min=0.01, help="Seconds. Default: the tool's own limit.")] = None,
    memory: Annotated[int | None, typer.Option(min=16, help="MiB. Default: the tool's own limit.")] = None,
    allow_weak: AllowWeak = False,
) -> None:
    """Call a tool and print its result as JSON.

    Exit status 1: the tool ran and has no solution (infeasible, out of time, ...); 2: the arguments are wrong.

    \b
    Examples:
      reasoning tools call linear_program --json '{"cost": [-1, -2], "upper_matrix": [[1, 1]], "upper": [4]}'
      reasoning tools call linear_program --json @problem.json --array upper_matrix=a.npy --timeout 60
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.solvers import SolverInputError, ToolError

    text = _text(arguments)
    values = _with_arrays(text, array) if array else text
    reply = run_interruptible(_call(name, values, timeout, memory, allow_weak), "nothing was kept; call it again")
    if reply.status == "invalid_input":
        raise SolverInputError(f"{name}: {reply.error}")
    if reply.status == "error":
        raise ToolError(f"{name}: {reply.error}")
    print(json.dumps(reply.to_json(), indent=2))
    if reply.status != "converged":
        raise typer.Exit(EXIT_UNJUDGED)


async def _call(
    name: str, arguments: str | Mapping[str, Any], timeout: float | None, memory: int | None, allow_weak: bool
) -> Reply:
    from reasoning.solvers import Toolbox
    from verifiers.sandbox import SandboxPool

    async with SandboxPool(workers=1, allow_weak=allow_weak) as pool:
        toolbox = Toolbox(pool, [name], seconds=timeout, memory_mib=memory, max_numbers=MAX_NUMBERS)
        return await toolbox.call(name, arguments)


def _text(source: str) -> str:
    if source == "-":
        return sys.stdin.read()
    if not source.startswith("@"):
        return source
    try:
        return Path(source[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise typer.BadParameter(f"--json: {source[1:]}: cannot be read: {reason}") from None


def _with_arrays(text: str, arrays: list[str]) -> dict[str, Any]:
    import numpy as np

    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"--json: not JSON: {error}") from None
    if not isinstance(values, dict):
        raise typer.BadParameter("--json: expected an object")
    for one in arrays:
        argument, _, file = one.partition("=")
        if not argument or not file:
            raise typer.BadParameter(f"--array {one}: expected ARGUMENT=FILE")
        try:
            loaded = np.load(file, mmap_mode="r", allow_pickle=False)
        except OSError as error:
            raise typer.BadParameter(f"--array {argument}: {file}: cannot be read: {error.strerror or error}") from None
        except (ValueError, EOFError):
            # NumPy's own words advise to load pickles.
            raise typer.BadParameter(f"--array {argument}: {file}: not a .npy file of numbers") from None
        if not isinstance(loaded, np.ndarray) or loaded.size > MAX_NUMBERS or loaded.dtype.kind not in "iuf":
            raise typer.BadParameter(f"--array {argument}: {file}: expected at most {MAX_NUMBERS} numbers in one array")
        values[argument] = loaded.tolist()
    return values
