"""The tools as a server of the Model Context Protocol (MCP), over standard input and output or HTTP on loopback.

    async with SandboxPool() as pool:
        await serve_stdio(Toolbox(pool))

Every call goes through a `Toolbox`, so its arguments are checked and it runs in a sandbox child. What goes wrong comes
back as the protocol's tool error with one line.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from reasoning.runs.environment import package_versions
from reasoning.solvers.registry import ToolError, find_tool
from reasoning.solvers.results import Status
from verifiers.plugins import OWN_PACKAGE

if TYPE_CHECKING:
    from mcp.server import Server

    from reasoning.solvers.toolbox import Reply, Toolbox

__all__ = ["PATH", "make_server", "serve_http", "serve_stdio"]

PATH = "/mcp"
"""Path of the HTTP endpoint."""
_INSTRUCTIONS = "Solvers for mathematics. Each result has a status, a solution and a certificate that can be checked."
_OUTPUT = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": [status.value for status in Status]},
        "solution": {},
        "certificate": {},
        "iterations": {"type": "integer"},
        "seconds": {"type": "number"},
        "seed": {},
        "message": {"type": "string"},
    },
    "required": ["status", "solution", "certificate", "iterations", "seconds", "seed"],
}


def make_server(toolbox: Toolbox) -> Server[Any]:
    """A server that lists and calls the toolbox's tools.

    Raises:
        ToolError: the MCP SDK is not installed.
    """
    try:
        from mcp import types
        from mcp.server import Server
    except ImportError:
        raise ToolError("serving tools needs the MCP SDK: pip install 'reasoning-toolkit[mcp]'") from None

    async def list_tools(context: Any, parameters: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(types, name) for name in toolbox.names])

    async def call_tool(context: Any, parameters: types.CallToolRequestParams) -> types.CallToolResult:
        reply = await toolbox.call(parameters.name, parameters.arguments or {})
        result: types.CallToolResult = _result(types, reply)
        return result

    return Server(
        OWN_PACKAGE,
        version=package_versions([OWN_PACKAGE]).get(OWN_PACKAGE, ""),
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _tool(types: Any, name: str) -> Any:
    found = find_tool(name)
    return types.Tool(name=name, description=found.description, input_schema=found.parameters, output_schema=_OUTPUT)


def _result(types: Any, reply: Reply) -> Any:
    if reply.record is None:
        line = f"{reply.status}: {reply.error}"
        return types.CallToolResult(content=[types.TextContent(type="text", text=line)], is_error=True)
    record = reply.to_json()
    text = types.TextContent(type="text", text=json.dumps(record))
    return types.CallToolResult(content=[text], structured_content=record)


async def serve_stdio(toolbox: Toolbox) -> None:
    """Serve one client on standard input and output until it closes them."""
    server = make_server(toolbox)
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


async def serve_http(toolbox: Toolbox, port: int) -> None:
    """Serve clients by streamable HTTP on 127.0.0.1 until interrupted.

    Args:
        toolbox: the tools.
        port: 0 for a free one; the address goes to standard error.
    """
    import socket
    import sys

    server = make_server(toolbox)
    import uvicorn

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        app = server.streamable_http_app(streamable_http_path=PATH, host="127.0.0.1")
        config = uvicorn.Config(app, log_level="warning")
        print(
            f"tools: http://127.0.0.1:{listener.getsockname()[1]}{PATH} (Ctrl-C ends it)", file=sys.stderr, flush=True
        )
        # An interrupt that came meanwhile ends this here: within uvicorn's start it would be logged with a traceback.
        await asyncio.sleep(0)
        await uvicorn.Server(config).serve(sockets=[listener])
