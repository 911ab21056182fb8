r"""Three questions that variants of a problem answer about an engine (EFAGen, arXiv 2504.09763, section 5).

    result = await study(StudySettings("stable", engine="vllm:Qwen/Qwen3-4B", variants=8), Path("runs/stable"))
    result.metrics["worst of 8"].value

- `stable`: each seed is scored on k variants; the mean over all of them beside the share of seeds of which the *worst*
  variant is solved (worst of k).
- `hard`: of seeds that the engine solves, variants that it fails. A second engine is asked for each failure: where it
  finds the family's answer the failure is confirmed, else the family's answer itself may be wrong.
- `faithful`: does a solved variant in the context help with the seed, and the seed with a variant?

Seeds are built-in families, or accepted families of `reasoning generate efagen --keep families`. A run directory holds
every completion and verdict, so that an interrupted study goes on with `--resume`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reasoning.engines.base import Engine
from reasoning.evaluation.benchmarks.answer_prompts import COMPETITION_STYLES
from reasoning.evaluation.benchmarks.base import Entry
from reasoning.evaluation.metrics import wilson_interval
from reasoning.families.catalogue import find_families
from reasoning.families.drawing import boxed_solution, draw
from reasoning.families.extraction import ExtractionError, extract_class
from reasoning.families.probing import ProbeLimits, run_probe
from reasoning.families.records import Family, FamilyError
from reasoning.families.streams import content_key
from reasoning.methods import Question, Sampling, Workbench, find_method
from reasoning.runs import Run, progress_display, replaced_file, write_json
from reasoning.runs.judging import RecordingJudge
from reasoning.runs.run import METRICS_NAME, RECORDS_NAME
from verifiers.answers.verifier import golds_of
from verifiers.records import Problem
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["STUDIES", "Share", "StudyResult", "StudySettings", "study"]

STUDIES = ("stable", "hard", "faithful")
_SPLIT = "test"
_DRAWS_PER_VARIANT = 3
_ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class StudySettings:
    """Everything that decides the results of a study.

    Attributes:
        kind: one of `STUDIES`.
        families: built-in families, topics or grades, separated by commas; empty: all, unless `problems` is given.
        problems: a dataset of accepted families instead (see `reasoning generate efagen --keep families`).
        limit: only the first so many seeds.
        engine: that is studied.
        second: engine that re-checks failures of `hard`; empty: none.
        method: how both are asked.
        variants: of each seed.
        samples: of each problem, for `faithful`; a variant counts as solved when the first sample is right.
        seed: of the run and of the variants.
        temperature: of sampling; 0 is greedy.
        max_tokens: longest completion.
    """

    kind: str
    families: str = ""
    problems: str = ""
    limit: int | None = None
    engine: str = "search"
    second: str = ""
    method: str = "direct"
    variants: int = 8
    samples: int = 4
    seed: int = 0
    temperature: float = 0.0
    max_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of a total, with its 95 % interval (Wilson)."""

    count: int
    total: int

    @property
    def value(self) -> float:
        """The share; 0 for a total of 0."""
        return self.count / self.total if self.total else 0.0

    def to_json(self) -> dict[str, Any]:
        """With the interval."""
        low, high = wilson_interval(self.count, self.total) if self.total else (0.0, 1.0)
        return {"value": self.value, "count": self.count, "total": self.total, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class StudyResult:
    """The shares by name, in all and by grade."""

    metrics: dict[str, Share]
    groups: dict[str, dict[str, Share]]


@dataclass(frozen=True, slots=True)
class _Subject:
    """A seed problem with its solution, and variants of it with theirs."""

    seed: Problem
    solution: str
    variants: tuple[tuple[Problem, str], ...]
    grade: str


async def study(
    settings: StudySettings,
    directory: Path,
    *,
    engine: Engine | None = None,
    second: Engine | None = None,
    resume: bool = False,
    jobs: int | None = None,
    concurrency: int = 64,
    allow_weak: bool = False,
    quiet: bool = False,
) -> StudyResult:
    """Run a study to its end, or go on with one.

    Args:
        settings: what to do.
        directory: the run directory.
        engine: studied instead of the one that `settings.engine` names; closed at the end.
        second: likewise for the second one.
        resume: the directory holds an earlier attempt with the same settings.
        jobs: answers judged at once.
        concurrency: seeds worked on at once.
        allow_weak: accept a weak sandbox.
        quiet: show no progress.

    Raises:
        FamilyError, PipelineError, RunError, EngineSpecError, SandboxUnavailableError: it cannot begin.
        EngineError: the engine gave no answer; what came before is kept.
    """
    if settings.kind not in STUDIES:
        raise FamilyError(f"no study '{settings.kind}'; there are: {', '.join(STUDIES)}")
    if settings.second and settings.second == settings.engine:
        raise FamilyError("the second engine must be another one: the same would repeat its answers")
    from reasoning.engines.registry import create_engine

    engine = engine or create_engine(settings.engine)
    if second is None and settings.second:
        second = create_engine(settings.second)
    try:
        async with SandboxPool(workers=jobs, allow_weak=allow_weak) as pool:
            families = _families(settings)
            known = {"study": settings.kind, **asdict(settings), "engine_description": engine.describe()}
            with await Run.open(directory, known, pool, resume) as run:
                work = _Study(settings, run, pool, engine, second, concurrency)
                return await work.run(families, quiet)
    finally:
        await engine.close()
        if second is not None:
            await second.close()


def _families(settings: StudySettings) -> Sequence[tuple[Family, Problem | None, str]]:
    """Families with their seeds (None: the original of a built-in one, which is yet to be rendered)."""
    if settings.problems:
        from reasoning.evaluation.seeds import find_seeds

        found = [family for entry in find_seeds(settings.problems).read() if (family := _accepted(entry))]
        if not found:
            raise FamilyError(f"--problems {settings.problems}: holds no accepted families (kind efa)")
        return found[: settings.limit]
    names = [name.strip() for name in settings.families.split(",") if name.strip()]
    return [(family, None, "") for family in find_families(names)[: settings.limit]]


def _accepted(entry: Entry) -> tuple[Family, Problem, str] | None:
    if entry.problem.kind != "efa" or not entry.references:
        return None
    try:
        found = extract_class(entry.references[0])
    except ExtractionError:
        return None
    problem = entry.problem
    seed = Problem(problem.id, "answer", problem.text("seed"), {"gold": golds_of(problem)[0]})
    return Family(f"efa/{problem.id}", found.source, found.name), seed, problem.text("solution", "")


class _Study:
    """One study under way."""

    def __init__(
        self,
        settings: StudySettings,
        run: Run,
        pool: SandboxPool,
        engine: Engine,
        second: Engine | None,
        concurrency: int,
    ) -> None:
        self._settings = settings
        self._run = run
        self._pool = pool
        self._engine = run.recording(engine, concurrency)
        self._second = None if second is None else run.recording(second, concurrency)
        self._judge = RecordingJudge(pool, run.store, Limits(wall_seconds=_ANSWER_SECONDS))
        self._method = find_method(settings.method)
        self._concurrency = concurrency
        self._sampling = Sampling(settings.temperature, 1.0, settings.max_tokens)

    async def run(self, families: Sequence[tuple[Family, Problem | None, str]], quiet: bool) -> StudyResult:
        """Work through the seeds, write records and metrics."""
        records: list[dict[str, Any]] = []
        with progress_display(total=len(families), label=f"study {self._settings.kind}", quiet=quiet) as progress:
            mapped = self._run.map(families, self._record, concurrency=self._concurrency)
            async with aclosing(mapped) as results:
                async for record in results:
                    records.append(record)
                    progress.advance()
        with replaced_file(self._run.directory / RECORDS_NAME) as file:
            for record in records:
                file.write(json.dumps(record) + "\n")
        result = _result(self._settings, records)
        shown = {name: share.to_json() for name, share in result.metrics.items()}
        groups = {
            grade: {name: share.to_json() for name, share in shares.items()} for grade, shares in result.groups.items()
        }
        write_json(self._run.directory / METRICS_NAME, {"metrics": shown, "by_grade": groups})
        return result

    async def _record(self, item: tuple[Family, Problem | None, str]) -> dict[str, Any]:
        subject = await self._subject(*item)
        record: dict[str, Any] = {"seed": subject.seed.id, "grade": subject.grade}
        work = {"stable": self._stable, "hard": self._hard, "faithful": self._faithful}[self._settings.kind]
        return {**record, **await work(subject)}

    async def _subject(self, family: Family, seed: Problem | None, solution: str) -> _Subject:
        wanted = self._settings.variants
        split = "any" if seed is not None else _SPLIT
        if seed is None:
            probe = await run_probe(self._pool, family, draws=0, limits=ProbeLimits())
            if probe.original is None:
                raise FamilyError(f"family '{family.id}': {probe.failure}")
            seed = Problem(f"{family.id}/seed", "answer", probe.original.text, {"gold": probe.original.answer})
        drawn = await draw(
            self._pool, family, range(wanted * _DRAWS_PER_VARIANT), seed=self._settings.seed, split=split
        )
        seen = {content_key(seed.prompt)}
        variants: list[tuple[Problem, str]] = []
        for instance in drawn.instances:
            if content_key(instance.text) not in seen and len(variants) < wanted:
                seen.add(content_key(instance.text))
                problem = Problem(f"{seed.id}/{len(variants)}", "answer", instance.text, {"gold": instance.answer})
                variants.append(
                    (problem, instance.solution or boxed_solution("It can be calculated.", instance.answer))
                )
        solution = solution or boxed_solution("It can be calculated.", golds_of(seed)[0])
        return _Subject(seed, solution, tuple(variants), family.grade)

    async def _stable(self, subject: _Subject) -> dict[str, Any]:
        return {"right": [await self._solves(problem, 0) for problem, _ in subject.variants]}

    async def _hard(self, subject: _Subject) -> dict[str, Any]:
        """Variants that the engine fails although it solves the seed, and what the second engine says of them."""
        if not await self._solves(subject.seed, 0):
            return {"solved": False, "failed": []}
        failed = []
        for problem, _ in subject.variants:
            if not await self._solves(problem, 0):
                confirmed = None if self._second is None else await self._solves(problem, 0, engine=self._second)
                failed.append({"problem": problem.to_json(), "confirmed": confirmed})
        return {"solved": True, "failed": failed, "variants": len(subject.variants)}

    async def _faithful(self, subject: _Subject) -> dict[str, Any]:
        """Right samples of the seed and of a variant, alone and with the other one, solved, in the context."""
        if not subject.variants:
            return {"samples": 0}
        (variant, solution), samples = subject.variants[0], range(self._settings.samples)
        asked = {
            "seed": subject.seed,
            "seed_with_variant": _with_context(subject.seed, variant, solution),
            "variant": variant,
            "variant_with_seed": _with_context(variant, subject.seed, subject.solution),
        }
        counts = {name: sum([await self._solves(one, sample) for sample in samples]) for name, one in asked.items()}
        return {"samples": len(samples), **counts}

    async def _solves(self, problem: Problem, sample: int, engine: Any = None) -> bool:
        question = Question(problem, COMPETITION_STYLES[0], sample, self._settings.seed, self._sampling)
        attempt = await self._method(question, Workbench(engine or self._engine, self._pool, replies=self._run.store))
        if attempt.candidate is None:
            return False
        return (await self._judge.verdict(problem, attempt.candidate.text)).passed


def _with_context(problem: Problem, other: Problem, solution: str) -> Problem:
    text = f"Here is a solved problem.\n\n{other.prompt}\n\n{solution}\n\nNow solve this one.\n\n{problem.prompt}"
    return replace(problem, id=f"{problem.id}/with-context", prompt=text)


def _result(settings: StudySettings, records: Sequence[dict[str, Any]]) -> StudyResult:
    count = {"stable": _stable_shares, "hard": _hard_shares, "faithful": _faithful_shares}[settings.kind]
    grades = list(dict.fromkeys(record["grade"] for record in records if record["grade"]))
    by_grade = {grade: count([one for one in records if one["grade"] == grade]) for grade in grades}
    return StudyResult(count(records), by_grade)


def _stable_shares(records: Iterable[dict[str, Any]]) -> dict[str, Share]:
    scored = [record["right"] for record in records if record["right"]]
    return {
        "mean over variants": Share(sum(map(sum, scored)), sum(map(len, scored))),
        "worst variant solved": Share(sum(map(all, scored)), len(scored)),
        "best variant solved": Share(sum(map(any, scored)), len(scored)),
    }


def _hard_shares(records: Iterable[dict[str, Any]]) -> dict[str, Share]:
    records = list(records)
    solved = [record for record in records if record["solved"]]
    confirmed = [[one["confirmed"] for one in record["failed"]] for record in solved]
    return {
        "seeds solved": Share(len(solved), len(records)),
        "solved seeds with a failed variant": Share(sum(map(bool, confirmed)), len(solved)),
        "solved seeds with a confirmed hard variant": Share(sum(any(one) for one in confirmed), len(solved)),
        "failed variants": Share(sum(map(len, confirmed)), sum(record["variants"] for record in solved)),
    }


def _faithful_shares(records: Iterable[dict[str, Any]]) -> dict[str, Share]:
    scored = [record for record in records if record["samples"]]
    total = sum(record["samples"] for record in scored)
    names = ("seed", "seed_with_variant", "variant", "variant_with_seed")
    return {name.replace("_", " "): Share(sum(record[name] for record in scored), total) for name in names}
