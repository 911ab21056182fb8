r"""What a verdict is worth: 1 for a right candidate, 0 for any other, and what is added to that.

>>> Shaping(form_bonus=0.1, form=r"\\boxed").part_names
('correct', 'form')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from verifiers.records import Status, Verdict

__all__ = ["Reward", "RewardError", "Shaping", "UnjudgedError"]


class RewardError(ValueError):
    """A reward was configured or called wrongly; one clear line."""


class UnjudgedError(RuntimeError):
    """A candidate could not be judged, and the trainer that asked knows no other value for that than a failure."""


@dataclass(frozen=True, slots=True)
class Shaping:
    """What is added to 1 for a right candidate and 0 for any other; by default nothing.

    Attributes:
        partial: times the share of tests that a wrong candidate passed (the verdict's score).
        form: regular expression that a candidate must hold; without it even a right one earns no 1. Empty: none.
        form_bonus: for a candidate that holds `form`, right or not.
        longest: characters up to which nothing is taken off; 0: no limit.
        margin: characters beyond `longest` over which the penalty rises from 0 to its full size (the soft overlong
            punishment of DAPO, arXiv 2503.14476, section 3.4, there in tokens).
        length_penalty: its full size.
    """

    partial: float = 0.0
    form: str = ""
    form_bonus: float = 0.0
    longest: int = 0
    margin: int = 0
    length_penalty: float = 0.0

    def __post_init__(self) -> None:
        try:
            re.compile(self.form)
        except re.error as error:
            raise RewardError(f"form: not a regular expression: {error}") from None
        if not 0 <= self.partial < 1:
            raise RewardError(f"partial is {self.partial}, expected at least 0 and less than 1")
        if self.form_bonus and not self.form:
            raise RewardError("form_bonus needs a form")
        if self.length_penalty and not self.longest:
            raise RewardError("length_penalty needs longest")
        if min(self.form_bonus, self.length_penalty, self.longest, self.margin) < 0:
            raise RewardError("form_bonus, length_penalty, longest and margin must not be negative")

    @property
    def part_names(self) -> tuple[str, ...]:
        """The parts of a reward that are switched on."""
        switched = {"partial": self.partial, "form": self.form_bonus, "length": self.length_penalty}
        return ("correct", *(name for name, weight in switched.items() if weight))

    def reward(self, candidate: str, verdict: Verdict) -> Reward:
        """What a candidate earns by its verdict; nothing is added for one that cheats."""
        if not verdict.status.judged:
            return Reward(None, {}, verdict)
        formed = not self.form or re.search(self.form, candidate) is not None
        cheats = verdict.status is Status.REJECTED
        values = {
            "correct": float(verdict.passed and formed),
            "partial": self.partial * verdict.score if formed and not cheats and not verdict.passed else 0.0,
            "form": self.form_bonus if formed and not cheats else 0.0,
            "length": -self.length_penalty * self._excess(len(candidate)),
        }
        parts = {name: values[name] for name in self.part_names}
        return Reward(sum(parts.values()), parts, verdict)

    def _excess(self, length: int) -> float:
        if not self.longest:
            return 0.0
        over = length - self.longest
        return min(1.0, max(0.0, over / self.margin)) if self.margin else float(over > 0)


@dataclass(frozen=True, slots=True)
class Reward:
    """What one candidate earns, and why.

    Attributes:
        value: the sum of the parts; None when it could not be judged.
        parts: `correct`, and those of `partial`, `form` and `length` that are switched on; empty when not judged.
        verdict: of the verifier.
    """

    value: float | None
    parts: Mapping[str, float]
    verdict: Verdict
