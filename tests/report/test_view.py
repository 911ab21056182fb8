"""The server of `reasoning view`: lists, reports, comparisons; and what it does not answer."""

from __future__ import annotations

import http.client
import json

import pytest
from run_directories import HOSTILE, checked, evaluation, record, share, training

from reasoning.report.server import ViewServer, find_runs


@pytest.fixture
def folder(tmp_path):
    runs = tmp_path / "runs"
    for name, right in (("a", True), ("deep/er/b", False)):
        evaluation(
            runs / name, [record(p, 0, right) for p in ("x", "y", "z")], {"pass@1": share(float(right)), "samples": 3}
        )
    training(runs / "t & u")
    (runs / "damaged").mkdir()
    (runs / "damaged" / "config.json").write_text("{")
    (tmp_path / "secret").mkdir()
    evaluation(tmp_path / "secret" / "run", [record("hidden", 0, True)])
    (runs / "link").symlink_to(tmp_path / "secret")
    return runs


@pytest.fixture
def ask(folder):
    with ViewServer(folder, 0) as server:
        port = int(server.url.rpartition(":")[2].strip("/"))

        def get(path, method="GET", host=None):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
            answer = connection.getresponse()
            body = answer.read().decode()
            connection.close()
            return answer.status, body, dict(answer.getheaders())

        yield get


def test_the_list_shows_runs_by_kind(ask):
    status, page, headers = ask("/")
    assert status == 200
    markup = checked(page)
    for part in ("deep/er/b", "pass@1 100.00 %", "25.00 % right before, 50.00 % after", "config.json: cannot be read"):
        assert part in markup.text
    assert "hidden" not in page
    assert "secret" not in page
    assert "/run/t%20%26%20u" in [value for _, name, value in markup.attributes if name == "href"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_report_is_made_anew_when_its_run_changes(ask, folder):
    status, before, _ = ask("/run/deep/er/b")
    assert status == 200
    assert "wrong: 3" in checked(before).text
    with open(folder / "deep/er/b/records.jsonl", "a") as file:
        file.write(json.dumps(record("w", 0, False, detail=HOSTILE)) + "\n")
    assert "wrong: 4" in checked(ask("/run/deep/er/b")[1]).text


def test_runs_are_compared(ask):
    status, page, _ = ask("/compare?run=a&run=deep%2Fer%2Fb")
    assert status == 200
    assert "-100.00 %" in checked(page).text
    assert ask("/compare?run=a")[0] == 400
    assert ask("/compare?run=a&run=../secret/run")[0] == 400
    status, page, _ = ask("/compare?run=a&run=t+%26+u")
    assert status == 500
    assert "only runs of one kind" in checked(page).text


def test_training_runs_are_chosen_and_compared(ask, folder):
    training(folder / "deep" / "t2")
    boxes = [value for tag, name, value in checked(ask("/")[1]).attributes if (tag, name) == ("input", "value")]
    assert {"t & u", "deep/t2"} < set(boxes)
    assert "damaged" not in boxes
    status, page, _ = ask("/compare?run=t+%26+u&run=deep%2Ft2")
    assert status == 200
    assert "deep/t2: after" in checked(page).text
    assert "/run/deep/t2" in page


def test_nothing_but_the_runs_found_is_opened(ask):
    for path in (
        "/run/../secret/run", "/run/%2e%2e/secret/run", "/run/..%2fsecret%2frun", "/run/link/run", "/run//etc/passwd",
        "/run/a/../../secret/run", "/run/a/records.jsonl", "/run/", "/etc/passwd", "/run/a%00", f"/run/{'x' * 5000}",
    ):  # fmt: skip
        status, page, _ = ask(path)
        assert status == 404, path
        assert "hidden" not in page


def test_only_this_machine_is_answered_and_only_get(ask):
    for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", ""):
        status, page, _ = ask("/", host=host or " ")
        assert status == 403
        assert "deep" not in page
    assert ask("/", host="localhost:1")[0] == 200
    assert ask("/", method="POST")[0] == 501


def test_runs_are_found_below_a_folder_without_following_links(folder):
    assert list(find_runs(folder)) == ["a", "damaged", "deep/er/b", "t & u"]
