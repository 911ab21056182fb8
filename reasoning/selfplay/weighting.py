"""Weights that draw conjectures towards what is not proved yet (STP, section 4, step 6 f).

    weights = match(conjectures, unproved, demands, cap=3.0, generator=Random(0))

Each unproved statement gives weight to the conjectures most similar to it. With every weight capped this is the closed
form of the distribution on conjectures that is closest, in Wasserstein distance, to the unproved statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["match", "matching_weight"]

FULL: Final = 1e-9
"""A weight this close to the cap has reached it: sums of N/M are not exact."""


def matching_weight(round: int, validation: bool, late_round: int, late_weight: int) -> int:
    """How many conjectures a statement asks for: one, and more for a validation set's statements late in the run.

    Args:
        round: counted from 0.
        validation: whether the statement is of a validation set.
        late_round: from which such a statement weighs more.
        late_weight: how much.
    """
    return late_weight if validation and round >= late_round else 1


def match(
    conjectures: NDArray[np.floating],
    unproved: NDArray[np.floating],
    demands: Sequence[int],
    cap: float,
    generator: Random,
) -> NDArray[np.float64]:
    """The weight of each conjecture.

    The unproved statements come in random order. Statement y gives N/M (N conjectures, M the sum of all demands) to
    each of the `demands[y]` conjectures of largest cosine similarity whose weight is below the cap; those at the cap
    have a similarity of minus infinity. Equal similarities: the earlier conjecture.

    Args:
        conjectures: embeddings of length 1, shape (N, d).
        unproved: embeddings of length 1, shape (U, d).
        demands: of each unproved statement, at least 1.
        cap: a weight that has reached it grows no more; it may be above it by less than N/M.
        generator: of the order.

    Returns:
        Shape (N,); all 1 where nothing is unproved.
    """
    count = len(conjectures)
    if not count or not len(unproved):
        return np.ones(count)
    share = count / sum(demands)
    weights = np.zeros(count)
    order = list(range(len(unproved)))
    generator.shuffle(order)
    for index in order:
        free = weights < cap - FULL
        wanted = min(demands[index], int(free.sum()))
        if not wanted:
            break
        similarity = np.where(free, conjectures @ unproved[index], -np.inf)
        nearest = np.argsort(-similarity, kind="stable")[:wanted]
        weights[nearest] += share
    return weights
