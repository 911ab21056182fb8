import asyncio
import json
from collections import Counter

import pyarrow.parquet as pq
import pytest
from simulated import SimulatedEngine

from reasoning.backends import Execution
from reasoning.engines.base import Completion
from reasoning.families.validity import PAPER_TESTS
from reasoning.pipelines import PipelineError
from reasoning.pipelines.backend import build
from reasoning.pipelines.efagen_rates import test_rates as rates_of
from reasoning.pipelines.job import Job
from reasoning.pipelines.settings import settings_from
from tests.support.doc_files import FAMILY
from verifiers.answers import judge
from verifiers.records import Problem, Status, Verdict
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

SEEDS = [
    ("pens", "Noor has 3 boxes of 8 pens and loses 5. How many are left?", "3 * 8 = 24, and 24 - 5 = 19", "19"),
    ("rope", "A rope of 40 m is cut into 5 pieces. How long is one?", "40 / 5 = 8", "8"),
    ("words", "How many legs has a spider?", "A spider has eight legs.", "8"),
]
REPLIES = [
    FAMILY,
    "I would rather not.",
    FAMILY.replace("rng.randint(2, 9)", "1 // 0"),
    FAMILY.replace("boxes * each - lost", "boxes * (each - lost)"),
    FAMILY.replace("rng.randint(6, 30)", "8").replace("rng.randint(2, 9)", "3"),
]


class Scripted:
    """Replies from a fixed list, by the index of the sample."""

    name = "scripted"

    def __init__(self, replies):
        self.replies = replies
        self.asked = 0

    async def complete(self, request):
        self.asked += len(request.seeds)
        return [Completion(self.replies[index % len(self.replies)]) for index in request.sample_indices]

    async def close(self):
        pass

    def describe(self):
        return {"engine": self.name}


def write_seeds(path, seeds=SEEDS):
    lines = [
        json.dumps({"id": id, "kind": "answer", "prompt": text, "gold": gold, "meta": {"reference": solution}})
        for id, text, solution, gold in seeds
    ]
    path.write_text("\n".join(lines) + "\n")


def generate(tmp_path, engine=None, name="run", seeds=SEEDS, pipeline="efagen", **options):
    write_seeds(tmp_path / "seeds.jsonl", seeds)
    flat = {"pipeline": pipeline, "decontaminate": "none", "near": 0.0, **options}
    if pipeline == "efagen":
        flat["problems"] = str(tmp_path / "seeds.jsonl")
    built = asyncio.run(
        build(settings_from(flat), tmp_path / name, engine=engine, execution=Execution(jobs=2, quiet=True))
    )
    rows = [row for path in sorted(built.dataset.glob("data/*.parquet")) for row in pq.read_table(path).to_pylist()]
    lines = (tmp_path / name / "discarded.jsonl").read_text().splitlines()
    return rows, [json.loads(line) for line in lines], built


def test_without_a_model_families_are_induced_and_variants_drawn(tmp_path):
    rows, discarded, _ = generate(tmp_path, variants=5, candidates=2)
    assert Counter(row["group"] for row in rows) == {"pens": 5, "rope": 5}
    for row in rows:
        problem = json.loads(row["problem"])
        assert problem["prompt"] not in [text for _, text, _, _ in SEEDS]
        numbers = [int(word.strip(".")) for word in problem["prompt"].split() if word.strip(".").isdigit()]
        expected = numbers[0] * numbers[1] - numbers[2] if row["group"] == "pens" else numbers[0] / numbers[1]
        assert judge(problem["gold"], f"\\boxed{{{expected:g}}}").passed
    fallen = [(one["id"], one["stage"], one["reason"]) for one in discarded if one["stage"] != "repeated"]
    assert fallen == [("words", "no candidate", "the problem has no numbers")] * 2


def test_a_scripted_model_is_tested_candidate_by_candidate(tmp_path):
    engine = Scripted(REPLIES)
    rows, discarded, _ = generate(tmp_path, engine, seeds=SEEDS[:1], candidates=5, variants=3)
    assert engine.asked == 5
    assert len(rows) == 3
    assert [(one["meta"]["sample"], one["stage"]) for one in discarded] == [
        (1, "is_extractable"),
        (2, "is_executable"),
        (3, "matches_original"),
        (4, "surplus"),
    ]
    again, _, _ = generate(tmp_path, Scripted(REPLIES), "again", seeds=SEEDS[:1], candidates=5, variants=3)
    assert again == rows


def test_solutions_of_variants_are_judged_and_a_card_tells_problems_without_any(tmp_path, monkeypatch):
    told = (
        FAMILY.removesuffix("```")
        + "    def solution(boxes, each, lost):\n        return f'{boxes} * {each} - {lost}'\n```"
    )
    rows, _, built = generate(tmp_path, Scripted([FAMILY]), "bare", seeds=SEEDS[:1], candidates=1, variants=3)
    assert [row["completion"] for row in rows] == [""] * 3
    assert "3 rows from 1 group; 0 have a solution" in (built.dataset / "README.md").read_text()
    rows, _, built = generate(tmp_path, Scripted([told]), "told", seeds=SEEDS[:1], candidates=1, variants=3)
    assert all("The answer is $\\boxed{" in row["completion"] for row in rows)
    assert "3 rows from 1 group; each was judged by a verifier" in (built.dataset / "README.md").read_text()

    async def refuse(self, problem, candidate):
        return Verdict.of(problem.id, Status.WRONG)

    monkeypatch.setattr(Job, "verdict", refuse)
    rows, discarded, _ = generate(tmp_path, Scripted([told]), "refused", seeds=SEEDS[:1], candidates=1, variants=3)
    assert rows == []
    assert [(one["stage"], one["reason"]) for one in discarded] == [("verdict", "wrong")] * 3


