"""Self-play from the first round to the last: what `reasoning train self-play` runs.

    metrics = run_self_play(config, Path("runs/stp"), resume=False)
    metrics["proved"], metrics["checks"]

Stages and steps are those of STP (K. Dong, T. Ma, arXiv 2502.00212, section 3); the baselines are the same loop without
conjectures. A run can be killed at any moment and goes on with what is there: see `reasoning.selfplay.store`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.runs.environment import describe_environment
from reasoning.runs.files import disk_is_full, replaced_file, write_json
from reasoning.selfplay.checking import Checker, LeanChecker
from reasoning.selfplay.config import SelfPlayConfig
from reasoning.selfplay.dataset import read_statements
from reasoning.selfplay.game import Game
from reasoning.selfplay.isabelle import IsabelleChecker
from reasoning.selfplay.learning import finish, learn, start
from reasoning.selfplay.lemmas import LemmaBook
from reasoning.selfplay.policy import ModelPolicy, Policy
from reasoning.selfplay.records import Statement
from reasoning.selfplay.report import write_report
from reasoning.selfplay.state import State
from reasoning.selfplay.steps import choose, choose_targets, conjecture, measure, prove
from reasoning.selfplay.store import SelfPlayError
from reasoning.selfplay.systems import SYSTEMS
from reasoning.training.forms import ConfigError
from reasoning.training.session import CONFIG_NAME, METRICS_NAME, TrainingError, lock_directory
from verifiers.sandbox import SandboxPool

__all__ = ["play", "run_self_play"]

BEFORE: int = -1
"""Number of the measurement before the first round."""
Told = Callable[[Mapping[str, Any]], None]


def run_self_play(
    config: SelfPlayConfig, run: Path, *, resume: bool, quiet: bool = False, on_round: Told = lambda summary: None
) -> dict[str, Any]:
    """Play with the model and the embedded Lean or Isabelle server that the experiment names.

    Args:
        config: the experiment.
        run: directory, new or empty unless `resume`.
        resume: go on with what is there.
        quiet: show no progress.
        on_round: told the summary of each finished round.

    Returns:
        The content of `metrics.json`.

    Raises:
        ConfigError: the model or the data is not what the experiment says.
        TrainingError: the directory is in use, or holds something already.
        SelfPlayError: the run cannot go on; what is there is kept.
    """

    async def all_of_it() -> dict[str, Any]:
        workers = config.isabelle.workers if config.system == "isabelle" else config.lean.workers
        async with SandboxPool(workers=workers or None, allow_weak=config.lean.allow_weak) as sandbox:
            checker = _checker(sandbox, config)
            policy = ModelPolicy(bf16=config.bf16, threads=config.threads)
            return await play(config, run, policy, checker, resume=resume, quiet=quiet, on_round=on_round)

    return asyncio.run(all_of_it())


def _checker(sandbox: SandboxPool, config: SelfPlayConfig) -> Checker:
    """The judge of an experiment.

    Raises:
        ConfigError: it is Isabelle, and no server is named.
    """
    if config.system == "lean":
        return LeanChecker(sandbox, config.lean)
    dataset, held_out = _statements(config)
    return IsabelleChecker(sandbox, config.isabelle, [*dataset, *held_out])


async def play(
    config: SelfPlayConfig,
    run: Path,
    policy: Policy,
    checker: Checker,
    *,
    resume: bool,
    quiet: bool = True,
    on_round: Told = lambda summary: None,
) -> dict[str, Any]:
    """Play with any model and any judge; see `run_self_play`.

    Args:
        config: the experiment.
        run: directory, new or empty unless `resume`.
        policy: the model.
        checker: the judge.
        resume: go on with what is there.
        quiet: show no progress.
        on_round: told of each finished round's summary.

    Raises:
        SelfPlayError: self-play cannot go on; what is there is kept.
    """
    lock = lock_directory(run)
    try:
        _begin(config, run, resume=resume)
        if (run / METRICS_NAME).exists():
            finished: dict[str, Any] = json.loads((run / METRICS_NAME).read_text(encoding="utf-8"))
            return finished
        dataset, held_out = _statements(config)
        system = SYSTEMS[config.system]
        with LemmaBook(run / "lemmas.jsonl", checker, system.trivial_lemma) as book:
            state = State(dataset, key=system.statement_key)
            game = Game(config, run, policy, checker, state, book, held_out, quiet)
            return await _rounds(game, on_round)
    except (OSError, RuntimeError) as error:
        if not disk_is_full(error, run):
            raise
        raise SelfPlayError(
            f"{run}: no space left on the disk; free some, then go on with: reasoning train --resume {run}"
        ) from None
    finally:
        lock.close()


async def _rounds(game: Game, on_round: Told) -> dict[str, Any]:
    config, state = game.config, game.state
    start(game)
    summaries: list[dict[str, Any]] = []
    while (game.directory(len(summaries)) / "summary.json").exists():
        summaries.append(state.add_round(game.directory(len(summaries)), len(summaries)))
    # What is wrong with the model is said before Lean's processes start.
    game.be_model_of(len(summaries))
    await game.checker.ready()
    before = await measure(game, BEFORE, game.run / "before")
    for number in range(len(summaries), config.rounds):
        if config.checks and state.checks >= config.checks:
            break
        summaries.append(await _round(game, number))
        _log(game.run, summaries)
        on_round(summaries[-1])
    game.be_model_of(len(summaries))
    finish(game)
    metrics = {
        "recipe": config.to_json()["recipe"],
        "method": config.method,
        "rounds": len(summaries),
        "checks": state.checks,
        "statements": len(state.dataset),
        "proved": len(state.dataset) - len(state.unproved),
        "conjectures_proved": sum(state.statements[id].conjecture for id in state.proved),
        "held_out_before": None if before is None else len(before["proved"]),
        "held_out": _held_out_so_far(before, summaries),
        "seconds": sum(one["seconds"] for one in summaries),
    }
    write_report(game.run, config, before, summaries, state)
    write_json(game.run / METRICS_NAME, metrics)
    return metrics


async def _round(game: Game, number: int) -> dict[str, Any]:
    """One round, from whichever step is not done yet."""
    began, state = time.monotonic(), game.state
    directory = game.directory(number)
    directory.mkdir(parents=True, exist_ok=True)
    game.be_model_of(number)
    targets = choose_targets(game, number)
    conjectures = await conjecture(game, number, choose(game, number, len(targets)), len(targets))
    attempts, proofs = await prove(game, number, targets, conjectures)
    before = set(state.proved)
    state.add_statements(one.statement for one in conjectures)
    state.add_results(attempts, proofs, number)
    fit = learn(game, number, conjectures, attempts, proofs)
    held_out = None
    if game.held_out:
        game.be_model_of(number + 1)
        held_out = await measure(game, number, directory)
    conjecturing, proving = (
        json.loads((directory / f"{name}.json").read_text(encoding="utf-8")) for name in ("conjecturing", "proving")
    )
    checks = conjecturing["checks"] + proving["checks"]
    state.checks += checks
    if fit["refreshed"]:
        state.emptied = number + 1
    new = sorted(id for id in state.proved - before if not state.statements[id].conjecture)
    summary = {
        "round": number,
        "checks": checks,
        "all_checks": state.checks,
        "proved": len(state.dataset) - len(state.unproved),
        "new": new,
        "refreshed": fit["refreshed"],
        "conjecturing": conjecturing,
        "proving": proving,
        "fit": fit,
        "held_out": held_out,
        "seconds": round(time.monotonic() - began, 2),
    }
    write_json(directory / "summary.json", summary)
    game.forget_models_before(number)
    return summary


def _begin(config: SelfPlayConfig, run: Path, *, resume: bool) -> None:
    foreign = sorted(entry.name for entry in run.iterdir() if entry.name != ".lock")
    if foreign and not resume:
        what = "a run; go on with it with --resume" if CONFIG_NAME in foreign else foreign[0]
        raise TrainingError(f"{run} is not empty: it holds {what}")
    if not (run / CONFIG_NAME).exists():
        write_json(run / CONFIG_NAME, {"settings": config.to_json(), "environment": describe_environment()})


def _statements(config: SelfPlayConfig) -> tuple[list[Statement], list[Statement]]:
    """The data set, and what is measured on.

    Raises:
        ConfigError: a file is wrong, or a statement is in two of them.
    """
    data, system, key = config.data, config.system, SYSTEMS[config.system].statement_key
    dataset = read_statements(data.targets, "data.targets", data.limit, system=system)
    if data.validation:
        dataset += read_statements(data.validation, "data.validation", validation=True, system=system)
    held_out = read_statements(data.held_out, "data.held_out", system=system) if data.held_out else []
    if len({one.id for one in dataset}) < len(dataset):
        raise ConfigError("field 'data.validation': shares ids with data.targets")
    known = {key(one.header, one.text) for one in dataset}
    for one in held_out:
        if key(one.header, one.text) in known:
            raise ConfigError(f"field 'data.held_out': '{one.id}' is a statement of data.targets too")
    return dataset, held_out


def _held_out_so_far(before: Mapping[str, Any] | None, summaries: Sequence[Mapping[str, Any]]) -> int | None:
    if before is None:
        return None
    return len(set(before["proved"]).union(*(one["held_out"]["proved"] for one in summaries)))


def _log(run: Path, summaries: Sequence[Mapping[str, Any]]) -> None:
    """All summaries so far, a line each: written anew, so that no round stands there twice."""
    with replaced_file(run / "log.jsonl") as file:
        file.writelines(json.dumps(summary) + "\n" for summary in summaries)
