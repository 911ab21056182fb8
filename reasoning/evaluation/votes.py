"""What several samples of a problem are worth together: majorities, best by reward, all right, each with intervals.

    counter = VoteCounter(samples=8, options=VoteOptions())
    counter.add(problem, items)                         # for each problem, its judged samples in order
    counter.first_k()["maj@8"].value                    # 0.93

Two estimates of each are made. `first_k` counts what the first k samples of each problem give, in their order;
`expected` is the average over all ways of drawing k of the n samples, which for k below n has less noise. Weighted
majorities have no such average that is cheap, and count the first k in both.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from reasoning.evaluation.metrics import FIRST_K, Metric, bootstrap_interval, pass_at_k
from reasoning.evaluation.vote_expectations import MAX_EXPECTED_K, expected_best, expected_majority, expected_worst
from reasoning.methods.voting import WEIGHTS, VerificationWeights, best, majority, reward_weights, weighted
from reasoning.runs.store import FinishedItem
from verifiers.answers.classes import answer_classes, can_vote
from verifiers.records import Problem

__all__ = ["Ballot", "VoteCounter", "VoteOptions", "vote_ks"]

_MAX_WAYS = 1e280
"""C(n, k) up to this fits in a float."""


@dataclass(frozen=True, slots=True)
class VoteOptions:
    """How votes are counted.

    Attributes:
        match: which answers are the same: `equivalent` (by the answer verifier) or `strings`.
        transform: from rewards to weights, see `reasoning.methods.voting.reward_weights`.
        weights: of votes by the state of their self-verification.
    """

    match: str = "equivalent"
    transform: str = "softmax"
    weights: VerificationWeights = WEIGHTS


@dataclass(frozen=True, slots=True)
class Ballot:
    """The judged samples of one problem, in order: class of the answer, whether right, reward, verification's state."""

    classes: tuple[int | None, ...]
    right: tuple[bool, ...]
    rewards: tuple[float | None, ...]
    states: tuple[str | None, ...]

    def first(self, k: int) -> Ballot:
        """The first k of them."""
        return Ballot(self.classes[:k], self.right[:k], self.rewards[:k], self.states[:k])


def vote_ks(samples: int) -> list[int]:
    """The k that votes are reported for: powers of two, and the number of samples itself."""
    return sorted({1 << power for power in range(samples.bit_length()) if 1 << power <= samples} | {samples})


class VoteCounter:
    """Counts the votes of a run problem by problem.

    Args:
        ks: numbers of samples to report.
        options: how votes are counted.
    """

    def __init__(self, ks: Sequence[int], options: VoteOptions | None = None) -> None:
        self._ks = list(ks)
        self._options = options or VoteOptions()
        self._first: dict[str, Counter[float]] = defaultdict(Counter)
        self._expected: dict[str, Counter[float]] = defaultdict(Counter)
        self._samples: Counter[str] = Counter()
        self._problems = 0
        self._rewarded = self._verified = False
        self._from_first: set[str] = set()

    def watching(
        self, items: Iterable[FinishedItem], problems: Iterable[tuple[int, Problem]]
    ) -> Iterator[FinishedItem]:
        """Pass items on, in the order of their positions, and count each problem's when they are complete.

        Args:
            items: finished samples.
            problems: number and problem, in the same order; may hold more than the items speak of.
        """
        if not self._ks:
            yield from items
            return
        known = iter(problems)
        current: list[FinishedItem] = []
        for item in items:
            if current and current[0].problem != item.problem:
                self._add_next(current, known)
                current = []
            current.append(item)
            yield item
        if current:
            self._add_next(current, known)

    def add(self, problem: Problem, items: Sequence[FinishedItem]) -> None:
        """Count one problem. Samples that could not be judged are no samples."""
        if not can_vote(problem):
            return
        judged = [item for item in items if item.judgement.verdict.status.judged]
        texts = [item.judgement.candidate for item in judged]
        votes = [item.vote for item in judged]
        ballot = Ballot(
            tuple(answer_classes(problem, texts, strings=self._options.match == "strings")),
            tuple(item.judgement.verdict.passed for item in judged),
            tuple(vote.get("reward") for vote in votes),
            tuple(vote.get("state") for vote in votes),
        )
        self._problems += 1
        self._rewarded = self._rewarded or any(reward is not None for reward in ballot.rewards)
        self._verified = self._verified or any(state is not None for state in ballot.states)
        for k in self._ks:
            if len(judged) >= k:
                self._count(ballot, k)

    def first_k(self) -> dict[str, Metric]:
        """By name (`maj@4`), what the first k samples give."""
        return self._metrics(self._first, always_first=True)

    def expected(self) -> dict[str, Metric]:
        """By name, the average over all draws of k samples."""
        return self._metrics(self._expected, always_first=False)

    def _add_next(self, items: Sequence[FinishedItem], known: Iterator[tuple[int, Problem]]) -> None:
        for number, problem in known:
            if number == items[0].problem:
                self.add(problem, items)
                return

    def _count(self, ballot: Ballot, k: int) -> None:
        first, expected = _worth(ballot, k, self._options)
        for name, value in first.items():
            self._first[f"{name}@{k}"][value] += 1
            self._samples[f"{name}@{k}"] += len(ballot.right)
            self._expected[f"{name}@{k}"][expected.get(name, value)] += 1
            if name not in expected and k < len(ballot.right):
                self._from_first.add(f"{name}@{k}")

    def _metrics(self, values: Mapping[str, Counter[float]], *, always_first: bool) -> dict[str, Metric]:
        metrics = {}
        for name in (f"{rule}@{k}" for rule in self._shown() for k in self._ks):
            counts = values[name]
            problems = counts.total()
            if not problems:
                metrics[name] = Metric(math.nan, math.nan, math.nan, "none", 0, 0, self._problems)
                continue
            value = math.fsum(number * count for number, count in counts.items()) / problems
            low, high = bootstrap_interval(counts)
            first = always_first or name in self._from_first
            left_out, samples = self._problems - problems, self._samples[name]
            metric = Metric(value, low, high, "bootstrap", problems, samples, left_out)
            metrics[name] = metric.estimated_by(FIRST_K) if first else metric
        return metrics

    def _shown(self) -> list[str]:
        """The rules that say something of this run."""
        if not self._problems:
            return []
        hidden = (() if self._rewarded else ("rm", "weighted_maj")) + (() if self._verified else ("verified_maj",))
        return [name for name in _RULES if name not in hidden]