def test_rates_count_every_candidate_repeated_ones_again(tmp_path):
    _, discarded, _ = generate(tmp_path, Scripted([*REPLIES, ""]), seeds=SEEDS[:1], candidates=9)
    assert [
        (one["meta"]["sample"], one["stage"]) for one in discarded if one["stage"] in ("repeated", "no candidate")
    ] == [
        (5, "no candidate"),
        (6, "repeated"),
        (7, "repeated"),
        (8, "repeated"),
    ]  # of the replies 0, 1 and 2
    assert [(rate.test, rate.reached, rate.passed) for rate in rates_of(tmp_path / "run")] == [
        ("has_reply", 9, 8),
        ("is_extractable", 8, 6),
        ("is_executable", 6, 4),
        ("has_dof", 4, 4),
        ("is_single_valued", 4, 4),
        ("matches_original", 4, 3),
        ("is_varied", 3, 3),
        ("is_filled", 3, 3),
        ("hides_answer", 3, 3),
    ]
    generate(tmp_path, name="induced", keep="families", candidates=2, extra=False)
    induced = rates_of(tmp_path / "induced")
    assert [rate.test for rate in induced] == ["has_reply", *PAPER_TESTS]
    assert (induced[0].reached, induced[-1].passed) == (6, 4)  # two candidates of each seed; one seed has no numbers
    generate(tmp_path, name="drawn", pipeline="families", family="algebra/work-rates", count=1)
    with pytest.raises(PipelineError, match="no run of `generate efagen`"):
        rates_of(tmp_path / "drawn")


def test_accepted_families_are_rows_for_fine_tuning(tmp_path):
    rows, _, _ = generate(tmp_path, Scripted(REPLIES), seeds=SEEDS[:1], candidates=5, keep="families")
    (row,) = rows
    assert row["completion"] == FAMILY
    assert SEEDS[0][1] in row["prompt"]
    assert "class EFA" in row["prompt"]
    # The instructions are the same for all seeds, which makes no near-duplicates of them.
    induced, _, _ = generate(tmp_path, name="induced", candidates=1, keep="families", near=0.8)
    assert [row["group"] for row in induced] == ["pens", "rope"]
    problem = Problem.from_json(json.loads(row["problem"]))
    assert problem.kind == "efa"

    async def verdicts():
        async with SandboxPool(workers=2) as pool:
            registry = VerifierRegistry(pool)
            return [await registry.verify(problem, reply, Limits()) for reply in REPLIES[:4]]

    passed, unparsable, error, wrong = asyncio.run(verdicts())
    assert (passed.status, passed.score) == (Status.PASSED, 1.0)
    assert (unparsable.status, unparsable.score) == (Status.UNPARSABLE, 0.0)
    assert (error.status, error.detail.partition(":")[0]) == (Status.ERROR, "is_executable")
    assert (wrong.status, wrong.detail.partition(":")[0]) == (Status.WRONG, "matches_original")
    assert 0 < error.score < wrong.score < 1


def test_the_engine_itself_can_be_the_independent_solver(tmp_path):
    class Solver(Scripted):
        async def complete(self, request):
            if request.problem.kind == "efa":
                return await super().complete(request)
            return [Completion("It is \\boxed{-1}.") for _ in request.seeds]

    wrong = FAMILY.replace("boxes * each - lost", "19 + boxes - 3 + each - 8")
    rows, _, _ = generate(tmp_path, Solver([wrong]), seeds=SEEDS[:1], candidates=1)
    assert rows
    rows, discarded, _ = generate(tmp_path, Solver([wrong]), "checked", seeds=SEEDS[:1], candidates=1, solve=1)
    assert rows == []
    assert [one["stage"] for one in discarded] == ["agrees_with_solver"]


def test_families_give_judged_rows_of_their_split(tmp_path):
    from reasoning.families.streams import split_of

    options = {"pipeline": "families", "family": "algebra/work-rates,sequences/figurate-dots", "count": 12}
    rows, discarded, _ = generate(tmp_path, **options)
    assert discarded == []
    assert Counter(row["group"] for row in rows) == {"algebra/work-rates": 12, "sequences/figurate-dots": 12}
    for row in rows:
        problem = json.loads(row["problem"])
        assert judge(problem["gold"], row["completion"]).passed
        assert split_of(row["group"], problem["prompt"]) == "train"
        assert 0 <= row["difficulty"] <= 1
    programs, _, _ = generate(tmp_path, name="programs", solution="code", split="test", **options)
    assert all(row["completion"].startswith("```python\n") for row in programs)
    assert not {row["prompt"] for row in programs} & {row["prompt"] for row in rows}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pipeline": "efagen", "keep": "all"}, "--keep all"),
        ({"pipeline": "families", "split": "dev"}, "--split dev"),
        ({"pipeline": "families", "solution": "poem"}, "--solution poem"),
    ],
)
def test_wrong_options_are_one_clear_line(tmp_path, options, words):
    engine = SimulatedEngine({}) if options["pipeline"] == "efagen" else None
    with pytest.raises(PipelineError, match=words):
        generate(tmp_path, engine, **options)
