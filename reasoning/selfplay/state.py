"""What is known between rounds, read anew from the files of the finished ones.

    state = State(dataset)
    state.add_round(round_directory(run, 0), 0)
    state.proved, state.best_rates, state.proofs

Nothing else carries over from round to round but the model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reasoning.selfplay.inputs import Seed
from reasoning.selfplay.prover_set import in_buffer
from reasoning.selfplay.records import Attempts, Conjecture, Proof, Statement
from reasoning.selfplay.selection import statement_key
from reasoning.selfplay.store import read_records

__all__ = ["State"]


@dataclass(slots=True)
class State:
    """Statements, rates and proofs so far.

    Attributes:
        dataset: statements to prove.
        statements: by id, conjectures included.
        ids: what makes statements the same -> id.
        proved: ids.
        best_rates: best success rate of a statement in any round.
        rates: of a statement in a round.
        proofs: all correct ones.
        checks: verdicts so far, on proofs and on conjectured statements.
        emptied: first round whose proofs are in the buffer.
        key: (header, statement) -> what makes statements the same.
    """

    dataset: Sequence[Statement]
    statements: dict[str, Statement] = field(default_factory=dict)
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    proved: set[str] = field(default_factory=set)
    best_rates: dict[str, float] = field(default_factory=dict)
    rates: dict[tuple[str, int], float] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)
    checks: int = 0
    emptied: int = 0
    key: Callable[[str, str], tuple[str, str]] = statement_key

    def __post_init__(self) -> None:
        self.add_statements(self.dataset)

    def add_statements(self, statements: Iterable[Statement]) -> None:
        """Know these too; the first of several that are the same gives the id."""
        for statement in statements:
            self.statements.setdefault(statement.id, statement)
            self.ids.setdefault(self.key(statement.header, statement.text), statement.id)

    def add_round(self, directory: Path, number: int) -> dict[str, Any]:
        """Take in a finished round; returns its summary."""
        summary: dict[str, Any] = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
        self.add_statements(one.statement for one in read_records(directory / "conjectures.jsonl", Conjecture))
        self.add_results(
            read_records(directory / "attempts.jsonl", Attempts),
            read_records(directory / "proofs.jsonl", Proof),
            number,
        )
        self.checks += int(summary["checks"])
        if summary["refreshed"]:
            self.emptied = number + 1
        return summary

    def add_results(self, attempts: Iterable[Attempts], proofs: Iterable[Proof], number: int) -> None:
        """Take in rates and correct proofs of a round."""
        for one in attempts:
            self.rates[one.statement, number] = one.rate
            self.best_rates[one.statement] = max(one.rate, self.best_rates.get(one.statement, 0.0))
        for proof in proofs:
            self.proofs.append(proof)
            self.proved.add(proof.statement)

    @property
    def unproved(self) -> list[Statement]:
        """Statements of the data set without a proof."""
        return [statement for statement in self.dataset if statement.id not in self.proved]

    def seeds(self) -> list[Seed]:
        """Proofs of the data set's statements."""
        return [
            Seed(statement, proof, self.best_rates.get(proof.statement, 0.0))
            for proof in self.proofs
            if not (statement := self.statements[proof.statement]).conjecture
        ]

    def buffer(self, number: int) -> list[Proof]:
        """Proofs that a round learns from."""
        return [proof for proof in self.proofs if in_buffer(proof, number, self.emptied)]
