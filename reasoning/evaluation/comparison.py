"""Two runs over the same problems, compared problem by problem.

    comparison = compare(read_run(Path("runs/a")), read_run(Path("runs/b")))
    comparison.difference, comparison.low, comparison.high, comparison.p_value      # 0.042, 0.011, 0.073, 0.0093

The score of a problem is the share of its judged samples that are right. The difference is the second run's mean score
minus the first's, over the problems that both have judged. Pairing takes the difficulty of the problems out of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

from reasoning.evaluation.metrics import CONFIDENCE, bootstrap_interval
from reasoning.json_lines import json_lines
from reasoning.runs.run import RECORDS_NAME, read_config

__all__ = ["POWER", "Comparison", "ComparisonError", "RunScores", "compare", "exact_sign_test", "needed", "read_run"]

POWER = 0.8
"""Default chance with which a difference of the observed size is to be found."""
_SAME = ("benchmark", "split", "problems_sha256")
_COSTS = ("calls", "prompt_tokens", "completion_tokens")


class ComparisonError(ValueError):
    """Two runs cannot be compared; one clear line."""


@dataclass(slots=True)
class _Score:
    """Judged samples of one problem and how many of them are right."""

    n: int = 0
    c: int = 0

    @property
    def share(self) -> float:
        return self.c / self.n


@dataclass(frozen=True, slots=True)
class RunScores:
    """What a comparison needs of a run.

    Attributes:
        directory: where it is.
        settings: of its configuration.
        scores: problem id -> its judged samples.
        samples: records in all.
        costs: mean calls and tokens a sample.
    """

    directory: Path
    settings: dict[str, Any]
    scores: dict[str, _Score]
    samples: int
    costs: dict[str, float]

    @property
    def mean(self) -> float:
        """Mean score over the problems with a judged sample; NaN where there are none."""
        shares = [score.share for score in self.scores.values() if score.n]
        return math.fsum(shares) / len(shares) if shares else math.nan


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second run against the first.

    Attributes:
        problems: problems that enter.
        left_out: problems of which one of the runs has no judged sample.
        first: mean score of the first run over these problems.
        second: of the second.
        difference: second minus first.
        low: lower end of the 95 % interval of the difference, by a bootstrap over problems.
        high: upper end.
        better: problems on which the second run scores higher.
        worse: problems on which it scores lower.
        p_value: two-sided exact sign test on these; with one sample a problem this is McNemar's exact test.
        test: name of the test.
        power: chance that `problems_needed` and `samples_needed` aim at.
        problems_needed: problems, in all, for which a difference of this size would be found with that chance at the
            samples a problem that the runs have; None where there is no difference.
        samples_needed: samples a problem, in all, at these problems; None where more samples alone cannot decide, or
            where a run has a single one, which does not tell how much samples vary.
    """

    problems: int
    left_out: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    better: int
    worse: int
    p_value: float
    test: str
    power: float
    problems_needed: int | None
    samples_needed: int | None

    def to_json(self) -> dict[str, Any]:
        """All attributes."""
        return {**asdict(self), "confidence": CONFIDENCE}


def read_run(directory: Path) -> RunScores:
    """The scores of a finished run, read line by line from its records.

    Raises:
        RunError: the directory holds no run.
        ComparisonError: it is not finished, or a record is malformed.
    """
    settings = read_config(directory)["settings"]
    scores: dict[str, _Score] = {}
    spent: Counter[str] = Counter()
    samples = 0
    for place, record in _records(directory):
        try:
            score = scores.setdefault(str(record["id"]), _Score())
            if record["status"] not in ("unavailable", "internal"):
                score.n += 1
                score.c += bool(record["passed"])
            spent.update({name: int(record["cost"][name]) for name in _COSTS})
        except KeyError as error:
            raise ComparisonError(f"{place}: field {error}: missing") from None
        except (TypeError, ValueError) as error:
            raise ComparisonError(f"{place}: not a record of a sample: {error}") from None
        samples += 1
    costs = {name: spent[name] / max(samples, 1) for name in _COSTS}
    return RunScores(directory, settings, scores, samples, costs)


