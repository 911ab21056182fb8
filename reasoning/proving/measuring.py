"""What a prover proves and what a conjecturer conjectures, by the verifier's word.

    proofs = await judge_proofs(check, {statement: completions_of_the_prover})
    proofs.proved, proofs.rate
    conjectures = await count_conjectures(elaborates, completions_of_the_conjecturer, known_keys)
    conjectures.elaborate / conjectures.sampled

Lean comes as a function, so that any bridge can judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reasoning.proving.held_out import statement_key
from reasoning.proving.prompts import cut_proof, statement_from_conjecture
from verifiers.records import Status

__all__ = ["Conjectures", "Proofs", "count_conjectures", "judge_proofs"]

Check = Callable[[str, str], Awaitable[Status]]
"""(statement, proof) -> the verdict's status."""
Elaborates = Callable[[str], Awaitable[bool]]
"""Whether a statement elaborates."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """What came of the same number of completions for each statement.

    Attributes:
        right: statement -> its completions that prove it, of `samples`.
        samples: completions for each statement.
        statuses: verdicts of all distinct proofs, by status.
        proofs: statement -> its shortest right proof.
    """

    right: Mapping[str, int]
    samples: int
    statuses: Mapping[str, int]
    proofs: Mapping[str, str]

    @property
    def proved(self) -> int:
        """Statements with at least one right completion: pass@k at k = `samples`."""
        return sum(count > 0 for count in self.right.values())

    @property
    def rate(self) -> float:
        """Mean share of right completions."""
        return sum(self.right.values()) / (self.samples * len(self.right)) if self.right else 0.0


async def judge_proofs(check: Check, completions: Mapping[str, Sequence[str]]) -> Proofs:
    """Judge completions of the prover's prompt; each distinct proof once, counted as often as it was sampled.

    Args:
        check: the verifier.
        completions: statement -> texts, as many for each statement.

    Raises:
        ValueError: the statements have different numbers of completions.
    """
    (samples,) = {len(texts) for texts in completions.values()} or {0}
    right: dict[str, int] = {}
    statuses: Counter[str] = Counter()
    shortest: dict[str, str] = {}
    for statement, texts in completions.items():
        right[statement] = 0
        for proof, times in sorted(Counter(map(cut_proof, texts)).items(), key=lambda pair: (len(pair[0]), pair[0])):
            status = await check(statement, proof)
            statuses[status.value] += 1
            if status is Status.PASSED:
                right[statement] += times
                shortest.setdefault(statement, proof)
    return Proofs(right, samples, dict(statuses), shortest)


@dataclass(frozen=True, slots=True)
class Conjectures:
    """What came of a conjecturer's completions; each number is part of the one before.

    Attributes:
        sampled: completions.
        read: those that make one statement and nothing else.
        distinct: their different statements.
        new: those that are not known under other names.
        elaborate: those that Lean can read.
        statements: the last ones.
    """

    sampled: int
    read: int
    distinct: int
    new: int
    elaborate: int
    statements: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The numbers."""
        record = asdict(self)
        record.pop("statements")
        return record


async def count_conjectures(elaborates: Elaborates, completions: Sequence[str], known: frozenset[str]) -> Conjectures:
    """Read completions of the conjecturer's prompt and try their statements.

    Args:
        elaborates: Lean.
        completions: texts.
        known: keys of the statements that are not new; see `statement_key`.
    """
    read = [statement for text in completions if (statement := statement_from_conjecture(text)) is not None]
    distinct = {statement_key(statement): statement for statement in read}
    new = [statement for key, statement in distinct.items() if key not in known]
    good = [statement for statement in new if await elaborates(statement)]
    return Conjectures(len(completions), len(read), len(distinct), len(new), len(good), tuple(good))
