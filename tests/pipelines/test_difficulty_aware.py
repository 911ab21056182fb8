import asyncio
import json
import math
import statistics
from collections import Counter

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import SimulatedEngine

from reasoning.backends import Execution
from reasoning.pipelines import PipelineError
from reasoning.pipelines.backend import build
from reasoning.pipelines.difficulty_aware import quotas
from reasoning.pipelines.settings import Settings, settings_from


def write_problems(path, count):
    with open(path, "w") as file:
        for number in range(count):
            prompt = f"Ada has {number} red marbles and {number + 7} blue ones. How many marbles has she?"
            record = {"id": f"p{number}", "kind": "answer", "prompt": prompt, "gold": str(2 * number + 7)}
            file.write(json.dumps(record) + "\n")


def generate(tmp_path, rates, **options):
    write_problems(tmp_path / "problems.jsonl", len(rates))
    settings = settings_from(
        {
            "pipeline": "difficulty-aware",
            "problems": str(tmp_path / "problems.jsonl"),
            "decontaminate": "none",
            "near": 0.0,
            **options,
        }
    )
    engine = SimulatedEngine({f"p{number}": rate for number, rate in enumerate(rates)})
    built = asyncio.run(build(settings, tmp_path / "run", engine=engine, execution=Execution(jobs=1, quiet=True)))
    rows = [row for path in sorted(built.dataset.glob("data/*.parquet")) for row in pq.read_table(path).to_pylist()]
    return rows, engine, built


def pools(rows):
    """The counts of each problem's pool."""
    return {row["group"]: json.loads(row["meta"]) for row in rows}


def test_uniform_keeps_the_same_number_of_each_problem(tmp_path):
    rows, engine, built = generate(tmp_path, [1.0, 0.5, 0.2, 0.1], right=40)
    assert Counter(row["group"] for row in rows) == {f"p{number}": 40 for number in range(4)}
    for pool in pools(rows).values():
        assert pool["n_corrects"] == 41  # right solutions exceed the wanted number, and the last is dropped
    assert built.discarded["surplus"] == 4
    assert pools(rows)["p0"]["n_samples"] == 41
    assert engine.asked <= sum(pool["n_samples"] for pool in pools(rows).values()) + 4 * 7  # one batch at most in vain


def test_reach_stops_one_right_solution_earlier(tmp_path):
    rows, _, built = generate(tmp_path, [1.0, 0.5], right=10, stop="reach")
    assert {name: pool["n_corrects"] for name, pool in pools(rows).items()} == {"p0": 10, "p1": 10}
    assert "surplus" not in built.discarded


def test_trials_are_as_many_as_the_pass_rate_lets_expect(tmp_path):
    count, rate, right = 60, 0.3, 12
    rows, _, _ = generate(tmp_path, [rate] * count, right=right)
    trials = [pool["n_samples"] for pool in pools(rows).values()]
    # Trials until the (right + 1)th success: a negative binomial, whose mean and variance are known.
    mean, variance = (right + 1) / rate, (right + 1) * (1 - rate) / rate**2
    assert abs(statistics.mean(trials) - mean) < 4 * math.sqrt(variance / count)
    assert 0.5 < statistics.variance(trials) / variance < 2


def test_prop2diff_allocates_by_the_formula(tmp_path):
    rates = [1.0, 0.9, 0.5, 0.2]
    rows, _, _ = generate(tmp_path, rates, strategy="prop2diff", right=30, trials=20)
    kept = Counter(row["group"] for row in rows)
    # The difficulties were measured on the first 20 samples, which the seeds fix.
    from reasoning.engines.base import derive_seed

    measured = []
    for number, rate in enumerate(rates):
        import random

        seeds = [derive_seed(0, f"p{number}", "direct", sample) for sample in range(20)]
        measured.append(1 - sum(random.Random(seed).random() < rate for seed in seeds) / 20)
    hardest = max(measured)
    assert [kept[f"p{number}"] for number in range(4)] == [
        max(1, math.floor(30 * difficulty / hardest + 0.5)) for difficulty in measured
    ]
    assert kept["p3"] == 30
    assert kept["p0"] == 1


def test_the_cap_ends_a_hopeless_problem(tmp_path):
    rows, engine, _ = generate(tmp_path, [0.0, 1.0], right=3, max_trials=20)
    assert {row["group"] for row in rows} == {"p1"}
    thrown = [json.loads(line) for line in (tmp_path / "run" / "discarded.jsonl").read_text().splitlines()]
    assert [one["reason"] for one in thrown if one["stage"] == "unsolved"] == ["no right solution in 20 trials"]
    assert sum(one["stage"] == "verdict" for one in thrown) == 20
    assert engine.asked == 20 + 8


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(1, 200), st.integers(0, 3))
def test_prop2diff_is_monotone_and_reaches_its_bounds(difficulties, right, least):
    wanted = quotas("prop2diff", difficulties, right, least)
    assert all(quota >= least for quota in wanted)
    if max(difficulties) > 0:
        assert wanted[difficulties.index(max(difficulties))] == max(right, least)
    for one, quota in zip(difficulties, wanted, strict=True):
        for other, other_quota in zip(difficulties, wanted, strict=True):
            assert quota <= other_quota or one >= other


def test_quotas_of_examples():
    assert quotas("uniform", [0.1, 0.9], 40) == [40, 40]
    assert quotas("prop2diff", [0.0, 0.5, 1.0], 192) == [1, 96, 192]
    assert quotas("prop2diff", [0.05, 0.25, 0.5], 5) == [1, 3, 5]  # 0.5 and 2.5 are rounded up
    assert quotas("prop2diff", [0.0, 0.0], 192) == [1, 1]


@pytest.mark.parametrize("options", [{"strategy": "hard"}, {"stop": "at"}])
def test_unknown_words_are_refused(options, tmp_path):
    settings = Settings("difficulty-aware", problems="data:puzzles", own=options)
    with pytest.raises(PipelineError, match="expected one of"):
        asyncio.run(build(settings, tmp_path / "run", execution=Execution(quiet=True)))
    assert not (tmp_path / "run").exists()
