"""Results of single checks, and the verdict that follows from them.

>>> judgement = Judgement((CheckResult("case 1", Status.PASSED), CheckResult("case 2", Status.WRONG, "got 3")))
>>> judgement.verdict("p").score, judgement.verdict("p").detail
(0.5, '1 of 2 failed; case 2: got 3')
"""

from __future__ import annotations

from dataclasses import dataclass

from verifiers.answer_frames import readable
from verifiers.records import Status, Verdict

__all__ = ["CheckResult", "Judgement"]

MAX_LABEL = 200
"""Longest label of a check in a verdict's detail, characters."""

_GRAVEST = (
    *(Status.INTERNAL, Status.UNAVAILABLE, Status.REJECTED, Status.TIMEOUT, Status.MEMORY, Status.LIMIT),
    *(Status.CRASH, Status.UNPARSABLE, Status.ERROR, Status.WRONG),
)
"""The status of a candidate is the first of these that one of its checks has."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check went.

    Attributes:
        label: the check, for people.
        status: `PASSED`, or why not.
        detail: likewise in words.
    """

    label: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How all checks of a candidate went.

    Attributes:
        results: one for each check, at least one.
        seconds: wall time of the children.
        isolation: names of the active sandbox layers.
    """

    results: tuple[CheckResult, ...]
    seconds: float = 0.0
    isolation: tuple[str, ...] = ()

    @classmethod
    def failed(cls, total: int, status: Status, detail: str) -> Judgement:
        """All `total` checks failed for one and the same reason."""
        return cls((CheckResult("", status, detail),) * total)

    def verdict(self, id: str) -> Verdict:
        """Passed exactly when every check is; the score is the share that is."""
        failed = [result for result in self.results if result.status is not Status.PASSED]
        if not failed:
            return Verdict.of(id, Status.PASSED, seconds=self.seconds, isolation=self.isolation)
        status = min((result.status for result in failed), key=_GRAVEST.index)
        first = next(result for result in failed if result.status is status)
        score = 0.0 if status is Status.REJECTED else 1 - len(failed) / len(self.results)
        words = ": ".join(part for part in (readable(first.label, MAX_LABEL), first.detail) if part)
        if len(self.results) > 1:
            words = f"{len(failed)} of {len(self.results)} failed; {words}"
        return Verdict.of(id, status, words, score=score, seconds=self.seconds, isolation=self.isolation)
