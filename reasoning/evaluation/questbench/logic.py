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
from collections.abc import Iterable, Iterator
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
    values = dict(values)
    remaining = tuple(rules)
    rounds = 0
    while True:
        derived: dict[str, bool] = {}
        for rule in remaining:
            head = values.get(rule.head)
            if head is True:
                continue
            unknown: str | None = None
            for name in rule.body:
                value = values.get(name)
                if value is False or (value is None and unknown is not None):
                    break  # it holds whatever its head is, or two of its body are open: nothing follows
                if value is None:
                    unknown = name
            else:
                if unknown is None:
                    if head is False or derived.get(rule.head) is False:
                        return None
                    derived[rule.head] = True
                elif head is False:
                    if derived.get(unknown) is True:
                        return None
                    derived[unknown] = False
        if not derived:
            return values, rounds
        values |= derived
        rounds += 1


def _known(problem: LogicProblem, **more: bool) -> dict[str, bool]:
    return {**dict.fromkeys(problem.true, True), **dict.fromkeys(problem.false, False), **more}


def _consistent(problem: LogicProblem, values: dict[str, bool]) -> bool:
    return propagate(problem.rules, values) is not None


def decides(problem: LogicProblem, **more: bool) -> bool | None:
    """The goal's value when it follows from what is known (and `more`); None when it does not.

    Raises:
        ValueError: what is known contradicts itself.
    """
    known = _known(problem, **more)
    if not _consistent(problem, known):
        raise ValueError("the facts contradict the rules")
    for value in (True, False):
        if known.get(problem.goal, value) is not value or not _consistent(problem, {**known, problem.goal: not value}):
            return value if known.get(problem.goal, value) is value else not value
    return None


def questions(problem: LogicProblem) -> tuple[str, ...]:
    """The attributes that may be asked: neither known or derived from what is known, nor the goal, nor forbidden."""
    derived = propagate(problem.rules, _known(problem))
    settled = {*(derived[0] if derived else ()), *problem.unaskable, problem.goal}
    return tuple(name for name in problem.attributes if name not in settled)


def sufficient(problem: LogicProblem) -> frozenset[str]:
    """The questions of which each answer that is possible decides the goal, one as true and the other as false."""
    return frozenset(name for name in questions(problem) if _settles(problem, name))


def _settles(problem: LogicProblem, name: str) -> bool:
    known = _known(problem)
    if not all(_consistent(problem, {**known, name: value}) for value in (True, False)):
        return False
    answers = {decides(problem, **{name: value}) for value in (True, False)}
    return answers == {True, False}


def sufficient_by_propagation(problem: LogicProblem) -> frozenset[str]:
    """The questions whose answers let propagation alone derive the goal, which proves less: QuestBench's own rule."""
    right = []
    for name in questions(problem):
        found = [propagate(problem.rules, _known(problem, **{name: value})) for value in (True, False)]
        if {values[0].get(problem.goal) for values in found if values is not None} == {True, False}:
            right.append(name)
    return frozenset(right)


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
    for problem in _candidates(source):
        asked = len(questions(problem))
        if asked >= _MIN_OPTIONS and decides(problem) is None:
            right = sufficient_by_propagation(problem)
            if 0 < len(right) < asked and right == sufficient(problem):
                return problem
    raise RuntimeError(f"no underspecified problem in {_MAX_TRIES} tries")


def _candidates(source: random.Random) -> Iterator[LogicProblem]:
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
        if _consistent(problem, _known(problem)):
            yield problem
