"""The commands of the docs that train, run for real with nano and very few steps (`doc_sessions.py`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="TRL is not installed")

from tests.support.doc_files import writer
from tests.support.doc_machines import built_wheel, only_pip
from tests.support.doc_playing import long_nano, play_session
from tests.support.doc_sessions import SESSIONS, TRAINING, Place, Session
from tests.support.protocol_server import ProtocolServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder with the project's wheel, made when a session wants it."""
    return cache(lambda: str(built_wheel(tmp_path_factory.mktemp("wheels"))))


@pytest.mark.parametrize(
    "session", [one for one in SESSIONS if one.suite == TRAINING], ids=lambda session: session.name
)
def test_commands_that_train_do_what_they_say(session: Session, tmp_path: Path, wheels: Place) -> None:
    (tmp_path / "clone").mkdir()
    nano = long_nano(tmp_path / "nano")
    with ProtocolServer(reply=writer) as scripted:
        places = {
            "nano": lambda: str(nano),
            "writer": lambda: f"openai:writer,base_url={scripted.url}",
            "wheels": wheels,
            "pip": lambda: str(only_pip(tmp_path / "pip")),
        }
        play_session(session, tmp_path / "clone", places)
