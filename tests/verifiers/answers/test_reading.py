"""How answers are read, bounded before anything is evaluated."""

from __future__ import annotations

from fractions import Fraction

import pytest

from verifiers.answers import judge, read
from verifiers.answers.tree import Based, Clock, Collection, Number, Quantity, Relation, Words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\frac12", "1/2"),
        (r"2\frac{1}{3}", "7/3"),
        (r"0.1\overline{6}", "1/6"),
        (r"0.\dot{1}4\dot{2}", "142/999"),
        ("12,34,567", "1234567"),
        ("1.234,56", "1234.56"),
        (r"10{,}000", "10000"),
        ("x**2", "x^2"),
        ("√12", "sqrt(12)"),
        (r"\sin^2 x \cos 3x", "sin(x)^2*cos(3*x)"),
        (r"\sin^{-1} x", "arcsin(x)"),
        (r"|x-1|", "abs(x + (-1))"),
        (r"-x^2", "(-1)*x^2"),
        ("2^3^2", "2^(3^2)"),
        (r"\log_2 8", "logb(8, 2)"),
        (r"{n \choose k}", "binom(n, k)"),
        (r"\{x \mid x > 3\}", "{x | x > 3}"),
    ],
)
def test_one_reading(text: str, shown: str) -> None:
    assert read(text).shown() == shown


def test_kinds() -> None:
    assert read("3:30 p.m.").nodes == (Clock(12_600, "pm"),)
    assert read("2A_{16}").nodes == (Based("2A", 16, 42),)
    assert isinstance(read("x = 1").nodes[0], Relation)
    assert isinstance(read(r"5 \text{ cm}").nodes[0], Quantity)
    assert read("Evelyn").nodes == (Words("evelyn"),)
    assert read("0.50").nodes == (Number(Fraction(1, 2), 2),)


@pytest.mark.parametrize("text", ["I give up", "I give up.", "I think it is unclear", "A cat"])
def test_a_sentence_counts_nothing(text: str) -> None:
    (words,) = read(text).nodes
    assert isinstance(words, Words)
    assert not judge("I", text).passed
    assert not judge("A", text).passed


@pytest.mark.parametrize("text", ["n cats", "2I watts", "12 apples"])
def test_letters_and_numbers_count_things(text: str) -> None:
    assert isinstance(read(text).nodes[0], Quantity)


def test_an_ambiguous_comma_is_read_both_ways() -> None:
    number, several = read("1,234").nodes
    assert number == Number(Fraction(1234))
    assert isinstance(several, Collection)
    assert [item.value for item in several.items if isinstance(item, Number)] == [1, 234]


def test_inside_brackets_a_comma_separates() -> None:
    (pair,) = read("(1,234)").nodes
    assert isinstance(pair, Collection)
    assert len(pair.items) == 2


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2_000 + "1" + ")" * 2_000,
        r"\frac{1}{" * 500 + "1" + "}" * 500,
        "1" * 5_000,
        "1e99999",
        ",".join("1" * 2_000),
        "x" + "^2" * 2_000,
    ],
)
def test_what_goes_over_a_limit_is_not_read(text: str) -> None:
    reading = read(text)
    assert reading.too_large
    assert reading.nodes == ()


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('true')", "eval('1')", "(lambda: 1)()", "x.__class__", "1 if 2 else 3", "[1 for x in y]"],
)
def test_code_is_no_mathematics(text: str) -> None:
    from verifiers.answers import judge

    assert not judge("1", text).passed
    assert not judge("0", text).passed
