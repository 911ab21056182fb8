"""Every command and program in the README and the docs is run, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    return [(page.name, body) for page in PAGES for kind, body in BLOCK.findall(page.read_text()) if kind == language]


def commands(body: str) -> str:
    """The lines after `$ `, as one script that stops at the first failure; `make` is what runs these tests."""
    lines = [line[2:] for line in body.splitlines() if line.startswith("$ ") and not line.startswith("$ make")]
    return "\n".join(["set -e", *lines])


def environment() -> dict[str, str]:
    """A new user's: what the docs show works without files of benchmarks; with them, making a dataset takes longer."""
    given = {name: value for name, value in os.environ.items() if name != "REASONING_BENCHMARKS"}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**given, "PATH": path, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize(("page", "body"), blocks("console"))
def test_commands_of_the_docs_run(page, body, tmp_path):
    script = commands(body)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{page}:\n{script}\n{done.stderr[-2000:]}"


@pytest.mark.parametrize(("page", "body"), [block for block in blocks("python") if "asyncio.run" in block[1]])
def test_programs_of_the_docs_run(page, body, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(body)
    done = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{page}:\n{done.stderr[-2000:]}"
    assert done.stdout


def test_the_example_verifier_is_found_and_judges(tmp_path):
    source = next(body for name, body in blocks("python") if "ParityVerifier" in body)
    (tmp_path / "parity.py").write_text(source)
    info = tmp_path / "parity-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parity\nVersion: 1.0\n")
    toml = next(body for name, body in blocks("toml") if "parity" in body)
    group, line = re.search(r'entry-points\."([^"]+)"\]\n(\w+ = "[^"]+")', toml).groups()
    (info / "entry_points.txt").write_text(f"[{group}]\n{line.replace(chr(34), '')}\n")
    lines = "".join(
        f'{{"id": "{number}", "problem": {{"kind": "parity", "parity": "even"}}, "candidate": "{number}"}}\n'
        for number in (14, 15, "many")
    )
    env = environment()
    env["PYTHONPATH"] += os.pathsep + str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "reasoning.cli.main", "verify", "parity"], input=lines, env=env, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.findall(r'"status": ?"(\w+)"', done.stdout) == ["passed", "wrong", "unparsable"]


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def written_commands():
    """Page and words of each `reasoning ...` of the blocks that are not run: they want a model, a server or hours."""
    found = []
    for kind in ("sh", "text"):
        for page, body in blocks(kind):
            joined = body.replace("\\\n", " ")
            lines = [shlex.split(line, comments=True) for line in joined.splitlines() if line.startswith("reasoning ")]
            found += [(page, words[1:]) for words in lines if not re.match(r"reasoning/|\S+ {8}", " ".join(words))]
    return found


@pytest.mark.parametrize(
    ("page", "words"), written_commands(), ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else value
)
def test_commands_of_the_docs_that_are_not_run_are_read_by_the_command_line(page, words):
    """Commands, arguments, options and the forms of their values; nothing is called."""
    import typer

    from reasoning.cli.commands import app

    command, rest, context = typer.main.get_command(app), words, None
    while True:
        context = command.make_context(command.name, list(rest), parent=context)
        rest = [*getattr(context, "_protected_args", ()), *context.args]
        if not hasattr(command, "commands") or not rest:
            break
        _, command, rest = command.resolve_command(context, rest)
    assert not rest, page