def _any_right(ballot: Ballot, options: VoteOptions) -> float:
    return float(any(ballot.right))


def _mean(ballot: Ballot, options: VoteOptions) -> float:
    return math.fsum(ballot.right) / len(ballot.right)


def _all_right(ballot: Ballot, options: VoteOptions) -> float:
    return float(all(ballot.right))


def _majority(ballot: Ballot, options: VoteOptions) -> float:
    return _score(ballot, majority(ballot.classes))


def _best(ballot: Ballot, options: VoteOptions) -> float:
    return _score(ballot, best(ballot.rewards))


def _weighted(ballot: Ballot, options: VoteOptions) -> float:
    voting = [index for index, reward in enumerate(ballot.rewards) if reward is not None]
    weights = reward_weights([ballot.rewards[index] or 0.0 for index in voting], options.transform)
    place = weighted([ballot.classes[index] for index in voting], weights)
    return _score(ballot, None if place is None else voting[place])


def _verified(ballot: Ballot, options: VoteOptions) -> float:
    return _score(ballot, weighted(ballot.classes, [options.weights.of(state) for state in ballot.states]))


def _score(ballot: Ballot, winner: int | None) -> float:
    return 0.0 if winner is None else float(ballot.right[winner])


_RULES: Mapping[str, Callable[[Ballot, VoteOptions], float]] = {
    "pass": _any_right,
    "maj": _majority,
    "weighted_maj": _weighted,
    "verified_maj": _verified,
    "rm": _best,
    "mean": _mean,
    "worst": _all_right,
}
"""Name -> what the samples of a ballot are worth under it, in [0, 1]."""


@lru_cache(maxsize=65_536)
def _worth(ballot: Ballot, k: int, options: VoteOptions) -> tuple[dict[str, float], dict[str, float]]:
    """What the first k samples give under each rule, and the averages over all draws of k, where there are such.

    Remembered, since the ballots of many problems are alike.
    """
    first = ballot.first(k)
    return {name: rule(first, options) for name, rule in _RULES.items()}, _expected(ballot, k)


def _expected(ballot: Ballot, k: int) -> dict[str, float]:
    """The averages over all draws of k samples; for k = n there is one draw, in the order of the samples."""
    n, right = len(ballot.right), sum(ballot.right)
    if k == n:
        return {}
    ranked = sorted(range(n), key=lambda index: (-_known(ballot.rewards[index]), index))
    values = {
        "pass": pass_at_k(n, right, k),
        "mean": right / n,
        "worst": expected_worst(n, right, k),
        "rm": expected_best([ballot.right[index] for index in ranked], k),
    }
    if k <= MAX_EXPECTED_K and math.comb(n, k) < _MAX_WAYS:
        counts = Counter(ballot.classes)
        good = Counter(number for number, passed in zip(ballot.classes, ballot.right, strict=True) if passed)
        silent = counts.pop(None, 0)
        classes = tuple(sorted((count, good[number]) for number, count in counts.items()))
        values["maj"] = expected_majority(classes, silent, k)
    return values


def _known(reward: float | None) -> float:
    return -math.inf if reward is None else reward
