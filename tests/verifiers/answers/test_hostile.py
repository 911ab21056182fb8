"""Input made to hang, crash or fool the judge. Every case must come back; the runner's own limit catches a hang."""

from __future__ import annotations

import sys
import threading

import pytest

from verifiers.answers import judge

MILLION_DIGITS = "9" * 1_000_000

HOSTILE = {
    "power tower": r"\boxed{9^{9^{9^{9^{9}}}}}",
    "factorials of factorials": "((((10!)!)!)!)!",
    "factorial": "100000000000000000000!",
    "nested brackets": "(" * 2_000 + "1" + ")" * 2_000,
    "nested boxes": r"\boxed{" * 100_000 + "2" + "}" * 100_000,
    "nested text": r"\text{" * 3_000,
    "signs": "-" * 5_000 + "2",
    "plus-minus": r"\pm" * 1_000 + "2",
    "huge exponent": "2e999999999",
    "huge binomial": r"\binom{10^{30}}{10^{29}}",
    "huge sum": r"\sum_{a=1}^{199}\sum_{b=1}^{199}\sum_{c=1}^{199} abc",
    "huge argument": r"\sin(10^{100000})",
    "long list": ",".join(map(str, range(2_000))),
    "megabytes of braces": "{" * 10_000_000,
    "megabytes of boxes": r"\boxed{" * 1_400_000,
    "megabytes of dollars": "$" * 10_000_000,
    "megabytes of cues": "the answer is " * 700_000,
    "megabytes of commas": "2," * 5_000_000,
    "megabytes of backslashes": "\\" * 10_000_000,
    "megabytes of invisible characters": "\u200b" * 10_000_000,
    "dollars and letters": "$x " * 13_000,
    "thoughts": "<think>" * 100_000 + "</think>" * 100_000 + "2",
    "answer tags": "<answer>2</answer>" * 50_000,
    "bullets": "The answer is:\n" + "- x = 2\n" * 50_000,
    "bullets without values": "- x" + "\n \t-  \n" * 50_000 + "- y",
    "struck out": "~~" * 200_000 + "</s>" * 200_000,
    "chains": "=".join(["1+0"] * 1_000),
    "families": r"x=k\pi, " * 200 + r"k \in \mathbb{Z}",
    "Chinese numerals": "万" * 100_000 + "亿千百十" * 100_000,
    "quotients of groups": "{" * 50 + "2" + r" \over 3}" * 50,
    "combinations": "C_{10}^{3}" * 500,
    "open environments": r"\begin{pmatrix}" * 300,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_comes_back_and_is_not_right(name: str) -> None:
    assert not judge("1", HOSTILE[name]).passed


def test_long_sums_of_vectors_do_not_go_deep() -> None:
    total = "+".join(["i+j+k"] * 400)
    assert judge(r"\langle 400, 400, 400 \rangle", total).passed
    assert not judge(r"\langle 400, 400, 399 \rangle", total).passed


def test_million_digits() -> None:
    assert judge(MILLION_DIGITS, MILLION_DIGITS).passed
    assert judge(MILLION_DIGITS, rf"\boxed{{{MILLION_DIGITS}}}").passed
    assert judge(MILLION_DIGITS, f"The answer is {MILLION_DIGITS}.").passed
    assert not judge(MILLION_DIGITS, MILLION_DIGITS[:-1] + "8").passed


def test_ten_megabytes_of_text_with_an_answer_at_the_end() -> None:
    assert judge("7", "so it goes 3 on. " * 600_000 + "The answer is 7.").passed


def test_equal_towers_are_equal_without_evaluation() -> None:
    assert judge("9^{9^{9^{9}}}", "9^{9^{9^9}}").passed
    assert not judge("9^{9^{9^{9}}}", "9^{9^{9^8}}").passed


def test_tiny_differences_are_seen() -> None:
    assert not judge("10^{-20}", "10^{-21}").passed
    assert not judge("1", "1 + 10^{-400}").passed
    assert not judge(r"\sqrt{2}", r"\sqrt{2} + 10^{-300}").passed
    assert not judge("1", "1 + e^{-100000000}").passed


def test_invisible_characters_change_nothing() -> None:
    assert judge("12", "1\u200b2").passed
    assert judge("12", "\u202e12\u202c").passed
    assert judge("12", "１２").passed


def test_threads_do_not_disturb_each_other() -> None:
    outcomes: list[bool] = []

    def work() -> None:
        for _ in range(20):
            outcomes.append(judge(r"\sqrt{8}", r"2\sqrt{2}").passed)
            outcomes.append(not judge(r"\sqrt{8}", r"2\sqrt{2} + 10^{-90}").passed)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 160
    assert all(outcomes)


def test_a_deep_stack_is_survived() -> None:
    def descend(levels: int) -> bool:
        return (
            descend(levels - 1) if levels else judge("1", "(" * 50 + "1" + ")" * 50).status.value in ("passed", "wrong")
        )

    assert descend(sys.getrecursionlimit() - 250)
