"""`reasoning evaluate`: ask an engine for every problem of a benchmark and judge the replies."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reasoning.cli.execution import (
    MOST_MIB,
    MOST_SECONDS,
    AllowWeak,
    Backend,
    Concurrency,
    Jobs,
    Quiet,
    Resume,
    begun_run,
    named_directory,
)
from reasoning.cli.run_settings import checked, default_directory, settings_from
from reasoning.cli.support import EXIT_UNJUDGED, going_on, run_interruptible, say
from reasoning.cli.vote import vote_table
from verifiers.wording import counted

if TYPE_CHECKING:
    from reasoning.evaluation.evaluating import Outcome, Settings
    from reasoning.evaluation.results import Results

__all__ = ["cost_line", "evaluate"]

BUILT_IN_ENGINES = ("search", "nano", "nano-plus", "nano-prover")
DEFAULT_METHOD = "direct"
REAL_ENGINE = "vllm:Qwen/Qwen3-4B"
"""The engine of the command that is suggested after a run without a model."""


def evaluate(
    benchmark: Annotated[str | None, typer.Argument(help="See `reasoning benchmarks`.")] = None,
    engine: Annotated[
        str | None, typer.Option(help="See `reasoning engines`. Default: search for puzzles and proofs, else nano.")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="How the engine is asked; several with commas between. Default: direct.")
    ] = None,
    samples: Annotated[int | None, typer.Option(min=1, help="Samples of each problem. Default: 1.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many problems.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/BENCHMARK-ENGINE-SEED.")] = None,
    resume: Resume = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the run. Default: 0.")] = None,
    prompt: Annotated[str | None, typer.Option(help="Prompt style. Default: the benchmark's first.")] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0.0, help="Default: 0 for one sample, 0.8 for several.")
    ] = None,
    top_p: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Nucleus mass. Default: 1.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest completion. Default: 1024.")] = None,
    timeout: Annotated[
        float | None,
        typer.Option(min=0.01, max=MOST_SECONDS, help="Seconds for judging one candidate. Default: the benchmark's."),
    ] = None,
    memory: Annotated[
        int | None, typer.Option(min=16, max=MOST_MIB, help="MiB for judging one candidate. Default: 1024.")
    ] = None,
    reward_model: Annotated[
        str | None,
        typer.Option(help="Rates each answer: vllm:MODEL, transformers:MODEL, or column:FIELD of recorded ones."),
    ] = None,
    jobs: Jobs = None,
    concurrency: Concurrency = None,
    budget: Annotated[
        str | None, typer.Option(help="Of each sample: tokens=N,calls=N,sandbox=SECONDS. Default: none.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The benchmark's file, or a folder that holds its files.")] = None,
    split: Annotated[str | None, typer.Option(help="Split. Default: the benchmark's first.")] = None,
    price_in: Annotated[float, typer.Option(min=0.0, help="Price of a million prompt tokens, for the report.")] = 0.0,
    price_out: Annotated[
        float, typer.Option(min=0.0, help="Price of a million completion tokens, for the report.")
    ] = 0.0,
    allow_weak: AllowWeak = False,
    backend: Backend = "local",
    quiet: Quiet = False,
) -> None:
    """Evaluate an engine on a benchmark; everything is kept in a run directory.

    The run can be stopped at any moment (Ctrl-C, kill -9) and goes on with --resume, losing and repeating nothing
    that was finished.

    \b
    Examples:
      reasoning evaluate puzzles
      reasoning evaluate humaneval --engine openai:my-model,base_url=http://127.0.0.1:8000/v1 --out runs/he
      reasoning evaluate p3 --engine vllm:Qwen/Qwen3-4B --samples 100 --prompt long --out runs/p3
      reasoning evaluate humaneval --method funcoder,codet,direct --budget tokens=20000 --engine vllm:Qwen/Qwen3-4B
      reasoning evaluate gsm8k --engine vllm:Qwen/Qwen2.5-Math-7B-Instruct --method tir --samples 4 --out runs/tir
      reasoning evaluate math --engine openai:my-model --method direct,tools=solve_equations+integrate_expression
      reasoning evaluate --resume runs/p3
    """  # noqa: D301 - \b is typer's mark, not text
    given: dict[str, Any] = {
        "benchmark": benchmark,
        "engine": engine,
        "method": method,
        "samples": samples,
        "limit": limit,
        "seed": seed,
        "prompt": prompt,
        "temperature": temperature,
        "top_p": top_p,
        "max_tokens": max_tokens,
        "timeout": timeout,
        "memory": memory,
        "budget": budget,
        "data": None if data is None else str(data.resolve()),
        "split": split,
        "reward_model": reward_model,
    }
    given = {name: value for name, value in given.items() if value is not None}
    from reasoning.backends import Execution
    from reasoning.cli.side_by_side import evaluate_side_by_side, is_side_by_side

    execution = Execution(jobs=jobs, concurrency=concurrency, allow_weak=allow_weak, quiet=quiet, backend=backend)
    if is_side_by_side(method, resume):
        evaluate_side_by_side(given, out, resume, execution)
        return
    settings, directory, resuming = _plan(given, out, resume)
    from reasoning.evaluation.evaluating import evaluate as run_evaluation

    work = run_evaluation(settings, directory, resume=resuming, execution=execution)
    outcome = run_interruptible(work, going_on(f"reasoning evaluate {settings.benchmark}", directory))
    _show(settings, directory, outcome, (price_in, price_out))
    if outcome.unanswered or outcome.results.to_json()["unjudged"]:
        raise typer.Exit(EXIT_UNJUDGED)


def _plan(given: dict[str, Any], out: Path | None, resume: Path | None) -> tuple[Settings, Path, bool]:
    """What to do, where, and whether there is something to go on with."""
    from reasoning.evaluation.judging_again import settings_of

    directory = named_directory(out, resume)
    begun = begun_run(resume, new="benchmark" in given)
    if directory is not None and begun is not None:
        # What is not given is as it was; what is given must be as it was, which the run checks.
        return replace(settings_of(begun), **checked(given)), directory, True
    if "benchmark" not in given:
        raise typer.BadParameter("give a BENCHMARK (see `reasoning benchmarks`) or --resume RUN_DIR")
    settings = settings_from(given)
    return settings, directory or default_directory(settings), False


def _show(settings: Settings, directory: Path, outcome: Outcome, prices: tuple[float, float]) -> None:
    from rich.console import Console

    from reasoning.pages.printable import printable

    results = outcome.results
    console = Console(highlight=False)
    for table in _tables(results):
        console.print(table)
    if results.first_k:
        console.print("votes over the first k samples (95 % intervals over problems), in %:")
        console.print(vote_table(results.first_k))
    counts = ", ".join(f"{count} {status}" for status, count in results.statuses.items())
    print(f"{results.solved} of {results.problems} problems solved; {counted(results.samples, 'sample')}: {counts}")
    print(cost_line(results, prices))
    unjudged = results.to_json()["unjudged"]
    if unjudged:
        why = (
            f" (first: {printable(results.first_unjudged)})"
            if results.first_unjudged and not outcome.unanswered
            else ""
        )
        print(f"{counted(unjudged, 'sample')} could not be judged{why}, counted neither as right nor as wrong")
    if results.unrecorded:
        print(f"{counted(results.unrecorded, 'sample')} not in the recording, judged as no answer")
    if outcome.unanswered:
        say(
            f"{counted(outcome.unanswered, 'sample')} got no answer (first: {outcome.first_failure}); ask again with: "
            f"reasoning evaluate {settings.benchmark} --resume {directory}"
        )
    print(f"results: {directory}")
    if settings.engine.partition(":")[0].partition(",")[0] in BUILT_IN_ENGINES:
        print(f"with a model: {_real_command(settings)}")


def cost_line(results: Results, prices: tuple[float, float]) -> str:
    """What a sample took on the average, and with prices what all of them cost."""
    cost = results.per_sample
    line = (
        f"cost of a sample: {cost['calls']:.1f} calls, {cost['prompt_tokens']:.0f} prompt tokens, "
        f"{cost['completion_tokens']:.0f} completion tokens"
    )
    if "tool_calls" in cost:
        line += f", {cost['tool_calls']:.1f} calls of tools"
    if any(prices):
        price = (cost["prompt_tokens"] * prices[0] + cost["completion_tokens"] * prices[1]) / 1e6
        line += f"; price {price:.6f} a sample, {price * results.samples:.4f} in all"
    return line


def _tables(results: Results) -> list[Any]:
    from rich.table import Table
    from rich.text import Text

    tables = []
    for name, rows in results.groups.items():
        table = Table(name, "problems", "solved", "pass@1", "95 %")
        for row in rows:
            metric = row.pass_at_1
            cells = (row.value, str(row.problems), str(row.solved), _percent(metric.value), _interval(metric))
            table.add_row(*(Text(cell) for cell in cells))
        tables.append(table)
    table = Table("metric", "value", "95 %", "problems", "samples", "interval")
    for name, metric in results.metrics.items():
        table.add_row(
            name,
            _percent(metric.value),
            _interval(metric),
            str(metric.problems),
            str(metric.samples),
            metric.interval,
        )
    return [*tables, table]


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.2f} %"


def _interval(metric: Any) -> str:
    return "-" if math.isnan(metric.low) else f"{100 * metric.low:.2f} - {100 * metric.high:.2f} %"


def _real_command(settings: Settings) -> str:
    from reasoning.evaluation.benchmarks import find_benchmark

    benchmark = find_benchmark(settings.benchmark)
    parts = ["reasoning evaluate", settings.benchmark, "--engine", REAL_ENGINE]
    for name, value, usual in (
        ("method", settings.method, DEFAULT_METHOD),
        ("data", settings.data or "", ""),
        ("split", settings.split or benchmark.split(), benchmark.split()),
        ("prompt", settings.prompt or benchmark.style().name, benchmark.style().name),
        ("budget", settings.budget, ""),
        ("reward-model", settings.reward_model, ""),
    ):
        if value != usual:
            parts += [f"--{name}", quote(value)]
    if settings.limit is not None:
        parts += ["--limit", str(settings.limit)]
    if settings.samples > 1:
        parts += ["--samples", str(settings.samples)]
    return " ".join([*parts, "--out", f"runs/{settings.benchmark}-model"])
