"""A model's weights: without a network there is one question to the hub, not a minute of them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from huggingface_hub import constants

from reasoning.engines.base import EngineError
from reasoning.engines.hub import weights

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of a hub that cannot be reached."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", NOBODY)
    return tmp_path / "cache"


@pytest.fixture
def hub():
    """A hub that knows nothing, and the requests that it got."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_directory_asks_nobody(cache, tmp_path):
    assert weights(str(tmp_path)) == str(tmp_path)


@pytest.mark.parametrize("name", ["owner/name", "gpt2", "no name at all", "a/../b"])
def test_without_the_hub_a_model_that_is_not_kept_is_one_line(cache, name):
    with pytest.raises(EngineError) as caught:
        weights(name)
    assert NOBODY in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_the_hub_what_its_cache_holds_is_used(cache):
    folder = cache / "models--owner--name"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc")
    (folder / "snapshots" / "abc").mkdir(parents=True)
    (folder / "snapshots" / "abc" / "config.json").write_text("{}")
    assert weights("owner/name") == str(folder / "snapshots" / "abc")
    with pytest.raises(EngineError):
        weights("owner/name", revision="v2")


def test_told_to_stay_offline_the_libraries_are_left_to_find_it(cache, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert weights("owner/name") == "owner/name"


def test_a_hub_that_answers_is_asked_once_and_the_rest_is_the_libraries(cache, hub, monkeypatch):
    address, asked = hub
    monkeypatch.setattr(constants, "ENDPOINT", address)
    assert weights("owner/name") == "owner/name"
    assert len(asked) == 1
