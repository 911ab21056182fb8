"""A key that a run uses is in nothing that the run leaves or says, also where a server repeats it."""

from __future__ import annotations

import gzip
import json

import pytest

from reasoning.cli.main import main
from tests.support.protocol_server import ProtocolServer, Refuse

KEY = "sk-planted-5up3r-s3cret-0123456789"


def run(capsys, *arguments):
    with pytest.raises(SystemExit):
        main(list(arguments))
    said = capsys.readouterr()
    return said.out + said.err


def everything_in(folder):
    """Path -> content of each file below a folder, unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield path, gzip.decompress(content) if path.suffix == ".gz" else content


@pytest.mark.parametrize("action", [None, Refuse(400, f"no such key {KEY} here")], ids=["answered", "repeated"])
def test_a_planted_key_is_nowhere_in_what_a_run_leaves(tmp_path, capsys, monkeypatch, action):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("HF_TOKEN", KEY)
    out = tmp_path / "run"
    with ProtocolServer(forever=action) as server:
        engine = f"openai:m,base_url={server.url}"
        said = run(capsys, "evaluate", "puzzles", "--engine", engine, "--limit", "2", "--out", str(out))
        # The server did get it, so that the test looks for what was there.
        assert set(server.keys) == {f"Bearer {KEY}"}
    said += run(capsys, "report", str(out))
    said += run(capsys, "evaluate", "--resume", str(out), "--engine", "openai:m,base_url=http://127.0.0.1:1/v1")
    first = json.loads((out / "config.json").read_text())
    assert first["settings"]["engine"].startswith("openai:m")
    files = dict(everything_in(tmp_path))
    assert {"config.json", "run.sqlite", "report.html"} <= {path.name for path in files}
    assert [path for path, content in files.items() if KEY.encode() in content] == []
    assert KEY not in said
