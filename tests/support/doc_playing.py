"""Plays a session of the docs in a folder: `play_session(SESSIONS[0], tmp_path, places={"server": lambda: "openai:..."})`."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.doc_commands import ROOT, assert_promised, environment, lay_out, play
from tests.support.doc_sessions import Place, Session, filled

ASKED = re.compile(r"\w+=\$\(.+\)")
"""A variable of the shell that takes what a command prints."""
WAIT_SECONDS = 60
POSITIONS = 8_192


def play_session(session: Session, folder: Path, places: Mapping[str, Place]) -> None:
    """Run its commands one after another; each ends with status 0 and leaves what it promises.

    Args:
        session: of `SESSIONS`.
        folder: an empty one.
        places: what the names in braces stand for, made when it is asked for.
    """
    if session.benchmarks and "REASONING_BENCHMARKS" not in os.environ:
        pytest.skip("REASONING_BENCHMARKS names no folder of benchmarks")
    skip_without(*session.needs)
    lay_out(folder)
    for name, content in session.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content())
    variables = environment(folder, benchmarks=session.benchmarks)
    variables |= {name: filled(value, places) for name, value in session.variables.items()}
    if session.programs:
        variables["PATH"] = filled(session.programs, places) + os.pathsep + variables["PATH"]
    exported = ""
    with ExitStack() as running:
        for text, wanted in session.played(places):
            if text.startswith("export ") or ASKED.fullmatch(text):
                exported += f"{text}\n"
            elif text.endswith(" &"):
                running.enter_context(kept_running(exported, text.removesuffix(" &"), folder, variables))
                if "port" in places:
                    wait_for_port(int(places["port"]()))
            else:
                printed = play(exported + text, folder, variables)
                assert wanted in printed, f"{text}\n{printed[-3000:]}"
                assert_promised(text, folder, printed)


def skip_without(*names: str) -> None:
    """Skip a test where what has these import names is not installed."""
    for name in names:
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed")


@contextmanager
def kept_running(exported: str, text: str, folder: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """A command that goes on until the others have ended."""
    with open(folder / "running.log", "ab") as log:
        process = subprocess.Popen(
            ["bash", "-c", f"{exported}exec {text}"], cwd=folder, env=dict(variables), stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(WAIT_SECONDS)


def wait_for_port(port: int) -> None:
    """Until something listens there."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < end, f"nothing listens at port {port}"
        time.sleep(0.1)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def long_nano(folder: Path) -> Path:
    """nano, told that it may read 8,192 tokens in the place of 512; what it writes behind so many has no sense."""
    shutil.copytree(ROOT / "data" / "nano", folder)
    for name, field in (("config.json", "max_position_embeddings"), ("tokenizer_config.json", "model_max_length")):
        told = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**told, field: POSITIONS}))
    return folder
