"""Nano's questions: right by computation, the same from any place of a stream, and never both trained on and held out."""

from __future__ import annotations

import asyncio
import hashlib
import math
import re

from hypothesis import given
from hypothesis import strategies as st

from reasoning.training.arithmetic import (
    ANSWER_FORM,
    FAMILIES,
    held_out_items,
    is_correct,
    is_held_out,
    training_item,
    training_items,
)
from verifiers.rewards import Shaping, VerifierReward


def solved(question: str) -> int:
    """The answer by another way than the generator's: reading the question."""
    numbers = [int(digits) for digits in re.findall(r"\d+", question)]
    if question.startswith("gcd"):
        return math.gcd(*numbers)
    if "x+" in question:
        factor, shift, total = numbers
        assert (total - shift) % factor == 0
        return (total - shift) // factor
    sign = "+" if "gets" in question else "-" if "loses" in question else re.search(r"\d([-+*])\d", question).group(1)
    first, second = numbers
    return {"+": first + second, "-": first - second, "*": first * second}[sign]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from([None, 1, 2, 3]))
def test_every_answer_and_every_step_is_right(seed, index, size):
    item = training_item(seed, index, size)
    assert int(item.answer) == solved(item.question)
    assert not is_held_out(item.prompt)
    assert is_correct(item.solution, item.answer)
    assert is_correct(item.bare_solution, item.answer)
    for step in item.steps.split(","):
        left, _, right = step.partition("=")
        digit, _, borrow = right.partition("b")
        value = eval(left.replace("/", "//"))  # our own digits and signs
        assert value == int(digit) - (10 * int(borrow) if borrow else 0)


def test_streams_do_not_move():
    text = "".join(item.prompt + item.solution for item in training_items(1, 200))
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "2e5e80fc94a3c2e7a8309f07f50fcc60b7ef7b3d8147508674c6f765fe6078c4"
    )
    text = "".join(item.prompt for item in held_out_items(99, 50))
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "0761e845cd221ff9561b40566b3843ee0b257069d8b8e4930a5dca104b4b2ac6"
    )


def test_items_do_not_depend_on_those_before_them():
    assert list(training_items(3, 5))[4] == training_item(3, 4)
    assert training_item(3, 4) != training_item(4, 4)


def test_held_out_questions_differ_and_are_in_no_training_stream():
    held = {item.prompt for item in held_out_items(99, 400)}
    trained = {item.prompt for seed in (1, 2) for item in training_items(seed, 3000)}
    assert len(held) == 400
    assert all(map(is_held_out, held))
    assert not held & trained
    assert {item.family for item in held_out_items(99, 400)} == set(FAMILIES)


def test_the_reward_decides_as_the_generator_does():
    items = held_out_items(5, 40)
    texts = [
        variant
        for item in items
        for variant in (
            item.solution,
            item.bare_solution,
            item.solution.strip() + "\nQ:1",
            f"####{item.question[:-2]}\n",
            item.steps,
            f"{item.steps}####{int(item.answer) + 1}\n",
            f"####{item.answer}####{item.answer}",
            f"####{item.answer}, {item.answer}",
        )
    ]
    golds = [item.answer for item in items for _ in range(8)]
    reward = VerifierReward("answer", shaping=Shaping(form=ANSWER_FORM))
    values = reward(completions=texts, gold=golds)
    assert values == [float(is_correct(text, gold)) for text, gold in zip(texts, golds, strict=True)]
    assert values[:8] == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_an_echo_of_the_question_is_no_answer():
    async def judged():
        items = [item for item in held_out_items(6, 60) if item.family == "addition"]
        assert items
        return await VerifierReward().judge_async([(item.problem(), f"####{item.question[:-2]}") for item in items])

    assert {reward.value for reward in asyncio.run(judged())} == {0.0}


def test_problems_are_judged_by_the_answer_verifier():
    async def judged():
        reward = VerifierReward()
        return await reward.judge_async([(item.problem(), item.solution) for item in held_out_items(6, 20)])

    assert all(reward.value == 1.0 for reward in asyncio.run(judged()))
