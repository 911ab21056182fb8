"""The vocabulary that everything else speaks: problems, candidates and verdicts, JSON in and out.

>>> problem = Problem.from_json({"id": "p1", "kind": "puzzle", "prompt": "", "sat": "def sat(x: int): return x == 1"})
>>> problem.fields["sat"]
'def sat(x: int): return x == 1'
>>> Verdict.of("p1", Status.PASSED).to_json()["passed"]
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

__all__ = ["Candidate", "Problem", "RecordError", "Status", "Verdict", "is_unicode"]

MAX_DETAIL_CHARACTERS = 2_000
"""Longest `detail` that a verdict keeps; hostile error messages are cut to it."""


class RecordError(ValueError):
    """A record from outside does not have the agreed form.

    Attributes:
        field: name of the offending field, or an empty string when the record as a whole is wrong.
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(f"field '{field}': {message}" if field else message)


class Status(StrEnum):
    """How a judgement ended. Exactly `PASSED` means that the candidate is right."""

    PASSED = "passed"
    WRONG = "wrong"
    ERROR = "error"
    """The candidate raised or did not compile."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    LIMIT = "limit"
    """An output, process or file limit was hit."""
    CRASH = "crash"
    """Died by a signal."""
    REJECTED = "rejected"
    """It cheats: wrong type, forged result, changed statement, forbidden axiom."""
    UNPARSABLE = "unparsable"
    """No candidate could be found in the text."""
    UNAVAILABLE = "unavailable"
    """The verifier cannot run here (a prover is not installed, say). Never counts as wrong."""
    INTERNAL = "internal"
    """Our own failure, after one retry. Never counts as wrong."""

    @property
    def judged(self) -> bool:
        """Whether this status says anything about the candidate."""
        return self not in (Status.UNAVAILABLE, Status.INTERNAL)


_COMMON_FIELDS = frozenset({"id", "kind", "prompt", "meta"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to solve.

    Attributes:
        id: unique within its set.
        kind: picks the verifier (`puzzle`, `program`, `answer`, ...).
        prompt: the statement shown to a model.
        fields: what the verifier of this kind needs, by name (see the formats page of the docs).
        meta: anything else; never read by a verifier.
    """

    id: str
    kind: str
    prompt: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, record: object) -> Problem:
        """Read the public form, in which the kind's own fields stand beside `id` and `kind`.

        Raises:
            RecordError: a common field is missing or has the wrong type, or the id is no Unicode.
        """
        if not isinstance(record, Mapping):
            raise RecordError("problem", f"expected an object, got {type(record).__name__}")
        kind = _string(record, "kind")
        if not kind:
            raise RecordError("kind", "must not be empty")
        id = _string(record, "id", default="")
        if not is_unicode(id):
            raise RecordError("id", "holds a lone surrogate, so it cannot be kept or compared")
        meta = record.get("meta")
        if meta is not None and not isinstance(meta, Mapping):
            raise RecordError("meta", f"expected an object, got {type(meta).__name__}")
        return cls(
            id=id,
            kind=kind,
            prompt=_string(record, "prompt", default=""),
            fields={key: value for key, value in record.items() if key not in _COMMON_FIELDS},
            meta=dict(meta or {}),
        )

    def to_json(self) -> dict[str, Any]:
        """The public form."""
        return {
            "id": self.id,
            "kind": self.kind,
            "prompt": self.prompt,
            **self.fields,
            "meta": dict(self.meta),
        }

    def text(self, name: str, default: str | None = None) -> str:
        """The string field `name` of this kind.

        Raises:
            RecordError: it is missing (and no default is given) or not a string.
        """
        if name == "prompt":
            return self.prompt
        return _string(self.fields, name, default=default)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a method proposes for a problem.

    Attributes:
        problem_id: the problem that it answers.
        text: what the verifier judges.
        sample: index among the samples of this problem, from 0.
        meta: how it came about (method's notes, token counts).
    """

    problem_id: str
    text: str
    sample: int = 0
    meta: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All attributes as plain JSON."""
        return {"problem_id": self.problem_id, "text": self.text, "sample": self.sample, "meta": dict(self.meta)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier says of a candidate.

    Attributes:
        id: the caller's id of the judged line or sample.
        score: in [0, 1]; 1 exactly when passed, a share of passed tests where the kind has several.
        status: how the judgement ended.
        detail: the reason in words, at most `MAX_DETAIL_CHARACTERS`.
        seconds: wall time of the judgement.
        isolation: names of the sandbox layers that were active.
    """

    id: str
    score: float
    status: Status
    detail: str = ""
    seconds: float = 0.0
    isolation: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the candidate is right."""
        return self.status is Status.PASSED

    @classmethod
    def of(
        cls,
        id: str,
        status: Status,
        detail: str = "",
        *,
        score: float | None = None,
        seconds: float = 0.0,
        isolation: tuple[str, ...] = (),
    ) -> Verdict:
        """A verdict with the score that its status implies, unless a partial one is given.

        Args:
            id: of the problem.
            status: what came of it.
            detail: why, for people.
            score: 0 to 1; None: 1 if it passed, otherwise 0.
            seconds: wall time of judging.
            isolation: names of the sandbox's layers that were active.
        """
        if status is Status.PASSED:
            score = 1.0
        elif score is None:
            score = 0.0
        if len(detail) > MAX_DETAIL_CHARACTERS:
            detail = detail[: MAX_DETAIL_CHARACTERS - 1] + "…"
        return cls(id, score, status, detail, seconds, isolation)

    def with_id(self, id: str) -> Verdict:
        """The same verdict under another id."""
        return replace(self, id=id)

    def to_json(self) -> dict[str, Any]:
        """The public form."""
        return {
            "id": self.id,
            "passed": self.passed,
            "score": self.score,
            "status": self.status.value,
            "detail": self.detail,
            "seconds": round(self.seconds, 6),
            "isolation": list(self.isolation),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Verdict:
        """Read the public form.

        Raises:
            RecordError: a field is missing or malformed.
        """
        try:
            status = Status(record["status"])
            return cls(
                id=_string(record, "id"),
                score=float(record["score"]),
                status=status,
                detail=_string(record, "detail", default=""),
                seconds=float(record.get("seconds", 0.0)),
                isolation=tuple(record.get("isolation", ())),
            )
        except KeyError as error:
            raise RecordError(str(error.args[0]), "missing") from None
        except (TypeError, ValueError, OverflowError) as error:
            if isinstance(error, RecordError):
                raise
            raise RecordError("", f"not a verdict: {error}") from None


def _string(record: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = record.get(name, default)
    if value is None:
        raise RecordError(name, "missing")
    if not isinstance(value, str):
        raise RecordError(name, f"expected a string, got {type(value).__name__}")
    return value


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: JSON may hold halves of a pair of surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