def _records(directory: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    path = directory / RECORDS_NAME
    if not path.exists():
        raise ComparisonError(
            f"{directory} has no {RECORDS_NAME}: finish it with reasoning evaluate --resume {directory}"
        )
    return json_lines(path, ComparisonError)


def compare(first: RunScores, second: RunScores, power: float = POWER) -> Comparison:
    """Compare two runs over the same problems.

    Args:
        first: the one compared with.
        second: the other.
        power: chance to be aimed at by the numbers that would be needed.

    Raises:
        ComparisonError: they are over different problems, or have no judged problem in common.
    """
    _refuse_other_problems(first, second)
    pairs = [(score, second.scores[id]) for id, score in first.scores.items() if score.n and second.scores[id].n]
    if not pairs:
        raise ComparisonError(f"{first.directory} and {second.directory}: no problem is judged in both")
    differences = [two.share - one.share for one, two in pairs]
    mean = math.fsum(differences) / len(pairs)
    low, high = bootstrap_interval(Counter(differences))
    better, worse = sum(value > 0 for value in differences), sum(value < 0 for value in differences)
    single = all(one.n == two.n == 1 for one, two in pairs)
    problems_needed, samples_needed = needed(pairs, power)
    return Comparison(
        problems=len(pairs),
        left_out=len(first.scores) - len(pairs),
        first=math.fsum(one.share for one, _ in pairs) / len(pairs),
        second=math.fsum(two.share for _, two in pairs) / len(pairs),
        difference=mean,
        low=low,
        high=high,
        better=better,
        worse=worse,
        p_value=exact_sign_test(better, worse),
        test="McNemar's exact test" if single else "exact sign test",
        power=power,
        problems_needed=problems_needed,
        samples_needed=samples_needed,
    )


def exact_sign_test(better: int, worse: int) -> float:
    """Two-sided p-value of `better` against `worse` under equal chances; 1 where both are 0.

    On pairs of right and wrong this is McNemar's test without approximation.

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages";
    the exact form is the binomial test on the discordant pairs.
    """
    total = better + worse
    tail = sum(math.comb(total, i) for i in range(min(better, worse) + 1))
    # Integers divide to the nearest float however large they are.
    return min(1.0, 2 * tail / 2**total) if total else 1.0


def needed(pairs: list[tuple[_Score, _Score]], power: float) -> tuple[int | None, int | None]:
    """How many problems, or samples a problem, a difference of the observed size needs to be found.

    With the mean difference D, a two-sided test at 5 % finds it with chance `power` when its standard error is
    D / (z_0.975 + z_power). Over N problems with m samples the squared error is (B + W / m) / N, where B is the
    variance of the true differences between problems and W the variance within one, p (1 - p) of both runs. W is
    estimated from the samples of each problem (unbiased, by n / (n - 1)), and B is what it leaves of the observed
    variance. D is taken as it was observed, so a small or lucky one makes these numbers rough.

    Returns:
        Problems at the runs' own number of samples, and samples a problem at these problems.

    Source: the usual sample size formula of a paired z test; the split into both variances as in Miller 2024, "Adding
    Error Bars to Evals", section 4.
    """
    count = len(pairs)
    differences = [two.share - one.share for one, two in pairs]
    mean = math.fsum(differences) / count
    if count < 2 or mean == 0:
        return None, None
    variance = math.fsum((value - mean) ** 2 for value in differences) / (count - 1)
    quantile = NormalDist().inv_cdf
    error = abs(mean) / (quantile(0.5 + CONFIDENCE / 2) + quantile(power))
    problems = max(2, math.ceil(variance / error**2))
    if any(score.n < 2 for pair in pairs for score in pair):
        return problems, None
    noise = math.fsum(_within(one) / one.n + _within(two) / two.n for one, two in pairs) / count
    within = math.fsum(_within(one) + _within(two) for one, two in pairs) / count
    room = count * error**2 - (variance - noise)
    return problems, max(1, math.ceil(within / room)) if room > 0 else None


def _within(score: _Score) -> float:
    """Unbiased variance of one sample of a problem."""
    return score.share * (1 - score.share) * score.n / (score.n - 1)


def _refuse_other_problems(first: RunScores, second: RunScores) -> None:
    for name in _SAME:
        ours, theirs = first.settings.get(name), second.settings.get(name)
        if ours != theirs:
            raise ComparisonError(
                f"{first.directory} and {second.directory} are over different problems: their '{name}' is {ours!r} and "
                f"{theirs!r}"
            )
    for one, other in ((first, second), (second, first)):
        missing = [id for id in one.scores if id not in other.scores]
        if missing:
            raise ComparisonError(
                f"{first.directory} and {second.directory} are over different problems: {other.directory} lacks "
                f"{len(missing)} of {one.directory}, such as {missing[0]!r}"
            )
