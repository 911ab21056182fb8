"""`reasoning serve`: what other programs ask over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from reasoning.cli.execution import MOST_MIB, MOST_SECONDS, AllowWeak, CandidateMemory, CandidateSeconds, Jobs
from reasoning.cli.support import say, until_interrupted

if TYPE_CHECKING:
    from verifiers.proofs.lean.server import LeanServer
    from verifiers.reward_server import RewardServer

__all__ = ["lean", "rewards", "serve", "tools"]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def serve() -> None:
    """Serve rewards, Lean or tools to other programs.

    \b
    Examples:
      reasoning serve rewards --port 8000
      reasoning serve lean --port 8000
      reasoning serve tools
    """  # noqa: D301 - \b is typer's mark, not text


@app.command("rewards", short_help="Serve verifier rewards in OpenRLHF's form.")
def rewards(
    kind: Annotated[str, typer.Option(help="Kind of problems whose label is a plain gold answer.")] = "answer",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 8000,
    jobs: Jobs = None,
    timeout: CandidateSeconds = None,
    memory: CandidateMemory = None,
    partial: Annotated[float, typer.Option(min=0.0, max=0.99, help="Credit for the share of tests passed.")] = 0.0,
    form: Annotated[str, typer.Option(help="Regular expression that a candidate must hold.")] = "",
    allow_weak: AllowWeak = False,
) -> None:
    """Serve verifier rewards in OpenRLHF's form.

    A label is a gold answer, or a problem as JSON (see docs/formats.md). Everyone who reaches the address can have
    code judged, so keep it on this machine or a network that you trust.

    \b
    Examples:
      reasoning serve rewards --port 8000
      python -m openrlhf.cli.train_ppo_ray --reward.remote_url http://127.0.0.1:8000 ...
    """  # noqa: D301 - \b is typer's mark, not text
    from verifiers.registry import kinds
    from verifiers.reward_server import RewardServer
    from verifiers.rewards import Shaping, VerifierReward
    from verifiers.sandbox import Limits

    if kind not in kinds():
        raise typer.BadParameter(f"no kind '{kind}'; known kinds: {', '.join(kinds())}")
    default = Limits()
    reward = VerifierReward(
        kind,
        limits=Limits(wall_seconds=timeout or default.wall_seconds, memory_mib=memory or default.memory_mib),
        shaping=Shaping(partial=partial, form=form),
        workers=jobs,
        allow_weak=allow_weak,
    )
    try:
        _serve(lambda: RewardServer(reward, host, port), f"rewards for kind {kind}", host, port)
    finally:
        reward.close()


@app.command("lean", short_help="Serve the embedded Lean as a Kimina Lean Server does.")
def lean(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 8000,
    jobs: Annotated[int | None, typer.Option(min=1, help="Snippets at once. Default: one a processor.")] = None,
    key: Annotated[
        str, typer.Option(envvar="LEAN_SERVER_API_KEY", help="API key that clients have to send. Default: none.")
    ] = "",
    allow_weak: AllowWeak = False,
) -> None:
    """Serve the embedded Lean in the form of a Kimina Lean Server (/api/check, /verify), so that its clients work.

    Core library only. What runs code, trusts the compiler or switches the kernel off is an error message.

    \b
    Examples:
      reasoning serve lean --port 8000
      curl -s localhost:8000/api/check -d '{"snippets": [{"id": "a", "code": "theorem a : 1 = 1 := rfl"}]}'
    """  # noqa: D301 - \b is typer's mark, not text
    from verifiers.proofs.lean.server import LeanServer

    _serve(lambda: LeanServer(host, port, jobs=jobs, key=key, allow_weak=allow_weak), "Lean", host, port)


def _serve(make: Callable[[], RewardServer | LeanServer], title: str, host: str, port: int) -> None:
    """Make a server, say where it listens, and serve until Ctrl-C."""
    try:
        server = make()
    except OSError as error:
        raise typer.BadParameter(f"--host {host} --port {port}: {error.strerror}") from None
    address, number = server.address
    say(f"{title}: http://{address}:{number} (Ctrl-C ends it)")
    try:
        until_interrupted(server.serve_forever)
    finally:
        server.close()


@app.command("tools")
def tools(
    names: Annotated[list[str] | None, typer.Argument(help="Tools to offer. Default: all.")] = None,
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP on 127.0.0.1. Default: stdio.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for --http; 0 for a free one.")] = 8765,
    jobs: Annotated[int | None, typer.Option(min=1, help="Calls run at once. Default: one a processor.")] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0.01, max=MOST_SECONDS, help="Seconds for one call. Default: each tool's.")
    ] = None,
    memory: Annotated[
        int | None, typer.Option(min=16, max=MOST_MIB, help="MiB for one call. Default: each tool's.")
    ] = None,
    allow_weak: AllowWeak = False,
) -> None:
    """Serve the solvers of `reasoning tools` to MCP clients.

    A client starts the command itself and speaks with it over standard input and output, or it connects to the
    address that --http prints.

    \b
    Examples:
      reasoning serve tools
      reasoning serve tools linear_program factor_integer --http --port 8765
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.solvers.mcp_server import serve_http, serve_stdio
    from reasoning.solvers.toolbox import Toolbox
    from verifiers.sandbox import SandboxPool

    async def work() -> None:
        async with SandboxPool(workers=jobs, allow_weak=allow_weak) as pool:
            toolbox = Toolbox(pool, names or None, seconds=timeout, memory_mib=memory)
            await (serve_http(toolbox, port) if http else serve_stdio(toolbox))

    try:
        until_interrupted(lambda: asyncio.run(work()))
    except OSError as error:
        raise typer.BadParameter(f"--port {port}: {error.strerror}") from None
