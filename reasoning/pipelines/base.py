"""What a pipeline is: an asynchronous generator of rows that a verifier accepted, and of what was thrown away and why.

    @dataclass(frozen=True, slots=True)
    class Options:
        samples: int = option(4, "Samples of each problem.", low=1)

    def run(job: Job, options: Options) -> AsyncIterator[Outcome]:
        return job.map("samples", job.seeds(), work)        # work(entry) -> list[Outcome]

    PIPELINE = Pipeline("rejection", "keeps the right ones of several samples", Options, run, engine=True, seeds=True)

The back end (`reasoning.pipelines.backend`) takes it from there: duplicates, contamination, splits, shards and card are
the same for all pipelines. What a pipeline yields must depend on the settings and on recorded work alone (not on time,
order of completion or hash seeds), so that an interrupted run ends with the same bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reasoning.options import bounded, one_of
from verifiers.plugins import Plugins
from verifiers.records import Problem

if TYPE_CHECKING:
    from reasoning.pipelines.job import Job

__all__ = [
    "PIPELINES",
    "Discarded",
    "Outcome",
    "Pipeline",
    "PipelineError",
    "Row",
    "find_pipeline",
    "option",
    "outcome_from_json",
    "pipeline_names",
]


class PipelineError(ValueError):
    """A pipeline is unknown, or cannot be run as asked; one clear line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row for the dataset; everything in it has been judged.

    Attributes:
        problem: what is asked, with what its verifier needs. Its id need not be unique among rows.
        group: the family, template or seed problem from which it stems. Rows of a group are variants of each other:
            they are never near-duplicates of one another, and never part company between splits.
        completion: the accepted solution; of a preference pair the preferred one; empty for a bare problem.
        rejected: of a preference pair the other one (these rows go to the table `dpo`); None otherwise.
        label: whether an unpaired solution is a good one (these rows go to the table `kto`); None otherwise.
        topic: what it is about, for statistics and coverage; empty: not known.
        difficulty: in [0, 1], 1 hardest; None: not known.
        steps: length of the solution in steps; None: not known.
        source: where it comes from, for the card's provenance.
        stream: name of the random stream that made it, where there is one; unique within its group.
        part: a table of the dataset's own that holds the row, with the columns of `default`; empty: none.
        prompt: what asks for the completion, where that is not the problem's own prompt.
        meta: plain JSON that is kept beside it.
    """

    problem: Problem
    group: str
    completion: str = ""
    rejected: str | None = None
    label: bool | None = None
    topic: str = ""
    difficulty: float | None = None
    steps: int | None = None
    source: str = ""
    stream: str = ""
    part: str = ""
    prompt: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def asked(self) -> str:
        """What asks for the completion."""
        return self.prompt or self.problem.prompt

    @property
    def table(self) -> str:
        """The table of the dataset to which it belongs: `default`, `dpo`, `kto` or a part of its own."""
        if self.part:
            return self.part
        if self.rejected is not None:
            return "dpo"
        return "default" if self.label is None else "kto"

    def to_json(self) -> dict[str, Any]:
        """All attributes as plain JSON."""
        return {
            "problem": self.problem.to_json(),
            "group": self.group,
            "completion": self.completion,
            "rejected": self.rejected,
            "label": self.label,
            "topic": self.topic,
            "difficulty": self.difficulty,
            "steps": self.steps,
            "source": self.source,
            "stream": self.stream,
            "part": self.part,
            "prompt": self.prompt,
            "meta": dict(self.meta),
        }


@dataclass(frozen=True, slots=True)
class Discarded:
    """Something that a pipeline or the back end threw away.

    Attributes:
        id: of the problem.
        stage: where it fell: `engine`, `nothing` (no outcome at all), `verdict`, `surplus`, `quality`, `duplicate`,
            `contamination`, `leak`, or a word of the pipeline's own.
        reason: why, in words.
        text: what was thrown away.
        meta: plain JSON.
    """

    id: str
    stage: str
    reason: str
    text: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All attributes as plain JSON."""
        return {
            "id": self.id,
            "stage": self.stage,
            "reason": self.reason,
            "text": self.text,
            "meta": dict(self.meta),
        }


Outcome = Row | Discarded


