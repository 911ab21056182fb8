"""Hamming distances of a pattern to a text at every shift: exact, up to a bound, or estimated.

>>> pattern_hamming("abracadabra", "abra").solution.distances
array([0, 4, 3, 3, 3, 3, 4, 0])
>>> pattern_hamming("abracadabra", "abra", most=2).solution.distances      # 3: more than two
array([0, 3, 3, 3, 3, 3, 3, 0])
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Seed
from reasoning.solvers.bounded_hamming import bounded_distances
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["HammingCertificate", "HammingDistances", "pattern_hamming"]

MAX_LENGTH = 2_000_000
MAX_PAIRS = 50_000_000
"""Most pairs of equal rare letters that are counted one by one."""
_CHECKED = 32


@dataclass(frozen=True, slots=True)
class HammingDistances:
    """The distances.

    Attributes:
        distances: n - m + 1 numbers; entry s compares the pattern with the text from s on. With `most` k, k + 1 stands
            for all that are larger.
        best_shift: the first shift of the least distance.
        best: that distance.
    """

    distances: NDArray[np.int64]
    best_shift: int
    best: int


@dataclass(frozen=True, slots=True)
class HammingCertificate:
    """A spot check.

    Attributes:
        checked: shifts, drawn at random, whose distances were counted letter by letter.
        wrong: how many of them differ; 0 unless distances are estimated.
        relative_error: root mean square of (distance - counted) / counted over the checked shifts; 0 unless estimated.
    """

    checked: list[int]
    wrong: int
    relative_error: float


@solver
def pattern_hamming(
    text: str, pattern: str, most: int | None = None, error: float | None = None, seed: Seed = 0
) -> Result[HammingDistances, HammingCertificate]:
    """Count the mismatches of a pattern at every place of a text.

    d_s = number of j with text_(s + j) != pattern_j, for s = 0..n - m. Letters that are frequent in the pattern are
    counted by Fourier transforms of their indicators, rare ones pair by pair. With `most`, each shift leaps from
    mismatch to mismatch until there are too many, which is faster for few mismatches and many letters. With `error`,
    letters become random signs, whose correlations average to the number of matches.

    Args:
        text: n letters.
        pattern: m letters, 1 <= m <= n.
        most: k >= 0: distances above k are only told to be so.
        error: from 0.01 to 1: estimates whose relative standard error is at most this, where that is less work than
            counting exactly.
        seed: of the shifts that are checked, of hashes and signs.

    Returns:
        All distances; always `converged`. Without `error` they are exact. (With `most` two pairs of 31-bit hashes could
        collide; the distances found are counted again to see that none has, up to 10^8 letters in all.)

    Raises:
        SolverInputError: the pattern is empty or longer than the text, the text is too long, or `most` and `error` are
            both given or out of range.

    Source:
        Abrahamson 1987, "Generalized string matching"; Landau and Vishkin 1986 (leaps over common prefixes); Karloff
        1993, "Fast algorithms for approximately counting mismatches"; compared in Chan, Jin, Williams and Xu 2023,
        arXiv 2310.13174.

    Example:
        {"text": "abracadabra", "pattern": "abra"}
    """
    if not pattern:
        raise SolverInputError("pattern: expected at least one letter")
    if len(pattern) > len(text):
        raise SolverInputError(f"pattern: its {len(pattern)} letters are more than the text's {len(text)}")
    if len(text) > MAX_LENGTH:
        raise SolverInputError(f"text: at most {MAX_LENGTH} letters are taken, got {len(text)}")
    if most is not None:
        most = min(most, len(pattern))
    if most is not None and (error is not None or most < 0):
        raise SolverInputError("most: expected a number that is not negative, and no error beside it")
    if error is not None and not 0.01 <= error <= 1:
        raise SolverInputError("error: expected a number from 0.01 to 1")
    letters = np.array([ord(letter) for letter in text], dtype=np.int64)
    wanted = np.array([ord(letter) for letter in pattern], dtype=np.int64)
    random = np.random.default_rng(seed)
    repeats = 0 if error is None else math.ceil(1 / error**2)
    if most is not None and most < len(wanted):
        distances = bounded_distances(letters, wanted, most, random)
    elif 0 < repeats < len(_frequent(wanted)):
        distances = _estimated(letters, wanted, repeats, random)
    else:
        distances = len(wanted) - _matches(letters, wanted)
    checked = sorted(random.choice(len(distances), size=min(_CHECKED, len(distances)), replace=False).tolist())
    counted = np.array([(letters[shift : shift + len(wanted)] != wanted).sum() for shift in checked])
    if most is not None:
        counted = np.minimum(counted, most + 1)
    misses = distances[checked] - counted
    relative = float(np.sqrt(((misses / np.maximum(counted, 1)) ** 2).mean()))
    best = int(distances.argmin())
    found = HammingDistances(distances, best, int(distances[best]))
    certificate = HammingCertificate(checked, int(np.count_nonzero(misses)), relative)
    return Result(Status.CONVERGED, found, certificate, seed=seed)


def _frequent(pattern: NDArray[np.int64]) -> list[int]:
    """Letters that a transform counts faster than their pairs can be."""
    bar = (len(pattern) * np.log2(len(pattern) + 1)) ** 0.5
    return [letter for letter, count in Counter(pattern.tolist()).items() if count > bar]


def _matches(text: NDArray[np.int64], pattern: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of equal letters at every shift."""
    shifts = len(text) - len(pattern) + 1
    found = np.zeros(shifts, dtype=np.int64)
    in_text = Counter(text.tolist())
    frequent = set(_frequent(pattern))
    pairs = 0
    for letter, count in Counter(pattern.tolist()).items():
        if letter not in in_text:
            continue
        pairs += count * in_text[letter]
        if letter in frequent or pairs > MAX_PAIRS:
            found += _by_transform((text == letter).astype(float), (pattern == letter).astype(float))
            continue
        places = np.nonzero(text == letter)[0]
        for offset in np.nonzero(pattern == letter)[0]:
            at = places - offset
            found[at[(at >= 0) & (at < shifts)]] += 1  # places differ, so no shift occurs twice
    return found


def _estimated(
    text: NDArray[np.int64], pattern: NDArray[np.int64], repeats: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Estimates: equal letters have equal signs, others do half of the time."""
    names, numbers = np.unique(np.concatenate([text, pattern]), return_inverse=True)
    total = np.zeros(len(text) - len(pattern) + 1, dtype=np.int64)
    for _ in range(repeats):
        signs = random.choice([-1.0, 1.0], size=len(names))[numbers]
        total += _by_transform(signs[: len(text)], signs[len(text) :])
    estimates: NDArray[np.int64] = np.rint(len(pattern) - total / repeats).astype(np.int64)
    return np.clip(estimates, 0, len(pattern))


def _by_transform(text: NDArray[np.float64], pattern: NDArray[np.float64]) -> NDArray[np.int64]:
    """Correlation of two rows of 0, 1 and -1; below 2^21 letters the rounding error is far below 1/2."""
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(len(text), real=True)
    spectrum = rfft(text, size) * np.conj(rfft(pattern, size))
    counts: NDArray[np.int64] = np.rint(irfft(spectrum, size)[: len(text) - len(pattern) + 1]).astype(np.int64)
    return counts
