"""Replayed completions: which row answers which sample, which files are refused, and how much is held in memory."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from reasoning.engines import Completion, EngineError, EngineSpecError, Request, create_engine
from verifiers.records import Problem


def write(path: Path, rows: Iterable[Any]) -> Path:
    lines = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(lines.encode()) if path.suffix == ".gz" else lines.encode())
    return path


def replay(spec: str, wanted: Sequence[tuple[str, Sequence[int]]]) -> list[list[Completion]]:
    async def run() -> list[list[Completion]]:
        engine = create_engine(f"replay:{spec}")
        try:
            return [
                await engine.complete(
                    Request(prompt="", problem=Problem(id, "puzzle"), seeds=(0,) * len(at), sample_indices=tuple(at))
                )
                for id, at in wanted
            ]
        finally:
            await engine.close()

    return asyncio.run(run())


def texts(spec: str, id: str, samples: Sequence[int]) -> list[str]:
    return [completion.text for completion in replay(spec, [(id, samples)])[0]]


@pytest.mark.parametrize("name", ["samples.jsonl", "samples.jsonl.gz"])
def test_samples_stand_in_file_order_and_counts_expand(tmp_path: Path, name: str) -> None:
    rows = [
        {"puzzle": "a", "completion": "a0", "count": 2},
        {"puzzle": "b", "completion": "b0"},
        "",
        {"puzzle": "a", "completion": "none of it", "count": 0},
        {"puzzle": "a", "completion": "a2"},
    ]
    path = write(tmp_path / name, rows)
    assert texts(f"{path}", "a", [2, 1, 0]) == ["a2", "a0", "a0"]
    [[first, beyond]] = replay(f"{path}", [("b", [0, 1])])
    assert (first.text, first.finish_reason) == ("b0", "stop")
    assert (beyond.text, beyond.finish_reason) == ("", "unrecorded")
    assert replay(f"{path}", [("c", [0])])[0][0].finish_reason == "unrecorded"


@pytest.mark.parametrize("field", ["id", "problem_id", "task_id", "puzzle"])
@pytest.mark.parametrize("text", ["completion", "text", "candidate", "solution", "response", "output"])
def test_usual_field_names_are_known(tmp_path: Path, field: str, text: str) -> None:
    assert texts(str(write(tmp_path / "s.jsonl", [{field: "a", text: "yes"}])), "a", [0]) == ["yes"]


def test_numbered_tasks_match_benchmark_ids(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [{"task_id": 11, "completion": "eleven"}])
    assert texts(str(path), "11", [0]) == texts(str(path), "mbpp/11", [0]) == ["eleven"]
    path = write(tmp_path / "h.jsonl", [{"task_id": "HumanEval/1", "completion": "one"}])
    assert texts(str(path), "HumanEval/1", [0]) == ["one"]
    assert texts(str(path), "HumanEval/11", [0]) == [""]


def test_given_sample_indices_win_over_file_order(tmp_path: Path) -> None:
    rows = [{"id": "a", "text": f"a{index}", "sample": index} for index in (3, 0, 1)]
    assert texts(str(write(tmp_path / "s.jsonl", rows)), "a", [0, 1, 2, 3]) == ["a0", "a1", "", "a3"]


def test_candidates_of_a_run_are_replayed_from_its_records(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "sample": 0, "candidate": "sol", "finish_reason": "length"},
        {"id": "a", "sample": 1, "candidate": None, "finish_reason": "exhausted"},
    ]
    path = write(tmp_path / "records.jsonl", rows)
    [[first, second]] = replay(str(path), [("a", [0, 1])])
    assert (first.text, first.finish_reason) == ("sol", "length")
    assert (second.text, second.finish_reason) == ("", "exhausted")


def test_options_keep_rows_with_equal_fields(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": "short one", "experiment": "short", "ok": True, "n": 1},
        {"id": "a", "text": "long one", "experiment": "long", "ok": True, "n": 2},
        {"id": "a", "text": "long bad one", "experiment": "long", "ok": False, "n": 3},
        {"experiment": "not even a sample"},
    ]
    path = write(tmp_path / "s.jsonl", rows)
    assert texts(f"{path},experiment=long", "a", [0, 1]) == ["long one", "long bad one"]
    assert texts(f"{path},experiment=long,ok=false", "a", [0, 1]) == ["long bad one", ""]
    assert texts(f"{path},n=1", "a", [0]) == ["short one"]
    with pytest.raises(
        EngineSpecError, match=r"no row has experiment=lng .*experiment is long, not even a sample, short"
    ):
        texts(f"{path},experiment=lng", "a", [0])
    with pytest.raises(EngineSpecError, match="experimnt is missing"):
        texts(f"{path},experimnt=long", "a", [0])


def test_other_fields_are_handed_on(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [{"id": "a", "text": "x", "kind": "body", "count": 1, "sample": 0}])
    assert replay(str(path), [("a", [0])])[0][0].meta == {"kind": "body"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{oops", ", line 2: not JSON"),
        ("[1]", ", line 2: expected an object, got list"),
        ({"text": "x"}, ", line 2: none of the fields problem_id, id, task_id, puzzle is there"),
        ({"id": "a"}, ", line 2: none of the fields completion, text"),
        ({"id": ["a"], "text": "x"}, ", line 2: field 'id': expected a string or a number, got list"),
        ({"id": "a", "text": 3}, ", line 2: field 'text': expected a text or a list of them, got int"),
        ({"id": "a", "text": "x", "sample": -1}, ", line 2: field 'sample'"),
        ({"id": "a", "text": "x", "count": "many"}, ", line 2: field 'count'"),
        ("[" * 100_000, ", line 2: not JSON"),
    ],
)
def test_malformed_rows_are_named(tmp_path: Path, row: Any, words: str) -> None:
    path = write(tmp_path / "s.jsonl", [{"id": "z", "text": "fine"}, row])
    with pytest.raises(EngineSpecError) as caught:  # before anything is asked
        create_engine(f"replay:{path}")
    assert f"{path}{words}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_file_without_rows_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(EngineSpecError, match=r"s\.jsonl: holds no rows"):
        create_engine(f"replay:{write(tmp_path / 's.jsonl', [content])}")


@pytest.mark.parametrize("now", ["", "{oops", '{"id": "a"}'])
def test_a_file_that_changes_meanwhile_is_said(tmp_path: Path, now: str) -> None:
    async def work() -> None:
        path = write(tmp_path / "s.jsonl", [{"id": "a", "text": "x"}])
        engine = create_engine(f"replay:{path}")
        path.write_text(now)
        await engine.complete(Request(prompt="", problem=Problem("a", "puzzle")))

    with pytest.raises(EngineError, match=r"s\.jsonl: has changed since it was read"):
        asyncio.run(work())


def test_sample_recorded_twice_is_refused(tmp_path: Path) -> None:
    rows = [{"id": "a", "text": "x", "sample": 0, "count": 3}, {"id": "a", "text": "y", "sample": 2}]
    with pytest.raises(EngineSpecError, match="sample 2 of problem 'a' is recorded twice"):
        texts(str(write(tmp_path / "s.jsonl", rows)), "a", [0])


def test_damaged_archive_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl.gz", [{"id": "a", "text": "x" * 10_000}])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(EngineSpecError, match=r"s\.jsonl\.gz"):
        texts(str(path), "a", [0])


def test_request_without_problem_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [{"id": "a", "text": "x"}])
    with pytest.raises(EngineError, match="problem"):
        asyncio.run(create_engine(f"replay:{path}").complete(Request(prompt="x")))


def test_lone_surrogates_survive(tmp_path: Path) -> None:
    assert texts(str(write(tmp_path / "s.jsonl", [{"id": "a", "text": "\ud800"}])), "a", [0]) == ["\ud800"]


def test_p3_long_prompt_experiment_has_its_recorded_counts() -> None:
    root = os.environ.get("REASONING_BENCHMARKS")
    if not root:
        pytest.skip("REASONING_BENCHMARKS is not set")
    with gzip.open(Path(root) / "p3" / "397puzzles.json.gz") as file:
        names = [puzzle["name"] for puzzle in json.load(file)]
    path = Path(root) / "p3" / "recorded" / "cushman_accepted_completions.jsonl.gz"
    answers = replay(f"{path},experiment=long", [(name, range(1000)) for name in names])
    counts = Counter(completion.finish_reason for samples in answers for completion in samples)
    assert counts == {"stop": 59_315, "unrecorded": 397_000 - 59_315}
    assert sum(any(completion.text for completion in samples) for samples in answers) == 304


def test_a_row_may_hold_several_samples_and_their_values(tmp_path: Path) -> None:
    rows = [
        {"idx": 0, "solution": "gold", "code": ["a", "b"], "reward": [[1.5], [0.5]], "tags": ["x", "y", "z"]},
        {"idx": 1, "solution": "gold", "code": [None], "reward": [[2.5]]},
        {"idx": 0, "solution": "gold", "code": ["c"], "reward": [[3.5]]},
    ]
    spec = f"{write(tmp_path / 'rows.jsonl', rows)},id_field=idx,text_field=code"
    [found, [empty]] = replay(spec, [("math/test/0", [2, 0, 1, 3]), ("math/test/1", [0])])
    assert [one.text for one in found] == ["c", "a", "b", ""]
    assert [one.meta.get("reward") for one in found] == [[3.5], [1.5], [0.5], None]
    assert found[1].meta["tags"] == ["x", "y", "z"]
    assert (empty.text, empty.meta["reward"]) == ("", [2.5])


def test_a_list_of_texts_is_refused_where_it_makes_no_sense(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [{"id": "a", "text": ["x", "y"], "count": 3}])
    with pytest.raises(EngineSpecError, match="field 'count': a row with a list of texts cannot stand for 3 rows"):
        replay(f"{path}", [("a", [0])])
    path = write(tmp_path / "more.jsonl", [{"id": "a", "text": ["x", 7]}])
    with pytest.raises(EngineSpecError, match="field 'text': expected a text or a list of them, got list"):
        replay(f"{path}", [("a", [0])])
    with pytest.raises(EngineSpecError, match="none of the fields reply is there"):
        replay(f"{path},text_field=reply", [("a", [0])])
