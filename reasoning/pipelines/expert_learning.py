r"""The rules of SubgoalXL's expert learning as functions of numbers and texts, without a model.

>>> sorted(rejection_sample([-1.0, -9.0, -0.2, -0.9], 3, beta=0.5, random=Random(0)))
[0, 2, 3]
>>> thinned(["simp", "simp -- again", "omega"], "lean")
[0, 2]

Each generator maximises expected reward minus beta times its divergence from the generator of the iteration before. The
optimum, new(y) ∝ old(y) exp(r(y) / beta), is approximated by samples of the old generator, accepted by reward. Source:
SubgoalXL (Zhao et al. 2024, arXiv 2408.11172).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from random import Random
from typing import Final

from reasoning.methods.subgoal_prompts import without_comments

__all__ = ["DROPPED", "MOST_OVERLAP", "drop_probability", "jaccard", "rejection_sample", "thinned"]

MOST_OVERLAP: Final = 0.75
"""Two proofs of one problem with more of their words in common count as one."""
DROPPED: Final = ((2, 0.8), (3, 0.6), (4, 0.4))
"""Proofs with fewer lines than the first number are dropped with the second as probability, in filtered data."""
_WORD: Final = re.compile(r"\S+")


def rejection_sample(rewards: Sequence[float], wanted: int, *, beta: float, random: Random) -> list[int]:
    """Accept candidates by reward, in passes: u < exp((reward - M) / beta), with u uniform in [0, 1).

    M is the best reward among the candidates that are left at the beginning of a pass, so that each pass accepts at
    least one. The candidates are gone through in a random order, so that their places mean nothing where a pass ends
    early.

    Args:
        rewards: of the candidates, shape (m,), finite.
        wanted: how many to accept, n; where there are fewer candidates, all of them are.
        beta: weight of the divergence, above 0, in the unit of the rewards.
        random: where u is drawn.

    Returns:
        min(n, m) indices, in the order in which they were accepted.

    Raises:
        ValueError: beta is not above 0, or a reward is not finite.
    """
    if not beta > 0:
        raise ValueError(f"beta is {beta}, expected more than 0")
    if not all(map(math.isfinite, rewards)):
        raise ValueError("a reward is not finite")
    accepted: list[int] = []
    remaining = list(range(len(rewards)))
    random.shuffle(remaining)
    while remaining and len(accepted) < wanted:
        best = max(rewards[index] for index in remaining)
        left = []
        for index in remaining:
            if len(accepted) < wanted and random.random() < math.exp((rewards[index] - best) / beta):
                accepted.append(index)
            else:
                left.append(index)
        remaining = left
    return accepted


def jaccard(one: str, other: str) -> float:
    """The share of the words of two texts that both have, in [0, 1]; 1 for two texts without words."""
    words, others = set(_WORD.findall(one)), set(_WORD.findall(other))
    return len(words & others) / len(words | others) if words or others else 1.0


def thinned(proofs: Sequence[str], system: str, most: float = MOST_OVERLAP) -> list[int]:
    """Indices of the proofs that are kept: those with an overlap of at most `most` with each one kept before.

    Args:
        proofs: of one problem.
        system: whose comments are left out of the comparison.
        most: largest Jaccard similarity of the sets of words.
    """
    plain = [without_comments(system, proof) for proof in proofs]
    kept: list[int] = []
    for index, proof in enumerate(plain):
        if all(jaccard(proof, plain[earlier]) <= most for earlier in kept):
            kept.append(index)
    return kept


def drop_probability(proof: str, system: str) -> float:
    """With which probability the filtered data leave a proof out: the shorter, the likelier."""
    lines = len(without_comments(system, proof).splitlines())
    return next((probability for fewer, probability in DROPPED if lines < fewer), 0.0)
