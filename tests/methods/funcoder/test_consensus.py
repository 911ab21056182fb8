import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.methods.funcoder.consensus import (
    FAILED_INPUT,
    FAILED_UNIT_TEST,
    cluster_scores,
    functional_scores,
    leaders,
    value_text,
)
from verifiers.plain_data import Foreign, Opaque

# Five candidates on three inputs; below, cell by cell, how many others have the same value, or -100 for a failure.
HAND_TABLE = [
    ["1", "[2]", '"x"'],
    ["1", "[2]", '"y"'],
    ["3", "[2]", '"x"'],
    ["2", None, '"x"'],
    ["2", "[4]", None],
]
HAND_SCORES = [1 + 2 + 2, 1 + 2 + 0, 0 + 2 + 2, 1 - 100 + 2, 1 + 0 - 100]


def test_scores_equal_the_hand_computed_table():
    assert functional_scores(HAND_TABLE) == HAND_SCORES == [5, 3, 4, -97, -99]
    assert leaders(HAND_SCORES) == [0]


def test_a_failed_unit_test_outweighs_everything_else():
    scores = functional_scores(HAND_TABLE, [True, False, False, False, True])
    assert scores == [5 + FAILED_UNIT_TEST, 3, 4, -97, -99 + FAILED_UNIT_TEST]
    assert leaders(scores) == [2]


def test_failures_do_not_agree_with_each_other():
    assert functional_scores([[None], [None], ["1"]]) == [FAILED_INPUT, FAILED_INPUT, 0]
    # As one value they are a cluster, which is what the ablation does.
    assert cluster_scores([[None], [None], ["1"]]) == [2, 2, 1]


def test_without_inputs_all_candidates_tie():
    assert functional_scores([[], [], []]) == [0, 0, 0]
    assert leaders([0, 0, 0]) == [0, 1, 2]
    assert functional_scores([]) == []


def test_clusters_need_the_whole_row():
    assert cluster_scores(HAND_TABLE) == [1, 1, 1, 1, 1]
    assert cluster_scores([["1", "2"], ["1", "2"], ["1", "3"]]) == [2, 2, 1]


TABLES = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.lists(st.sampled_from(["a", "b", "c"]), min_size=width, max_size=width), min_size=1)
)


@given(TABLES)
def test_without_failures_the_score_is_the_sum_of_similarities(table):
    width = len(table[0])
    similarity = [
        sum(sum(map(str.__eq__, row, other)) / width for place, other in enumerate(table) if place != number)
        for number, row in enumerate(table)
    ]
    assert [score / width for score in functional_scores(table)] == pytest.approx(similarity)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, False),
        (1, True, False),
        ((1, 2), [1, 2], True),
        (math.nan, float("nan"), True),
        (-0.0, 0.0, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        ({1: "x"}, {"1": "x"}, True),
        ("é", "e", False),
        (Foreign("collections.Counter", {"a": 1}), {"a": 1}, True),
        ([1] * 500, [1] * 499 + [2], False),
    ],
)
def test_values_are_equal_when_their_json_is(left, right, same):
    assert (value_text(left) == value_text(right)) is same
    assert value_text(left) is not None


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        b"x",
        1j,
        pytest.param(10**6000, id="long"),
        {(1, 2): 3},
        Opaque("candidate.Thing"),
        [Opaque("int")],
        Foreign("numpy.int64", 3),
        Foreign("decimal.Decimal", "1"),
    ],
)
def test_values_that_json_cannot_hold_are_failures(value):
    assert value_text(value) is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_short_texts_are_the_json_itself(value):
    text = json.dumps(value)
    assert value_text(value) == text or len(text) > 200
