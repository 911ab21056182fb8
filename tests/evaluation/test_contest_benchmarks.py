"""xCodeEval and LiveCodeBench from small files of our own in their formats, hostile ones included."""

import asyncio
import base64
import json
import pickle
import zlib

import pytest

from reasoning.evaluation.benchmarks import BenchmarkError, find_benchmark, locate
from reasoning.evaluation.benchmarks.packed_tests import PackedTestsError, unpacked
from reasoning.evaluation.benchmarks.xcodeeval import difficulty_group
from reasoning.evaluation.validate import validate_references
from verifiers.programs.streams import same_output
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

SUM = {
    "src_uid": "5bd0",
    "prob_desc_description": "Print the sum and the product.",
    "prob_desc_input_from": "standard input",
    "prob_desc_output_to": "standard output",
    "prob_desc_time_limit": "1 second",
    "prob_desc_input_spec": "Two numbers.",
    "prob_desc_output_spec": "Two numbers.",
    "prob_desc_notes": None,
    "prob_desc_sample_inputs": json.dumps(["1 2"]),
    "prob_desc_sample_outputs": json.dumps(["3 2"]),
    "difficulty": 1300,
    "tags": ["math"],
    "hidden_unit_tests": json.dumps(
        [{"input": "1 2\n", "output": ["3 2"]}, {"input": "0 5\n", "output": ["5 0", "five nothing"]}]
    ),
    "lang": "Python 3",
    "exec_outcome": "PASSED",
    "source_code": "a, b = map(int, input().split())\nprint(a + b)\nprint(a * b)\n",
}
TESTS = [{"input": "[1, 2]\n3", "output": "[3, 2, 1]", "testtype": "functional"}]
METHOD = {
    "question_title": "Reversed",
    "question_content": "Append n to the list and reverse it.",
    "platform": "leetcode",
    "question_id": "1",
    "contest_date": "2024-05-07T00:00:00",
    "starter_code": "class Solution:\n    def reversedWith(self, values: List[int], n: int) -> List[int]:\n        ",
    "difficulty": "easy",
    "public_test_cases": json.dumps(TESTS),
    "private_test_cases": "",
    "metadata": json.dumps({"func_name": "reversedWith"}),
}
STREAM = {
    **METHOD,
    "platform": "atcoder",
    "question_id": "abc_a",
    "contest_date": "2024-09-01T12:00:00",
    "starter_code": "",
    "difficulty": "hard",
    "question_content": "Print half of the number.",
    "public_test_cases": json.dumps([{"input": "3\n", "output": "1.50\n", "testtype": "stdin"}]),
    "metadata": "{}",
}


def pack(value, protocol=4):
    return base64.b64encode(zlib.compress(pickle.dumps(value, protocol))).decode()


METHOD["private_test_cases"] = pack(json.dumps([{"input": "[]\n7", "output": "[7]", "testtype": "functional"}]))
STREAM["private_test_cases"] = json.dumps([{"input": "8\n", "output": "4", "testtype": "stdin"}])


def entries(name, path, *records, split=None):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    benchmark = find_benchmark(name)
    split = benchmark.split(split)
    return list(benchmark.read(locate(benchmark, split, path), split))


def judged(problem, *candidates):
    async def work():
        async with SandboxPool(workers=2) as pool:
            registry = VerifierRegistry(pool)
            return [(await registry.verify(problem, text, Limits(wall_seconds=20))).status for text in candidates]

    return asyncio.run(work())


def test_a_contest_problem_is_judged_by_words_of_any_accepted_output(tmp_path):
    (entry,) = entries("xcodeeval", tmp_path / "x.jsonl", SUM, {**SUM, "source_code": "other"})
    assert entry.problem.id == "5bd0"
    assert entry.problem.meta["difficulty"] == "mid"
    assert entry.problem.meta["samples"] == [["1 2", "3 2"]]
    assert entry.problem.fields["case_seconds"] == 2.5
    assert entry.references == (SUM["source_code"],)
    for part in ("Print the sum", "Input\nTwo numbers.", "Sample input 1\n1 2", "Sample output 1\n3 2"):
        assert part in entry.problem.prompt
    (message,) = find_benchmark("xcodeeval").style().write(entry.problem).messages
    assert "standard input" in message.content
    assert judged(
        entry.problem,
        f"Here it is:\n```python\n{SUM['source_code']}```",
        "a, b = map(int, input().split())\nprint('five nothing' if a == 0 else '3\\n\\n 2')",
        "a, b = map(int, input().split())\nprint(a + b, a * b, 0)",
        "print(3, 2)",
    ) == ["passed", "passed", "wrong", "wrong"]
    assert asyncio.run(validate_references("xcodeeval", data=tmp_path / "x.jsonl", quiet=True)).accepted == 1


