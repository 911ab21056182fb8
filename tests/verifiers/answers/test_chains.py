r"""A chain of equalities in the place of an answer, as in `\boxed{x = 2+3 = 5}`: its last value counts, if it holds."""

import pytest

from verifiers.answers import judge


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        # The last value, also after names; a gold answer may have the name too.
        ("5", "x = 2+3 = 5", True),
        ("x=5", "x = 2+3 = 5", True),
        ("x=5", "y = 2+3 = 5", False),
        ("2+3", "x = 2+3 = 5", True),
        ("6", "x = 2+3 = 5", False),
        ("7", r"f(3) = 2\cdot 3 + 1 = 7", True),
        (r"9\pi", r"A = \pi r^2 = \pi\cdot 3^2 = 9\pi", True),
        ("6", "3! = 6", True),
        ("6", "3 != 6", False),
        ("0.5", r"\frac12 = 0.5 = 50\%", True),
        # A chain of numbers that does not hold is wrong, whichever member is right.
        ("6", "2+3 = 6", False),
        ("5", "2+3 = 6", False),
        ("5", "x = 5 = 6", False),
        ("6", "x = 5 = 6", False),
        ("12", r"A = \frac12\cdot 6\cdot 4 = 13 = 12", False),
        # A decimal may be rounded, and then the number before it is the answer.
        (r"\sqrt{2}", r"\sqrt{2} = 1.414", True),
        (r"\sqrt{2}", r"x = \sqrt{2} = 1.414", True),
        (r"\sqrt{2}", r"\sqrt{2} = 1.415", False),
        (r"\frac{2}{3}", r"x = \frac{4}{6} = \frac{2}{3} = 0.667", True),
        (r"\frac{2}{3}", r"\frac{4}{6} = 0.6", False),
        # An equation that is asked for is compared as one; a value after it is another answer.
        ("y=2x+3", "y = 2x+3", True),
        ("y=2x+3", "f(x) = y = 2x+3", True),
        ("y=2x+3", "y = 2x+3 = 5", False),
        ("x+y=3", "x+y = 1+2 = 3", True),
        # An identity gives its last form, an equation with an unknown gives none.
        ("x^2+2x+1", "(x+1)^2 = x^2+2x+1", True),
        ("x^2+2x+1", "(x+2)^2 = x^2+2x+1", False),
        ("x^2+2x+1", "x^2+2x+1 = 0", False),
        ("0", "x^2+2x+1 = 0", False),
    ],
)
def test_a_chain_is_its_last_value_if_it_holds(gold: str, answer: str, right: bool) -> None:
    assert judge(gold, rf"\boxed{{{answer}}}").passed is right
