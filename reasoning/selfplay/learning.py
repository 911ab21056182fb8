"""What the model learns from in a round, and that it does (STP, section 4, steps 6 to 8, and section 5).

report = learn(game, 3, conjectures, attempts, proofs)      # the model of round 4 is there
finish(game)                                                # from the base model, on all that was proved
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from reasoning.runs.files import write_json
from reasoning.selfplay.conjecturer_set import ConjectureResult, elegant, one_of_each_text, usable
from reasoning.selfplay.dataset import read_library
from reasoning.selfplay.game import INITIAL_NAME, MODEL_NAME, Game
from reasoning.selfplay.prover_set import final_examples, prover_examples
from reasoning.selfplay.records import Attempts, Conjecture, Example, Proof
from reasoning.selfplay.store import SelfPlayError, read_records, write_records
from reasoning.selfplay.weighting import match, matching_weight

__all__ = ["finish", "learn", "start"]


def start(game: Game) -> None:
    """Stage 1: the base model learns from library data, where the experiment says so."""
    epochs = game.config.training.supervised_epochs
    directory = game.run / INITIAL_NAME
    if not epochs or (directory / MODEL_NAME).exists():
        return
    game.be(game.config.base)
    _fit(game, -1, read_library(game.config.data.library), from_base=True, epochs=epochs)
    game.keep_model(directory)


def learn(
    game: Game, number: int, conjectures: Sequence[Conjecture], attempts: Sequence[Attempts], proofs: Sequence[Proof]
) -> dict[str, Any]:
    """Make both roles' data and train; `game.state` holds this round's results already.

    Returns:
        Examples of both roles, whether the model was trained from the base model, and the losses.
    """
    directory = game.directory(number)
    path = directory / "fit.json"
    if path.exists() and (not game.method.learns or (directory / MODEL_NAME).exists()):
        made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return made
    conjecturer = _conjecturer_data(game, number, conjectures, attempts, proofs)
    refresh = game.method.learns == "continue" and _is_refresh(game, number)
    prover = _prover_data(game, number, from_base=refresh or game.method.learns == "base")
    record: dict[str, Any] = {
        "conjecturer_examples": len(conjecturer),
        "prover_examples": len(prover),
        "refreshed": refresh,
    }
    if game.method.learns == "continue" and not refresh:
        record |= _fit(game, number, [*conjecturer, *prover], from_base=False)
    elif game.method.learns:
        game.be(game.config.base)
        library = read_library(game.config.data.library)
        record |= _fit(game, number, [*library, *prover], from_base=True)
    write_json(path, record)
    if game.method.learns:
        game.keep_model(directory)
    return record


def finish(game: Game) -> None:
    """Stage 3: the last model, from the base model on everything; the newest one where that is not asked for."""
    if (game.run / MODEL_NAME).exists() or not game.method.learns:
        return
    if game.method.learns == "continue" and game.config.training.final:
        game.be(game.config.base)
        state = game.state
        proved = final_examples(state.statements, state.proofs, state.rates, system=game.system)
        library = read_library(game.config.data.library)
        write_json(game.run / "final.json", _fit(game, -2, [*library, *proved], from_base=True))
    game.keep_model(game.run)


def _is_refresh(game: Game, number: int) -> bool:
    every = game.config.training.refresh_every
    return bool(every) and (number + 1) % every == 0


def _conjecturer_data(
    game: Game, number: int, conjectures: Sequence[Conjecture], attempts: Sequence[Attempts], proofs: Sequence[Proof]
) -> list[Example]:
    """Step 6, from its file where an earlier attempt wrote it."""
    path = game.directory(number) / "conjecturer.jsonl"
    if not path.exists():
        by_statement: dict[str, list[Proof]] = {}
        for proof in proofs:
            by_statement.setdefault(proof.statement, []).append(proof)
        fared = {one.statement: one for one in attempts}
        results = [
            ConjectureResult(one, fared[one.id], tuple(by_statement.get(one.id, ())))
            for one in conjectures
            if one.id in fared
        ]
        kept = elegant(one_of_each_text(usable(results, game.generator(number, "extras")), game.system.statement_key))
        weights = _weights(game, number, [one.conjecture for one in kept])
        write_records(
            path,
            (
                Example(one.prompt, game.system.conjecture_target(one.text), weight, "conjecturer", one.id)
                for one, weight in zip((result.conjecture for result in kept), weights, strict=True)
                if weight > 0
            ),
        )
    return list(read_records(path, Example))


def _weights(game: Game, number: int, conjectures: Sequence[Conjecture]) -> list[float]:
    """Step 6 f. Embeddings are those of the model that made the conjectures."""
    unproved = game.state.unproved
    if not conjectures or not unproved:
        return [1.0] * len(conjectures)
    game.be_model_of(number)
    matching = game.config.matching
    weights = match(
        game.policy.embed([one.text for one in conjectures]),
        game.policy.embed([one.text for one in unproved]),
        [matching_weight(number, one.validation, matching.late_round, matching.late_weight) for one in unproved],
        matching.cap,
        game.generator(number, "matching"),
    )
    return [float(weight) for weight in weights]


def _prover_data(game: Game, number: int, *, from_base: bool) -> list[Example]:
    """Step 7, or everything proved where the model is trained from the base model."""
    path = game.directory(number) / "prover.jsonl"
    if not path.exists():
        state = game.state
        if not game.method.learns:
            examples: list[Example] = []
        elif from_base:
            examples = final_examples(state.statements, state.proofs, state.rates, game.method.most_proofs, game.system)
        else:
            examples = prover_examples(state.statements, state.buffer(number), state.rates, game.system)
        write_records(path, examples)
    return list(read_records(path, Example))


def _fit(
    game: Game, number: int, examples: Sequence[Example], *, from_base: bool, epochs: float | None = None
) -> dict[str, Any]:
    """Train, unless there is nothing to learn from."""
    if not from_base:
        game.be_model_of(number)
    settings = game.fit_settings(number, from_base=from_base, epochs=epochs)
    game.loaded = ""
    try:
        report = game.policy.fit(examples, settings)
    except SelfPlayError as error:
        raise SelfPlayError(f"{error}; in a new run, what is there is kept in {game.run}") from None
    losses = tuple(loss if math.isfinite(loss) else None for loss in report.loss)
    return asdict(replace(report, loss=losses))  # type: ignore[arg-type]