def outcome_from_json(record: Mapping[str, Any]) -> Outcome:
    """What `to_json` of a row or of something discarded wrote."""
    if "problem" in record:
        return Row(**{**record, "problem": Problem.from_json(record["problem"])})
    return Discarded(**record)


def option(
    default: Any, help: str, *, low: float | None = None, high: float | None = None, known: Iterable[str] | None = None
) -> Any:
    """A field of a pipeline's options: its default, help on the command line, and what its value must keep to.

    Args:
        default: its value where none is given.
        help: what it is, one sentence.
        low: least value, itself allowed.
        high: greatest value, itself allowed.
        known: the values that there are.
    """
    if known is not None:
        return one_of(default, known, help=help)
    return bounded(default, low=low, high=high, help=help)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A way of making a dataset.

    Attributes:
        name: as given to `reasoning generate`.
        summary: one line for people.
        options: a frozen data class whose fields, made by `option`, are its own command-line options. Fields may be
            `str`, `int`, `float`, `bool`, or one of these or None.
        run: `(job, options)` -> rows and discarded things.
        engine: whether it can ask an engine. With False, there is no `--engine`, nor are there sampling options.
        asks: whether it does so with these options; None: always.
        seeds: whether it starts from problems (`--problems`).
        sources: problem sources that it uses with these options beside `--problems`; their problems are no
            contamination.
        sized: options that give about so many rows from its default problems; None: it cannot be part of a mixture.
        default_problems: where the problems come from when nothing is said; empty: it must be said.
        description: paragraphs for the card: what the rows are and how they came about.
        references: papers that it follows.
        kept_apart: benchmarks from which it keeps its rows apart by a rule of its own; `--decontaminate all` leaves
            them out.
        examples: command lines, shown by `--help`.
    """

    name: str
    summary: str
    options: type[Any]
    run: Callable[[Job, Any], AsyncIterator[Outcome]]
    engine: bool = False
    asks: Callable[[Any], bool] | None = None
    seeds: bool = False
    sources: Callable[[Any], Sequence[str]] | None = None
    sized: Callable[[int], Any] | None = None
    default_problems: str = ""
    description: str = ""
    references: tuple[str, ...] = ()
    kept_apart: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    def needs_engine(self, options: Any) -> bool:
        """Whether a run with these options asks an engine."""
        return self.engine and (self.asks is None or self.asks(options))


PIPELINES: dict[str, str] = {
    "efagen": "reasoning.pipelines.efagen:PIPELINE",
    "families": "reasoning.pipelines.families:PIPELINE",
    "rejection": "reasoning.pipelines.rejection:PIPELINE",
    "difficulty-aware": "reasoning.pipelines.difficulty_aware:PIPELINE",
    "programmatic": "reasoning.pipelines.programmatic:PIPELINE",
    "puzzles": "reasoning.pipelines.puzzles:PIPELINE",
    "agents": "reasoning.pipelines.agents:PIPELINE",
    "explore": "reasoning.pipelines.explore:PIPELINE",
    "curate": "reasoning.pipelines.curate:PIPELINE",
    "clarify": "reasoning.pipelines.clarify:PIPELINE",
    "mixture": "reasoning.pipelines.mixture:PIPELINE",
    "mutate": "reasoning.pipelines.mutate:PIPELINE",
    "resocratic": "reasoning.pipelines.resocratic:PIPELINE",
    "subgoals": "reasoning.pipelines.subgoals:PIPELINE",
}
"""Name -> `module:attribute`; imported when first used. Other packages add theirs with entry points in the group
`reasoning_toolkit.pipelines` whose values are a `Pipeline`."""
PLUGINS = Plugins("pipelines", "pipeline")


def pipeline_names() -> list[str]:
    """All pipelines, built in first, then those of other packages; imports none of them."""
    return [*PIPELINES, *PLUGINS.names(besides=PIPELINES)]


def find_pipeline(name: str) -> Pipeline:
    """The pipeline with this name.

    Raises:
        PipelineError: there is none.
        PluginError: another package's cannot be loaded.
    """
    found: Pipeline | None = PLUGINS.named(name, PIPELINES, Pipeline)
    if found is None:
        raise PipelineError(f"no pipeline '{name}'; known pipelines: {', '.join(pipeline_names())}")
    return found
