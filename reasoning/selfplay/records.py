"""What a round of self-play hands from step to step: statements, conjectures, proofs with their counts.

>>> Attempts("two", samples=31, correct=1).rate
0.03225806451612903

Plain frozen records, written as JSON lines by `reasoning.selfplay.store`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

__all__ = ["Attempts", "Conjecture", "ConjecturerInput", "Example", "Proof", "Statement"]


class _Record:
    """JSON both ways for the flat records here."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """All attributes; tuples become lists."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The record that `to_json` wrote; fields of other records that stand in the same line are passed over."""
        names = {one.name for one in fields(cls)}  # type: ignore[arg-type]
        known = {name: value for name, value in values.items() if name in names}
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in known.items()})


@dataclass(frozen=True, slots=True)
class Statement(_Record):
    """Something to prove.

    Attributes:
        id: unique in a run.
        text: ends in `:= by`.
        header: text before it.
        conjecture: whether a conjecturer made it; otherwise it is of the data set.
        validation: whether it is of a validation set, which conjectures are matched to harder in late rounds.
    """

    id: str
    text: str
    header: str = ""
    conjecture: bool = False
    validation: bool = False


@dataclass(frozen=True, slots=True)
class ConjecturerInput(_Record):
    """What one conjecture is asked with.

    Attributes:
        seed: id of the proved statement.
        statement: its text.
        proof: of it.
        lemma: name of the library theorem that proof and conjecture share; empty: no particular one.
        header: of the statement.
    """

    seed: str
    statement: str
    proof: str
    lemma: str
    header: str = ""


@dataclass(frozen=True, slots=True)
class Conjecture(_Record):
    """A new statement and where it came from.

    Attributes:
        id: of the statement.
        text: of the statement.
        header: of the statement.
        seed: id of the proved statement that was shown.
        lemma: name of the lemma that was shown; empty: none.
        prompt: that was completed.
        plain_prompt: the same without a lemma.
    """

    id: str
    text: str
    header: str
    seed: str
    lemma: str
    prompt: str = ""
    plain_prompt: str = ""

    @property
    def statement(self) -> Statement:
        """What the prover is to prove."""
        return Statement(self.id, self.text, self.header, conjecture=True)


@dataclass(frozen=True, slots=True)
class Proof(_Record):
    """One distinct proof of a statement, with the verdict on it.

    Attributes:
        statement: id of what it proves.
        text: what follows `:= by`.
        count: how often it was sampled.
        kind: `passed`, or the kind of failure, such as `wrong` or `rejected: sorry`.
        premises: library theorems that an accepted proof refers to.
        seconds: the checker's time.
        round: in which it was sampled.
    """

    statement: str
    text: str
    count: int
    kind: str
    premises: tuple[str, ...] = ()
    seconds: float = 0.0
    round: int = 0

    @property
    def passed(self) -> bool:
        """Whether it proves the statement."""
        return self.kind == "passed"


@dataclass(frozen=True, slots=True)
class Attempts(_Record):
    """How a statement fared in a round.

    Attributes:
        statement: its id.
        samples: drawn, those that are alike each counted.
        correct: of them.
    """

    statement: str
    samples: int
    correct: int

    @property
    def rate(self) -> float:
        """Share of correct samples; 0 where none was drawn."""
        return self.correct / self.samples if self.samples else 0.0


@dataclass(frozen=True, slots=True)
class Example(_Record):
    """A text to continue, the continuation to learn, and what its loss is multiplied by.

    Attributes:
        prompt: of either role.
        completion: its target.
        weight: of its loss.
        role: `prover`, `conjecturer` or `library`.
        statement: id of what is proved or conjectured.
    """

    prompt: str
    completion: str
    weight: float = 1.0
    role: str = "prover"
    statement: str = ""
