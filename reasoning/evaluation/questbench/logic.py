r"""Attributes, rules between them, and a goal that does not follow yet.

>>> problem = LogicProblem((clause("b", "a"), clause("a", "c")), frozenset(), frozenset({"c"}), "a")
>>> decides(problem)                        # if a then c, and c does not hold
False
>>> open_problem = LogicProblem((clause("b", "a"), clause("a", "b")), frozenset(), frozenset(), "a")
>>> decides(open_problem), sufficient(open_problem)
(None, frozenset({'b'}))

A rule "if all of the body, then the head" is a definite clause, so unit propagation decides exactly what follows: a
literal follows when propagation from the facts and its negation meets a contradiction.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

__all__ = [
    "Clause",
    "LogicProblem",
    "clause",
    "decides",
    "depth",
    "generate",
    "propagate",
    "questions",
    "sufficient",
    "sufficient_by_propagation",
]

VERSION = 1
ATTRIBUTES = (
    "able", "bold", "brave", "bright", "calm", "clever", "daring", "direct", "early", "eager", "fair", "frank",
    "gentle", "glad", "honest", "idle", "just", "keen", "kind", "loyal", "merry", "neat", "noble", "open",
    "patient", "plain", "polite", "proud", "quick", "quiet", "ready", "sharp", "shy", "silent", "sincere",
    "steady", "strict", "strong", "sturdy", "tidy", "tough", "vivid", "warm", "wise", "witty", "young",
)  # fmt: skip
_MIN_OPTIONS = 3
_MAX_TRIES = 10_000


@dataclass(frozen=True, slots=True)
class Clause:
    """If all attributes of `body` hold, then `head` holds."""

    body: frozenset[str]
    head: str


@dataclass(frozen=True, slots=True)
class LogicProblem:
    """What is known of the attributes, and what is to be decided.

    Attributes:
        rules: definite clauses.
        true: attributes known to hold.
        false: attributes known not to hold.
        goal: the attribute to decide.
        unaskable: attributes that may not be asked.
    """

    rules: tuple[Clause, ...]
    true: frozenset[str]
    false: frozenset[str]
    goal: str
    unaskable: frozenset[str] = frozenset()

    @property
    def attributes(self) -> tuple[str, ...]:
        """All attributes, sorted."""
        named = {name for rule in self.rules for name in (*rule.body, rule.head)}
        return tuple(sorted(named | self.true | self.false | {self.goal}))


def clause(*attributes: str) -> Clause:
    """`clause("a", "b", "c")`: if a and b, then c."""
    return Clause(frozenset(attributes[:-1]), attributes[-1])


def propagate(rules: Iterable[Clause], values: dict[str, bool]) -> tuple[dict[str, bool], int] | None:
    """All values that unit propagation derives, and the rounds it takes; None at a contradiction."""
    bits = _Bits(rules)
    found = bits.propagate(*bits.masks(values))
    if found is None:
        return None
    true, false, rounds = found
    derived = {name: bool(true & bit) for name, bit in bits.of.items() if (true | false) & bit}
    return {**values, **derived}, rounds


_Values = tuple[int, int, int]
"""The attributes that hold, those that do not, and the rounds in which they were derived."""


class _Bits:
    """Rules with a bit for each attribute: unit propagation takes up most of a generator's time."""

    def __init__(self, rules: Iterable[Clause]) -> None:
        self.of: dict[str, int] = {}
        self._rules = [(self._all(rule.body), self._all((rule.head,))) for rule in rules]

    def _all(self, names: Iterable[str]) -> int:
        found = 0
        for name in names:
            bit = self.of.get(name)
            if bit is None:
                bit = self.of[name] = 1 << len(self.of)
            found |= bit
        return found

    def masks(self, values: Mapping[str, bool]) -> tuple[int, int]:
        """The attributes that hold and those that do not."""
        return self._all(name for name in values if values[name]), self._all(n for n in values if not values[n])

    def propagate(self, true: int, false: int) -> _Values | None:
        """What holds, what does not, and the rounds that it takes; None at a contradiction."""
        rounds = 0
        while True:
            hold = fail = 0
            for body, head in self._rules:
                if true & head or body & false:
                    continue
                unknown = body & ~true
                if not unknown:
                    if (false | fail) & head:
                        return None
                    hold |= head
                elif false & head and not unknown & (unknown - 1):  # all of its body but one
                    if hold & unknown:
                        return None
                    fail |= unknown
            if not hold | fail:
                return true, false, rounds
            true, false, rounds = true | hold, false | fail, rounds + 1


