"""Which conjectures are kept, what the prover is asked, and success rates (STP, section 4, steps 2 to 4).

>>> [attempts_of("two", [Proof("two", "  simp", 30, "wrong"), Proof("two", "  rfl", 1, "passed")]).rate]
[0.03225806451612903]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Final

from reasoning.proving import held_out
from reasoning.selfplay.records import Attempts, Conjecture, Proof, Statement

__all__ = ["attempts_of", "distinct_conjectures", "prover_targets", "random_subset", "statement_key", "with_counts"]

AGAIN_SHARE: Final = 0.05
"""Probability with which a proved statement of the data set is asked again."""
AGAIN_BELOW: Final = 0.35
"""A proved statement whose best rate is below this is always asked again."""


def statement_key(header: str, text: str) -> tuple[str, str]:
    """What makes two statements the same: header and text without blanks.

    STP compares the whole text, names included, which its data sets number; here a model writes them, and other names
    of the theorem or of its variables make no other statement.
    """
    return "".join(header.split()), held_out.statement_key(text)


def distinct_conjectures(
    made: Iterable[Conjecture],
    known: Iterable[Statement],
    key: Callable[[str, str], tuple[str, str]] = statement_key,
) -> list[Conjecture]:
    """The first conjecture of each statement that is not known, by what makes statements the same."""
    seen = {key(one.header, one.text) for one in known}
    kept = []
    for conjecture in made:
        made_key = key(conjecture.header, conjecture.text)
        if made_key not in seen:
            seen.add(made_key)
            kept.append(conjecture)
    return kept


def random_subset(conjectures: Sequence[Conjecture], most: int, generator: Random) -> list[Conjecture]:
    """At most `most` conjectures, in their order."""
    if len(conjectures) <= most:
        return list(conjectures)
    chosen = sorted(generator.sample(range(len(conjectures)), most))
    return [conjectures[index] for index in chosen]


def prover_targets(
    dataset: Sequence[Statement],
    conjectures: Sequence[Statement],
    proved: set[str],
    best_rates: Mapping[str, float],
    generator: Random,
    asks: str,
) -> list[Statement]:
    """What the prover is asked in a round: what is not proved, and perhaps some of what is.

    Args:
        dataset: statements of the data set.
        conjectures: of this round.
        proved: ids of what is proved.
        best_rates: best success rate of a statement in any round.
        generator: draws proved statements again.
        asks: `unproved`; `seldom`: also those of a best rate below 0.35, and others with probability 0.05; or `all`.
    """
    targets = []
    for statement in dataset:
        again = generator.random() < AGAIN_SHARE or best_rates.get(statement.id, 0.0) < AGAIN_BELOW
        if statement.id not in proved or asks == "all" or (asks == "seldom" and again):
            targets.append(statement)
    return targets + [one for one in conjectures if one.id not in proved]


def with_counts(texts: Iterable[str]) -> dict[str, int]:
    """Each distinct proof and how often it was sampled; only distinct ones are checked."""
    return dict(Counter(texts))


def attempts_of(statement: str, proofs: Iterable[Proof]) -> Attempts:
    """How a statement fared, each proof counted as often as it was sampled."""
    samples = correct = 0
    for proof in proofs:
        samples += proof.count
        correct += proof.count if proof.passed else 0
    return Attempts(statement, samples, correct)
