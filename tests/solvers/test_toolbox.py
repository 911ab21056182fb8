import asyncio
import json
import os
import subprocess
import sys

import pytest

from reasoning.solvers import Toolbox, ToolError, registry
from reasoning.solvers.registry import TOOLS, ToolEntry, find_tool
from verifiers.sandbox import SandboxPool

PROBES = ("hang", "swell", "die", "divide", "look")


@pytest.fixture
def probes(monkeypatch):
    for name in PROBES:
        monkeypatch.setitem(TOOLS, name, ToolEntry(f"tests.support.probe_tools:{name}", name, "probes"))
    monkeypatch.setitem(registry.PROFILES, "probes", ("numpy",))
    registry.find_tool.cache_clear()
    registry.sandbox_profile.cache_clear()
    yield PROBES
    registry.find_tool.cache_clear()
    registry.sandbox_profile.cache_clear()


def call_all(calls, **options):
    async def work():
        async with SandboxPool(workers=1) as pool:
            toolbox = Toolbox(pool, **options)
            return [await toolbox.call(name, arguments) for name, arguments in calls]

    return asyncio.run(work())


def test_listing_the_tools_imports_nothing_of_them():
    program = (
        "import sys, reasoning.solvers.registry as registry; registry.tool_names()\n"
        "print(sorted({'numpy', 'scipy', 'pydantic', 'sympy', 'flint'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_call_that_never_ends_is_stopped(probes):
    (reply,) = call_all([("hang", {})], seconds=0.5)
    assert (reply.status, reply.error) == ("limit", "stopped after 0.5 s")


def test_calls_that_misbehave_end_in_one_line(probes):
    # The tools' own limit of time: under one second a busy machine may stop a call before it misbehaves.
    replies = call_all(
        [("swell", {}), ("die", {}), ("divide", {"by": 0}), ("divide", {"by": 4}), ("look", {"path": os.getcwd()})],
        memory_mib=256,
    )
    shown = [(reply.status, reply.error) for reply in replies[:3]]
    assert shown == [
        ("limit", "needed more than 256 MiB"),
        ("error", "the tool failed: ended by signal 11"),
        ("error", "ZeroDivisionError: division by zero"),
    ]
    assert replies[3].record["solution"] == 0.25
    assert "pyproject.toml" not in replies[4].text


@pytest.mark.parametrize(
    ("name", "arguments", "status", "line"),
    [
        ("nothing", "{}", "error", "no tool 'nothing'; there are factor_integer"),
        ("factor_integer", '{"number": ', "invalid_input", "the arguments are not JSON"),
        ("factor_integer", "[91]", "invalid_input", "the arguments are a JSON array; expected an object"),
        ("factor_integer", "{}", "invalid_input", "number: missing"),
        ("factor_integer", '{"number": 91, "x": 1}', "invalid_input", "'x': no such argument; there are number"),
        ("factor_integer", '{"number": ' + "9" * 5000 + "}", "invalid_input", "the arguments are not JSON"),
        ("factor_integer", '{"number": ' + "[" * 100_000 + "]" * 100_000 + "}", "invalid_input", "nested too deeply"),
        ("factor_integer", {"number": [[]] * 100_001}, "invalid_input", "at most 100000 values are taken"),
        ("factor_integer", '{"number": "' + "9" * (4 << 20) + '"}', "invalid_input", "characters long; at most"),
    ],
)
def test_bad_calls_never_reach_the_sandbox(name, arguments, status, line):
    (reply,) = call_all([(name, arguments)], names=["factor_integer"])
    assert reply.status == status
    assert line in reply.error
    assert "\n" not in reply.error
    assert json.loads(reply.text) == {"status": status, "error": reply.error}


def test_a_toolbox_of_unknown_tools_is_refused():
    with pytest.raises(ToolError, match="no tool 'nope'; known tools: "):
        Toolbox(None, ["nope"])


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(registry.PROFILES, "numeric", ("numpy", "no_such_package.part"))
    with pytest.raises(ToolError, match=r"tool 'linear_program' needs no_such_package: pip install 'reasoning-toolkit"):
        Toolbox(None, ["linear_program"])


def test_the_text_for_a_model_is_the_same_each_time():
    once, again = call_all([("factor_integer", '{"number": 91}')] * 2)
    assert once.record["seconds"] >= 0
    assert once.text == again.text
    assert "seconds" not in once.text


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_each_tool_documents_itself(name):
    found = find_tool(name)
    assert found.name == name
    assert {"Args", "Returns", "Source", "Example"} <= found.sections.keys()
    assert found.bind(found.example)
    json.dumps(found.function_schema())


def test_each_example_is_solved_in_the_sandbox():
    replies = call_all([(name, find_tool(name).example) for name in sorted(TOOLS)])
    assert {reply.tool: (reply.status, reply.error) for reply in replies} == dict.fromkeys(
        sorted(TOOLS), ("converged", "")
    )
