"""The steps of a round; each leaves a file and is not done again where that is there (STP, section 4).

targets = choose_targets(game, 3)
conjectures = await conjecture(game, 3, choose(game, 3, len(targets)), len(targets))
attempts, proofs = await prove(game, 3, targets, conjectures)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.proving.prompts import cut_proof
from reasoning.runs.files import write_json
from reasoning.selfplay.checking import UNJUDGED, Checked
from reasoning.selfplay.game import Game
from reasoning.selfplay.inputs import choose_inputs, multiplicity
from reasoning.selfplay.overlap import Asked, Result, proofs_of, sample_and_check
from reasoning.selfplay.records import Attempts, Conjecture, ConjecturerInput, Proof, Statement
from reasoning.selfplay.selection import attempts_of, distinct_conjectures, prover_targets, random_subset
from reasoning.selfplay.store import read_records, write_records

__all__ = ["choose", "choose_targets", "conjecture", "measure", "prove"]


def choose_targets(game: Game, number: int) -> list[Statement]:
    """Statements of the data set that the prover is asked in this round."""
    path = game.directory(number) / "targets.jsonl"
    if not path.exists():
        state = game.state
        write_records(
            path,
            prover_targets(
                state.dataset,
                (),
                state.proved,
                state.best_rates,
                game.generator(number, "targets"),
                asks=game.method.asks,
            ),
        )
    return list(read_records(path, Statement))


def choose(game: Game, number: int, statements: int) -> list[ConjecturerInput]:
    """Step 1: what the conjecturer is shown; nothing in a method without conjectures, or before anything is proved."""
    path = game.directory(number) / "inputs.jsonl"
    if not path.exists():
        pool = game.state.seeds() if game.method.conjectures else []
        write_records(path, choose_inputs(pool, statements, game.generator(number, "inputs")))
    return list(read_records(path, ConjecturerInput))


async def conjecture(game: Game, number: int, inputs: Sequence[ConjecturerInput], statements: int) -> list[Conjecture]:
    """Step 2: new statements that Lean can read, at most as many as the round has statements of the data set.

    A statement that an earlier round conjectured keeps its id. Statements that Lean cannot read are dropped here, so
    that no proof is sampled for them; STP leaves that to the rate of 0 that they would have.
    """
    directory = game.directory(number)
    path = directory / "conjectures.jsonl"
    if path.exists():
        return list(read_records(path, Conjecture))
    copies = multiplicity(statements, len(inputs))
    shown = [one for one in inputs for _ in range(copies)]
    system = game.system
    contexts = {system.context(one): one for one in inputs}
    asked = [Asked(system.context(one), _conjecturer_prompt(game, one)) for one in shown]
    known = {system.statement_key(one.header, one.text) for one in (*game.state.dataset, *game.held_out)}

    async def check(context: str, text: str) -> Checked:
        one = contexts[context]
        if not text:
            return Checked("no statement")
        if system.statement_key(one.header, text) in known:
            return Checked("known")
        return await game.checker.conjectured(Statement("", text, one.header, conjecture=True), one.statement)

    with game.progress(len(asked), f"round {number}, conjectures") as progress:
        results, timing = await sample_and_check(
            asked,
            directory / "conjecturing",
            batch_size=game.config.sampling.batch_size,
            sample=game.sampler(number, "conjectures", game.config.sampling.max_statement_tokens),
            read=lambda text: system.read_conjecture(text) or "",
            check=check,
            workers=game.checker.workers,
            on_check=progress.advance,
            on_known=progress.skip,
        )
    made = [
        _made(game, f"c{number}-{index}", one, asked[index].prompt, result.text)
        for index, (one, result) in enumerate(zip(shown, results, strict=True))
        if result.checked.kind == "passed"
    ]
    distinct = distinct_conjectures(made, (*game.state.dataset, *game.held_out), system.statement_key)
    kept = random_subset(distinct, statements, game.generator(number, "subset"))
    record = {
        "inputs": len(inputs),
        "copies": copies,
        "sampled": len(asked),
        "kinds": dict(sorted(Counter(result.checked.kind for result in results).items())),
        "distinct": len(distinct),
        "kept": len(kept),
        "checks": _tried(results),
        "timing": timing.to_json(),
    }
    write_json(directory / "conjecturing.json", record)
    write_records(path, kept)
    return kept


async def prove(
    game: Game, number: int, targets: Sequence[Statement], conjectures: Sequence[Conjecture]
) -> tuple[list[Attempts], list[Proof]]:
    """Steps 3 to 5: samples and verdicts; rates of all statements that were asked, and correct proofs."""
    directory = game.directory(number)
    if not (directory / "proofs.jsonl").exists():
        new = [one.statement for one in conjectures if one.id not in game.state.proved]
        statements = [*targets, *new]
        # In any order, so that a round that is cut short says as much of conjectures as of the data set.
        game.generator(number, "order").shuffle(statements)
        sampling = game.config.sampling
        samples = sampling.samples if number else sampling.first_samples
        results, record = await _judged(game, number, "proving", statements, samples)
        proofs = proofs_of(results, number)
        await game.book.look_up(name for proof in proofs if proof.passed for name in proof.premises)
        write_json(directory / "proving.json", record)
        write_records(directory / "attempts.jsonl", _attempts(statements, proofs))
        write_records(
            directory / "proofs.jsonl",
            (
                Proof.from_json({**proof.to_json(), "premises": list(game.book.shared(proof.premises))})
                for proof in proofs
                if proof.passed
            ),
        )
    return (
        list(read_records(directory / "attempts.jsonl", Attempts)),
        list(read_records(directory / "proofs.jsonl", Proof)),
    )


async def measure(game: Game, number: int, directory: Path) -> dict[str, Any] | None:
    """Proofs of the held-out statements by the model as it is; nothing is learned from them. None where there are none.

    Args:
        game: with the model to measure.
        number: of the round, for the seeds; -1 before the first one.
        directory: where the files go.
    """
    if not game.held_out:
        return None
    path = directory / "held_out.json"
    if not path.exists():
        samples = game.config.sampling.held_out_samples
        results, record = await _judged(game, number, "held_out", game.held_out, samples, directory)
        attempts = _attempts(game.held_out, proofs_of(results, number))
        write_json(
            path,
            {
                **record,
                "statements": len(game.held_out),
                "proved": [one.statement for one in attempts if one.correct],
                "rate": sum(one.rate for one in attempts) / len(attempts),
            },
        )
    made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return made


async def _judged(
    game: Game,
    number: int,
    step: str,
    statements: Sequence[Statement],
    samples: int,
    directory: Path | None = None,
) -> tuple[list[Result], dict[str, Any]]:
    by_id = {one.id: one for one in statements}
    asked = [
        Asked(one.id, game.system.prover_prompt(one.text, one.header)) for one in statements for _ in range(samples)
    ]

    async def check(id: str, proof: str) -> Checked:
        return await game.checker.check(by_id[id], proof)

    with game.progress(len(asked), f"round {number}, {step.replace('_', ' ')}") as progress:
        results, timing = await sample_and_check(
            asked,
            (directory or game.directory(number)) / step,
            batch_size=game.config.sampling.batch_size,
            sample=game.sampler(number, step, game.config.sampling.max_new_tokens),
            read=cut_proof,
            check=check,
            workers=game.checker.workers,
            on_check=progress.advance,
            on_known=progress.skip,
        )
    distinct: Mapping[tuple[str, str], str] = {(one.statement, one.text): one.checked.kind for one in results}
    return results, {
        "asked": len(statements),
        "samples": samples,
        "checks": len(distinct),
        "kinds": dict(sorted(Counter(distinct.values()).items())),
        "timing": timing.to_json(),
    }


def _attempts(statements: Sequence[Statement], proofs: Sequence[Proof]) -> list[Attempts]:
    groups: dict[str, list[Proof]] = {one.id: [] for one in statements}
    for proof in proofs:
        groups[proof.statement].append(proof)
    return [attempts_of(id, group) for id, group in groups.items()]


def _tried(results: Sequence[Result]) -> int:
    """Distinct texts that the checker looked at."""
    unseen = ("no statement", "known", UNJUDGED)
    return len({(one.statement, one.text) for one in results if one.checked.kind not in unseen})


def _made(game: Game, id: str, one: ConjecturerInput, prompt: str, text: str) -> Conjecture:
    """A conjecture; one that an earlier round made is that one, with its text."""
    earlier = game.state.ids.get(game.system.statement_key(one.header, text))
    if earlier is not None:
        id, text = earlier, game.state.statements[earlier].text
    plain = game.system.conjecturer_prompt(game.system.trivial_lemma, one.statement, one.proof, one.header)
    return Conjecture(id, text, one.header, one.seed, one.lemma, prompt, plain)


def _conjecturer_prompt(game: Game, one: ConjecturerInput) -> str:
    return game.system.conjecturer_prompt(game.book.statement(one.lemma), one.statement, one.proof, one.header)