def test_names_without_prefix_are_read_too(tmp_path):
    plain = {name.removeprefix("prob_desc_"): value for name, value in SUM.items()}
    plain["sample_inputs"], plain["sample_outputs"] = ["1 2"], ["3 2"]
    plain["hidden_unit_tests"] = [{"input": "1 2", "output": "3 2"}]
    plain["time_limit"] = "4.5 seconds"
    (entry,) = entries("xcodeeval", tmp_path / "x.jsonl", plain)
    assert entry.problem.fields["stdio"] == [{"input": "1 2", "output": ["3 2"]}]
    assert entry.problem.fields["case_seconds"] == 4.5


@pytest.mark.parametrize(
    ("rating", "group"),
    [(800, "easy"), (1200, "easy"), (1201, "mid"), (1599, "mid"), (1600, "hard"), (1999, "hard"), (2000, "expert"),
     (3500, "expert"), (None, "unrated"), (-1, "unrated")],
)  # fmt: skip
def test_groups_of_difficulty(rating, group):
    assert difficulty_group(rating) == group


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"src_uid": 3}, "field 'src_uid': not of the right type: int"),
        ({"prob_desc_input_from": "input.txt"}, "field 'input_from': is 'input.txt', only 'standard input'"),
        ({"hidden_unit_tests": "[]"}, "field 'hidden_unit_tests': holds none"),
        ({"hidden_unit_tests": "[" * 100_000}, "field 'hidden_unit_tests': no JSON"),
        ({"hidden_unit_tests": [{"input": "x", "output": []}]}, "test 1: 'output' must be a list"),
        ({"hidden_unit_tests": [3]}, "test 1: expected an object"),
        ({"prob_desc_sample_outputs": []}, "field 'sample_outputs': expected as many"),
    ],
)
def test_a_damaged_contest_file_is_named(tmp_path, change, message):
    with pytest.raises(BenchmarkError, match=rf"x\.jsonl, line 1: .*{message}"):
        entries("xcodeeval", tmp_path / "x.jsonl", {**SUM, **change})


def test_methods_and_streams_of_livecodebench(tmp_path):
    method, streamed = entries("livecodebench", tmp_path / "t.jsonl", METHOD, STREAM)
    assert method.problem.id == "leetcode/1"
    assert method.problem.fields["entry_point"] == "Solution.reversedWith"
    assert [case["args"] for case in method.problem.fields["cases"]] == [[[1, 2], 3], [[], 7]]
    assert method.problem.meta["contest_date"] == "2024-05-07"
    (message,) = find_benchmark("livecodebench").style().write(method.problem).messages
    assert METHOD["starter_code"].strip() in message.content
    assert judged(
        method.problem,
        "class Solution:\n    def reversedWith(self, values: List[int], n: int) -> List[int]:\n"
        "        return list(accumulate([[*values, n]]))[0][::-1] + [pow(1, 1, 2)][:0] + [math.gcd(4, 2)][:0]",
        "class Solution:\n    def reversedWith(self, values, n):\n        return tuple([n] + values[::-1])",
        "class Solution:\n    kept = []\n    def __init__(self):\n        self.kept.clear()\n"
        "    def reversedWith(self, values, n):\n        self.kept += [n] + values[::-1]\n        return self.kept",
        "class Solution:\n    def reversedWith(self, values, n):\n        return values",
        "class Solution:\n    def other(self, values, n):\n        return values",
        "def reversedWith(values, n):\n    return [n] + values[::-1]",
    ) == ["passed", "passed", "passed", "wrong", "error", "error"]
    assert judged(
        streamed.problem,
        "print(int(input()) / 2)",
        "print(int(input()) // 2)",
        "print(input())",
        "import os\nos._exit(0)",
    ) == ["passed", "wrong", "wrong", "wrong"]


def test_windows_of_contest_dates(tmp_path):
    path = tmp_path / "t.jsonl"
    for window, count in [
        (None, 2), ("all", 2), ("..", 2), ("2024-05-07..2024-05-07", 1), ("2024-05-08..", 1), ("..2024-05-06", 0),
        ("..2024-09-01", 2),
    ]:  # fmt: skip
        assert len(entries("livecodebench", path, METHOD, STREAM, split=window)) == count
    for wrong in ("2024", "2024-05-07", "2024-5-7..", "x..y"):
        with pytest.raises(BenchmarkError, match=r"no split .* or a window such as"):
            find_benchmark("livecodebench").split(wrong)
    with pytest.raises(BenchmarkError, match="no split"):
        find_benchmark("humaneval").split("2024-05-07..")


