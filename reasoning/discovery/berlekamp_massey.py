"""The shortest linear recurrence of a sequence of whole numbers, by Berlekamp and Massey over a 31-bit prime.

>>> shortest_recurrence(iter([1, 2, 3, 2, 5, 2, 7, 2, 9, 2, 11, 2]), depth=12, longest=5)
Recurrence(coefficients=(1, 0, -2, 0, 1), terms=(1, 2, 3, 2, 5, 2, 7, 2, 9, 2, 11, 2), start=4)

The coefficients modulo the prime are lifted to the symmetric range and checked over the integers on every term. A
random sequence of D terms has a recurrence of length up to L with a probability of about p^(2L - D).

Source: Massey 1969, "Shift-register synthesis and BCH decoding"; ESMA (arXiv 2212.09470) for its use here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["PRIME", "Recurrence", "holds", "shortest_recurrence"]

PRIME: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Recurrence:
    """sum_i c_i a_{n-i} = 0 for every n from `start` on.

    Attributes:
        coefficients: c_0 = 1, ..., the last one not 0.
        terms: on which it was found, all of them whole.
        start: number of the first term that it decides.
    """

    coefficients: tuple[int, ...]
    terms: tuple[int, ...]
    start: int


def shortest_recurrence(terms: Iterator[int], depth: int, longest: int) -> Recurrence | None:
    """The recurrence of the first terms, where it is short.

    Args:
        terms: no more of them are taken than it needs to see that there is no short recurrence.
        depth: terms that the recurrence must explain.
        longest: largest number of terms that come before it (the linear complexity).

    Returns:
        None when there are fewer terms, or no recurrence that is so short and holds over the integers.
    """
    taken: list[int] = []
    residues: list[int] = []
    current, previous = [1], [1]
    length, gap, last = 0, 1, 1
    for n, term in enumerate(terms):
        taken.append(term)
        residues.append(term % PRIME)
        discrepancy = sum(map(int.__mul__, current, reversed(residues))) % PRIME
        if discrepancy:
            factor = discrepancy * pow(last, -1, PRIME) % PRIME
            before = current
            current = current + [0] * (len(previous) + gap - len(current))
            for i, coefficient in enumerate(previous, gap):
                current[i] = (current[i] - factor * coefficient) % PRIME
            if 2 * length <= n:
                length, previous, last, gap = n + 1 - length, before, discrepancy, 1
            else:
                gap += 1
        else:
            gap += 1
        if length > longest:
            return None
        if n + 1 == depth:
            break
    if len(taken) < depth:
        return None
    lifted = [c - PRIME if c > PRIME // 2 else c for c in current]
    while not lifted[-1]:
        lifted.pop()
    found = Recurrence(tuple(lifted), tuple(taken), _start(lifted, taken))
    return found if len(lifted) > 1 and found.start <= max(length, len(lifted) - 1) else None


def holds(coefficients: tuple[int, ...], terms: list[int] | tuple[int, ...], start: int) -> bool:
    """Whether the recurrence decides every term from `start` on."""
    return all(not _residual(coefficients, terms, n) for n in range(start, len(terms)))


def _start(coefficients: list[int], terms: list[int]) -> int:
    """The first place from which the recurrence holds over the integers to the end."""
    place = len(terms)
    while place > len(coefficients) - 1 and not _residual(coefficients, terms, place - 1):
        place -= 1
    return place


def _residual(coefficients: list[int] | tuple[int, ...], terms: list[int] | tuple[int, ...], n: int) -> int:
    return sum(c * terms[n - i] for i, c in enumerate(coefficients) if c)
