import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.answers.agreement import DEFAULT
from verifiers.answers.classes import AnswerClasses, answer_classes, answer_in
from verifiers.records import Problem

PROBLEM = Problem("p", "answer")


def boxed(*answers):
    return [f"So it is \\boxed{{{answer}}}." for answer in answers]


@pytest.mark.parametrize(
    "same",
    [
        ("1/2", "0.5", r"\frac12", r"\dfrac{2}{4}", "50\\%"),
        (r"\sqrt{8}", r"2\sqrt{2}", "2.8284271247461903"),
        ("x+1", "1 + x"),
        ("3", r"3\text{ apples}", "3.0"),
        ("(1,2]", "(1, 2]"),
        (r"\{1,2\}", r"\{2,1\}"),
        ("1,000", "1000", "10^3"),
        ("yes", "Yes."),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}"),
        ("9" * 7000, "9" * 7000),
    ],
)
def test_ways_to_write_one_answer_are_one_class_in_every_order(same):
    for order in itertools.islice(itertools.permutations(same), 24):
        assert set(answer_classes(PROBLEM, boxed(*order))) == {0}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.33", "1/3"),
        ("3.14", r"\pi"),
        ("5", "500"),
        ("(1,2)", "[1,2]"),
        ("x+1", "x-1"),
        ("yes", "no"),
        ("1e8", "1e8+1"),
    ],
)
def test_different_answers_are_different_classes(one, other):
    assert answer_classes(PROBLEM, boxed(one, other)) == [0, 1]


def test_a_rounded_answer_does_not_join_two_exact_ones():
    """0.333 is right for neither 1/3 nor 0.3333 as a vote, though a rounded gold answer would forgive it."""
    assert answer_classes(PROBLEM, boxed("0.333", "1/3", "0.3333", "1/3")) == [0, 1, 2, 1]


def test_texts_without_an_answer_have_no_class():
    assert answer_classes(PROBLEM, [None, "I give up", "", *boxed("4"), "no idea"]) == [None, None, None, 0, None]


def test_the_problems_convention_decides_what_is_forgiven():
    texts = boxed("1, 2", "2, 1")
    assert answer_classes(PROBLEM, texts) == [0, 0]
    assert answer_classes(Problem("p", "answer", fields={"convention": "ordered"}), texts) == [0, 1]


def test_strings_are_compared_as_they_stand():
    assert answer_classes(PROBLEM, boxed("1/2", "0.5", "1/2"), strings=True) == [0, 1, 0]


def test_other_kinds_are_refused():
    with pytest.raises(ValueError, match="kind 'puzzle' cannot be compared"):
        answer_classes(Problem("p", "puzzle"), [])


def comparisons(texts):
    classes = AnswerClasses(DEFAULT)
    found = {classes.add(answer_in(text)[1]) for text in texts}
    return len(found), classes.comparisons


@pytest.mark.parametrize(
    "write",
    [
        str,
        lambda n: f"{n}/1009",
        lambda n: rf"\sqrt{{{n * n + 1}}}",
        lambda n: f"x + {n}",
        lambda n: rf"{n} \text{{ cm}}^2",
        lambda n: f"({n}, {n + 1}]",
        lambda n: f"x = {n}",
    ],
    ids=["integers", "fractions", "roots", "functions", "quantities", "intervals", "solutions"],
)
def test_many_different_answers_cost_few_comparisons(write):
    """Without the hashing, 400 different answers would take 79,800 comparisons."""
    distinct, compared = comparisons(boxed(*(write(n) for n in range(1, 401))))
    assert distinct == 400
    assert compared <= 400


def test_what_has_no_value_to_hash_by_is_bounded(monkeypatch):
    distinct, compared = comparisons(boxed(*(f"y > {n}" for n in range(2, 40))))
    assert (distinct, compared) == (38, 38 * 37 // 2)
    repeated = boxed(*(f"y > {n}" for n in range(2, 8))) * 500
    assert comparisons(repeated) == (6, 15)
    monkeypatch.setattr("verifiers.answers.classes.MAX_CLASS_COMPARISONS", 100)
    assert comparisons(boxed(*(f"y > {n}" for n in range(2, 40)))) == (38, 100)


@given(
    st.lists(
        st.sampled_from(["1/2", "0.5", "2", r"\sqrt4", "x", "y", r"\frac{x}{1}", "no", "(1,2)", "1,2"]), max_size=12
    )
)
def test_classes_are_numbered_by_first_appearance_and_hold_equal_texts_together(answers):
    classes = answer_classes(PROBLEM, boxed(*answers))
    seen = list(dict.fromkeys(classes))
    assert seen == list(range(len(seen)))
    for (one, first), (two, second) in itertools.combinations(zip(answers, classes, strict=True), 2):
        assert one != two or first == second
