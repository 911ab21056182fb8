"""The package of docs/plugins.md: laid down as an installed one, it does what the page's commands say."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib

import pytest

from reasoning.cli.main import main
from tests.support.doc_commands import ROOT, Block, blocks, shown
from tests.support.plugins import lay_distribution


def page(language: str) -> list[Block]:
    return [block for block in blocks(language) if block.page == "plugins.md"]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package of the page, installed in a folder on `sys.path`; another one is the working directory."""
    (told,) = page("toml")
    project = tomllib.loads(told.body)["project"]
    home = tmp_path / "installed"
    for block in page("python"):
        file = home / block.body.splitlines()[0].removeprefix("# ")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.body)
    lay_distribution(home, project["name"], project["version"], project["entry-points"])
    monkeypatch.syspath_prepend(home)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("COLUMNS", "200")
    return work


def test_the_package_of_the_page_does_what_it_says(package, capsys):
    def say(command):
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(command)[1:])
        assert ended.value.code == 0, command
        return capsys.readouterr().out

    subprocess.run(["bash", "-c", shown("plugins.md", "printf")], cwd=package, check=True)
    doctor = say(shown("plugins.md", "reasoning doctor"))
    validated = say(shown("plugins.md", "reasoning benchmarks"))
    evaluated = say(shown("plugins.md", "reasoning evaluate"))
    say(shown("plugins.md", "reasoning report"))
    made = say(shown("plugins.md", "reasoning generate parities"))
    kept = say(shown("plugins.md", "reasoning generate rejection"))
    called = say(shown("plugins.md", "reasoning tools"))
    groups = ("benchmarks", "engines", "methods", "pipelines", "solvers", "verifiers")
    assert [*re.findall(r"plug-in (\w+): \S+ +│ ok +│ from the package parity-tools 1.0", doctor)] == [*groups]
    assert "3 of 3 reference answers accepted" in validated
    records = [json.loads(line) for line in (package / "runs/coin/records.jsonl").read_text().splitlines()]
    assert {record["status"] for record in records} == {"passed", "wrong"}
    assert len(records) == 12
    assert "results: runs/coin" in evaluated
    assert "<title>" in (package / "runs/coin/report.html").read_text()
    config = json.loads((package / "runs/coin/config.json").read_text())
    assert config["environment"]["plugins"] == {"parity-tools": "1.0"}
    assert "30 rows kept; thrown away: nothing" in made
    assert (
        json.loads((package / "runs/parities/dataset/manifest.json").read_text())["versions"]["parity-tools"] == "1.0"
    )
    assert "3 rows kept" in kept
    assert json.loads(called)["solution"] == {"even": True}


def test_the_page_names_every_group():
    from verifiers.plugins import GROUPS

    (told,) = page("toml")
    rows = re.findall(
        r"^\| `(\w+)` \|",
        (ROOT / "docs" / "plugins.md").read_text("utf-8").partition("| group")[2].partition("\n\n")[0],
        re.MULTILINE,
    )
    assert sorted(rows) == sorted(GROUPS)
    named = {group.rpartition(".")[2] for group in tomllib.loads(told.body)["project"]["entry-points"]}
    assert named < set(GROUPS)


def test_every_registry_asks_for_a_group_that_is_known():
    from verifiers.plugins import GROUPS

    files = [file for top in ("reasoning", "verifiers") for file in (ROOT / top).rglob("*.py")]
    asked = {group for file in files for group in re.findall(r'Plugins\("(\w+)", "', file.read_text("utf-8"))}
    assert asked == set(GROUPS)
