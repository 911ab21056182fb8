"""Which proofs and lemmas the conjecturer is shown, and how often (STP, section 4, steps 1 and 2).

inputs = choose_inputs(pool, statements=1000, generator=Random(0))
copies = multiplicity(1000, len(inputs))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from reasoning.selfplay.records import ConjecturerInput, Proof, Statement

__all__ = ["NO_LEMMA", "Seed", "choose_inputs", "multiplicity"]

NO_LEMMA: Final = ""
"""Name of "no particular lemma"."""
LEAST_RATE: Final = 0.25 + 0.1
"""A seed's best success rate is above this."""
TRIVIAL_SHARE: Final = 0.5
"""Probability with which a proof is also shown without a lemma."""
MOST_OF_A_LEMMA: Final = 0.1
"""Inputs with the same lemma, as a share of the data set's statements."""
CONJECTURES_PER_STATEMENT: Final = 3
MOST_COPIES: Final = 8


@dataclass(frozen=True, slots=True)
class Seed:
    """A proof that may be shown.

    Attributes:
        statement: what it proves.
        proof: accepted; its premises are library theorems only.
        best_rate: best success rate of the statement in any round.
    """

    statement: Statement
    proof: Proof
    best_rate: float


def choose_inputs(pool: Iterable[Seed], statements: int, generator: Random) -> list[ConjecturerInput]:
    """The conjecturer's inputs of a round, at most `statements` of them.

    Only proofs of the data set's own statements count, and only of those with a best rate above 0.35. Each gives an
    input for every lemma that it refers to, and with probability 1/2 one without a lemma. Statement and lemma occur
    together once; a lemma (and "none") occurs at most `statements / 10` times, but may occur once.

    Args:
        pool: proofs so far.
        statements: size of the data set in this round.
        generator: decides which proofs come first, and which are shown without a lemma.
    """
    seeds = [seed for seed in pool if not seed.statement.conjecture and seed.best_rate > LEAST_RATE]
    generator.shuffle(seeds)
    most = max(1, int(MOST_OF_A_LEMMA * statements))
    chosen: list[ConjecturerInput] = []
    seen: set[tuple[str, str]] = set()
    used: Counter[str] = Counter()
    for seed in seeds:
        lemmas = list(seed.proof.premises)
        if generator.random() < TRIVIAL_SHARE:
            lemmas.append(NO_LEMMA)
        for lemma in lemmas:
            pair = (seed.statement.id, lemma)
            if pair in seen or used[lemma] >= most:
                continue
            seen.add(pair)
            used[lemma] += 1
            chosen.append(
                ConjecturerInput(seed.statement.id, seed.statement.text, seed.proof.text, lemma, seed.statement.header)
            )
    generator.shuffle(chosen)
    return chosen[:statements]


def multiplicity(statements: int, inputs: int) -> int:
    """How often each input is asked: max(1, min(floor(3 n / #inputs), 8)); 0 where there is no input."""
    if not inputs:
        return 0
    return max(1, min(CONJECTURES_PER_STATEMENT * statements // inputs, MOST_COPIES))
