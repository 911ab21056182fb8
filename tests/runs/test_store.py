import sqlite3

import pytest

from reasoning.engines.base import Completion, TokenLogprob
from reasoning.runs.store import COMMIT_ROWS, Cost, RunStore, StoreError
from verifiers.records import Status, Verdict


@pytest.fixture
def store(tmp_path):
    opened = RunStore(tmp_path / "run.sqlite")
    yield opened
    opened.close()


def committed(path, table):
    with sqlite3.connect(path) as other:
        return other.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_a_completion_comes_back_whole(store):
    completion = Completion(
        "caf\u00e9 \ud800 \x00 \U0001f600", "length", 7, 9, (TokenLogprob("a", -0.5),), {"usage": {"n": 1}}
    )
    store.add_completion(b"key", completion, 0.25)
    assert store.completion(b"key") == completion
    assert store.completion(b"other") is None
    assert store.completion_totals() == {
        "completions": 1.0,
        "prompt_tokens": 7.0,
        "completion_tokens": 9.0,
        "seconds": 0.25,
    }


def test_rows_are_committed_by_count_and_on_demand(tmp_path, store):
    path = tmp_path / "run.sqlite"
    for number in range(COMMIT_ROWS - 1):
        store.add_item(number, 1, "stop")
    assert committed(path, "items") == 0
    store.add_item(COMMIT_ROWS, 1, "stop")
    assert committed(path, "items") == COMMIT_ROWS
    store.add_item(COMMIT_ROWS + 1, 1, "stop")
    store.commit()
    assert committed(path, "items") == COMMIT_ROWS + 1


def test_judgements_keep_their_ids_and_items_refer_to_them(tmp_path):
    path = tmp_path / "run.sqlite"
    store = RunStore(path)
    store.add_problem(0, "zero", {"level": 1})
    store.add_problem(1, "one", {"level": 2})
    first = store.add_judgement(
        b"a", 0, "x = '\ud800'", Verdict.of("", Status.PASSED, seconds=0.5, isolation=("u", "v"))
    )
    store.close()

    store = RunStore(path)
    second = store.add_judgement(b"b", 1, None, Verdict.of("", Status.UNPARSABLE, "none"))
    assert first != second
    assert store.judgement(b"a") == (first, Verdict("", 1.0, Status.PASSED, "", 0.5, ("u", "v")))
    for position, judgement in ((3, second), (0, first)):
        store.add_item(position, judgement, "stop")
    items = list(store.items(samples=2))
    assert [(item.problem_id, item.sample, item.judgement.candidate) for item in items] == [
        ("zero", 0, "x = '\ud800'"),
        ("one", 1, None),
    ]
    assert store.finished(4) == bytearray([1, 0, 0, 1])
    assert store.candidates() == [first]
    assert store.stored_judgement(first).candidate == "x = '\ud800'"
    store.close()


def test_only_what_could_not_be_judged_is_forgotten(store):
    store.add_problem(0, "p", {})
    for position, status in enumerate(Status):
        id = store.add_judgement(bytes([position]), 0, f"text {position}", Verdict.of("", status))
        store.add_item(position, id, "stop")
    store.commit()
    assert store.forget_unjudged() == 2
    left = {item.judgement.verdict.status for item in store.items(samples=len(Status))}
    assert left == set(Status) - {Status.UNAVAILABLE, Status.INTERNAL}


def test_new_verdicts_stand_aside_until_they_are_taken_over(store):
    ids = [store.add_judgement(bytes([n]), 0, f"text {n}", Verdict.of("", Status.TIMEOUT, "slow")) for n in range(3)]
    store.add_rejudgement(ids[0], Verdict.of("", Status.PASSED))
    store.add_rejudgement(ids[1], Verdict.of("", Status.TIMEOUT, "slow again"))
    assert store.rejudged() == set(ids[:2])
    assert store.stored_judgement(ids[0]).verdict.status is Status.TIMEOUT
    assert store.changed_statuses() == [("timeout", "passed", 1)]
    store.take_over_rejudgements()
    verdicts = [store.stored_judgement(id).verdict for id in ids]
    assert [(verdict.status.value, verdict.detail) for verdict in verdicts] == [
        ("passed", ""),
        ("timeout", "slow again"),
        ("timeout", "slow"),
    ]
    assert store.rejudged() == set()


def test_another_file_and_another_version_are_refused(tmp_path):
    (tmp_path / "text").write_text("no database" * 1000)
    with pytest.raises(StoreError, match="is not a run's store"):
        RunStore(tmp_path / "text")
    store = RunStore(tmp_path / "old")
    store.set_fact("schema", "0")
    store.close()
    with pytest.raises(StoreError, match="has schema 0, expected 2"):
        RunStore(tmp_path / "old")


