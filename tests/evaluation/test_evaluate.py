import asyncio
import json
import math

import pytest

from reasoning.backends import Execution
from reasoning.engines.base import Completion, EngineError
from reasoning.evaluation.evaluating import EvaluationError, Settings, evaluate
from reasoning.evaluation.judging_again import judge_run_again
from reasoning.evaluation.metrics import Metric
from reasoning.evaluation.results import GroupResult, Results, results_from_json
from reasoning.runs import RunError, RunStore, StoreError
from verifiers.records import Status, Verdict
from verifiers.registry import VerifierRegistry

PUZZLES = [
    {"id": f"p{n}", "sat": f"def sat(x: int, n={n}): return x == n", "meta": {"level": 1 + n % 2}} for n in range(6)
]


class Scripted:
    """Answers problem pN with N for its even samples; counts what it is asked."""

    name = "scripted"

    def __init__(self, stop_after=None, down=()):
        self.asked = []
        self.stop_after = stop_after
        self.down = down

    async def complete(self, request):
        if self.stop_after is not None and len(self.asked) >= self.stop_after:
            raise asyncio.CancelledError
        (sample,) = request.sample_indices
        number = int(request.problem.id[1:])
        if number in self.down:
            raise EngineError("connection refused")
        self.asked.append((number, sample))
        if sample == 3:
            return [Completion("", "exhausted")]
        return [Completion(f"def sol(n={number}):\n    return {number if sample % 2 == 0 else -1}")]

    async def close(self):
        pass

    def describe(self):
        return {"engine": "scripted"}


@pytest.fixture
def settings(tmp_path):
    data = tmp_path / "puzzles.jsonl"
    data.write_text("".join(json.dumps({"kind": "puzzle", "prompt": "", **puzzle}) + "\n" for puzzle in PUZZLES))
    return Settings("puzzles", "scripted", samples=4, data=str(data), timeout=5.0)


def run(settings, directory, engine, **options):
    return asyncio.run(
        evaluate(settings, directory, engine=engine, execution=Execution(jobs=2, concurrency=2, quiet=True), **options)
    )


def records(directory):
    return [json.loads(line) for line in (directory / "records.jsonl").read_text().splitlines()]


def test_samples_are_judged_counted_and_written_in_order(tmp_path, settings):
    outcome = run(settings, tmp_path / "run", Scripted())
    rows = records(tmp_path / "run")
    assert [(row["id"], row["sample"]) for row in rows] == [(f"p{n}", s) for n in range(6) for s in range(4)]
    assert [row["status"] for row in rows[:4]] == ["passed", "wrong", "passed", "unparsable"]
    assert rows[3]["candidate"] is None
    assert outcome.results.statuses == {"passed": 12, "unparsable": 6, "wrong": 6}
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["pass@1"]["value"] == 0.5
    assert metrics["pass@4"]["value"] == 1.0
    assert metrics["pass@1"]["samples"] == 24
    assert metrics["groups"]["level"]["2"]["problems"] == 3
    # Samples 0 and 2 are the same text: 6 problems have 2 distinct candidates and 1 reason for having none.
    assert sorted(json.loads((tmp_path / "run" / "config.json").read_text())["settings"])[0] == "benchmark"


def test_equal_candidates_of_a_problem_are_judged_once(tmp_path, settings, monkeypatch):
    judged = []
    original = VerifierRegistry.verify

    async def counted(self, problem, candidate, limits):
        judged.append((problem.id, candidate))
        return await original(self, problem, candidate, limits)

    monkeypatch.setattr(VerifierRegistry, "verify", counted)
    run(settings, tmp_path / "run", Scripted())
    assert len(judged) == len(set(judged)) == 12


