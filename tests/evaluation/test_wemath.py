"""We-Math: its rule for reading a reply, its pictures, and its metric from a run."""

import asyncio
import json
import os

import pytest

from reasoning.backends import Execution
from reasoning.engines import Completion
from reasoning.evaluation.benchmarks import BenchmarkError, find_benchmark, locate
from reasoning.evaluation.benchmarks.wemath import chosen_letter
from reasoning.evaluation.evaluating import Settings, evaluate

BENCHMARK = find_benchmark("wemath")
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


def row(composite, key, answer="B", **changes):
    return {
        "ID": composite,
        "key": key,
        "question": "How long is AB?",
        "option": "A. 3 cm; B. 4 cm ;C. 5 cm; E. No correct answer",
        "answer": answer,
        "image_path": f"image/{composite}-{key}.png",
        "knowledge concept": "Length",
        **changes,
    }


def write(tmp_path, rows):
    (tmp_path / "testmini.json").write_text(json.dumps(rows))
    return tmp_path / "testmini.json"


def read(tmp_path, *rows):
    return list(BENCHMARK.read((write(tmp_path, rows),), "testmini"))


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("... so AB is 4 cm.\nAnswer: B", "B"),
        ("Answer: A. No, Answer: <B>", "B"),
        ("<Answer>: B. 4 cm", "B"),
        ("B", "B"),  # without the word, all of the reply counts
        ("Answer: the second one", None),
        ("Answer: b", None),
        ("Answer: ", None),
        ("", None),
        ("The Answer is B", None),  # as upstream: what follows the word begins with "is"
    ],
)
def test_the_letter_of_a_reply(reply, letter):
    assert chosen_letter(reply) == letter


def test_options_stand_in_the_order_of_the_alphabet_and_may_have_gaps(tmp_path):
    (entry,) = read(tmp_path, row("1", "2steps_1"))
    assert entry.problem.fields["options"] == {"A": "3 cm", "B": "4 cm", "C": "5 cm", "E": "No correct answer"}
    assert entry.problem.id == "wemath/testmini/1/2steps_1"
    assert entry.problem.meta["steps"] == "1 step"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "4steps_1"}, "field 'key'"),
        ({"answer": "H"}, "field 'answer'"),
        ({"option": 7}, "field 'option'"),
        ({"option": "3 cm or 4 cm"}, r"field 'option': expected 'A. ...; B. ...', got '3 cm"),
    ],
)
def test_a_malformed_row_is_named(tmp_path, changes, said):
    with pytest.raises(BenchmarkError, match=rf"item 1: .*{said}"):
        read(tmp_path, {**row("1", "2steps_1"), **changes})


def test_a_question_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(BenchmarkError, match=r"item 2: .*twice"):
        read(tmp_path, row("1", "2steps_1"), row("1", "2steps_1"))


def test_the_picture_is_shown_by_default_and_left_out_on_request(tmp_path):
    (entry,) = read(tmp_path, row("1", "2steps_1"))
    with pytest.raises(BenchmarkError, match=r"no such picture; --prompt text"):
        BENCHMARK.style("chat").write(entry.problem)
    assert BENCHMARK.style("text").write(entry.problem).messages[0].images == ()
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "1-2steps_1.png").write_bytes(PNG)
    (message,) = BENCHMARK.style("chat").write(entry.problem).messages
    assert message.images[0].content() == PNG
    assert "B. 4 cm" in message.content


def test_without_its_file_the_command_says_where_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("REASONING_BENCHMARKS", str(tmp_path))
    with pytest.raises(BenchmarkError, match=r"wemath: testmini.json has to be fetched by hand .*--data"):
        locate(BENCHMARK, "testmini", None)


class Scripted:
    """Answers rightly what is listed."""

    name = "scripted"

    def __init__(self, right):
        self.right = right

    async def complete(self, request):
        known = request.problem.id.removeprefix("wemath/testmini/") in self.right
        return [Completion(f"Answer: {'B' if known else 'A'}")]

    async def close(self):
        pass

    def describe(self):
        return {"engine": "scripted"}


def test_a_run_reports_the_four_ways(tmp_path):
    keys = ("2steps_1", "2steps_2", "2steps_multi")
    rows = [row(str(number), key) for number in range(4) for key in keys]
    # 0: all right (CM); 1: steps right alone (IG); 2: composite and one step right (RM, loose CM); 3: nothing (IK).
    right = {"0/2steps_1", "0/2steps_2", "0/2steps_multi", "1/2steps_1", "1/2steps_2", "2/2steps_1", "2/2steps_multi"}
    settings = Settings("wemath", "scripted", data=str(write(tmp_path, rows)), prompt="text")
    run = evaluate(settings, tmp_path / "run", engine=Scripted(right), execution=Execution(jobs=1, quiet=True))
    outcome = asyncio.run(run)
    values = {name: metric.value for name, metric in outcome.results.metrics.items()}
    assert values == {
        "pass@1": pytest.approx(7 / 12),
        "IK": 0.25,
        "IG": 0.25,
        "strict CM": 0.25,
        "strict RM": 0.5,
        "strict score": 0.375,
        "loose CM": 0.5,
        "loose RM": 0.0,
        "loose score": 0.625,
    }
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert written["strict score"]["value"] == 0.375
    assert written["groups"]["steps"]["2 steps"]["solved"] == 2


@pytest.mark.skipif("REASONING_BENCHMARKS" not in os.environ, reason="REASONING_BENCHMARKS is not set")
def test_testmini_holds_525_composite_problems_with_their_steps():
    entries = list(BENCHMARK.read(locate(BENCHMARK, "testmini", None), "testmini"))
    assert len(entries) == 1740
    verdicts = {entry.problem.id: [True] for entry in entries}
    assert BENCHMARK.metrics(verdicts)["strict CM"].problems == 525
    assert BENCHMARK.metrics(verdicts)["strict score"].value == 1.0
    assert all(set(entry.references) <= entry.problem.fields["options"].keys() for entry in entries)
