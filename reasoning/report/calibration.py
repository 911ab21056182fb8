"""How far agreement among samples, or a reward, tells whether an answer is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from reasoning.pages import dots
from reasoning.report.base import Drawn
from verifiers.answers.classes import answer_classes
from verifiers.records import Problem
from verifiers.wording import counted

__all__ = ["Agreement", "Rewards", "calibration_error"]

_BINS: Final = 10
_PROBLEMS: Final = 300
"""Problems whose votes are counted for the picture."""
_TEXTS: Final = 64
"""Samples of each."""
_PAIRS: Final = 20_000
_NO_PROBLEM: Final = Problem("", "answer", fields={"gold": "0"})


@dataclass(slots=True)
class Agreement:
    """The share of the samples that agree with the majority, against whether the majority is right.

    Answers are the same when they are spelled the same. The samples of a problem have to come one after another.
    """

    _drawn: Drawn[tuple[list[str | None], list[bool]]] = field(default_factory=lambda: Drawn(_PROBLEMS))
    _id: str | None = None
    _texts: list[str | None] = field(default_factory=list)
    _right: list[bool] = field(default_factory=list)

    def add(self, id: str, candidate: str | None, passed: bool) -> None:
        """Take one judged sample."""
        if id != self._id:
            self._finish()
            self._id = id
        if len(self._texts) < _TEXTS:
            self._texts.append(candidate)
            self._right.append(passed)

    def _finish(self) -> None:
        if len(self._texts) > 1 and self._id is not None:
            self._drawn.offer(self._id, (self._texts, self._right))
        self._texts, self._right = [], []

    def html(self) -> str:
        """The picture; empty where there is nothing to compare."""
        self._finish()
        found = [point for texts, right in self._drawn.kept() if (point := _majority(texts, right)) is not None]
        return _picture("share of right majorities", "share of samples that agree", found)


@dataclass(slots=True)
class Rewards:
    """Rewards of samples against whether they are right, by tenths of the samples."""

    _drawn: Drawn[tuple[float, bool]] = field(default_factory=lambda: Drawn(_PAIRS))

    def add(self, reward: float, passed: bool) -> None:
        """Take one rated sample."""
        self._drawn.offer(f"{self._drawn.offered}", (reward, passed))

    def html(self) -> str:
        """The picture; empty without rewards."""
        pairs = sorted(self._drawn.kept())
        if not pairs:
            return ""
        points = []
        for place in range(_BINS):
            part = pairs[len(pairs) * place // _BINS : len(pairs) * (place + 1) // _BINS]
            if part:
                share, mean = sum(right for _, right in part) / len(part), sum(value for value, _ in part) / len(part)
                points.append(
                    (mean, share, f"{counted(len(part), 'sample')}, mean reward {mean:.3g}: {100 * share:.1f} % right")
                )
        return dots("share of right samples, by tenths", points, "mean reward")


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error over ten bins of equal width: mean of |confidence - accuracy|, by size.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2.
    """
    error = 0.0
    for part in _bins(pairs):
        confidence, accuracy = _mean_of(part)
        error += abs(confidence - accuracy) * len(part) / len(pairs)
    return error


def _picture(title: str, across: str, pairs: Sequence[tuple[float, bool]]) -> str:
    if not pairs:
        return ""
    points = []
    for part in _bins(pairs):
        confidence, accuracy = _mean_of(part)
        told = f"{counted(len(part), 'problem')}: {100 * confidence:.0f} % agree, {100 * accuracy:.0f} % right"
        points.append((confidence, accuracy, told))
    error = f"{counted(len(pairs), 'problem')}; expected calibration error {calibration_error(pairs):.3f}"
    return dots(f"{title} ({error})", points, across, diagonal=True)


def _bins(pairs: Sequence[tuple[float, bool]]) -> list[list[tuple[float, bool]]]:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for pair in pairs:
        bins.setdefault(min(int(pair[0] * _BINS), _BINS - 1), []).append(pair)
    return [bins[place] for place in sorted(bins)]


def _mean_of(part: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    return sum(value for value, _ in part) / len(part), sum(right for _, right in part) / len(part)


def _majority(texts: Sequence[str | None], right: Sequence[bool]) -> tuple[float, bool] | None:
    """Share of the samples in the largest class, and whether it is right; ties go to the class seen first."""
    classes = answer_classes(_NO_PROBLEM, texts, strings=True)
    counts = Counter(number for number in classes if number is not None)
    if not counts:
        return None
    largest, count = counts.most_common(1)[0]
    return count / len(texts), right[classes.index(largest)]