def test_cost_and_trace_of_a_sample_come_back(store):
    judged = store.add_judgement(b"a", 0, "x", Verdict.of("", Status.PASSED))
    store.add_problem(0, "zero", {})
    trace = {"rounds": [{"code": "print('\ud800')"}]}
    cost = Cost(calls=3, prompt_tokens=11, completion_tokens=7, sandbox_tasks=2, sandbox_seconds=0.25)
    store.add_item(0, judged, "stop", cost, trace)
    store.add_item(1, judged, "stop")
    assert store.trace(0) == trace
    assert store.trace(1) == store.trace(9) == {}
    assert [item.cost for item in store.items(2)] == [cost, Cost()]


def test_the_vote_in_a_trace_comes_with_its_item(store):
    judged = store.add_judgement(b"k", 0, "x", Verdict.of("", Status.PASSED))
    store.add_problem(0, "p", {})
    traces = [
        {"vote": {"reward": 2.5, "state": "true"}, "odd": float("nan"), "text": "\ud800"},
        {"said": '"vote":'},
        {},
        None,
    ]
    for position, trace in enumerate(traces):
        store.add_item(position, judged, "stop", None, trace)
    assert [item.vote for item in store.items(4)] == [{"reward": 2.5, "state": "true"}, {}, {}, {}]


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "run.sqlite"
    RunStore(path).close()
    with sqlite3.connect(path) as old:
        old.executescript(
            "DROP TABLE items; "
            "CREATE TABLE items(position INTEGER PRIMARY KEY, judgement INTEGER NOT NULL, finish TEXT NOT NULL); "
            "INSERT INTO items VALUES (0, 1, 'stop'); UPDATE facts SET value = '1' WHERE name = 'schema'"
        )
    for _ in range(2):
        store = RunStore(path)
        assert store.finished(1) == b"\x01"
        assert store.trace(0) == {}
        store.close()


def test_a_full_disk_is_one_clear_line_and_what_was_committed_stays(tmp_path):
    path = tmp_path / "run.sqlite"
    store = RunStore(path)
    store.add_item(0, 1, "stop")
    store.commit()
    # SQLite gives the error of a full disk when a file may not grow.
    store._connection.execute("PRAGMA max_page_count = 1")
    line = f"{path}: no space left on the disk; free some, then go on with --resume {tmp_path}"
    for _ in range(2):
        with pytest.raises(StoreError, match=f"^{line}$"):
            store.add_outcome("stage", 0, "x" * 100_000)
    with pytest.raises(StoreError, match="no space left"):
        store.commit()
    store.close()

    store = RunStore(path)
    store.add_outcome("stage", 0, "x" * 100_000)
    store.close()
    assert committed(path, "items") == committed(path, "outcomes") == 1


def filled(path, problems=1):
    store = RunStore(path)
    for number in range(problems):
        store.add_problem(number, f"p{number}", {})
    for position in range(2):
        id = store.add_judgement(b"%d" % position, 0, "x", Verdict.of("", Status.PASSED))
        store.add_item(position, id, "stop")
    store.close()


@pytest.fixture
def unwritable(monkeypatch):
    """As for a user who may write nothing; what is refused to root as well is left to SQLite."""
    monkeypatch.setattr("os.access", lambda path, mode: False)


def test_a_store_is_read_where_nothing_can_be_written(tmp_path, unwritable):
    path = tmp_path / "a #?% folder" / "run.sqlite"
    path.parent.mkdir()
    filled(path)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    store = RunStore(path, reading=True)
    assert [item.problem_id for item in store.items(2)] == ["p0", "p0"]
    with pytest.raises(StoreError, match="cannot be written: attempt to write a readonly database"):
        store.add_problem(1, "p1", {})
    store.close()
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_log_beside_a_store_is_read_too(tmp_path, unwritable):
    path = tmp_path / "run.sqlite"
    filled(path)
    writer = RunStore(path)
    writer.add_problem(1, "p1", {})
    writer.commit()
    reader = RunStore(path, reading=True)
    assert [id for _, id, _ in reader.problems()] == ["p0", "p1"]
    reader.close()
    writer.close()


def test_what_is_no_store_to_be_read_is_said(tmp_path):
    with pytest.raises(StoreError, match=r"gone\.sqlite: no such file"):
        RunStore(tmp_path / "gone.sqlite", reading=True)
    assert not (tmp_path / "gone.sqlite").exists()
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(StoreError, match=r"folder\.sqlite: cannot be opened"):
        RunStore(tmp_path / "folder.sqlite")


def test_samples_that_do_not_fit_their_problems_and_damaged_pages_are_said(tmp_path):
    path = tmp_path / "run.sqlite"
    filled(path)
    store = RunStore(path)
    with pytest.raises(StoreError, match="sample 1 is of no problem, with the 1 of each"):
        list(store.items(1))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError, match=r"run\.sqlite.*malformed"):
        RunStore(path).completion_totals()
