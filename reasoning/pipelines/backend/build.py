"""From a pipeline's rows to a dataset's folder: the loop that every `reasoning generate` runs.

    built = await build(Settings("rejection", problems="puzzles", own={"samples": 4, "keep": 0}), Path("runs/first"))
    built.kept, built.dataset       # 164, PosixPath('runs/first/dataset')

runs/first/run.sqlite           finished work (see `reasoning.runs.store`)
runs/first/discarded.jsonl      everything that was thrown away, with the reason
runs/first/metrics.json         counts
runs/first/cost.json            what it took, in all attempts: times differ from run to run
runs/first/dataset/             README.md, manifest.json, data/<split>-00000-of-00001.parquet

A resumed run takes finished work from the store, lets it pass through the same filters in the same order, and so ends
with the same bytes. While it grows the dataset's folder ends in `.partial`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reasoning.backends import Execution
from reasoning.embeddings import Embedder, create_embedder
from reasoning.engines.base import Engine, concurrency_for
from reasoning.evaluation.seeds import Seeds, find_seeds
from reasoning.methods.draws import check_tools
from reasoning.methods.registry import find_method
from reasoning.pipelines.backend.card import write_card
from reasoning.pipelines.backend.coverage import COVERAGE_NAME, coverage_svg
from reasoning.pipelines.backend.filters import Filters
from reasoning.pipelines.backend.manifest import write_manifest
from reasoning.pipelines.backend.shards import ShardWriter
from reasoning.pipelines.backend.splits import SplitPlan
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, PipelineError, find_pipeline
from reasoning.pipelines.job import Job
from reasoning.pipelines.settings import Settings, check_settings
from reasoning.runs import Run, progress_display, replaced_file, write_json
from reasoning.runs.failures import EngineFailures
from reasoning.runs.files import PARTIAL_SUFFIX
from reasoning.runs.progress import ProgressDisplay
from reasoning.runs.run import METRICS_NAME

__all__ = ["COST_NAME", "DATASET_NAME", "DISCARDED_NAME", "Built", "build", "cost_of"]

DATASET_NAME = "dataset"
DISCARDED_NAME = "discarded.jsonl"
COST_NAME = "cost.json"
_INDEX_NAME = "index.sqlite"


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a run.

    Attributes:
        dataset: the folder.
        manifest: as it stands there.
        failures: items for which the engine gave no answer.
        cost: what it took, see `cost_of`.
    """

    dataset: Path
    manifest: dict[str, Any]
    failures: EngineFailures
    cost: dict[str, float]

    @property
    def kept(self) -> int:
        """Rows in the dataset."""
        return int(self.manifest["statistics"]["kept"])

    @property
    def discarded(self) -> dict[str, int]:
        """How many items fell at each stage."""
        return dict(self.manifest["statistics"]["discarded_by_stage"])


async def build(
    settings: Settings,
    directory: Path,
    *,
    engine: Engine | None = None,
    resume: bool = False,
    execution: Execution = Execution(),
) -> Built:
    """Run a pipeline to its end, or go on with a run, and write its dataset.

    Args:
        settings: what to do.
        directory: the run directory.
        engine: asked instead of the one that `settings.engine` names; closed at the end.
        resume: the directory holds an earlier attempt with the same settings.
        execution: how it is carried out.

    Raises:
        BackendError, PipelineError, BenchmarkError, RunError, EngineSpecError, MethodError, SandboxUnavailableError:
            it cannot begin; what is wrong with the settings alone is said before anything is read.
        EngineError: the engine failed too often in a row, or the embedding model gave no vectors.
    """
    pipeline = find_pipeline(settings.pipeline)
    check_settings(settings)
    options = pipeline.options(**settings.own)
    SplitPlan.parse(settings.splits, settings.split_by)
    method = find_method(settings.method)
    asks_for_one = pipeline.needs_engine(options) and engine is None
    if asks_for_one:
        check_tools(method, settings.engine)
    seeds = _seeds(pipeline, settings)
    sources = [] if pipeline.sources is None else [find_seeds(name) for name in pipeline.sources(options)]
    sources += [] if seeds is None else [seeds]
    embedder = create_embedder(settings.embedder) if settings.embedder else None
    async with AsyncExitStack() as stack:
        if embedder is not None:
            stack.push_async_callback(embedder.close)
        place = await stack.enter_async_context(execution.place())
        if asks_for_one:
            engine = await place.engine(settings.engine)
        if engine is not None:
            stack.push_async_callback(engine.close)
        # Reading the benchmarks to keep apart from takes longest: last, so that what is wrong is said before.
        filters = Filters.of(settings, sources, directory, embedder, quiet=execution.quiet)
        provenance = _provenance(sources, filters, engine, embedder)
        known = {**settings.to_json(), **provenance}
        if embedder is None:
            # Runs from before there were embedding models can be gone on with.
            del known["embedder"], known["similar"]
        with await Run.open(directory, known, place.pool, resume) as run:
            job = Job(
                settings,
                run,
                place.pool,
                judges=place.judges,
                protected=filters.protected,
                seeds=seeds,
                engine=engine,
                concurrency=concurrency_for(engine, execution.concurrency),
            )
            outcomes = cast(AsyncGenerator[Outcome, None], pipeline.run(job, options))
            builder = _Builder(settings, run, filters, provenance)
            with progress_display(
                total=settings.rows, label=settings.pipeline, quiet=execution.quiet, before_showing=run.store.commit
            ) as progress:
                manifest = await builder.write(outcomes, progress)
            cost = cost_of(run)
            write_json(directory / COST_NAME, cost)
            return Built(directory / DATASET_NAME, manifest, job.failures, cost)


