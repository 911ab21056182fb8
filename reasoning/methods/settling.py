"""When is a vote settled? Bounds on the chance that the leading answer is not the model's most probable one.

>>> round(sequential_error([0] * 9), 4)                 # nine equal answers
0.0352
>>> round(posterior_error([0] * 4), 4)                  # four equal answers
0.0312

Both take the classes of the answers in the order in which they were drawn, and may be looked at after every draw.

`sequential_error` holds for each problem, whatever the distribution of answers and whenever one stops. Let a and b be
the counts of the leader and of another answer. If the leader is no more probable than that answer, then

    E(a, b) = integral over t from 1/2 to 1 of 2 (2 t)^a (2 (1 - t))^b
            = (sum over i <= a of C(a+b+1, i)) / ((a+b+1) C(a+b, a))

is a nonnegative supermartingale that starts at 1, so it ever reaches 1/d with a chance of at most d (Ville's
inequality). The j-th distinct answer to be seen gets the share 1/(j (j+1)) of d, and its first vote, by which it was
chosen, does not count; E falls in b, so the strongest rival is enough, an unseen one included.

`posterior_error` is the rule of Adaptive-Consistency: under a uniform prior on the shares of the two leading answers,
the posterior chance that the leader is behind, I_{1/2}(a + 1, b + 1). It asks for fewer samples, and is right on the
average over that prior, not for each problem.

Sources: Ville 1939, "Étude critique de la notion de collectif"; Robbins 1970, "Statistical methods related to the law
of the iterated logarithm" (mixtures); Aggarwal et al. 2023, "Let's Sample Step by Step: Adaptive-Consistency for
Efficient Reasoning and Coding with LLMs" (the beta rule).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import comb

__all__ = ["SETTLING_RULES", "cannot_change", "posterior_error", "sequential_error"]


def sequential_error(classes: Sequence[int | None]) -> float:
    """A bound, valid at any time, on the chance that the leader is not the most probable answer.

    Args:
        classes: class of each drawn answer, numbered in the order of first appearance; None: no answer.
    """
    leader, votes, rival = _standing(classes)
    if leader is None:
        return 1.0
    order = 1 + leader
    evidence = _mixture(votes - 1, rival)
    return float(min(Fraction(1), order * (order + 1) / evidence))


def posterior_error(classes: Sequence[int | None]) -> float:
    """The posterior chance, under a uniform prior, that the runner-up is more probable than the leader."""
    leader, votes, rival = _standing(classes)
    if leader is None:
        return 1.0
    draws = votes + rival + 1
    return float(Fraction(sum(comb(draws, i) for i in range(votes + 1, draws + 1)), 2**draws))


SETTLING_RULES: Mapping[str, Callable[[Sequence[int | None]], float]] = {
    "sequential": sequential_error,
    "beta": posterior_error,
}
"""Name -> error of stopping now."""


def cannot_change(classes: Sequence[int | None], remaining: int) -> bool:
    """Whether the majority stays what it is, whatever the remaining draws give."""
    leader, votes, rival = _standing(classes)
    # With equal counts, what was seen first stays ahead; a rival may have been seen before the leader.
    return leader is not None and votes - rival > remaining


def _standing(classes: Sequence[int | None]) -> tuple[int | None, int, int]:
    """The leading class (the first seen among equals), its votes, and those of its strongest rival."""
    counts = Counter(number for number in classes if number is not None)
    if not counts:
        return None, 0, 0
    leader = max(counts, key=lambda number: (counts[number], -number))
    rival = max((count for number, count in counts.items() if number != leader), default=0)
    return leader, counts[leader], rival


def _mixture(ahead: int, behind: int) -> Fraction:
    """E(ahead, behind) as above, from exact integers."""
    draws = ahead + behind + 1
    return Fraction(sum(comb(draws, i) for i in range(ahead + 1)), draws * comb(draws - 1, ahead))