def test_an_interrupted_run_goes_on_without_asking_twice_and_ends_the_same(tmp_path, settings):
    undisturbed, disturbed = tmp_path / "a", tmp_path / "b"
    run(settings, undisturbed, Scripted())
    first, second = Scripted(stop_after=9), Scripted()
    with pytest.raises(asyncio.CancelledError):
        run(settings, disturbed, first)
    assert not (disturbed / "records.jsonl").exists()
    run(settings, disturbed, second, resume=True)
    assert sorted(first.asked + second.asked) == [(n, s) for n in range(6) for s in range(4)]
    for name in ("records.jsonl", "metrics.json"):
        assert (disturbed / name).read_bytes() == (undisturbed / name).read_bytes()
    third = Scripted()
    run(settings, disturbed, third, resume=True)
    assert third.asked == []


def test_a_finished_run_is_not_counted_again_unless_something_has_changed(tmp_path, settings, monkeypatch):
    first = run(settings, tmp_path / "run", Scripted()).results
    read, times = RunStore.items, []
    monkeypatch.setattr(RunStore, "items", lambda *given: times.append(1) or read(*given))
    again = run(settings, tmp_path / "run", Scripted(), resume=True).results
    assert (times, again) == ([], first)
    whole = (tmp_path / "run" / "records.jsonl").read_bytes()
    for name in ("records.jsonl", "metrics.json"):
        (tmp_path / "run" / name).write_text("{}")
        assert run(settings, tmp_path / "run", Scripted(), resume=True).results == first
        assert (tmp_path / "run" / "records.jsonl").read_bytes() == whole
    assert len(times) == 2
    # Verdicts that change after the export, where the process dies before the next one.
    store = RunStore(tmp_path / "run" / "run.sqlite")
    for candidate in store.candidates():
        store.add_rejudgement(candidate, Verdict.of("", Status.WRONG))
    store.take_over_rejudgements()
    store.close()
    changed = run(settings, tmp_path / "run", Scripted(), resume=True).results
    assert len(times) == 3
    assert changed.statuses["wrong"] > first.statuses["wrong"]


class Answering(Scripted):
    """Says the sample's index, whatever is asked."""

    async def complete(self, request):
        return [Completion(f"The answer is {request.sample_indices[0] % 3}.")]


@pytest.mark.parametrize("samples", [1, 3, 6])
def test_a_finished_run_with_votes_is_told_as_it_was(tmp_path, samples):
    data = tmp_path / "test.jsonl"
    data.write_text("".join(json.dumps({"question": str(n), "answer": f"#### {n % 3}"}) + "\n" for n in range(4)))
    settings = Settings("gsm8k", "scripted", samples=samples, data=str(data), temperature=1.0)
    first = run(settings, tmp_path / "run", Answering()).results
    again = run(settings, tmp_path / "run", Answering(), resume=True).results
    assert again.to_json() == first.to_json()
    assert list(again.metrics) == list(first.metrics)
    assert list(again.first_k) == list(first.first_k)
    assert bool(again.votes) == (samples > 1)


def test_results_come_back_from_their_json():
    some, none = Metric(0.5, 0.2, 0.8, "wilson", 4, 8), Metric(math.nan, math.nan, math.nan, "none", 0, 0, 4)
    results = Results(
        metrics={"pass@1": some, "pass@2": none},
        statuses={"passed": 4, "wrong": 4},
        problems=4,
        samples=8,
        solved=3,
        unrecorded=1,
        groups={"level": [GroupResult("1", 4, 3, some)]},
        per_sample={"calls": 1.0},
        votes={"maj@2": some},
        first_k={name: some.estimated_by("first k") for name in ("maj@2", "pass@1")},
    )
    written = json.loads(json.dumps(results.to_json()))
    back = results_from_json(written, 2)
    assert back.to_json() == written
    assert (set(back.metrics), set(back.votes)) == ({"pass@1", "pass@2"}, {"maj@2"})
    assert math.isnan(back.metrics["pass@2"].value)