def _seeds(pipeline: Pipeline, settings: Settings) -> Seeds | None:
    if not pipeline.seeds:
        return None
    if not settings.problems:
        raise PipelineError(f"pipeline '{pipeline.name}' needs --problems: a benchmark, a file or a dataset's folder")
    seeds = find_seeds(settings.problems)
    if next(seeds.entries(), None) is None:
        raise PipelineError(f"--problems {settings.problems}: holds no problems")
    return seeds


def _provenance(
    sources: list[Seeds], filters: Filters, engine: Engine | None, embedder: Embedder | None
) -> dict[str, Any]:
    """What the rows depend on beside the settings."""
    model = {} if embedder is None else {"embedder_description": embedder.describe()}
    return {
        **model,
        "inputs": [{"name": one.name, "sha256": one.sha256} for one in sources],
        "engine_description": None if engine is None else engine.describe(),
        "decontaminated_against": [{"name": name, "sha256": sha256} for name, sha256 in filters.protected.sources],
    }


class _Builder:
    """Takes a pipeline's outcomes one by one and writes what becomes of them."""

    def __init__(self, settings: Settings, run: Run, filters: Filters, provenance: dict[str, Any]) -> None:
        self._settings = settings
        self._run = run
        self._filters = filters
        self._provenance = provenance
        self._final = run.directory / DATASET_NAME
        self._folder = run.directory / (DATASET_NAME + PARTIAL_SUFFIX)

    async def write(self, outcomes: AsyncGenerator[Outcome, None], progress: ProgressDisplay) -> dict[str, Any]:
        """Write the dataset and its company; returns the manifest."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        filters, settings = self._filters, self._settings
        with (
            filters.open(self._run.directory / _INDEX_NAME),
            ShardWriter(self._folder, settings.shard_rows, settings.jsonl) as shards,
            replaced_file(self._run.directory / DISCARDED_NAME) as thrown,
        ):
            example: dict[str, Any] | None = None
            async with aclosing(outcomes):
                async for decision in filters.decide(outcomes, settings.rows):
                    progress.advance(passed=not isinstance(decision, Discarded))
                    if isinstance(decision, Discarded):
                        thrown.write(json.dumps(decision.to_json()) + "\n")
                    else:
                        shards.add(decision.table, decision.split, decision.record)
                        example = example or decision.record
            files = shards.finish()
        statistics = filters.statistics.to_json()
        manifest = write_manifest(self._folder, settings, files, statistics, self._provenance)
        (self._folder / COVERAGE_NAME).write_text(coverage_svg(filters.statistics.coverage()), encoding="utf-8")
        write_card(self._folder, manifest, example)
        if self._final.exists():
            shutil.rmtree(self._final)
        self._folder.rename(self._final)
        write_json(self._run.directory / METRICS_NAME, statistics)
        return manifest


def cost_of(run: Run) -> dict[str, float]:
    """What a run has taken in all its attempts: completions with their tokens and seconds, and children in the sandbox
    (for programs and for judging) with their CPU seconds. Work that a kill cut off is not counted.
    """
    tasks, seconds = run.store.sandbox_usage()
    return {**run.store.completion_totals(), "sandbox_tasks": tasks, "sandbox_seconds": round(seconds, 3)}
