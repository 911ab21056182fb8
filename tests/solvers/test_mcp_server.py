import asyncio
import re
import subprocess
import sys

import pytest

from reasoning.solvers import tool_names
from reasoning.solvers.registry import find_tool

mcp = pytest.importorskip("mcp")

COMMAND = [sys.executable, "-m", "reasoning.cli.main", "serve", "tools"]


async def lists_and_calls(client):
    """What a client sees: every tool, every example called, and what a mistake looks like."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert sorted(tools) == tool_names()
    for name, tool in tools.items():
        found = find_tool(name)
        assert tool.input_schema == found.parameters
        assert tool.description == found.description
        result = await client.call_tool(name, found.example)
        assert not result.is_error, result.content
        assert result.structured_content["status"] == "converged"
        assert result.structured_content["solution"] is not None
    wrong = await client.call_tool("factor_integer", {"number": "twelve"})
    assert wrong.is_error
    assert wrong.content[0].text == "invalid_input: number: expected an integer, got 'twelve'"
    unknown = await client.call_tool("no_such_tool", {})
    assert unknown.is_error
    assert "no tool 'no_such_tool'" in unknown.content[0].text


def test_the_server_says_its_version():
    from importlib.metadata import version

    from reasoning.solvers import Toolbox
    from reasoning.solvers.mcp_server import make_server

    server = make_server(Toolbox(None, ["factor_integer"]))
    assert server.version == version("reasoning-toolkit")


@pytest.mark.slow
def test_a_client_lists_and_calls_every_tool_over_stdio():
    from mcp import Client, StdioServerParameters

    async def work():
        async with Client(StdioServerParameters(command=COMMAND[0], args=COMMAND[1:])) as client:
            await lists_and_calls(client)

    asyncio.run(work())


@pytest.mark.slow
def test_a_client_lists_and_calls_every_tool_over_http():
    from mcp import Client

    server = subprocess.Popen([*COMMAND, "--http", "--port", "0"], stderr=subprocess.PIPE, text=True)
    try:
        line = server.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/mcp", line)
        assert address, line

        async def work():
            async with Client(address[0]) as client:
                await lists_and_calls(client)

        asyncio.run(work())
    finally:
        server.terminate()
        server.communicate()


def test_an_interrupt_before_the_server_has_started_is_no_traceback(monkeypatch, capfd):
    from reasoning.solvers import mcp_server
    from reasoning.solvers.toolbox import Toolbox
    from verifiers.sandbox import SandboxPool

    made = mcp_server.make_server

    def interrupted(toolbox):
        asyncio.current_task().cancel()
        return made(toolbox)

    async def work():
        async with SandboxPool(workers=1) as pool:
            await mcp_server.serve_http(Toolbox(pool, ["factor_integer"]), 0)

    monkeypatch.setattr(mcp_server, "make_server", interrupted)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(work())
    shown = capfd.readouterr().err
    assert "tools: http://127.0.0.1" in shown
    assert "Traceback" not in shown
