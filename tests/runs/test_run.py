import asyncio
import contextlib
import io
import json
import subprocess
import sys

import pytest

from reasoning.runs import Run, RunError, progress_display, read_config, replaced_file
from reasoning.runs.progress import LINE_INTERVAL_SECONDS
from reasoning.runs.run import _compare


def test_config_holds_settings_and_environment(tmp_path):
    with Run.start(tmp_path / "run", {"seed": 3}, {"isolation": {"level": "A"}}):
        pass
    config = read_config(tmp_path / "run")
    assert config["settings"] == {"seed": 3}
    assert config["isolation"] == {"level": "A"}
    assert config["environment"]["packages"]["numpy"]
    assert config["environment"]["hardware"]["cores"] >= 1


def test_a_new_run_needs_an_empty_directory(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"is not empty \(it holds notes.txt\)"):
        Run.start(tmp_path, {})
    assert (tmp_path / "notes.txt").read_text() == "mine"
    with Run.start(tmp_path / "run", {}):
        pass
    with pytest.raises(RunError, match=r"go on with it with --resume .*run"):
        Run.start(tmp_path / "run", {})


def test_what_a_kill_in_the_first_moment_left_is_no_obstacle(tmp_path):
    (tmp_path / ".lock").touch()
    (tmp_path / "config.json.partial").write_text("{")
    with Run.start(tmp_path, {"seed": 1}):
        pass
    assert read_config(tmp_path)["settings"] == {"seed": 1}


def test_of_a_long_setting_only_the_difference_is_shown(tmp_path):
    kept = [{"name": f"set-{number}", "sha256": "0" * 64} for number in range(60)]
    gone = {"name": "p3:test", "sha256": "1" * 64}
    with pytest.raises(RunError) as refused:
        _compare(tmp_path, {"against": [*kept, gone]}, {"against": kept})
    assert str(refused.value) == (
        f"{tmp_path}/config.json: field 'against' holds {[gone]!r} that was not asked for, and lacks [] that was; "
        "a changed run needs a new directory"
    )
    with pytest.raises(RunError, match=r"field 'text' is 'x{159}\.\.\., but 'y' was asked for; a changed"):
        _compare(tmp_path, {"text": "x" * 5000}, {"text": "y"})


def test_a_changed_setting_is_refused_by_name(tmp_path):
    with Run.start(tmp_path / "run", {"seed": 1, "samples": 5}):
        pass
    with Run.resume(tmp_path / "run", {"seed": 1, "samples": 5}):
        pass
    with pytest.raises(RunError, match="field 'samples' is 5, but 10 was asked for"):
        Run.resume(tmp_path / "run", {"seed": 1, "samples": 10})


def test_damaged_and_missing_configurations_are_named(tmp_path):
    with pytest.raises(RunError, match=r"config\.json is missing"):
        Run.resume(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(RunError, match=r"config\.json: cannot be read"):
        Run.resume(tmp_path)
    (tmp_path / "config.json").write_text('{"settings": {}, "schema": 99}')
    with pytest.raises(RunError, match="field 'schema' is 99, expected 1"):
        Run.resume(tmp_path)


def test_two_processes_cannot_work_in_one_run(tmp_path):
    program = "import sys; from pathlib import Path; from reasoning.runs import Run; Run.resume(Path(sys.argv[1]))"
    with Run.start(tmp_path / "run", {}):
        done = subprocess.run([sys.executable, "-c", program, tmp_path / "run"], capture_output=True, text=True)
        assert "is in use by another process" in done.stderr
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "run"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_map_commits_while_it_works(tmp_path):
    async def work(number):
        run.store.add_item(number, 1, "stop")
        await asyncio.sleep(0.2)
        return number

    async def first_result():
        return await anext(run.map([0], work, concurrency=1)), run.store._pending

    with Run.start(tmp_path / "run", {}) as run:
        assert asyncio.run(first_result()) == (0, 0)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text("old")
    with contextlib.suppress(LookupError), replaced_file(path) as file:
        file.write("half")
        raise LookupError
    assert path.read_text() == "old"
    with replaced_file(path) as file:
        file.write("new")
    assert path.read_text() == "new"


def test_progress_lines_count_and_commit_before_they_show():
    shown_at = []
    out = io.StringIO()
    with progress_display(total=4, label="p3", stream=out, before_showing=lambda: shown_at.append(1)) as progress:
        progress.skip(1)
        for passed in (True, False, None):
            progress.advance(passed)
    assert shown_at == [1]
    line = out.getvalue()
    assert line.startswith("p3: 4/4 items, ")
    assert line.endswith("50.0 % passed\n")


def test_quiet_progress_says_nothing(capsys):
    with progress_display(total=1, label="p3", quiet=True) as progress:
        progress.advance(True)
    assert capsys.readouterr() == ("", "")


def test_the_last_counts_are_shown_once(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("reasoning.runs.progress.time.monotonic", lambda: now[0])
    out = io.StringIO()
    with progress_display(total=2, label="p3", stream=out) as progress:
        for _ in range(2):
            now[0] += LINE_INTERVAL_SECONDS
            progress.advance()
    assert [line.partition(",")[0] for line in out.getvalue().splitlines()] == ["p3: 1/2 items", "p3: 2/2 items"]


def test_a_bar_says_what_it_is_of_before_the_first_item_is_finished():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    with progress_display(total=3, label="p3", stream=out):
        assert "p3: 0/3 items" in out.getvalue()


def test_environment_is_plain_json(tmp_path):
    with Run.start(tmp_path / "run", {}) as run:
        assert json.loads(json.dumps(run.config)) == run.config
