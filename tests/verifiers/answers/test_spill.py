"""A next question that a model makes up after its answer is cut, and nothing else is."""

from __future__ import annotations

import pytest

from verifiers.answers import extract, judge
from verifiers.choices import chosen_labels

ANSWERED = "2 + 3 = 5. The answer is 5."

SPILLS = {
    "question": "\n\nQuestion: Tom has 12 pens. How many?\nAnswer: 12",
    "problem": "\n\nProblem:\nFind 6+6.\n\nSolution:\nThe answer is $12$. I hope it is correct.",
    "q": "\n\nQ: Tom has 12 pens. How many?\nA: 12",
    "instruction": "\n\n### Instruction:\nWhat is 6+6?\n\n### Response:\nThe answer is 12.",
    "human": "\nHuman: What is 6+6?\nAssistant: The answer is 12.",
    "user": "\n\nUser: What is 6+6?\n\nAssistant: 12",
    "bold": "\n\n**Question 8.** What is 6+6?\n\n$\\boxed{12}$",
    "heading": "\n\n## Problem\n\nWhat is 6+6?\n\n$\\boxed{12}$",
    "numbered": "\n\nExample 2 (easy)\nWhat is 6+6? The answer is 12.",
    "next": "\n\nNext question: 6+6?\nThe answer is 12.",
    "exam": "\n\n17. What is the sum of 6 and 6?\nThe answer is 12.",
    "chinese": "\n\n问题：6+6等于多少？\n答案：12",
    "chat": "<|im_end|>\n<|im_start|>user\nWhat is 6+6?<|im_end|>\n<|im_start|>assistant\nThe answer is 12.",
    "header": "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n6+6?<|eot_id|>\\boxed{12}",
    "inst": "</s>[INST] What is 6+6? [/INST] The answer is 12.",
    "document": "<|endoftext|>Q: 6+6? A: 12",
}


@pytest.mark.parametrize("answered", [ANSWERED, r"So $x = \boxed{5}$.", "2 + 3 = 5\n#### 5", "<answer>5</answer>", "5"])
@pytest.mark.parametrize("spill", SPILLS)
def test_the_first_answer_counts(answered: str, spill: str) -> None:
    text = answered + SPILLS[spill]
    assert judge("5", text).passed
    assert not judge("12", text).passed


def test_the_explanation_says_where_the_text_was_cut() -> None:
    text = ANSWERED + SPILLS["question"]
    assert "cut at the next question, 'Question: Tom has 12 pens. How many?'" in judge("5", text).explain()
    assert extract(text)[0].cut_at.startswith("Question:")
    assert "cut" not in judge("5", ANSWERED).explain()


@pytest.mark.parametrize(
    "text",
    [
        "Question: What is 6+6?\nAnswer: 12",
        "**Problem:** What is 6+6?\n\n**Solution:** $\\boxed{12}$",
        "Let me restate it.\nProblem: 6 apples and 6 pears, of 5 kinds.\nThe answer is 12.",
        # Parts that the text itself numbers belong to one solution.
        "Question 1: How many apples? The answer is 5.\n\nQuestion 2: How many in all? The answer is 12.",
        "The answers are:\n\nQuestion 1: 5\nQuestion 2: 12",
        "1. How many apples are there? The answer is 5.\n2. How many are there in all?\nThe answer is 12.",
        "First, we find x. The answer is 5 for x.\n\nThe problem asks for more: the answer is 12.",
        "The answer is not yet 5.\nProblem-solving takes time. \\boxed{12}",
        "The answer is <s>5</s> 12.",
        "We need the answer.\n\nProblem\nis that 5 is too small. It is \\boxed{12}.",
        "1.\nProblem: What is 6+6?\nAnswer: 12",
    ],
)
def test_a_question_that_is_the_own_one_is_not_cut(text: str) -> None:
    judgement = judge("12", text)
    assert judgement.passed
    assert "cut" not in judgement.extraction


def test_an_option_before_a_next_question_with_options() -> None:
    options = {"A": "3", "B": "5", "C": "12"}
    labels, _ = chosen_labels("B\n\nQuestion: What is 6+6?\nA. 3\nB. 5\nC. 12\nAnswer: C", options)
    assert labels == {"B"}


def test_many_headings_without_an_answer_are_not_tried_one_by_one() -> None:
    text = "The answer\n" + "\nQuestion: what?" * 100_000
    assert not judge("5", text).passed
    assert not judge("5", "\n" * 1_000_000 + "Question" * 100_000).passed
    assert not judge("5", "answer" + "\n#### >" * 200_000).passed
