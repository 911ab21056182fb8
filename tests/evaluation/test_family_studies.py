import asyncio
import json

import pytest
from simulated import SimulatedEngine

from reasoning.backends import Execution
from reasoning.engines.base import Completion
from reasoning.evaluation.family_studies import StudySettings, study
from reasoning.families import FamilyError

FAMILIES = "algebra/linear-equation,number_theory/divisor-sum,geometry/point-distance"
LINEAR, DIVISORS, DISTANCE = (f"{name}/seed" for name in FAMILIES.split(","))


class ContextEngine(SimulatedEngine):
    """Right exactly when a solved problem stands in the context."""

    async def complete(self, request):
        right = "Here is a solved problem." in request.problem.prompt
        answer = request.problem.fields["gold"] if right else "-1"
        return [Completion(f"It is \\boxed{{{answer}}}.") for _ in request.seeds]


def run(tmp_path, kind, engine, name="run", resume=False, **options):
    settings = StudySettings(kind, families=FAMILIES, variants=4, samples=3, **options)
    return asyncio.run(study(settings, tmp_path / name, engine=engine, resume=resume, jobs=1, quiet=True))


def test_worst_of_k_counts_seeds_whose_every_variant_is_solved(tmp_path):
    engine = SimulatedEngine({f"{DIVISORS}/2": 0.0, **{f"{DISTANCE}/{n}": 0.0 for n in range(4)}}, default=1.0)
    result = run(tmp_path, "stable", engine)
    shares = {name: (share.count, share.total) for name, share in result.metrics.items()}
    assert shares == {"mean over variants": (7, 12), "worst variant solved": (1, 3), "best variant solved": (2, 3)}
    assert result.groups["middle"]["worst variant solved"].count == 1
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert written["metrics"]["mean over variants"]["count"] == 7
    assert len((tmp_path / "run" / "records.jsonl").read_text().splitlines()) == 3


def test_hard_variants_are_confirmed_by_a_second_engine(tmp_path):
    engine = SimulatedEngine({LINEAR: 0.0, f"{DIVISORS}/1": 0.0, f"{DISTANCE}/3": 0.0}, default=1.0)
    second = SimulatedEngine({f"{DISTANCE}/3": 0.0}, default=1.0)
    second.name = "another"
    settings = StudySettings("hard", families=FAMILIES, variants=4)
    result = asyncio.run(study(settings, tmp_path / "run", engine=engine, second=second, jobs=1, quiet=True))
    shares = {name: (share.count, share.total) for name, share in result.metrics.items()}
    assert shares == {
        "seeds solved": (2, 3),
        "solved seeds with a failed variant": (2, 2),
        "solved seeds with a confirmed hard variant": (1, 2),
        "failed variants": (2, 8),
    }
    assert second.asked == 2


def test_a_solved_variant_in_the_context_helps_who_reads_it(tmp_path):
    result = run(tmp_path, "faithful", ContextEngine({}))
    values = {name: share.value for name, share in result.metrics.items()}
    assert values == {"seed": 0.0, "seed with variant": 1.0, "variant": 0.0, "variant with seed": 1.0}


def test_an_interrupted_study_asks_nothing_twice(tmp_path):
    class Failing(SimulatedEngine):
        async def complete(self, request):
            from reasoning.engines.base import EngineError

            if self.asked >= 5:
                raise EngineError("down")
            return await super().complete(request)

    from reasoning.engines.base import EngineError

    with pytest.raises(EngineError):
        run(tmp_path, "stable", Failing({}, default=1.0))
    engine = SimulatedEngine({}, default=1.0)
    resumed = run(tmp_path, "stable", engine, resume=True)
    assert engine.asked == 12 - 5
    assert resumed.metrics["mean over variants"].count == 12


def test_the_benchmark_is_evaluated_by_level_grade_and_topic(tmp_path):
    from reasoning.evaluation.evaluating import Settings, evaluate

    settings = Settings("families", limit=20, prompt="chat")
    engine = SimulatedEngine({f"algebra/quadratic-roots/{level}": 0.0 for level in range(1, 6)}, default=1.0)
    outcome = asyncio.run(evaluate(settings, tmp_path / "run", engine=engine, execution=Execution(jobs=1, quiet=True)))
    groups = {
        name: {str(row.value): (row.solved, row.problems) for row in rows}
        for name, rows in outcome.results.groups.items()
    }
    assert groups["level"] == {str(level): (3, 4) for level in range(1, 6)}
    assert groups["topic"] == {"algebra": (15, 20)}
    assert groups["grade"] == {"middle": (5, 5), "high": (10, 15)}


def test_an_unknown_study_is_one_clear_line(tmp_path):
    with pytest.raises(FamilyError, match="no study 'x'"):
        run(tmp_path, "x", SimulatedEngine({}))
