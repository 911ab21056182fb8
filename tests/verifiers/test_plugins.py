"""What other packages add: found by name, loaded when used, and told of in one line where it cannot be."""

import asyncio
import subprocess
import sys

import pytest

from reasoning.cli.main import main
from reasoning.evaluation.benchmarks import benchmark_names, find_benchmark
from reasoning.methods import MethodError, find_method
from reasoning.pipelines import find_pipeline
from reasoning.solvers import ToolError, find_tool
from reasoning.solvers.registry import find_entry
from tests.support.plugins import lay_distribution
from verifiers import Problem, Status, VerifierRegistry
from verifiers.plugins import PluginError, Plugins, list_plugins, plugin_packages
from verifiers.sandbox import Limits, SandboxPool, Task

MODULE = """
from reasoning.methods import MethodEntry
from reasoning.pipelines import PIPELINES, find_pipeline
from reasoning.solvers import ToolEntry
from verifiers import Verdict


class Judge:
    def __init__(self, sandbox):
        pass

    async def verify(self, problem, candidate, limits):
        if candidate == "raise":
            raise LookupError("\\x1b[31mno such row")
        return True


def create(target, options):
    return "made"


METHOD = MethodEntry("own_module:nothing", "not there")
MISNAMED = find_pipeline("rejection")
LOST = ToolEntry("own_module:tool", "a tool", modules=("no_such_package_at_all",))
ASTRAY = ToolEntry("own_module:tool", "a tool", "no such profile")
"""
POINTS = {
    "reasoning_toolkit.benchmarks": {"mine": "no_such_module_at_all:BENCHMARK", "kind": "own_module:METHOD"},
    "reasoning_toolkit.engines": {"search": "own_module:create", "made": "own_module:create"},
    "reasoning_toolkit.methods": {"direct": "own_module:METHOD"},
    "reasoning_toolkit.pipelines": {"misnamed": "own_module:MISNAMED"},
    "reasoning_toolkit.solvers": {"lost": "own_module:LOST", "astray": "own_module:ASTRAY"},
    "reasoning_toolkit.verifiers": {"careless": "own_module:Judge"},
    "reasoning_toolkit.metods": {"typo": "own_module:METHOD"},
    "somebody_else.engines": {"other": "own_module:create"},
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "own_module.py").write_text(MODULE)
    lay_distribution(tmp_path, "own-package", "2.1", POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_what_cannot_be_loaded_is_told_in_one_line(package, capsys):
    assert {"mine", "kind"} < {*benchmark_names()}
    with pytest.raises(
        PluginError, match=r"^benchmark 'mine' of the package own-package cannot be loaded: ModuleNotFound"
    ):
        find_benchmark("mine")
    with pytest.raises(PluginError, match="own_module:METHOD is a MethodEntry, expected a Benchmark"):
        find_benchmark("kind")
    with pytest.raises(PluginError, match="'misnamed' of the package own-package says that it is 'rejection'"):
        find_pipeline("misnamed")
    with pytest.raises(ToolError, match="needs no_such_package_at_all, which is not installed"):
        find_tool("lost")
    with pytest.raises(ToolError, match="wants the profile 'no such profile'; known profiles: numeric, exact"):
        find_entry("astray")
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "mine"])
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n"), said.startswith("error: benchmark 'mine'")) == (2, 1, True)


def test_built_in_names_stay_what_they_are(package):
    assert find_method("direct").__name__ == "direct"
    assert Plugins("engines", "engine").names(besides=["search"]) == ["made"]
    with pytest.raises(MethodError, match="no method 'typo'"):
        find_method("typo")


def test_of_two_packages_with_one_name_the_first_has_it(package):
    lay_distribution(package, "another-package", "1.0", {"reasoning_toolkit.engines": {"made": "own_module:METHOD"}})
    assert Plugins("engines", "engine").package("made") == "another-package"
    assert plugin_packages() == {"another-package": "1.0", "own-package": "2.1"}
    assert [one.group for one in list_plugins() if one.name == "typo"] == ["metods"]


def test_doctor_says_what_keeps_a_plug_in_from_use(package, capsys, monkeypatch):
    from reasoning.cli import doctor

    monkeypatch.setenv("COLUMNS", "400")
    for part in ("_sandbox", "_engines", "_embedded_lean", "_provers"):
        monkeypatch.setattr(doctor, part, lambda: iter(()))
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    said = capsys.readouterr().out
    assert ended.value.code == 1
    rows = {line.split("│")[1].strip(): line.split("│")[2:4] for line in said.splitlines() if "plug-in" in line}
    states = {name.removeprefix("plug-in "): state.strip() for name, (state, _) in rows.items()}
    assert states == {
        "benchmarks: kind": "broken", "benchmarks: mine": "broken", "engines: made": "ok", "engines: search": "broken",
        "methods: direct": "broken", "metods: typo": "broken", "pipelines: misnamed": "broken", "solvers: astray": "broken",
        "solvers: lost": "broken", "verifiers: careless": "ok",
    }  # fmt: skip
    assert "uses the name of a built-in thing" in rows["plug-in methods: direct"][1]
    assert "a group that is not looked at; groups are benchmarks, embedders" in rows["plug-in metods: typo"][1]


def test_a_verifier_that_raises_or_returns_something_else_has_judged_nothing(package):
    async def work():
        async with SandboxPool(workers=1) as pool:
            registry = VerifierRegistry(pool)
            return [await registry.verify(Problem("p", "careless"), text, Limits()) for text in ("raise", "pass")]

    raised, returned = asyncio.run(work())
    assert raised.status is returned.status is Status.INTERNAL
    assert raised.detail == "the verifier failed: LookupError: \\x1b[31mno such row"
    assert returned.detail == "the verifier returned a bool, expected a Verdict"


def test_an_entry_of_another_package_runs_and_its_tasks_see_nothing_of_it(package):
    (package / "own_entries.py").write_text(
        "def run(channel):\n    space = {}\n    exec(channel.receive(), space)\n    channel.send(space['found'].encode())\n"
    )
    look = "import sys\ntry:\n    import own_module\n    found = 'seen'\nexcept ImportError:\n    found = 'hidden'\n"
    look += f"found += str({str(package)!r} in sys.path)"

    async def work():
        async with SandboxPool(workers=1) as pool:
            return await pool.run(Task("own_entries:run", look.encode(), capture=True), Limits(wall_seconds=5))

    outcome = asyncio.run(work())
    assert outcome.answers == (b"hiddenFalse",), outcome


def test_looking_for_plug_ins_loads_none(package):
    program = (
        f"import sys; sys.path.insert(0, {str(package)!r})\n"
        "from verifiers.plugins import list_plugins; from verifiers import kinds\n"
        "print(len(list_plugins()), 'careless' in kinds(), 'own_module' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["10", "True", "False"]
