"""The commands of the docs that train, run for real with nano and very few steps (`doc_sessions.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("trl", reason="TRL is not installed")

from tests.support.doc_files import writer
from tests.support.doc_playing import long_nano, play_session
from tests.support.doc_sessions import SESSIONS, TRAINING, Session
from tests.support.protocol_server import ProtocolServer

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "session", [one for one in SESSIONS if one.suite == TRAINING], ids=lambda session: session.name
)
def test_commands_that_train_do_what_they_say(session: Session, tmp_path: Path) -> None:
    (tmp_path / "clone").mkdir()
    nano = long_nano(tmp_path / "nano")
    with ProtocolServer(reply=writer) as scripted:
        places = {"nano": lambda: str(nano), "writer": lambda: f"openai:writer,base_url={scripted.url}"}
        play_session(session, tmp_path / "clone", places)
