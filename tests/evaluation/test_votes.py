import itertools
import json
import math
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.evaluation.vote_expectations import expected_best, expected_majority, expected_worst
from reasoning.evaluation.votes import VoteCounter, VoteOptions, vote_ks
from reasoning.methods.voting import VerificationWeights, best, majority
from reasoning.runs.store import FinishedItem, StoredJudgement
from verifiers.records import Problem, Status, Verdict


def by_hand(classes, right, k):
    """The majority's mean score over every ordered draw of k samples, one by one."""
    total = draws = 0
    for order in itertools.permutations(range(len(classes)), k):
        winner = majority([classes[index] for index in order])
        total += winner is not None and right[order[winner]]
        draws += 1
    return total / draws


def grouped(classes, right):
    counts = Counter(classes)
    good = Counter(number for number, passed in zip(classes, right, strict=True) if passed)
    silent = counts.pop(None, 0)
    return tuple((count, good[number]) for number, count in counts.items()), silent


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([None, 0, 1, 2]), st.booleans()), min_size=1, max_size=6), st.data())
def test_the_expected_majority_is_the_mean_over_all_draws(samples, data):
    classes, right = zip(*samples, strict=True)
    k = data.draw(st.integers(1, len(samples)))
    assert expected_majority(*grouped(classes, right), k) == pytest.approx(by_hand(classes, right, k), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=7), st.data())
def test_the_expected_best_and_worst_are_the_means_over_all_subsets(right, data):
    k = data.draw(st.integers(1, len(right)))
    subsets = list(itertools.combinations(right, k))
    assert expected_best(right, k) == pytest.approx(sum(subset[0] for subset in subsets) / len(subsets))
    assert expected_worst(len(right), sum(right), k) == pytest.approx(sum(map(all, subsets)) / len(subsets))


