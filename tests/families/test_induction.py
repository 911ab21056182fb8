"""Template induction: what is induced is right, what is not clear is refused."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reasoning.families.induction import InductionError, induce
from reasoning.families.induction.equations import equations_in, show, value
from reasoning.families.induction.numbers import numbers_in, value_of
from reasoning.families.induction.template import CLASS_NAME


def built(induced):
    """The induced class; it is our own code generator's text, so this test may run it."""
    namespace = {}
    exec(induced.source, namespace)
    return namespace[CLASS_NAME]


CANDLES = "A shop receives 8 boxes of 24 candles each and sells 37 candles. How many candles are left?"


def test_a_story_becomes_a_family():
    family = built(induce(CANDLES, "The boxes hold 8 * 24 = 192 candles, and 192 - 37 = 155 are left.", "155"))
    assert family.original == {"n1": 8, "n2": 24, "n3": 37}
    assert family.render(**family.original) == CANDLES
    assert family.solve(n1=10, n2=10, n3=1) == 99
    assert family.render(n1=10, n2=11, n3=12) == CANDLES.replace("8", "10").replace("24", "11").replace("37", "12")


@pytest.mark.parametrize(
    ("problem", "solution", "answer", "params", "expected"),
    [
        (
            "A coat of $80 is 25% off. What does it cost?",
            "25% * 80 = 20, 80 - 20 = $60",
            "60",
            {"n1": 200, "n2": 10},
            180,
        ),
        ("Rope of 1,250 m, 5 pieces: how long is one?", "1,250 / 5 = 250", "250", {"n1": 1000, "n2": 8}, 125),
        ("Tea costs $2.50. How much do 4 cost?", "4 x $2.50 = $10", "10", {"n1": 325, "n2": 2}, Fraction(13, 2)),
        ("Ben earns 12 a day. How much in 3 weeks?", "3*7 = 21 days, 21*12 = 252", "252", {"n1": 10, "n2": 2}, 140),
        ("Lea has 48 clips and half as many pins. How many?", "48/2 = <<48/2=24>>24. 48+24 = 72", "72", {"n1": 10}, 15),
        (
            "5 boxes with 6 pens, 7 sold",
            "5 boxes * 6 pens = 30 pens; 30 - 7 = 23",
            "23",
            {"n1": 2, "n2": 3, "n3": 1},
            5,
        ),
        ("There are 4 rows of 9 seats. How many seats?", "", "36", {"n1": 5, "n2": 5}, 25),
    ],
)
def test_percentages_decimals_constants_and_words(problem, solution, answer, params, expected):
    family = built(induce(problem, solution, answer))
    assert family.solve(**params) == expected
    assert family.render(**family.original) == problem
    assert family.solve(**family.original) == value_of(answer)


@pytest.mark.parametrize(
    ("problem", "solution", "answer", "reason"),
    [
        ("How many legs has a dog?", "", "4", "no numbers"),
        ("A has 3 and B has 5.", "", "3 apples", "no rational number"),
        ("2 cats and 2 dogs?", "2 + 2 = 4", "4 ", None),
        ("6 pens, 3 pens and 2 pens", "6 - 3 = 3, 3 * 2 = 6", "6", "can be 2 things"),
        ("A has 4 and B has 2.", "", "2", "expressions give the answer"),
        ("A has 10 and B has 7.", "No idea.", "17", "no equation of the solution"),
        ("A has 10 and B has 7.", "", "1000", "no expression"),
        ("Find $n$ if $n^2 = 49$ and 3 is odd", "10 - 3 = 7", "7", "formulas"),
        ("20% of 20 apples?", "", "4", "with and without a percent sign"),
        ("x" * 7000 + " 3", "", "3", "longer than"),
    ],
)
def test_what_is_not_clear_is_refused_with_the_reason(problem, solution, answer, reason):
    if reason is None:
        assert built(induce(problem, solution, answer)).original == {"n1": 2}
        return
    with pytest.raises(InductionError, match=reason):
        induce(problem, solution, answer)


def test_draws_keep_the_properties_of_the_seed():
    family = built(
        induce("60 sweets for 4 children, 5 are eaten first.", "60 - 5 = 55; 60 / 4 = 15; 15 * 4 = 60", "15")
    )
    rng, kept = random.Random(0), 0
    for _ in range(300):
        params = family.sample(rng)
        if params is not None:
            kept += 1
            assert family.solve(**params).denominator == 1
            assert family.solve(**params) > 0
    assert kept > 20


def test_hostile_texts_end_in_source_that_only_quotes_them():
    problem = '3 cats\'); import os; os._exit(7) # """ {n1} {{ 4 dogs'
    family = built(induce(problem, "3 + 4 = 7", "7"))
    assert family.render(**family.original) == problem


def test_numbers_and_equations_are_read():
    assert [one.text for one in numbers_in("The 3rd of 1,000 is 2.5, not 1/2 or 7%. x2 v1.2.3")] == [
        *("1,000", "2.5", "1/2", "7"),
    ]
    found = {show(left): right for left, right in equations_in("So (3 + 4) x 2 = 14 and 200(.60) = 120. 5 = 5")}
    assert found == {"(3 + 4) * 2": 14, "200 * 3/5": 120}


@given(st.text(alphabet="0123456789+-*/x()=. $%,a\n", max_size=60))
@example("0\n/0")
@example("6 /\n3")
def test_any_text_is_read_without_an_exception(text):
    for left, right in equations_in(text):
        assert isinstance(right, Fraction)
        assert value(left) is None or isinstance(value(left), Fraction)
    for number in numbers_in(text):
        assert text[number.start : number.end].strip()


@pytest.mark.skipif("REASONING_BENCHMARKS" not in os.environ, reason="REASONING_BENCHMARKS names no folder")
def test_induced_programs_agree_with_the_annotated_steps_of_gsm8k():
    """GSM8K marks each step as `<<48/2=24>>`. The marks are taken out for the induction, and serve here as oracle: a
    program induced from them alone must give the same answers for other numbers."""
    path = Path(os.environ["REASONING_BENCHMARKS"]) / "gsm8k" / "train.jsonl.gz"
    seeds = induced = agreed = differed = 0
    with gzip.open(path, "rt") as file:
        for line in file:
            if (seeds := seeds + 1) > 600:
                break
            row = json.loads(line)
            solution, _, gold = row["answer"].rpartition("####")
            marks = "\n".join(re.findall(r"<<(.*?)>>", solution))
            try:
                one = built(induce(row["question"], re.sub(r"<<.*?>>", "", solution), gold))
                induced += 1
                other = built(induce(row["question"], marks, gold))
            except InductionError:
                continue
            rng = random.Random(seeds)
            draws = [params for _ in range(200) if (params := one.sample(rng)) is not None][:10]
            same = one.original == other.original and all(one.solve(**p) == other.solve(**p) for p in draws)
            agreed += same
            differed += not same
    assert induced > 300
    assert agreed > 250
    assert differed < 0.03 * agreed