class _Reader:
    """What follows from a problem's rules and facts, and from these with one more answer."""

    def __init__(self, problem: LogicProblem) -> None:
        self.problem = problem
        self._bits = _Bits(problem.rules)
        self.goal, _ = self._bits.masks({problem.goal: True})
        self.known = self.derived()

    def derived(self, **more: bool) -> _Values | None:
        """What follows from what is known (and `more`) by propagation; None at a contradiction."""
        return self._bits.propagate(*self._bits.masks(_known(self.problem, **more)))

    def entailed(self, found: _Values) -> bool | None:
        """The goal's value when it follows from values that propagation adds nothing to."""
        true, false, _ = found
        if (true | false) & self.goal:
            return bool(true & self.goal)
        if self._bits.propagate(true, false | self.goal) is None:
            return True
        return False if self._bits.propagate(true | self.goal, false) is None else None

    def questions(self) -> tuple[str, ...]:
        """See `questions`."""
        settled = 0 if self.known is None else self.known[0] | self.known[1]
        closed = {self.problem.goal, *self.problem.unaskable}
        names = self.problem.attributes
        return tuple(name for name in names if name not in closed and not self._bits.of.get(name, 0) & settled)

    def answered(self) -> Iterator[tuple[str, list[_Values]]]:
        """Each question with what follows, by propagation, from each possible one of its answers, true and false."""
        if self.known is None:
            return
        true, false, _ = self.known
        for name in self.questions():
            bit = self._bits.of[name]
            both = (self._bits.propagate(true | bit, false), self._bits.propagate(true, false | bit))
            yield name, [one for one in both if one is not None]

    def sufficient(self) -> frozenset[str]:
        """See `sufficient`."""
        return frozenset(
            name for name, found in self.answered() if len(found) == 2 and {*map(self.entailed, found)} == {True, False}
        )

    def sufficient_by_propagation(self) -> frozenset[str]:
        """See `sufficient_by_propagation`."""
        return frozenset(
            name
            for name, found in self.answered()
            if len(found) == 2 and any(one[0] & self.goal for one in found) and any(one[1] & self.goal for one in found)
        )


def _known(problem: LogicProblem, **more: bool) -> dict[str, bool]:
    return {**dict.fromkeys(problem.true, True), **dict.fromkeys(problem.false, False), **more}


def decides(problem: LogicProblem, **more: bool) -> bool | None:
    """The goal's value when it follows from what is known (and `more`); None when it does not.

    Raises:
        ValueError: what is known contradicts itself.
    """
    reader = _Reader(problem)
    found = reader.derived(**more)
    if found is None:
        raise ValueError("the facts contradict the rules")
    return reader.entailed(found)


def questions(problem: LogicProblem) -> tuple[str, ...]:
    """The attributes that may be asked: neither known or derived from what is known, nor the goal, nor forbidden."""
    return _Reader(problem).questions()


def sufficient(problem: LogicProblem) -> frozenset[str]:
    """The questions of which each answer that is possible decides the goal, one as true and the other as false."""
    return _Reader(problem).sufficient()


def sufficient_by_propagation(problem: LogicProblem) -> frozenset[str]:
    """The questions whose answers let propagation alone derive the goal, which proves less: QuestBench's own rule."""
    return _Reader(problem).sufficient_by_propagation()


def depth(problem: LogicProblem, question: str) -> int:
    """Rounds of propagation after the answer until the goal is decided, for the slower answer."""
    rounds = []
    for value in (True, False):
        found = propagate(problem.rules, _known(problem, **{question: value}))
        rounds.append(0 if found is None else found[1])
    return max(rounds)


def generate(source: random.Random) -> LogicProblem:
    """A problem whose goal is undecided and which one question settles, among at least three.

    Propagation alone and full entailment agree on the right questions.

    Args:
        source: where its randomness comes from; the same state gives the same problem.
    """
    for reader in _candidates(source):
        asked = len(reader.questions())
        if asked >= _MIN_OPTIONS and reader.known and reader.entailed(reader.known) is None:
            right = reader.sufficient_by_propagation()
            if 0 < len(right) < asked and right == reader.sufficient():
                return reader.problem
    raise RuntimeError(f"no underspecified problem in {_MAX_TRIES} tries")


def _candidates(source: random.Random) -> Iterator[_Reader]:
    for _ in range(_MAX_TRIES):
        names = source.sample(ATTRIBUTES, source.randint(7, 12))
        rules: dict[Clause, None] = {}
        for _ in range(source.randint(len(names), 2 * len(names))):
            *body, head = source.sample(names, source.choice((2, 2, 3, 3, 4)))
            rules[Clause(frozenset(body), head)] = None
        goal, *others = names
        known = source.sample(others, source.randint(1, len(others) // 2))
        true = frozenset(name for name in known if source.random() < 0.75)
        problem = LogicProblem(tuple(rules), true, frozenset(known) - true, goal)
        reader = _Reader(problem)
        if reader.known is not None:
            yield reader
