"""Several pipelines that need no model, mixed in given shares: one command for a verified dataset of any size.

$ reasoning generate mixture --rows 50000 --splits train=0.98,validation=0.01,test=0.01 --out runs/mixture

The parts run side by side. The next row always comes from the part that is furthest behind its share; a part that has
no more rows leaves its share to the others.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from typing import cast

from reasoning.evaluation.seeds import find_seeds
from reasoning.pipelines.base import Outcome, Pipeline, PipelineError, Row, find_pipeline, option, pipeline_names
from reasoning.pipelines.job import Job

__all__ = ["PIPELINE", "MixtureOptions", "run", "shares_in"]

_DEFAULT_ROWS = 1000
"""What parts are sized for where `--rows` is not given."""


@dataclass(frozen=True, slots=True)
class MixtureOptions:
    """Which pipelines, and how much of each."""

    parts: str = option(
        "families=0.84,programmatic=0.12,puzzles=0.04", "Pipelines and their shares, as families=0.7,puzzles=0.3."
    )


def shares_in(text: str) -> list[tuple[Pipeline, float]]:
    """The parts of a mixture, with shares that add up to 1.

    Raises:
        PipelineError: a part is no pipeline or cannot be sized, a share is no positive number, or a part comes twice.
    """
    parts: list[tuple[Pipeline, float]] = []
    for word in text.split(","):
        name, _, share = word.strip().partition("=")
        if name not in (known_pipelines := pipeline_names()) or (pipeline := find_pipeline(name)).sized is None:
            known = ", ".join(sorted(one for one in known_pipelines if find_pipeline(one).sized is not None))
            raise PipelineError(f"--parts {text}: '{name}': expected NAME=SHARE with a name among {known}")
        try:
            weight = float(share)
        except ValueError:
            weight = 0.0
        if not 0 < weight < float("inf"):
            raise PipelineError(f"--parts {text}: '{word.strip()}': the share must be a positive number")
        if any(pipeline is other for other, _ in parts):
            raise PipelineError(f"--parts {text}: '{name}' comes twice")
        parts.append((pipeline, weight))
    total = sum(weight for _, weight in parts)
    return [(pipeline, weight / total) for pipeline, weight in parts]


def _sources(options: MixtureOptions) -> Sequence[str]:
    return [pipeline.default_problems for pipeline, _ in shares_in(options.parts) if pipeline.default_problems]


async def run(job: Job, options: MixtureOptions) -> AsyncIterator[Outcome]:
    """Run the parts, and take rows from each in turn by its share."""
    rows = job.settings.rows or _DEFAULT_ROWS
    async with AsyncExitStack() as stack:
        streams: dict[str, AsyncGenerator[Outcome, None]] = {}
        shares: dict[str, float] = {}
        for pipeline, share in shares_in(options.parts):
            assert pipeline.sized is not None
            stream = pipeline.run(_part(job, pipeline), pipeline.sized(max(1, round(rows * share))))
            streams[pipeline.name] = await stack.enter_async_context(
                aclosing(cast(AsyncGenerator[Outcome, None], stream))
            )
            shares[pipeline.name] = share
        taken = dict.fromkeys(streams, 0)
        while streams:
            name = min(streams, key=lambda one: taken[one] / shares[one])
            try:
                outcome = await anext(streams[name])
            except StopAsyncIteration:
                del streams[name]
                continue
            taken[name] += isinstance(outcome, Row)
            yield outcome


def _part(job: Job, pipeline: Pipeline) -> Job:
    """The job of a part: its own problems, random streams and stages within the same run."""
    settings = replace(job.settings, pipeline=pipeline.name, problems=pipeline.default_problems, limit=None)
    seeds = find_seeds(pipeline.default_problems) if pipeline.default_problems else None
    return job.part(settings, seeds)


PIPELINE = Pipeline(
    name="mixture",
    summary="Pipelines that need no model, mixed by shares.",
    options=MixtureOptions,
    run=run,
    sources=_sources,
    kept_apart=("families",),
    description="Rows of several pipelines that ask no model, mixed; `source` says where each comes from.",
    examples=("reasoning generate mixture --rows 2000 --splits train=0.9,test=0.1 --out runs/mixture",),
)