def test_what_was_not_answered_is_no_wrong_answer_and_is_asked_again(tmp_path, settings):
    outcome = run(settings, tmp_path / "run", Scripted(down=(2,)))
    assert (outcome.unanswered, outcome.first_failure) == (4, "connection refused")
    assert outcome.results.statuses["unavailable"] == 4
    assert "connection refused" in outcome.results.first_unjudged
    assert outcome.results.metrics["pass@1"].problems == 5
    again = Scripted()
    outcome = run(settings, tmp_path / "run", again, resume=True)
    assert sorted(again.asked) == [(2, 0), (2, 1), (2, 2), (2, 3)]
    assert outcome.results.metrics["pass@1"].problems == 6
    run(settings, tmp_path / "whole", Scripted())
    assert (tmp_path / "run" / "records.jsonl").read_bytes() == (tmp_path / "whole" / "records.jsonl").read_bytes()


def test_an_engine_that_is_down_stops_the_run(tmp_path, settings):
    with pytest.raises(EngineError, match=r"no answer 20 times in a row \(connection refused\); .*--resume"):
        run(settings, tmp_path / "run", Scripted(down=range(6)))


def test_a_full_disk_stops_the_run_and_it_goes_on_when_there_is_room(tmp_path, settings, monkeypatch):
    run(settings, tmp_path / "straight", Scripted())
    add_item = RunStore.add_item

    def add_without_room(store, position, *rest):
        if position == 9:
            store._connection.execute("PRAGMA max_page_count = 1")
            rest = (*rest[:2], None, {"much": "x" * 100_000})
        add_item(store, position, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(RunStore, "add_item", add_without_room)
        with pytest.raises(StoreError, match=r"no space left on the disk; free some, then go on with --resume"):
            run(settings, tmp_path / "full", Scripted())
    run(settings, tmp_path / "full", Scripted(), resume=True)
    for name in ("records.jsonl", "metrics.json"):
        assert (tmp_path / "full" / name).read_bytes() == (tmp_path / "straight" / name).read_bytes()


def test_a_changed_engine_or_problem_file_is_refused(tmp_path, settings):
    run(settings, tmp_path / "run", Scripted())
    other = Scripted()
    other.describe = lambda: {"engine": "other"}
    with pytest.raises(RunError, match=r"field 'engine_description' is .*, but .* was asked for"):
        run(settings, tmp_path / "run", other, resume=True)
    with open(settings.data, "a") as file:
        file.write("\n")
    with pytest.raises(RunError, match="field 'problems_sha256'"):
        run(settings, tmp_path / "run", Scripted(), resume=True)


def test_a_run_is_judged_again_without_asking(tmp_path, settings):
    directory = tmp_path / "run"
    run(settings, directory, Scripted())
    before = (directory / "records.jsonl").read_bytes()
    (directory / "records.jsonl").unlink()
    changes = asyncio.run(judge_run_again(directory, execution=Execution(jobs=2, quiet=True)))
    assert (changes.judged, changes.statuses) == (12, [])
    assert (directory / "records.jsonl").read_bytes() == before
    changes = asyncio.run(judge_run_again(directory, timeout=0.0001, execution=Execution(jobs=2, quiet=True)))
    assert changes.statuses == [("passed", "timeout", 6), ("wrong", "timeout", 6)]
    assert {row["status"] for row in records(directory)} == {"timeout", "unparsable"}
    with pytest.raises(EvaluationError, match="was begun with"):
        asyncio.run(judge_run_again(directory, timeout=3.0, resume=True, execution=Execution(quiet=True)))


class Counted(Scripted):
    """Counts how many requests are under way together: each answers once no further one comes."""

    def __init__(self):
        super().__init__()
        self.under_way = self.most = 0

    async def complete(self, request):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        seen = -1
        while seen != self.most:
            seen = self.most
            for _ in range(50):
                await asyncio.sleep(0)
        self.under_way -= 1
        return await super().complete(request)


@pytest.mark.parametrize(("own", "wanted", "most"), [(5, None, 5), (5, 3, 3), (None, 7, 7)])
def test_as_many_requests_are_under_way_as_suit_the_engine(settings, tmp_path, own, wanted, most):
    engine = Counted()
    if own is not None:
        engine.concurrency = own
    asyncio.run(
        evaluate(settings, tmp_path / "run", engine=engine, execution=Execution(jobs=2, concurrency=wanted, quiet=True))
    )
    assert engine.most == most
    assert len(engine.asked) == 24
