"""`reasoning families`: list the built-in problem families, draw problems from them, check them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reasoning.cli.execution import AllowWeak, Jobs, Quiet, Resume, named_directory
from reasoning.cli.support import EXIT_UNJUDGED, run_interruptible, say
from verifiers.wording import counted

if TYPE_CHECKING:
    from reasoning.families import Family, Instance

__all__ = ["check", "list_families", "rates", "run_study", "sample"]

SEVERAL_SAMPLES_TEMPERATURE = 0.8

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[FAMILY|TOPIC|GRADE]...", help="Which families. Default: all.")
]


@app.callback()
def list_families(context: typer.Context) -> None:
    """List the built-in problem families.

    \b
    Examples:
      reasoning families
      reasoning families sample algebra/linear-equation --level 2 --count 3
      reasoning families sample geometry --split train --count 1000 --out problems.jsonl
      reasoning families check --count 1000
    """  # noqa: D301 - \b is typer's mark, not text
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from reasoning.families import built_in_families

    table = Table("family", "grade", "what it asks")
    families = built_in_families().values()
    for family in families:
        table.add_row(*(Text(cell) for cell in (family.id, family.grade, family.summary)))
    Console().print(table)
    print(counted(len(families), "family", "families"))


@app.command("sample")
def sample(
    names: Names = None,
    count: Annotated[int, typer.Option(min=1, help="Different problems of each family, at most.")] = 1,
    level: Annotated[int | None, typer.Option(min=1, max=5, help="Difficulty. Default: each in turn.")] = None,
    split: Annotated[str, typer.Option(help="train, validation or test; no problem is in two of them.")] = "train",
    seed: Annotated[int, typer.Option(help="Seed of the stream.")] = 0,
    code: Annotated[bool, typer.Option("--code", help="Also give the solution as a program.")] = False,
    out: Annotated[Path | None, typer.Option(help="File of problems (.jsonl). Default: text on the screen.")] = None,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
) -> None:
    """Draw problems with their worked solutions and answers.

    The file that --out names can be evaluated (`reasoning evaluate families --data FILE`) or used as problems of a
    pipeline.

    \b
    Examples:
      reasoning families sample number_theory/divisor-sum --count 3 --code
      reasoning families sample olympiad --level 5 --split test
      reasoning families sample --count 100 --out problems.jsonl
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.families import find_families

    families = find_families(names or [])
    work = _draw(families, count, level, split, seed, code, out, allow_weak, quiet)
    written = run_interruptible(work, "nothing was written; run it again" if out else "stopped")
    if out is not None:
        print(f"{counted(written, 'problem')} of {counted(len(families), 'family', 'families')}: {out}")


