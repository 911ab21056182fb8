"""Hamming distances of a pattern to a text at every shift.

>>> pattern_hamming("abracadabra", "abra").solution.distances
array([0, 4, 4, 2, 4, 2, 4, 0])
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        distances: n - m + 1 numbers; entry s compares the pattern with the text from s on.
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
        wrong: how many of them differ; 0.
    """

    checked: list[int]
    wrong: int


@solver
def pattern_hamming(text: str, pattern: str, seed: int = 0) -> Result[HammingDistances, HammingCertificate]:
    """Count the mismatches of a pattern at every place of a text.

    d_s = number of j with text_(s + j) != pattern_j, for s = 0..n - m. Letters that are frequent in the pattern are
    counted by Fourier transforms of their indicators, rare ones pair by pair.

    Args:
        text: n letters.
        pattern: m letters, 1 <= m <= n.
        seed: of the shifts that are checked.

    Returns:
        All distances, exactly; always `converged`.

    Raises:
        SolverInputError: the pattern is empty or longer than the text, or the text is too long.

    Source:
        Abrahamson 1987, "Generalized string matching", as compared in Chan, Jin, Williams and Xu 2023,
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
    letters = np.array([ord(letter) for letter in text], dtype=np.int64)
    wanted = np.array([ord(letter) for letter in pattern], dtype=np.int64)
    distances = len(wanted) - _matches(letters, wanted)
    random = np.random.default_rng(seed)
    checked = sorted(random.choice(len(distances), size=min(_CHECKED, len(distances)), replace=False).tolist())
    wrong = sum(
        int((letters[shift : shift + len(wanted)] != wanted).sum()) != int(distances[shift]) for shift in checked
    )
    best = int(distances.argmin())
    found = HammingDistances(distances, best, int(distances[best]))
    return Result(Status.CONVERGED, found, HammingCertificate(checked, wrong), seed=seed)


def _matches(text: NDArray[np.int64], pattern: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of equal letters at every shift."""
    shifts = len(text) - len(pattern) + 1
    found = np.zeros(shifts, dtype=np.int64)
    in_text = Counter(text.tolist())
    bar = (len(pattern) * np.log2(len(pattern) + 1)) ** 0.5
    pairs = 0
    for letter, count in Counter(pattern.tolist()).items():
        if letter not in in_text:
            continue
        pairs += count * in_text[letter]
        if count > bar or pairs > MAX_PAIRS:
            found += _by_transform(text == letter, pattern == letter)
            continue
        places = np.nonzero(text == letter)[0]
        for offset in np.nonzero(pattern == letter)[0]:
            at = places - offset
            found[at[(at >= 0) & (at < shifts)]] += 1  # places differ, so no shift occurs twice
    return found


def _by_transform(text: NDArray[np.bool_], pattern: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Correlation of two indicators; below 2^21 letters the rounding error is far below 1/2."""
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(len(text), real=True)
    spectrum = rfft(text.astype(float), size) * np.conj(rfft(pattern.astype(float), size))
    counts: NDArray[np.int64] = np.rint(irfft(spectrum, size)[: len(text) - len(pattern) + 1]).astype(np.int64)
    return counts
