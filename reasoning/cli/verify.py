"""`reasoning verify`: judge a file of candidates, or a run's candidates again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reasoning.cli.execution import AllowWeak, Backend, CandidateMemory, CandidateSeconds, Jobs, Quiet
from reasoning.cli.support import EXIT_UNJUDGED, run_interruptible, say
from verifiers.wording import counted

if TYPE_CHECKING:
    from reasoning.backends import Execution
    from reasoning.evaluation.judging_lines import LinesSummary
    from verifiers.sandbox import Limits

__all__ = ["verify"]


def verify(
    kind: Annotated[str | None, typer.Argument(help="Kind of the problems: puzzle, program, ...")] = None,
    source: Annotated[str, typer.Option("--in", help="Input lines, .jsonl or .jsonl.gz; - for standard input.")] = "-",
    target: Annotated[str, typer.Option("--out", help="Where verdicts go; - for standard output.")] = "-",
    jobs: Jobs = None,
    timeout: CandidateSeconds = None,
    memory: CandidateMemory = None,
    explain: Annotated[bool, typer.Option("--explain", help="Add to each line how it was judged.")] = False,
    run: Annotated[Path | None, typer.Option("--run", help="Judge the candidates of this run again.")] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="The lines are samples of this benchmark: task_id, and completion or solution.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Its split. Default: its first.")] = None,
    data: Annotated[Path | None, typer.Option(help="Its file, or a folder that holds its files.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted call.")] = False,
    allow_weak: AllowWeak = False,
    backend: Backend = "local",
    quiet: Quiet = False,
) -> None:
    """Judge candidates: one verdict line for each input line, in input order.

    An input line is {"id": ..., "problem": {...}, "candidate": "..."}. A bad line gets a verdict of its own and
    never stops the others. With --benchmark, lines are samples as EvalPlus and HumanEval write them,
    {"task_id": ..., "completion": "..."} or {"task_id": ..., "solution": "..."}; KIND is then `program`.

    \b
    Examples:
      reasoning verify puzzle --in candidates.jsonl --out verdicts.jsonl
      reasoning verify program --in samples.jsonl.gz --out - --jobs 8 --timeout 3
      reasoning verify puzzle --in candidates.jsonl --out verdicts.jsonl --resume
      REASONING_LEAN=native reasoning verify proof --in proofs.jsonl --out verdicts.jsonl
      reasoning verify --run runs/first --timeout 20
      reasoning verify program --benchmark humaneval --in samples.jsonl --out verdicts.jsonl
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.backends import Execution
    from verifiers.sandbox import Limits

    execution = Execution(jobs=jobs, allow_weak=allow_weak, quiet=quiet, backend=backend)
    default = Limits()
    if run is not None:
        if kind is not None or source != "-" or target != "-" or benchmark is not None:
            raise typer.BadParameter("--run takes everything from the run: give no KIND, --benchmark, --in or --out")
        _again(run, timeout, memory, resume, execution)
        return
    if benchmark is None and (split is not None or data is not None):
        raise typer.BadParameter("--split and --data are of a benchmark: give --benchmark NAME as well")
    if benchmark is not None and kind not in (None, "program"):
        raise typer.BadParameter(f"samples of a benchmark are of kind program, not {kind}")
    kind = "program" if benchmark is not None else kind
    if kind is None:
        raise typer.BadParameter("give the KIND of the problems, or --run RUN_DIR")
    if resume and target == "-":
        raise typer.BadParameter("--resume needs --out FILE")
    if target not in ("-", os.devnull) and not Path(target).absolute().parent.is_dir():
        raise typer.BadParameter(f"--out {target}: its folder does not exist")
    limits = Limits(wall_seconds=timeout or default.wall_seconds, memory_mib=memory or default.memory_mib)
    named = f" --benchmark {benchmark}" if benchmark is not None else ""
    again = "" if target == "-" else f": reasoning verify {kind}{named} --in {source} --out {target} --resume"
    about = None if benchmark is None else (benchmark, split, data)
    work = _judge(kind, source, target, limits, explain, resume, about, execution)
    summary = run_interruptible(work, f"run it again{again}")
    for fault in summary.faults:
        say(fault)
    if summary.bad > len(summary.faults):
        say(f"{source}: {counted(summary.bad - len(summary.faults), 'more bad line')}")
    if not quiet:
        counts = ", ".join(f"{count} {status.value}" for status, count in sorted(summary.statuses.items()))
        resumed = f" ({summary.resumed} were there already)" if summary.resumed else ""
        say(f"{counted(sum(summary.statuses.values()), 'line')} judged{resumed}: {counts or 'none'}")
        if target != "-":
            say(f"verdicts: {target}")
    if summary.unjudged:
        raise typer.Exit(EXIT_UNJUDGED)


async def _judge(
    kind: str,
    source: str,
    target: str,
    limits: Limits,
    explained: bool,
    resume: bool,
    about: tuple[str, str | None, Path | None] | None,
    execution: Execution,
) -> LinesSummary:
    from reasoning.evaluation.explain import explain
    from reasoning.evaluation.judging_lines import JUDGED_AT_ONCE_FACTOR, judge_lines
    from reasoning.runs.progress import progress_display
    from verifiers.records import Problem, Verdict
    from verifiers.registry import VerifierRegistry

    def explanation(problem: Problem, candidate: str, verdict: Verdict) -> dict[str, object]:
        return explain(problem, candidate, verdict, limits)

    async with execution.place() as place:
        pool = place.pool
        VerifierRegistry(pool).verifier(kind)
        read = None
        if about is not None:
            from reasoning.evaluation.sample_files import read_problems

            name, split, data = about
            read = (await read_problems(name, pool, split=split, data=data, quiet=execution.quiet)).read

        async def judge(problem: Problem, candidate: str) -> Verdict:
            return await place.judges.verify(problem, candidate, limits)

        with progress_display(total=None, label=f"verify {kind}", quiet=execution.quiet) as progress:
            return await judge_lines(
                source,
                target,
                kind,
                judge,
                concurrency=JUDGED_AT_ONCE_FACTOR * pool.workers,
                progress=progress,
                explain=explanation if explained else None,
                resume=resume,
                read=read,
            )


def _again(
    run: Path,
    timeout: float | None,
    memory: int | None,
    resume: bool,
    execution: Execution,
) -> None:
    from reasoning.evaluation.judging_again import judge_run_again

    work = judge_run_again(run, timeout=timeout, memory=memory, resume=resume, execution=execution)
    changes = run_interruptible(work, f"go on with: reasoning verify --run {run} --resume")
    for old, new, count in changes.statuses:
        say(f"{counted(count, 'candidate')}: {old} -> {new}")
    say(
        f"{counted(changes.judged, 'candidate')} judged again, "
        f"{counted(sum(row[2] for row in changes.statuses), 'verdict')} changed"
    )
    say(f"results: {run}")