@app.command("check")
def check(
    names: Names = None,
    count: Annotated[int, typer.Option(min=1, help="Draws of each family.")] = 100,
    streams: Annotated[int, typer.Option(min=0, help="Problems of each split and of two seeds to compare.")] = 40,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
) -> None:
    """Check families: texts, gold answers against worked solutions and solutions in code, overlap of splits.

    Exit status 1 when something is wrong.

    \b
    Examples:
      reasoning families check
      reasoning families check calculus --count 1000
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.families import find_families

    families = find_families(names or [])
    drawn, faults, shared = run_interruptible(
        _check(families, count, streams, allow_weak, quiet), "nothing was kept; run it again"
    )
    print(
        f"{counted(len(families), 'family', 'families')}, {counted(drawn, 'problem')}: "
        f"{counted(faults, 'fault')}, {counted(shared, 'problem')} in two splits"
    )
    if faults or shared:
        raise typer.Exit(EXIT_UNJUDGED)


async def _draw(
    families: list[Family],
    count: int,
    level: int | None,
    split: str,
    seed: int,
    code: bool,
    out: Path | None,
    allow_weak: bool,
    quiet: bool,
) -> int:
    from contextlib import nullcontext

    from reasoning.families import instances
    from reasoning.runs import progress_display
    from reasoning.runs.files import replaced_file
    from verifiers.sandbox import SandboxPool

    written = 0
    shown = progress_display(total=count * len(families), label="families", quiet=quiet or out is None)
    async with SandboxPool(workers=1, allow_weak=allow_weak) as pool:
        with shown as progress, replaced_file(out) if out else nullcontext() as file:
            for family in families:
                async for instance in instances(pool, family, split=split, seed=seed, count=count, level=level):
                    if file is None:
                        print(_readable(family, instance, code))
                    else:
                        file.write(json.dumps(_record(family, instance, split, seed, code), ensure_ascii=False) + "\n")
                    written += 1
                    progress.advance()
    return written


def _readable(family: Family, instance: Instance, code: bool) -> str:
    parts = [f"== {family.id}, level {instance.level}", instance.text, f"-- {instance.solution}"]
    if code:
        parts.append(family.program(instance.params))
    return "\n".join(parts) + "\n"


def _record(family: Family, instance: Instance, split: str, seed: int, code: bool) -> dict[str, object]:
    problem = family.problem(f"{family.id}/{split}/{seed}/{instance.index}", instance).to_json()
    problem["meta"]["reference"] = instance.solution
    if code:
        problem["meta"]["program"] = family.program(instance.params)
    return problem


async def _check(
    families: list[Family], count: int, streams: int, allow_weak: bool, quiet: bool
) -> tuple[int, int, int]:
    from reasoning.families.checking import check_family, check_streams
    from reasoning.runs import progress_display
    from verifiers.sandbox import SandboxPool

    drawn = faults = shared = 0
    async with SandboxPool(workers=1, allow_weak=allow_weak) as pool:
        with progress_display(total=len(families), label="check families", quiet=quiet) as progress:
            for family in families:
                report = await check_family(pool, family, count=count)
                drawn += report.drawn
                faults += len(report.faults)
                for fault in report.faults:
                    say(f"{family.id}: {fault}")
                if streams:
                    meeting = await check_streams(pool, family, seeds=(0, 1), count=streams)
                    shared += meeting.between_splits
                progress.advance(not report.faults)
    return drawn, faults, shared


@app.command("rates")
def rates(
    run_dir: Annotated[Path, typer.Argument(help="Directory of a run of `reasoning generate efagen`.")],
) -> None:
    """Show how many candidates of an EFAGen run came to each test, and how many of these passed it.

    A run that was stopped is counted as far as it came.

    \b
    Examples:
      reasoning families rates runs/efagen
    """  # noqa: D301 - \b is typer's mark, not text
    from rich.console import Console
    from rich.table import Table

    from reasoning.pipelines.efagen_rates import test_rates

    table = Table("test", "came to it", "passed", "share")
    for rate in test_rates(run_dir):
        share = f"{100 * rate.passed / rate.reached:.1f} %" if rate.reached else "-"
        table.add_row(rate.test, str(rate.reached), str(rate.passed), share)
    Console(highlight=False).print(table)


@app.command("study")
def run_study(
    kind: Annotated[str, typer.Argument(metavar="stable|hard|faithful", help="What to find out.")],
    engine: Annotated[str, typer.Option(help="See `reasoning engines`.")] = "nano",
    families: Annotated[str, typer.Option(help="Families, topics or grades, by commas. Default: all.")] = "",
    problems: Annotated[str, typer.Option(help="A dataset of `generate efagen --keep families` instead.")] = "",
    second: Annotated[str, typer.Option(help="Engine that re-checks failures (hard).")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many seeds.")] = None,
    method: Annotated[str, typer.Option(help="How the engine is asked.")] = "direct",
    variants: Annotated[int, typer.Option(min=1, help="Variants of each seed.")] = 8,
    samples: Annotated[int, typer.Option(min=1, help="Samples of each problem (faithful).")] = 4,
    temperature: Annotated[
        float | None, typer.Option(min=0.0, help="Default: 0, and 0.8 where several samples are drawn (faithful).")
    ] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest completion.")] = 1024,
    seed: Annotated[int, typer.Option(help="Seed of the run and of the variants.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/study-KIND-SEED.")] = None,
    resume: Resume = None,
    jobs: Jobs = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Seeds worked on at once.")] = 64,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
) -> None:
    """Ask an engine for variants of seeds: how stable is it, which variants does it fail, does a solved one help?

    \b
    stable    mean over variants, and seeds of which even the worst variant is solved
    hard      variants that the engine fails although it solves the seed
    faithful  pass rate of a seed with a solved variant in the context, and the other way round

    \b
    Examples:
      reasoning families study stable --families arithmetic --variants 4
      reasoning families study stable --engine vllm:Qwen/Qwen3-4B --variants 16 --out runs/stable
      reasoning families study hard --engine vllm:Qwen/Qwen3-4B --second vllm:Qwen/Qwen3-32B --variants 50
      reasoning families study faithful --problems runs/efagen/dataset --engine openai:my-model,base_url=http://127.0.0.1:8000/v1
    """  # noqa: D301 - \b is typer's mark, not text
    from rich.console import Console
    from rich.table import Table

    from reasoning.evaluation.family_studies import StudySettings, study

    directory = named_directory(out, resume) or Path("runs") / f"study-{kind}-{seed}"
    if temperature is None:
        temperature = SEVERAL_SAMPLES_TEMPERATURE if kind == "faithful" else 0.0
    settings = StudySettings(
        kind, families, problems, limit, engine, second, method, variants, samples, seed, temperature, max_tokens
    )
    resuming = resume is not None and (resume / "config.json").exists()
    work = study(
        settings,
        directory,
        resume=resuming,
        jobs=jobs,
        concurrency=concurrency,
        allow_weak=allow_weak,
        quiet=quiet,
    )
    result = run_interruptible(work, f"go on with the same command and --resume {directory}")
    table = Table("seeds", "what", "share", "count")
    for group, shares in {"all": result.metrics, **result.groups}.items():
        for name, share in shares.items():
            table.add_row(group, name, f"{100 * share.value:.2f} %", f"{share.count} of {share.total}")
    Console(highlight=False).print(table)
    print(f"results: {directory}")
