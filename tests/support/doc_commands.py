"""The commands that README and docs show: read from their blocks, played in a folder, and what they promised looked for.

    for command in commands():                       # those of `sh` and `console` blocks
        command.page, command.text                   # "engines.md", "reasoning evaluate puzzles --engine search ..."
    shown("reports.md", "reasoning view")            # the one that begins so
    play("reasoning doctor", folder, variables)      # runs it as a shell would, in that folder; returns what it printed

A `console` block is run as it stands (`tests/docs/test_docs.py`), an `sh` block with stand-ins for what a reader brings:
models, servers, files (`doc_sessions.py`).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TIMEOUT_SECONDS = 280
LOOKS_LIKE_A_COMMAND = re.compile(
    r"(\$ |[A-Z_]+=\S+ )*(reasoning (?!/)[a-z]|vllm serve|pip install|make [a-z]|(\.venv\S*/bin/)?python (-m|scripts/)|scripts/\S+ )"
)

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEREDOC = re.compile(r"<<'(\w+)'$")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    language: str
    body: str


@dataclass(frozen=True)
class Command:
    """One command of an `sh` or `console` block: a line, or what belongs together (a loop, a file written in place)."""

    page: str
    language: str
    text: str


def blocks(*languages: str) -> list[Block]:
    """The blocks of all pages in these languages, all of them where none is named."""
    found = [Block(page.name, *one) for page in PAGES for one in _BLOCK.findall(page.read_text("utf-8"))]
    return [block for block in found if not languages or block.language in languages]


def commands() -> list[Command]:
    """The commands of all pages, in their order."""
    return [
        Command(block.page, block.language, text)
        for block in blocks("sh", "console")
        for text in (console_lines(block.body) if block.language == "console" else statements(block.body))
    ]


def begins_with(text: str, begins: str) -> bool:
    """Does a command begin with these words? A `$` at their end: it is all of it."""
    return text == begins[:-1] if begins.endswith("$") else text.startswith(begins)


def shown(page: str, begins: str) -> str:
    """The one command of a page that begins so; a test that runs it takes it from there."""
    [text] = [one.text for one in commands() if one.page == page and begins_with(one.text, begins)]
    return text


def spoken_commands() -> list[tuple[str, str]]:
    """Page and text of each `reasoning ...` within the running text; those with a choice or an option in brackets left out."""
    found = [
        (page.name, " ".join(text.split()))
        for page in PAGES
        for text in re.findall(r"`(reasoning [^`]+)`", _BLOCK.sub("", page.read_text("utf-8")))
    ]
    return [(page, text) for page, text in found if not re.search(r"[\[|]|\bNAME --help", text)]


def console_lines(body: str) -> list[str]:
    """What stands after `$ `, without remarks."""
    return [_bare(line[2:]) for line in body.splitlines() if line.startswith("$ ")]


def statements(body: str) -> Iterator[str]:
    """The statements of a script: continued lines joined, loops and files in place kept whole, remarks dropped."""
    lines = iter(body.replace("\\\n", " ").splitlines())
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        here = _HEREDOC.search(line)
        if here or line.startswith("for "):
            end, whole = here[1] if here else "done", [line]
            while whole[-1] != end:
                whole.append(next(lines))
            yield "\n".join(whole)
        else:
            yield re.sub(r" {2,}(?=-)", " ", _bare(line))


def _bare(line: str) -> str:
    return re.sub(r"\s+#\s.*$", "", line).rstrip()


def environment(folder: Path, *, benchmarks: bool) -> dict[str, str]:
    """A new user's variables. With the files of benchmarks, making a dataset takes longer: they are left out if not needed."""
    kept = {name: value for name, value in os.environ.items() if benchmarks or name != "REASONING_BENCHMARKS"}
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**kept, "PATH": path, "PYTHONPATH": str(ROOT)}


def play(text: str, folder: Path, variables: dict[str, str]) -> str:
    """Run commands in `folder` with these variables as a shell does; the exit status of each has to be 0.

    Returns:
        What it printed, on both streams.
    """
    done = subprocess.run(
        ["bash", "-c", f"set -e\n{text}"], cwd=folder, env=variables, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{text}\n{done.stdout[-3000:]}"
    return done.stdout


def assert_promised(text: str, folder: Path, printed: str) -> None:
    """What a command says that it leaves is there: a run with its records, a dataset with rows, verdicts, a page, a model."""
    words = shlex.split(text.splitlines()[-1], comments=True) if "\n" not in text else []
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    told = folder / given if (given := _after("--out", words)) else None
    match words[:2]:
        case ["reasoning", "evaluate"]:
            run = folder / re.findall(r"^results: (\S+)", printed, re.MULTILINE)[-1]
            assert told in (None, run)
            for part in run.iterdir() if (run / "methods.json").is_file() else [run]:
                assert part.is_file() or (
                    json.loads((part / "metrics.json").read_text()) and _lines(part / "records.jsonl")
                )
        case ["reasoning", "generate"]:
            data = folder / re.findall(r"^dataset: (\S+)", printed, re.MULTILINE)[-1]
            assert told in (None, data.parent)
            assert sum(one["rows"] for one in json.loads((data / "manifest.json").read_text())["files"]) > 0
        case ["reasoning", "verify"]:
            assert told is not None
            assert all(json.loads(line)["status"] for line in _lines(told))
        case ["reasoning", "train"]:
            run = told or folder / (_after("--resume", words) or re.findall(r"model: (\S+)/model", printed)[-1])
            assert (run / "model" / "config.json").is_file()
            assert json.loads((run / "metrics.json").read_text())
        case ["reasoning", "samples"]:
            assert told is not None
            assert _lines(told)
        case _:
            assert told is None or told.exists()
    page = _after("--html", words)
    assert page is None or "<html" in (folder / page).read_text()[:400]


def _after(option: str, words: list[str]) -> str | None:
    return words[words.index(option) + 1] if option in words else None


def _lines(path: Path) -> list[str]:
    found = path.read_text().splitlines()
    assert found, f"{path} is empty"
    return found


def lay_out(folder: Path) -> None:
    """What a reader's clone has beside the commands: the scripts, the data, and the environments that they name."""
    for name in ("scripts", "data", "tests", "Makefile", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    python = folder / ".venv-vllm" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    (folder / ".venv-vllm" / ".ready").touch()
    (folder / "runs").mkdir()


_AWAITING = """\
import ast, asyncio, inspect
from verifiers.sandbox import SandboxPool

async def main():
    async with SandboxPool() as sandbox:
        code = compile(open("fragment.py").read(), "fragment.py", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        begun = eval(code, {"__name__": "__main__", "sandbox": sandbox})
        if inspect.iscoroutine(begun):
            await begun

asyncio.run(main())
"""


def play_program(block: Block, folder: Path, variables: dict[str, str]) -> str:
    """Run a Python block in `folder`; one that awaits outside of a function is run in a loop, with a `sandbox`.

    Returns:
        What it printed.
    """
    (folder / "fragment.py").write_text(block.body)
    (folder / "awaiting.py").write_text(_AWAITING)
    return play("python fragment.py" if block.language == "python" else "python awaiting.py", folder, variables)