def test_the_expected_majority_of_many_samples_tends_to_the_leader():
    assert expected_majority(((600, 600), (400, 0)), 0, 1) == 0.6
    shares = [expected_majority(((600, 600), (400, 0)), 0, k) for k in (1, 5, 21, 64)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.9
    assert expected_majority((), 5, 3) == 0.0


def test_ks_are_powers_of_two_and_all_samples():
    assert vote_ks(8) == [1, 2, 4, 8]
    assert vote_ks(10) == [1, 2, 4, 8, 10]
    assert vote_ks(1) == [1]


def item(text, passed, problem=0, sample=0, vote=None, status=None):
    chosen = status or (Status.PASSED if passed else Status.WRONG)
    judgement = StoredJudgement(0, problem, text, Verdict.of("p", chosen))
    return FinishedItem(problem, f"p{problem}", sample, "stop", judgement, vote=vote or {})


def counted(problems, ks, options=None):
    counter = VoteCounter(ks, options)
    items = [one for number, samples in enumerate(problems) for one in samples]
    known = [(number, Problem(f"p{number}", "answer", fields={"gold": "1"})) for number in range(len(problems) + 1)]
    assert list(counter.watching(items, known)) == items
    return counter


def test_votes_by_hand():
    problems = [
        [
            item("\\boxed{2}", False, 0),
            item("\\boxed{1}", True, 0),
            item("\\boxed{1.0}", True, 0),
            item(None, False, 0),
        ],
        [item("\\boxed{3}", False, 1)] * 4,
    ]
    counter = counted(problems, [1, 2, 3, 4])
    first = {name: metric.value for name, metric in counter.first_k().items()}
    assert first == {
        "pass@1": 0.0, "pass@2": 0.5, "pass@3": 0.5, "pass@4": 0.5,
        "maj@1": 0.0, "maj@2": 0.0, "maj@3": 0.5, "maj@4": 0.5,
        "mean@1": 0.0, "mean@2": 0.25, "mean@3": 1 / 3, "mean@4": 0.25,
        "worst@1": 0.0, "worst@2": 0.0, "worst@3": 0.0, "worst@4": 0.0,
    }  # fmt: skip
    expected = counter.expected()
    assert expected["maj@1"].value == expected["pass@1"].value == expected["mean@4"].value == 0.25
    # Pairs of the first problem: 2+1 (tie: half), 2+1 (half), 2+none, 1+1, 1+none, 1+none: (0.5+0.5+0+1+1+1)/6.
    assert expected["maj@2"].value == pytest.approx((4 / 6) / 2)
    assert expected["maj@4"].value == 0.5
    assert {metric.estimator for metric in expected.values()} == {"all subsets"}
    assert {metric.estimator for metric in counter.first_k().values()} == {"first k"}
    for metric in expected.values():
        assert metric.low <= metric.value <= metric.high
        assert (metric.problems, metric.samples) == (2, 8)


def test_rewards_and_states_make_their_own_votes():
    votes = [
        {"reward": 1.0, "state": "false"}, {"reward": 1.0, "state": "false"}, {"reward": 3.0, "state": "true"}
    ]  # fmt: skip
    answers = [("\\boxed{2}", False), ("\\boxed{2}", False), ("\\boxed{1}", True)]
    sample = [item(text, passed, vote=vote) for (text, passed), vote in zip(answers, votes, strict=True)]
    first = counted([sample], [3]).first_k()
    assert {name: metric.value for name, metric in first.items()} == {
        "pass@3": 1.0, "maj@3": 0.0, "weighted_maj@3": 1.0, "verified_maj@3": 1.0, "rm@3": 1.0, "mean@3": 1 / 3, "worst@3": 0.0
    }  # fmt: skip
    other = VoteOptions(transform="raw", weights=VerificationWeights(1.0, 1.0, 1.0))
    again = counted([sample], [3], other).first_k()
    assert (again["weighted_maj@3"].value, again["verified_maj@3"].value) == (1.0, 0.0)


def test_samples_that_could_not_be_judged_are_no_samples():
    down = item(None, False, status=Status.UNAVAILABLE)
    counter = counted(
        [[down, item("\\boxed{1}", True)], [item("\\boxed{1}", True, 1), item("\\boxed{2}", False, 1)]], [1, 2]
    )
    assert (counter.first_k()["maj@2"].problems, counter.first_k()["maj@2"].left_out) == (1, 1)
    assert counter.first_k()["maj@1"].value == 1.0
    nothing = counted([[down]], [1]).first_k()["pass@1"]
    assert math.isnan(nothing.value)
    assert (nothing.problems, nothing.left_out) == (0, 1)


def test_problems_without_comparable_answers_have_no_votes():
    counter = VoteCounter([1])
    list(counter.watching([item("x", True)], [(0, Problem("p0", "puzzle"))]))
    assert counter.first_k() == {}


BENCHMARKS = os.environ.get("REASONING_BENCHMARKS")
needs_recorded = pytest.mark.skipif(BENCHMARKS is None, reason="REASONING_BENCHMARKS is not set")


@needs_recorded
@pytest.mark.parametrize("match", ["equivalent", "strings"])
def test_the_recorded_votes_come_out_exactly(match):
    """Recorded flags and rewards of 100 problems with 8 samples; the rows that Qwen2.5-Math's own script gives."""
    import gzip

    path = Path(BENCHMARKS or "") / "recorded_math" / "qwen25_math_cot_100.jsonl.gz"
    counter = VoteCounter([1, 2, 4, 8], VoteOptions(match=match))
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, row in enumerate(map(json.loads, lines)):
            texts = row["code"] if match == "equivalent" else [f"\\boxed{{{pred}}}" for pred in row["pred"]]
            samples = zip(texts, row["score"], row["pred_score"], strict=True)
            items = [item(text, flag, number, vote={"reward": reward[0]}) for text, flag, reward in samples]
            counter.add(Problem(str(number), "answer"), items)
    first = counter.first_k()
    rows = [[round(100 * first[f"{name}@{k}"].value, 6) for name in ("maj", "rm", "pass")] for k in (1, 2, 4, 8)]
    assert rows == [[90, 90, 90], [90, 93, 94], [93, 93, 95], [93, 94, 96]]
    assert first["mean@8"].value == pytest.approx(0.91)
    assert counter.expected()["pass@1"].value == pytest.approx(0.91)


def test_the_best_of_equal_rewards_is_the_first():
    assert best([1.0, 1.0]) == 0


@needs_recorded
def test_the_rescoring_script_lists_every_difference_with_who_is_right(tmp_path):
    import subprocess
    import sys

    script = Path(__file__).parents[2] / "scripts" / "rescore_recorded.py"
    done = subprocess.run([sys.executable, script, "--out", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "k=1 90.0/90.0/90.0  k=2 90.0/93.0/94.0  k=4 93.0/93.0/95.0  k=8 93.0/94.0/96.0  mean 91.000" in done.stdout
    assert "gsm8k_tora_70b                                    1319   1112  84.306" in done.stdout
    differences = [json.loads(line) for line in (tmp_path / "differences.jsonl").read_text().splitlines()]
    assert {row["right"] for row in differences} <= {"ours", "recorded", "convention", "open"}
    assert all(row["old"] is not row["ours"] and row["why"] for row in differences)
