"""The rules of expert learning: frequencies over 100,000 runs, tables of thinning and of dropping."""

import math
from collections import Counter
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.pipelines.expert_learning import drop_probability, jaccard, rejection_sample, thinned

BETA = 0.5
REWARDS = [-1.9, -0.4, -3.0, -0.7, -1.2, -0.5, -2.2, -5.0]
RUNS = 100_000


def within(count, probability, runs=RUNS):
    return abs(count - runs * probability) <= 5 * math.sqrt(runs * probability * (1 - probability)) + 1


def test_acceptance_follows_the_rewards_over_many_runs():
    random = Random(7)
    counts = Counter()
    for _ in range(RUNS):
        accepted = rejection_sample(REWARDS, 2, beta=BETA, random=random)
        assert len(accepted) == len(set(accepted)) == 2
        counts.update(accepted)
    by_reward = sorted(range(8), key=REWARDS.__getitem__, reverse=True)
    assert [index for index, _ in counts.most_common()] == by_reward
    # Rare candidates are accepted as exp((r - max) / beta) says, up to a common factor.
    weights = {index: math.exp((REWARDS[index] - max(REWARDS)) / BETA) for index in by_reward}
    ratio = counts[2] / counts[7] / (weights[2] / weights[7])
    assert 0.7 < ratio < 1.4


def test_the_chance_of_one_acceptance_is_exact():
    rewards = [0.0, -0.3, -0.9]
    weights = [math.exp(reward / BETA) for reward in rewards]
    expected = [0.0, 0.0, 0.0]
    # The best is always accepted in a pass, so the first that its draw accepts comes from the first pass.
    for order in permutations(range(3)):
        left = 1 / 6
        for index in order:
            expected[index] += left * weights[index]
            left *= 1 - weights[index]
    random = Random(1)
    counts = Counter(rejection_sample(rewards, 1, beta=BETA, random=random)[0] for _ in range(RUNS))
    assert all(within(counts[index], expected[index]) for index in range(3)), (counts, expected)
    assert math.isclose(sum(expected), 1)


def test_the_first_pass_accepts_each_with_its_own_probability():
    class Counted(Random):
        draws = 0
        getrandbits = Random.getrandbits  # for shuffling, which then draws nothing from random()

        def random(self):
            self.draws += 1
            return super().random()

    random, firsts = Counted(3), Counter()
    for _ in range(RUNS // 4):
        random.draws = 0
        accepted = rejection_sample([0.0, -0.5, -1.0], 3, beta=BETA, random=random)
        # Three draws: all were accepted in one pass.
        firsts[random.draws == 3] += 1
        assert sorted(accepted) == [0, 1, 2]
    assert within(firsts[True], math.exp(-1) * math.exp(-2), RUNS // 4)


@given(
    st.lists(st.floats(-50, 0, allow_subnormal=False), max_size=9),
    st.integers(0, 12),
    st.floats(0.01, 10),
    st.integers(),
)
def test_never_more_than_wanted_and_all_where_there_are_fewer(rewards, wanted, beta, seed):
    accepted = rejection_sample(rewards, wanted, beta=beta, random=Random(seed))
    assert len(accepted) == len(set(accepted)) == min(wanted, len(rewards))
    assert set(accepted) <= set(range(len(rewards)))
    assert accepted == rejection_sample(rewards, wanted, beta=beta, random=Random(seed))


@pytest.mark.parametrize("shift", [0.0, -100.0, 1e6])
def test_only_differences_of_rewards_count(shift):
    rewards = [0.0, -0.25, -0.5, -1.0]
    shifted = [reward + shift for reward in rewards]
    for seed in range(50):
        plain = rejection_sample(rewards, 2, beta=BETA, random=Random(seed))
        assert plain == rejection_sample(shifted, 2, beta=BETA, random=Random(seed))


@pytest.mark.parametrize(
    ("rewards", "beta", "error"), [([0.0], 0.0, "beta"), ([0.0], math.nan, "beta"), ([math.nan, 0.0], 0.5, "finite")]
)
def test_what_has_no_meaning_is_refused(rewards, beta, error):
    with pytest.raises(ValueError, match=error):
        rejection_sample(rewards, 1, beta=beta, random=Random(0))


def test_words_in_common():
    assert jaccard("a b c d", "a b c e") == 3 / 5
    assert jaccard("a a b", "b a") == 1
    assert jaccard("", "") == 1
    assert jaccard("a", "") == 0


def test_an_overlap_above_three_quarters_is_a_duplicate_and_comments_do_not_count():
    three_of_four = ["a b c", "a b c d"]
    assert jaccard(*three_of_four) == 0.75
    assert thinned(three_of_four, "lean") == [0, 1]
    assert thinned(["a b c d", "a b c d e"], "lean") == [0]
    assert thinned(["simp -- one two three four", "simp /- five -/", "omega"], "lean") == [0, 2]
    assert thinned(["by simp (* one two three *)", "by simp"], "isabelle") == [0]
    assert thinned(["-- x\nexact h", '-- y\nexact h "-- z"'], "lean") == [0, 1]
    assert thinned([], "lean") == []


@pytest.mark.parametrize(
    ("proof", "probability"),
    [
        ("by simp", 0.8),
        ("a\n\n-- comment\n", 0.8),
        ("a\nb", 0.6),
        ("a\nb\n(* no Lean comment *)", 0.4),
        ("a\nb\nc", 0.4),
        ("a\nb\nc\nd", 0.0),
        ("", 0.8),
    ],
)
def test_the_shorter_a_proof_the_likelier_it_is_dropped(proof, probability):
    assert drop_probability(proof, "lean") == probability
