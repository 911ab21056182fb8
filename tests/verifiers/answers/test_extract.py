"""Where the answer stands in a text."""

from __future__ import annotations

import pytest

from verifiers.answers import extract, judge


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"\boxed{1} first, and in the end \boxed{2}", "2"),
        (r"\boxed{\text{a \{b\} c}}", r"\text{a \{b\} c}"),
        (r"it is \boxed{7", "7"),
        (r"\boxed 7.", "7"),
        (r"\boxed{}, that is \boxed{3}; then \boxed{}", "3"),
        (r"\boxed{5}. Wait, actually the answer is 7.", "7"),
        ("The answer is **12 apples**.", "12 apples"),
        ("Final Answer: The final answer is $7$. I hope it is correct.", "$7$"),
        ("... #### 1,234", "1,234"),
        ("所以答案是7。", "7"),
        ("The answer is not 5 but 7.", "7"),
        ("<think>So the answer is 5.</think>\n\n42", "42"),
        ("So the answer is 5.</think>\n\n42 apples", "42 apples"),
        ("<think>The answer is 5.</think>\n<answer>$42$</answer>", "$42$"),
        ("The answer is:\n- x = 1\n- x = 2\n", "x = 1 , x = 2"),
    ],
)
def test_best_place(text: str, answer: str) -> None:
    assert extract(text)[0].text == answer


def test_boxes_side_by_side_are_one_list() -> None:
    assert judge("1, 2", r"$x = \boxed{1}$ or $x = \boxed{2}$").passed
    assert not judge("2", r"\boxed{1} or \boxed{2}").passed


def test_a_hedge_is_not_an_answer() -> None:
    assert not judge("1", "The answer is 1 or 2.").passed
    assert not judge("7", "The answer is not 7.").passed
    assert not judge("7", "The answer is between 7 and 9.").passed


def test_text_after_the_box_of_another_question_is_not_read() -> None:
    assert judge("5", "\\boxed{5}\n\nQuestion: what is 4 + 4?\nThe answer is 8.").passed


def test_a_number_inside_unreadable_mathematics_is_not_taken() -> None:
    assert not judge("1", "1e999999999").passed
    assert not judge("5", r"\unknown{3} 5").passed


def test_nothing_to_find() -> None:
    assert extract("") == []
    assert judge("1", "   ").status.value == "unparsable"


@pytest.mark.parametrize(
    ("gold", "text", "passed"),
    [
        ("3", "So x = 3. That is correct!", True),
        ("4", "So x = 3. That is correct!", False),
        ("yes", "So x = 3. That is correct!", True),
        ("3", "We tried x = 3. That is wrong!", False),
        ("3", "2x = 3 has no solution.", False),
        ("3", "There is no solution to 2x = 3.", False),
        ("no solution", "The equation x^2 = -1 has no real solutions.", True),
        ("3", "When k = 3, the system has no solution.", True),
        ("3", "It has no solution for k = 3.", True),
        ("2", "x^2 = 2 has no rational solution. There are 2 real ones.", True),
    ],
)
def test_what_the_last_sentence_says_of_the_answer(gold: str, text: str, passed: bool) -> None:
    assert judge(gold, text).passed is passed
