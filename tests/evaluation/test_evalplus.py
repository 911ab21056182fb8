"""HumanEval+ and MBPP+ from small files of our own in EvalPlus's release format."""

import asyncio
import gzip
import json
import os

import pytest

from reasoning.cli.main import main
from reasoning.evaluation.benchmarks import BenchmarkError, find_benchmark, locate, prepared
from reasoning.evaluation.benchmarks.mbpp_plus import _arguments
from reasoning.evaluation.seeds import find_seeds
from reasoning.evaluation.validate import validate_references
from reasoning.pipelines.backend.protected import protect
from verifiers.programs.assertions import compile_check
from verifiers.programs.evalplus_rules import ReferenceCase, matches_reference
from verifiers.programs.problems import ProgramProblem
from verifiers.records import Problem, RecordError, Status
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

COLLECTION = os.environ.get("REASONING_BENCHMARKS")
needs_collection = pytest.mark.skipif(COLLECTION is None, reason="REASONING_BENCHMARKS names no folder of benchmarks")

HALVES = {
    "task_id": "HumanEval/900",
    "entry_point": "halves",
    "prompt": 'def halves(values):\n    """Half of each value."""\n',
    "canonical_solution": "    return [value / 2 for value in values]\n",
    "base_input": [[[]], [[2]], [[1, 3]]],
    "plus_input": [[[]], [[10, 0.1]], [[1e9]]],
    "atol": 0,
    "contract": "",
}
PAIR = {
    "task_id": "HumanEval/901",
    "entry_point": "pair",
    "prompt": "def pair(a, b):\n",
    "canonical_solution": "    return (a, b)\n",
    "base_input": [[1, 2]],
    "plus_input": [[[3], "x"], [None, True]],
    "atol": 0,
    "contract": "",
}
ROOT = {
    "task_id": "HumanEval/32",
    "entry_point": "find_zero",
    "prompt": "def find_zero(xs):\n",
    "canonical_solution": "    return 1.0\n",
    "base_input": [[[-1, 0, 1, 0]]],
    "plus_input": [[[-2, 0, 2, 0]]],
    "atol": 1e-4,
    "contract": "",
}
SIMILAR = {
    "task_id": "Mbpp/2",
    "entry_point": "similar_elements",
    "prompt": '"""\nElements that both tuples have.\nassert set(similar_elements((1, 2), (2, 3))) == {2}\n"""\n',
    "canonical_solution": "def similar_elements(a, b):\n    return tuple(set(a) & set(b))\n",
    "base_input": [[[1, 2], [2, 3]]],
    "plus_input": [[[], []], [[1, 2, 3], [3, 2, 9]]],
    "atol": 0,
    "contract": "",
}
HOSTILE = """
class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def {name}(*arguments):
    return Same()
"""
FRAMES = """
import sys
def {name}(*arguments):
    frame = sys._getframe()
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if isinstance(value, dict) and "expected" in value:
                return value["expected"]
        frame = frame.f_back
    return "nothing found"
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "reasoning-toolkit"


def release(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def judged(name, data, candidates, split=None):
    """The statuses of candidates (task id, text)."""

    async def work():
        benchmark = find_benchmark(name)
        async with SandboxPool(workers=2) as pool:
            paths = await prepared(benchmark, locate(benchmark, benchmark.split(split), data), pool)
            problems = {entry.problem.id: entry.problem for entry in benchmark.read(paths, benchmark.split(split))}
            registry = VerifierRegistry(pool)
            limits = Limits(wall_seconds=5)
            return [(await registry.verify(problems[id], text, limits)).status for id, text in candidates]

    return asyncio.run(work())


def test_canonical_solutions_are_accepted(tmp_path, cache):
    data = release(tmp_path / "own.jsonl", HALVES, PAIR, ROOT)
    validation = asyncio.run(validate_references("humaneval-plus", data=data, quiet=True))
    assert (validation.accepted, validation.judged) == (3, 3)
    mbpp = release(tmp_path / "mbpp.jsonl", SIMILAR)
    assert asyncio.run(validate_references("mbpp-plus", data=mbpp, quiet=True)).accepted == 1
    (outputs,) = (cache / "humaneval-plus").iterdir()
    assert [json.loads(line)["outputs"] for line in outputs.read_text().splitlines()][1] == [
        {"tuple": [1, 2]}, {"tuple": [[3], "x"]}, {"tuple": [None, True]},
    ]  # fmt: skip


def test_expected_outputs_are_computed_once_for_a_content(tmp_path, cache):
    data = release(tmp_path / "own.jsonl", PAIR)
    right = [("HumanEval/901", "    return (a, b)")]
    assert judged("humaneval-plus", data, right) == [Status.PASSED]
    (outputs,) = (cache / "humaneval-plus").iterdir()
    outputs.write_text(outputs.read_text().replace("[1, 2]", "[1, 3]").replace("[1,2]", "[1,3]"))
    assert judged("humaneval-plus", data, right) == [Status.WRONG]
    release(data, {**PAIR, "contract": "other"})
    assert judged("humaneval-plus", data, right) == [Status.PASSED]


def test_an_outputs_file_without_times_is_made_anew(tmp_path, cache):
    data = release(tmp_path / "own.jsonl", PAIR)
    judged("humaneval-plus", data, [])
    (outputs,) = (cache / "humaneval-plus").iterdir()
    whole = outputs.read_text()
    row = json.loads(whole)
    assert row.pop("seconds") == [0, 0, 0]
    release(outputs, row)
    assert judged("humaneval-plus", data, [("HumanEval/901", "    return (a, b)")]) == [Status.PASSED]
    assert outputs.read_text() == whole


def test_a_slow_reference_gives_its_input_more_time(tmp_path):
    slow = {**PAIR, "canonical_solution": "    import time\n    time.sleep(1.1 * (a is None))\n    return (a, b)\n"}
    data = release(tmp_path / "own.jsonl", slow)
    benchmark = find_benchmark("humaneval-plus")

    async def work():
        async with SandboxPool(workers=1) as pool:
            return await prepared(benchmark, locate(benchmark, "plus", data), pool)

    (entry,) = benchmark.read(asyncio.run(work()), "plus")
    *quick, last = [case["seconds"] for case in entry.problem.fields["cases"]]
    assert quick == [4, 4]
    assert last >= 8
    assert last % 4 == 0


@pytest.mark.parametrize(
    ("task", "split", "text", "status"),
    [
        (HALVES, "plus", "    return [value * 0.5 for value in values]", "passed"),
        (HALVES, "plus", "    return tuple(value / 2 for value in values)", "wrong"),
        (HALVES, "plus", "    return [value / 2 + 1e-8 for value in values]", "passed"),
        (HALVES, "plus", "    return [value / 2 + 1e-4 for value in values]", "wrong"),
        (
            HALVES,
            "plus",
            "    return [value // 2 + 0.5 if value % 2 == 1 else value // 2 for value in values]",
            "wrong",
        ),
        (
            HALVES,
            "base",
            "    return [value // 2 + 0.5 if value % 2 == 1 else value // 2 for value in values]",
            "passed",
        ),
        (HALVES, "plus", "    return values or 1 / 0", "error"),
        (PAIR, "plus", "    return [a, b]", "wrong"),
        (PAIR, "plus", "    a, b = b, a\n    return (b, a)", "passed"),
        (ROOT, "plus", "    return -1.00001", "passed"),
        (ROOT, "plus", "    return -1.001", "wrong"),
        (ROOT, "plus", "    return '1'", "wrong"),
        (HALVES, "plus", HOSTILE.format(name="halves"), "wrong"),
        (PAIR, "plus", HOSTILE.format(name="pair"), "wrong"),
        (PAIR, "plus", FRAMES.format(name="pair"), "wrong"),
        (PAIR, "plus", "    while True: pass", "timeout"),
    ],
)
def test_right_and_wrong_solutions(tmp_path, task, split, text, status):
    data = release(tmp_path / "own.jsonl", task)
    assert judged("humaneval-plus", data, [(task["task_id"], text)], split) == [status]


def test_mbpp_inputs_reach_the_candidate_as_tuples_and_compare_as_sets(tmp_path):
    data = release(tmp_path / "mbpp.jsonl", SIMILAR)
    header = "def similar_elements(a, b):\n    assert type(a) is tuple\n"
    statuses = judged(
        "mbpp-plus",
        data,
        [
            ("Mbpp/2", header + "    return [x for x in a if x in b] * 2"),
            ("Mbpp/2", header + "    return {x: 0 for x in a if x in b}"),
            ("Mbpp/2", header + "    return [x for x in a if x in b] or None"),
            ("Mbpp/2", header + "    return a"),
        ],
    )
    assert statuses == [Status.PASSED, Status.PASSED, Status.WRONG, Status.WRONG]


@pytest.mark.parametrize(
    ("number", "values", "arguments"),
    [
        (3, [[1], 2], [[1], 2]),
        (2, [[1], [2]], [(1,), (2,)]),
        (63, [[[1, 2], [3]]], [[(1, 2), (3,)]]),
        (75, [[[1], [2]], 4], [[(1,), (2,)], 4]),
        (106, [[1], [2]], [[1], (2,)]),
        (115, [[[1, 1], [], 3]], [[{1}, {}, {}]]),
        (124, ["0.5", "(1+2j)"], [0.5, 1 + 2j]),
        (252, ["3j"], [3j]),
        (250, [[1], 2], [(1,), 2]),
        (307, [[1], 2, 3], [(1,), 2, 3]),
        (259, [[[1], [2]], [[3]]], [((1,), (2,)), ((3,),)]),
        (278, [[1, [2, [3]]]], [(1, (2, [3]))]),
        (580, [[1, [2, [3]]]], ((1, (2, (3,))),)),
        (722, [{"a": [1, 2]}, 5], [{"a": (1, 2)}, 5]),
    ],
)
def test_what_mbpp_inputs_mean(number, values, arguments):
    assert _arguments(f"Mbpp/{number}", values) == arguments


@pytest.mark.parametrize(
    ("answer", "expected", "case", "right"),
    [
        (1, 1.0, ReferenceCase(()), True),
        (True, 1, ReferenceCase(()), True),
        (0.1 + 0.2, 0.3, ReferenceCase(()), False),
        (0.1 + 0.2, 0.3, ReferenceCase((), 1e-6), True),
        (1, 1.0000001, ReferenceCase((), 1e-6), False),
        (float("nan"), float("nan"), ReferenceCase((), 1e-6), False),
        (float("inf"), float("inf"), ReferenceCase((), 1e-6), True),
        (float("inf"), 1.0, ReferenceCase((), 1e-6), False),
        ([1.0, [2.0]], [1.0, [2.0000001]], ReferenceCase((), 1e-6), True),
        ([1.0], [1.0, 1.0], ReferenceCase((), 1e-6), False),
        (["a", 1.0], ["a", 1.0000001], ReferenceCase((), 1e-6), False),
        ("anything at all", 3, ReferenceCase((), 0.0, "anything"), True),
        (0, 7, ReferenceCase((), 0.0, "or-zero"), True),
        (1, 7, ReferenceCase((), 0.0, "or-zero"), False),
        (33, 1, ReferenceCase((3, 4), 0.0, "surface-area"), False),
        (35, 33, ReferenceCase((3, 4), 0.0, "surface-area"), True),
        (33, 33, ReferenceCase((3, 4), 0.0, "surface-area"), True),
        (6, 1, ReferenceCase((1, 256), 0.0, "digit-distance"), False),
        (2 + 5 + 5, 1, ReferenceCase((1, 256), 0.0, "digit-distance"), True),
        ([[1], [1]], [[1]], ReferenceCase((), 0.0, "same-set"), None),
        (True, "match", ReferenceCase((), 0.0, "not-none"), True),
        ("other", "match", ReferenceCase((), 0.0, "not-none"), True),
        (False, None, ReferenceCase((), 0.0, "not-none"), True),
        (None, "match", ReferenceCase((), 0.0, "not-none"), False),
    ],
)
def test_the_rules(answer, expected, case, right):
    if right is None:
        with pytest.raises(ValueError, match="cannot be one"):
            matches_reference(answer, expected, case)
    else:
        assert matches_reference(answer, expected, case) is right


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"atol": None}, r"line 1: field 'atol': expected a number, got None"),
        ({"base_input": 3}, r"line 1: field 'base_input': expected a list"),
        ({"plus_input": [3]}, r"line 1: field 'plus_input': input 1: expected a list of arguments"),
        ({"canonical_solution": "    return a / b\n", "plus_input": [[1, 0]]}, r"line 1: .* fails on input 2: ZeroDiv"),
        ({"canonical_solution": "    raise SystemExit\n"}, r"line 1: .* fails on input 1: SystemExit"),
        ({"entry_point": 1}, r"line 1: field 'entry_point': expected a string"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, change, message):
    data = release(tmp_path / "own.jsonl", {**PAIR, **change})
    with pytest.raises(BenchmarkError, match=r"own\.jsonl, " + message):
        judged("humaneval-plus", data, [])


def test_without_expected_outputs_there_are_texts_only(tmp_path, monkeypatch):
    """What decontamination reads; nothing is run for it, and nothing can be judged or made from it."""
    folder = tmp_path / "collection" / "humaneval-plus"
    folder.mkdir(parents=True)
    release(folder / "HumanEvalPlus.jsonl", HALVES, PAIR)
    monkeypatch.setenv("REASONING_BENCHMARKS", str(folder.parent))
    benchmark = find_benchmark("humaneval-plus")
    entries = list(benchmark.read(locate(benchmark, "plus", None), "plus"))
    assert [entry.problem.prompt for entry in entries] == [HALVES["prompt"], PAIR["prompt"]]
    assert [entry.problem.fields["cases"] for entry in entries] == [[], []]
    assert protect("humaneval-plus", []).names == ["humaneval-plus:plus", "humaneval-plus:base"]
    with pytest.raises(BenchmarkError, match="computed by `reasoning evaluate` only"):
        find_seeds("humaneval-plus")


def test_a_file_that_is_not_there_is_asked_for(monkeypatch):
    monkeypatch.delenv("REASONING_BENCHMARKS", raising=False)
    benchmark = find_benchmark("mbpp-plus")
    with pytest.raises(BenchmarkError, match=r"MbppPlus\.jsonl has to be fetched by hand \(https://.*--data PATH"):
        locate(benchmark, "plus", None)


def test_a_run_is_resumed_and_judged_again_from_the_same_outputs(tmp_path, capsys):
    data = release(tmp_path / "own.jsonl", HALVES, PAIR)
    replies = release(
        tmp_path / "replies.jsonl",
        {"task_id": "HumanEval/900", "completion": "    return [value / 2 for value in values]"},
        {"task_id": "HumanEval/901", "completion": "    return [a, b]"},
    )
    run = tmp_path / "run"

    def reasoning(*arguments):
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        assert stop.value.code == 0

    def statuses():
        return [json.loads(line)["status"] for line in (run / "records.jsonl").read_text().splitlines()]

    command = ["evaluate", "humaneval-plus", "--data", data, "--engine", f"replay:{replies}", "--out", run, "--quiet"]
    reasoning(*command)
    assert statuses() == ["passed", "wrong"]
    reasoning("evaluate", "--resume", run, "--quiet")
    reasoning("verify", "--run", run, "--quiet")
    assert statuses() == ["passed", "wrong"]
    samples = tmp_path / "samples.jsonl"
    reasoning("samples", run, "--out", samples, "--quiet")
    assert json.loads(samples.read_text().splitlines()[0])["solution"] == HALVES["prompt"] + (
        "    return [value / 2 for value in values]"
    )
    capsys.readouterr()


@needs_collection
def test_humaneval_in_the_release_format(tmp_path):
    """HumanEval's own problems and inputs: canonical solutions pass, the same with `None` at the end do not."""
    humaneval = find_benchmark("humaneval")
    records = []
    for entry in humaneval.read(locate(humaneval, "test", None), "test"):
        problem = entry.problem
        plan = compile_check(problem.text("test"), problem.text("entry_point"))
        if plan is None or problem.id == "HumanEval/32":
            continue
        records.append(
            {
                "task_id": problem.id,
                "entry_point": problem.text("entry_point"),
                "prompt": problem.prompt,
                "canonical_solution": entry.references[0],
                "base_input": [list(call.arguments) for call in plan.calls],
                "plus_input": [],
                "atol": 0,
            }
        )
    assert len(records) >= 140
    data = tmp_path / "HumanEvalPlus.jsonl.gz"
    with gzip.open(data, "wt") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    validation = asyncio.run(validate_references("humaneval-plus", data=data, quiet=True))
    assert (validation.accepted, validation.judged) == (len(records), len(records))
    wrong = [(record["task_id"], "    return NotImplemented\n") for record in records[:20]]
    assert set(judged("humaneval-plus", data, wrong)) <= {Status.WRONG, Status.REJECTED}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"comparison": "strict"}, "field 'comparison': 'strict' is neither json nor evalplus"),
        ({"oracle": "perhaps"}, "field 'oracle': 'perhaps' is none of"),
        ({"cases": [{"args": [1]}]}, "field 'cases': 'args' and 'expected' of a case are no plain data"),
        ({"cases": [7]}, "field 'cases': 'args' and 'expected' of a case are no plain data"),
        ({"cases": [{"args": [{"eval": "1"}], "expected": 1}]}, "no plain data: .*exactly one key"),
        ({"cases": [{"args": 3, "expected": 1}]}, "case 1: 'args' must be a list"),
        ({"cases": [{"args": [], "expected": 1, "seconds": 0}]}, "case 1: 'seconds' must be a number above 0, got 0"),
        (
            {"cases": [{"args": [], "expected": 1, "seconds": 1}, {"args": [], "expected": 1}]},
            "case 2: 'seconds' must be a number above 0, got None",
        ),
        ({"cases": [{"args": [], "expected": 1, "tolerance": "x"}]}, "field 'tolerance': case 1: must be a number"),
        ({"entry_point": "A.b.c"}, "field 'entry_point': not a name: 'A.b.c'"),
        ({"entry_point": "A."}, "field 'entry_point': not a name: 'A.'"),
    ],
)
def test_a_damaged_problem_is_refused(fields, message):
    record = {"kind": "program", "entry_point": "f", "comparison": "evalplus", "cases": [{"args": [], "expected": 1}]}
    with pytest.raises(RecordError, match=message):
        ProgramProblem.of(Problem.from_json({**record, **fields}))
