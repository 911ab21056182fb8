"""Which conjectures the conjecturer learns from (STP, section 4, step 6 a to e).

    fitting = usable(results)                        # proved seldom but not never, by the lemma that was shown
    kept = elegant(one_of_each_text(fitting))

Weights come behind this: see `reasoning.selfplay.weighting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import numpy as np

from reasoning.selfplay.inputs import NO_LEMMA
from reasoning.selfplay.records import Attempts, Conjecture, Proof
from reasoning.selfplay.selection import statement_key

__all__ = ["ConjectureResult", "elegance", "elegant", "one_of_each_text", "usable", "uses_lemma", "within_window"]

HIGHEST_RATE: Final = 0.25
EXTRAS_PER_USED: Final = 20
MOST_EXTRAS_OR_LESS: Final = 4096
LEAST_ELEGANT: Final = 0.2
"""Quantile of a lemma's conjectures below which they are dropped."""


@dataclass(frozen=True, slots=True)
class ConjectureResult:
    """A conjecture and what came of the attempts to prove it.

    Attributes:
        conjecture: the statement, with seed, lemma and prompt.
        attempts: samples and correct ones.
        proofs: the correct ones.
    """

    conjecture: Conjecture
    attempts: Attempts
    proofs: tuple[Proof, ...]


def within_window(rate: float) -> bool:
    """Whether a rate is above 0 and below 1/4 (as in STP's code; its text has 1/4 included)."""
    return 0 < rate < HIGHEST_RATE


def uses_lemma(result: ConjectureResult) -> bool:
    """Whether a correct proof refers to the lemma that was shown; "no lemma" is referred to by any correct proof."""
    lemma = result.conjecture.lemma
    return any(lemma == NO_LEMMA or lemma in proof.premises for proof in result.proofs)


def usable(results: Iterable[ConjectureResult], generator: Random) -> list[ConjectureResult]:
    """Conjectures of the right difficulty that use their lemma, then some that do not, relabelled.

    Those that do not use it count as made without a lemma; there are at most max(20 b, 4096) of them, where b are
    those that use theirs.

    Args:
        results: of a round.
        generator: chooses among too many of the second kind.
    """
    fitting = [result for result in results if within_window(result.attempts.rate)]
    using = [result for result in fitting if uses_lemma(result)]
    others = [result for result in fitting if not uses_lemma(result)]
    most = max(EXTRAS_PER_USED * len(using), MOST_EXTRAS_OR_LESS)
    if len(others) > most:
        others = [others[index] for index in sorted(generator.sample(range(len(others)), most))]
    return using + [replace(one, conjecture=_without_lemma(one.conjecture)) for one in others]


def _without_lemma(conjecture: Conjecture) -> Conjecture:
    return replace(conjecture, lemma=NO_LEMMA, prompt=conjecture.plain_prompt)


def one_of_each_text(
    results: Iterable[ConjectureResult], key: Callable[[str, str], tuple[str, str]] = statement_key
) -> list[ConjectureResult]:
    """The first result of each conjecture text, by what makes statements the same."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for result in results:
        own = key(result.conjecture.header, result.conjecture.text)
        if own not in seen:
            seen.add(own)
            kept.append(result)
    return kept


def elegance(result: ConjectureResult) -> float:
    """Characters of the shortest correct proof, for each character of the statement."""
    return min(len(proof.text) for proof in result.proofs) / len(result.conjecture.text)


def elegant(results: Sequence[ConjectureResult]) -> list[ConjectureResult]:
    """Without those whose elegance is below the 20 % quantile of their lemma's group (linear interpolation)."""
    groups: dict[str, list[float]] = {}
    for result in results:
        groups.setdefault(result.conjecture.lemma, []).append(elegance(result))
    bounds = {lemma: float(np.quantile(values, LEAST_ELEGANT)) for lemma, values in groups.items()}
    return [result for result in results if elegance(result) >= bounds[result.conjecture.lemma]]
