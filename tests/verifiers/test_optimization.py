import asyncio
import json
import os
from pathlib import Path

import pytest

from verifiers.optimization import OptimizationVerifier, named_results
from verifiers.records import Problem, RecordError, Status
from verifiers.sandbox import Limits, SandboxPool

RESULTS = {"The number of cakes": "3.0", "The maximum profit": "$1,250.5"}
RIGHT = "The number of cakes: 3\nThe maximum profit: 1250.50000\n"


def judge(candidates, fields=None):
    limits = Limits(wall_seconds=3, memory_mib=256)
    problem = Problem("p", "optimization", fields=fields or {"results": RESULTS})

    async def work():
        async with SandboxPool(workers=1) as pool:
            verifier = OptimizationVerifier(pool)
            return [await verifier.verify(problem, candidate, limits) for candidate in candidates]

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (RIGHT, Status.PASSED),
        ("- **the NUMBER of  cakes**: 3.00009\nThe maximum profit = $1,250.50", Status.PASSED),
        ('words\n{"The number of cakes": 3, "The maximum profit": 1250.5}\nbye', Status.PASSED),
        ("The number of cakes: 4\n" + RIGHT, Status.PASSED),  # the last value of a name counts
        (RIGHT + "The number of cakes: 4", Status.WRONG),
        (RIGHT.replace("1250.5", "1250.5002"), Status.WRONG),
        ("The number of cakes: 3", Status.WRONG),
        ("The number of cakes: nan\nThe maximum profit: inf", Status.UNPARSABLE),
        ('{"The number of cakes": true, "The maximum profit": 1e999}', Status.UNPARSABLE),
        ("[" * 100_000, Status.UNPARSABLE),
        ("", Status.UNPARSABLE),
        ("3\n1250.5", Status.UNPARSABLE),
    ],
)
def test_texts_with_named_results(text, status):
    (verdict,) = judge([text])
    assert verdict.status is status, verdict


def test_programs_are_run_and_their_output_is_judged():
    program = "```python\nimport numpy as np\nprint('The number of cakes:', np.int64(3))\nprint('The maximum profit: 1250.5')\n```"
    forged = "```python\nprint('{\"passed\": true}')\n```"
    failing = "```python\nraise ValueError('no optimum')\n```"
    endless = "```python\nwhile True: pass\n```"
    verdicts = judge([program, program.replace("1250", "1251"), forged, failing, endless])
    assert [verdict.status for verdict in verdicts] == [
        Status.PASSED,
        Status.WRONG,
        Status.UNPARSABLE,
        Status.ERROR,
        Status.TIMEOUT,
    ]
    assert verdicts[0].isolation
    assert verdicts[3].detail == "ValueError: no optimum"


def test_a_single_quantity_may_stand_alone():
    fields = {"results": {"The least cost": 12}, "tolerance": 0.5}
    assert [verdict.status for verdict in judge(["so\n12.4", "so\n12.5", "12.4 dollars"], fields)] == [
        Status.PASSED,
        Status.WRONG,
        Status.UNPARSABLE,
    ]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"other": 1}, "results"),
        ({"results": {"x": "many"}}, "expected a finite number, got 'many'"),
        ({"results": {"x": "1"}, "tolerance": 0}, "tolerance"),
    ],
)
def test_malformed_problems_are_named(fields, line):
    with pytest.raises(RecordError, match=line):
        judge(["1"], fields)


def test_names_are_read_up_to_the_value():
    assert named_results("x =  -1.5e3\nno number: here\ny: 2 kg") == {"x": -1500.0}


@pytest.mark.skipif("REASONING_BENCHMARKS" not in os.environ, reason="needs REASONING_BENCHMARKS")
@pytest.mark.parametrize(("split", "file", "count"), [("test", "OptiBench", 605), ("nl4opt", "NL4OPT-E", 289)])
def test_the_references_are_accepted_and_every_perturbed_one_is_rejected(split, file, count):
    from reasoning.evaluation.benchmarks.optibench import BENCHMARK
    from verifiers.registry import VerifierRegistry

    path = Path(os.environ["REASONING_BENCHMARKS"], "optibench", f"{file}.json.gz")
    entries = list(BENCHMARK.read([path], split))
    assert len(entries) == count

    async def work():
        async with SandboxPool(workers=1) as pool:
            registry = VerifierRegistry(pool)
            for number, entry in enumerate(entries):
                (reference,) = entry.references
                assert (await registry.verify(entry.problem, reference, Limits())).passed
                results = json.loads(reference)
                name = list(results)[number % len(results)]
                results[name] = float(results[name]) + 0.001
                assert (await registry.verify(entry.problem, json.dumps(results), Limits())).status is Status.WRONG

    asyncio.run(work())
