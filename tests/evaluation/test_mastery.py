"""We-Math's four ways, by hand."""

import itertools
import math

import pytest

from reasoning.evaluation.mastery import Composite, Outcome, four_way_metrics, outcome

IK, IG, CM, RM = Outcome.INSUFFICIENT, Outcome.GENERALISATION, Outcome.MASTERY, Outcome.ROTE


@pytest.mark.parametrize(
    ("composite", "steps", "strict", "loose"),
    [
        (True, (True, True), CM, CM),
        (True, (True, False), RM, CM),
        (True, (False, False), RM, RM),
        (True, (False, True, True), RM, CM),
        (False, (True, True), IG, IG),
        (False, (True, False), IK, IK),
        (False, (False, False, False), IK, IK),
    ],
)
def test_each_way(composite, steps, strict, loose):
    assert outcome(composite, steps) is strict
    assert outcome(composite, steps, strict=False) is loose


def test_a_composite_without_steps_is_refused():
    with pytest.raises(ValueError, match="without one-step"):
        outcome(True, [])


def test_rates_and_score_by_hand():
    # 10 composites: 3 CM, 2 right with one of two steps, 1 right with none, 2 IG, 2 IK.
    problems = [Composite(True, (True, True))] * 3 + [Composite(True, (True, False))] * 2
    problems += [Composite(True, (False, False))] + [Composite(False, (True, True))] * 2
    problems += [Composite(False, (False, True))] * 2
    metrics = {name: metric.value for name, metric in four_way_metrics(problems).items()}
    expected = {
        "IK": 0.2,
        "IG": 0.2,
        "strict CM": 0.3,
        "strict RM": 3 / 6,
        "strict score": 0.3 + 0.1,  # (10 - 2 - 3 - 1) / 10
        "loose CM": 0.5,
        "loose RM": 1 / 6,
        "loose score": 0.5 + 0.1,
    }
    assert metrics == pytest.approx(expected)


def test_the_two_formulas_of_the_score_agree():
    every = [
        Composite(whole, steps)
        for count in (2, 3)
        for steps in itertools.product((False, True), repeat=count)
        for whole in (False, True)
    ]
    metrics = four_way_metrics(every)
    for setting in ("strict", "loose"):
        ways = [outcome(one.composite, one.steps, strict=setting == "strict") for one in every]
        score = (len(every) - ways.count(IK) - ways.count(RM) - 0.5 * ways.count(IG)) / len(every)
        assert metrics[f"{setting} score"].value == pytest.approx(score)
        assert metrics[f"{setting} score"].low <= score <= metrics[f"{setting} score"].high


def test_a_rate_of_nothing_has_no_value():
    metrics = four_way_metrics([Composite(False, (False, True))])
    assert math.isnan(metrics["strict RM"].value)
    assert metrics["strict RM"].to_json()["value"] is None
    assert four_way_metrics([]) == {}
