"""Hamming distances up to a bound: each shift leaps from mismatch to mismatch ("kangaroo jumps").

>>> text, pattern = (np.array([ord(letter) for letter in word]) for word in ("abracadabra", "abra"))
>>> bounded_distances(text, pattern, 1, np.random.default_rng(0))
array([0, 2, 2, 2, 2, 2, 2, 0])

A leap is over the longest common prefix of text and pattern, found by halving with hashes of their pieces.

Source: Landau and Vishkin 1986, "Efficient string matching with k mismatches", with the hashes of Karp and Rabin 1987
in the place of a suffix tree, so that all shifts leap at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["bounded_distances"]

Integers = NDArray[np.int64]

_PRIMES = (2_147_483_629, 2_147_483_587)
_TOGETHER = 1 << 18
"""Shifts that leap at once."""
_MAX_COUNTED = 100_000_000
"""Most letters that are compared to see that no hash has collided."""


def bounded_distances(text: Integers, pattern: Integers, most: int, random: np.random.Generator) -> Integers:
    """The distance at every shift, `most + 1` where it is larger.

    Args:
        text: n letters as numbers.
        pattern: m <= n letters.
        most: at least 0.
        random: for the bases of the hashes.
    """
    hashes = [_Hash(text, pattern, prime, int(random.integers(1 << 20, prime - 1))) for prime in _PRIMES]
    shifts = len(text) - len(pattern) + 1
    parts = [
        _leap(hashes, np.arange(start, min(start + _TOGETHER, shifts)), len(pattern), most)
        for start in range(0, shifts, _TOGETHER)
    ]
    found = np.concatenate(parts)
    near = np.nonzero(found <= most)[0]
    for shift in near[: _MAX_COUNTED // len(pattern)]:
        # A collision hides mismatches; a distance that is too large cannot come about.
        found[shift] = min(most + 1, int((text[shift : shift + len(pattern)] != pattern).sum()))
    return found


class _Hash:
    """Sums of letter * base^place modulo a prime, of every piece of text and pattern."""

    def __init__(self, text: Integers, pattern: Integers, prime: int, base: int) -> None:
        self._prime = prime
        powers = np.ones(1, dtype=np.int64)
        while len(powers) <= len(text):
            powers = np.concatenate([powers, powers * pow(base, len(powers), prime) % prime])
        self._powers = powers
        self._text, self._pattern = self._sums(text), self._sums(pattern)

    def _sums(self, letters: Integers) -> Integers:
        sums = np.zeros(len(letters) + 1, dtype=np.int64)
        np.cumsum((letters + 1) * self._powers[: len(letters)] % self._prime, out=sums[1:])
        return sums % self._prime

    def equal(self, in_text: Integers, in_pattern: Integers, length: int) -> NDArray[np.bool_]:
        """Whether pieces of one length, which begin at these places, have equal hashes."""
        prime = self._prime
        left = (self._text[in_text + length] - self._text[in_text]) % prime * self._powers[in_pattern] % prime
        right = (self._pattern[in_pattern + length] - self._pattern[in_pattern]) % prime * self._powers[in_text] % prime
        same: NDArray[np.bool_] = left == right
        return same


def _leap(hashes: list[_Hash], shifts: Integers, length: int, most: int) -> Integers:
    """Distances at these shifts."""
    found = np.zeros(len(shifts), dtype=np.int64)
    place = np.zeros(len(shifts), dtype=np.int64)  # letters of the pattern that are compared already
    active = np.arange(len(shifts))
    for _ in range(most + 1):
        step = 1 << (length.bit_length() - 1)
        while step:
            able = active[place[active] + step <= length]
            for one in hashes:
                able = able[one.equal(shifts[able] + place[able], place[able], step)]
            place[able] += step
            step >>= 1
        active = active[place[active] < length]
        found[active] += 1
        place[active] += 1
        active = active[place[active] < length]
    return found
