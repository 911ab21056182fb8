import math
import random

import pytest

from reasoning.methods.settling import cannot_change, posterior_error, sequential_error
from reasoning.methods.voting import VerificationWeights, best, majority, reward_weights, weighted


@pytest.mark.parametrize(
    ("classes", "winner"),
    [
        ([0, 1, 1], 1),
        ([0, 1, 1, 0], 0),
        ([None, None, 0], 2),
        ([None, 0, 1, 1, None, None, None], 2),
        ([0], 0),
        ([None], None),
        ([], None),
    ],
)
def test_the_majority_speaks_by_its_first_sample_and_ties_go_to_the_first_seen(classes, winner):
    assert majority(classes) == winner


def test_weights_are_summed_by_class():
    assert weighted([0, 1, 1], [5.0, 1.0, 1.0]) == 0
    assert weighted([0, 1, 1], [1.0, 1.0, 1.0]) == 1
    assert weighted([0, 1, 0, 1], [0.1, 0.3, 0.2, 0.0]) == 0  # 0.1 + 0.2 and 0.3 + 0.0: a tie but for rounding
    assert weighted([0, 1], [-2.0, -1.0]) == 1
    assert best([0.5, None, 3.0, 3.0]) == 2
    assert best([None, None]) is None


def test_equal_verification_weights_are_a_plain_majority():
    states = ["false", "true", "uncertain", None, "false"]
    classes = [0, 1, 1, 0, 0]
    plain = VerificationWeights(1.0, 1.0, 1.0)
    assert weighted(classes, [plain.of(state) for state in states]) == majority(classes) == 0
    # By hand: class 0 has 0.2 + 0.5 + 0.2, class 1 has 1 + 0.5.
    scale = VerificationWeights()
    assert weighted(classes, [scale.of(state) for state in states]) == 1
    with pytest.raises(ValueError, match="must not be negative"):
        VerificationWeights(1.0, -0.1, 0.0)


def test_rewards_become_weights():
    assert reward_weights([0.0, math.log(3)], "softmax") == pytest.approx([1 / 3, 1.0])
    assert reward_weights([1000.0, 0.0], "softmax") == [1.0, 0.0]
    assert reward_weights([-2.0, 1.0], "shift") == [0.0, 3.0]
    assert reward_weights([-2.0, 1.0], "raw") == [-2.0, 1.0]
    with pytest.raises(ValueError, match="expected one of softmax, shift, raw"):
        reward_weights([1.0], "square")


def integral(ahead, behind, steps=200_000):
    """E(ahead, behind) of the module's docstring by the midpoint rule."""
    total = 0.0
    for step in range(steps):
        t = 0.5 + (step + 0.5) / (2 * steps)
        total += 2 * (2 * t) ** ahead * (2 * (1 - t)) ** behind / (2 * steps)
    return total


@pytest.mark.parametrize(("ahead", "behind"), [(0, 0), (1, 0), (5, 2), (9, 1), (12, 9)])
def test_the_sequential_evidence_is_the_integral(ahead, behind):
    classes = [0] * (ahead + 1) + [1] * behind
    expected = min(1.0, 2 / integral(ahead, behind))
    assert sequential_error(classes) == pytest.approx(expected, rel=1e-6)


def test_the_evidence_is_a_fair_bet_when_both_are_equally_probable():
    """One step from any standing keeps the mean: the supermartingale is a martingale at probability 1/2."""
    from reasoning.methods.settling import _mixture

    for ahead in range(8):
        for behind in range(8):
            after = (_mixture(ahead + 1, behind) + _mixture(ahead, behind + 1)) / 2
            assert after == _mixture(ahead, behind)
    assert _mixture(0, 0) == 1


def test_the_posterior_is_the_published_beta_probability():
    # I_{1/2}(a+1, b+1) for small counts: 1/2, 1/4, 1/8; and 5 against 1: (1 + 7) / 2^7 = 8/128.
    assert posterior_error([0, 1]) == 0.5
    assert posterior_error([0]) == 0.25
    assert posterior_error([0, 0]) == 0.125
    assert posterior_error([0, 0, 0, 0, 0, 1]) == 8 / 128
    assert posterior_error([None]) == sequential_error([None]) == 1.0


def test_a_later_class_needs_more_evidence():
    assert sequential_error([0] * 12) < sequential_error([0] + [1] * 12)
    # The second class pays 6 instead of 2, and stands against one vote.
    assert sequential_error([0, *[1] * 12]) == pytest.approx(6 / integral(11, 1), rel=1e-6)


def test_a_lead_that_the_rest_cannot_overtake():
    assert cannot_change([0, 0, 0, 1], 1)
    assert not cannot_change([0, 0, 0, 1], 2)
    assert not cannot_change([None], 0)
    for rest in ([1], [None], [0], [2]):
        assert majority([0, 0, 0, 1, *rest]) == 0


def wrong_stops(rule, shares, bound, runs, longest, seed):
    """Share of simulated problems in which drawing ends on an answer that is not the most probable one."""
    generator = random.Random(seed)
    wrong = 0
    for _ in range(runs):
        probabilities = shares(generator) if callable(shares) else shares
        draws = generator.choices(range(len(probabilities)), probabilities, k=longest)
        number, classes = {}, []
        counts = [0] * len(probabilities)
        for draw in draws:
            classes.append(number.setdefault(draw, len(number)))
            counts[draw] += 1
            # Stopping is possible only where the leader has just gained.
            if counts[draw] == max(counts) and rule(classes) <= bound:
                wrong += probabilities[draw] < max(probabilities)
                break
    return wrong / runs


@pytest.mark.parametrize("shares", [(0.51, 0.49), (0.34, 0.33, 0.33), (0.12, *[0.11] * 8), (0.4, 0.35, 0.25)], ids=str)
def test_the_sequential_bound_holds_for_every_distribution_and_at_any_time(shares):
    """Among the hardest cases: almost ties, and many rivals. 3 standard errors of 600 runs at 0.1 are 0.037."""
    assert wrong_stops(sequential_error, shares, 0.1, runs=600, longest=120, seed=7) <= 0.1 + 0.037


def test_the_beta_rule_is_right_on_the_average_over_its_prior_but_not_for_each_problem():
    def uniform(generator):
        share = generator.random()
        return (share, 1 - share)

    average = wrong_stops(posterior_error, uniform, 0.1, runs=1500, longest=60, seed=3)
    assert average <= 0.1 + 0.024
    assert wrong_stops(posterior_error, (0.51, 0.49), 0.1, runs=400, longest=60, seed=3) > 0.2