@pytest.mark.parametrize("protocol", range(1, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("text", ["", "[]", "a" * 255, "b" * 256, "é\u2028\ud800" * 1000, "x" * 100_000])
def test_packed_strings_of_all_protocols(text, protocol):
    assert unpacked(pack(text, protocol)) == text


class Harmful:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_a_pickle_that_is_a_program_is_never_run(tmp_path):
    trap = tmp_path / "trap"
    packed = pack(Harmful(str(trap)))
    with pytest.raises(BenchmarkError, match=r"field 'private_test_cases': pickle instruction 0x"):
        entries("livecodebench", tmp_path / "t.jsonl", {**METHOD, "private_test_cases": packed})
    assert not trap.exists()
    pickle.loads(zlib.decompress(base64.b64decode(packed))).close()
    assert trap.exists()  # it would have been


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        ("@@@", "no base64"),
        ("é", "no base64"),
        (base64.b64encode(b"nothing").decode(), "not compressed"),
        (base64.b64encode(zlib.compress(b"x" * 100)[:-6]).decode(), "cut off"),
        (base64.b64encode(zlib.compress(pickle.dumps("x")) + b"more").decode(), "something follows"),
        (base64.b64encode(zlib.compress(bytes(2_000_000))).decode(), "unfolds to more than 1000000 bytes"),
        (pack(["[]"]), "more than one string"),
        (pack(3), "more than one string"),
        (pack(b"[]"), "more than one string"),
        (base64.b64encode(zlib.compress(b"")).decode(), "without its end mark"),
        (base64.b64encode(zlib.compress(b"\x80\x04.")).decode(), "more than one string"),
        (base64.b64encode(zlib.compress(b"\x8c\xffabc")).decode(), "cut off"),
        (base64.b64encode(zlib.compress(b"\x8d" + b"\xff" * 8 + b"a.")).decode(), "cut off"),
        (base64.b64encode(zlib.compress(b"\x8c\x01\xff.")).decode(), "damaged"),
        (base64.b64encode(zlib.compress(b"\x8c\x01a\x8c\x01b.")).decode(), "more than one string"),
        (base64.b64encode(zlib.compress(b"\x8c\x01a.\x8c")).decode(), "more than one string"),
        (base64.b64encode(zlib.compress(b"\x8c\x01a\x95")).decode(), "without its end mark"),
    ],
)
def test_packed_tests_that_are_no_string(packed, message):
    with pytest.raises(PackedTestsError, match=message):
        unpacked(packed, limit=1_000_000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"contest_date": "May 7"}, "field 'contest_date': 'May 7' is no date"),
        ({"public_test_cases": "[3]"}, "field 'public_test_cases': test 1: expected strings"),
        ({"public_test_cases": "[]", "private_test_cases": "[]"}, "tests of one type expected, found: none"),
        ({"private_test_cases": STREAM["private_test_cases"]}, "found: functional and stdin"),
        ({"metadata": "{}"}, "'func_name' is no name: 'None'"),
        ({"metadata": json.dumps({"func_name": "__import__('os')"})}, "'func_name' is no name"),
        ({"public_test_cases": json.dumps([{**TESTS[0], "input": "[1"}])}, "test 1': no JSON"),
        ({"starter_code": None}, "field 'starter_code': missing"),
    ],
)
def test_a_damaged_livecodebench_file_is_named(tmp_path, change, message):
    with pytest.raises(BenchmarkError, match=rf"t\.jsonl, line 1: .*{message}"):
        entries("livecodebench", tmp_path / "t.jsonl", {**METHOD, **change})


@pytest.mark.parametrize(
    ("printed", "expected", "comparison", "same"),
    [
        ("1\n2", "1 2", "words", True),
        ("1\n2", "1 2", "lines", False),
        ("12", "1 2", "words", False),
        ("1.0 a", "1 a", "numbers", True),
        ("1.0", "1", "lines", False),
        ("1.0", "1", "words", False),
        ("nan", "NaN", "numbers", False),
        ("Infinity", "inf", "numbers", False),
        ("1e2\n", "100", "numbers", True),
        ("1 2", "1", "numbers", False),
        ("1" + "0" * 200, "1" + "0" * 200 + ".0", "numbers", False),
        ("1_0", "10", "numbers", False),
        ("\uff11\uff10", "10", "numbers", False),
        ("1e99999999999", "1", "numbers", False),
        ("1\x1c2\u2028", "1\n2", "lines", False),
        ("1\u00a02", "1 2", "words", False),
        ("1 \r\n2\r\n", "1\n2", "lines", True),
    ],
)
def test_ways_of_comparing_outputs(printed, expected, comparison, same):
    assert same_output(printed, expected, comparison) is same


def test_each_run_has_its_own_time_limit(tmp_path):
    (entry,) = entries("livecodebench", tmp_path / "t.jsonl", STREAM)
    entry.problem.fields["case_seconds"] = 0.5
    sleepy = "n = int(input())\nwhile n == 3: pass\nprint(n / 2)"

    async def work():
        async with SandboxPool(workers=1) as pool:
            return await VerifierRegistry(pool).verify(entry.problem, sleepy, Limits(wall_seconds=60))

    verdict = asyncio.run(work())
    assert (verdict.status, verdict.score) == ("timeout", 0.5)
