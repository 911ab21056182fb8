"""The servers of the command line: they say where they are, and Ctrl-C ends them all alike."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest
from interrupts import heed_interrupts

from tests.support.doc_commands import shown

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "rewards"],
        shown("proofs.md", "reasoning serve lean").split()[1:],
        shown("reports.md", "reasoning view").split()[1:],
        pytest.param(
            ["serve", "tools", "factor_integer", "--http"],
            marks=pytest.mark.skipif(find_spec("mcp") is None, reason="the MCP SDK is not installed"),
        ),
    ],
    ids=lambda arguments: arguments[1] if arguments[0] == "serve" else arguments[0],
)
def test_interrupted_servers_say_so_and_end(arguments, tmp_path):
    (tmp_path / "runs").mkdir()
    command = [sys.executable, "-m", "reasoning.cli.main", *arguments, "--port", "0"]  # the last of two ports counts
    server = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    try:
        line = server.stderr.readline()
        address = ADDRESS.search(line)
        assert address, line
        if "tools" not in arguments:
            page = "/" if arguments[0] == "view" else "/health"
            with urllib.request.urlopen(f"{address[0]}{page}", timeout=30) as reply:
                assert reply.read()[:9] == b"<!doctype" if page == "/" else json.load(reply)
        server.send_signal(signal.SIGINT)
        _, rest = server.communicate(timeout=60)
    finally:
        server.kill()
        server.wait()
    assert (server.returncode, rest.splitlines()[-1:]) == (130, ["stopped"])


def test_a_port_in_use_is_one_line(capsys):
    import socket

    from reasoning.cli.main import main

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for name in ("rewards", "lean"):
            with pytest.raises(SystemExit, match="2"):
                main(["serve", name, "--port", port])
            assert f"--port {port}: Address already in use" in capsys.readouterr().err
