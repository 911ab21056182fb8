"""What was once accepted wrongly, or rejected wrongly, by a cause that may come back: one case for each cause."""

import pytest

from verifiers.answers import judge

EVEN_ODD = r"\begin{cases} 0, & n \text{ even} \\ 1, & n \text{ odd}\end{cases}"
RAMP = r"\begin{cases} x & x>0 \\ 0 & \text{otherwise}\end{cases}"
BOW = r"\begin{cases} x & x\ge 0\\ -x & x<0\end{cases}"


@pytest.mark.parametrize(
    ("gold", "text", "right"),
    [
        # The words of a condition count, and so does the place of a case.
        (EVEN_ODD, r"\begin{cases} 1, & n \text{ even} \\ 0, & n \text{ odd}\end{cases}", False),
        (
            EVEN_ODD,
            r"\begin{cases} 1, & \text{if } n \text{ is odd} \\ 0, & \text{if } n \text{ is even}\end{cases}",
            True,
        ),
        (RAMP, r"\begin{cases} 0 & x>0 \\ x & \text{otherwise}\end{cases}", False),
        (RAMP, r"\begin{cases} x & x>0 \\ 0 & x\le 0\end{cases}", True),
        (RAMP, r"\max(x,0)", True),
        (RAMP, r"\max(x,1)", False),
        # Cases against one expression, at their common ends and where one side is not defined.
        (BOW, "|x|", True),
        (BOW, "-|x|", False),
        (r"\begin{cases} x & x> 0\\ -x & x<0\end{cases}", "|x|", False),
        (r"\begin{cases} 1 & x\ge 2\\ 3 & x<2\end{cases}", r"\begin{cases} 3 & x\le 2\\ 1 & x > 2\end{cases}", False),
        # A group of digits with a leading zero is no member of a list.
        ("1,000", "1,00", False),
        ("1,050", "1,05", False),
        # 19.99 is not 20 cut off.
        ("19.99", "20", False),
        ("19.99", "20 cm", False),
        ("-19.99", "-20", False),
        ("2.718", "e", True),
        ("1.7320", r"\sqrt{3}", True),
        # An angle is no money and no length; a vector is no half-open interval.
        (r"30^\circ", r"\$30", False),
        ("3 L", r"3^\circ", False),
        (r"30^\circ", "30", True),
        (r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}", "(1,2]", False),
        (r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}", "(1,2)", True),
        # I is imaginary among numbers and a current among letters.
        ("-3+2i", "-3 + 2*I", True),
        ("V=IR", "V=I*R", True),
        ("3+2i", "(3+2j)", True),
        ("5j", "4j", False),
        # Brackets that look outward, half lines, determinants, numerals of letters.
        ("(1,3]", "]1,3]", True),
        ("[1,3]", "]1,3[", False),
        (r"(-\infty,0)", r"\mathbb{R}^{+}", False),
        (r"[0,\infty)", r"\mathbb{R}^+", False),
        (r"\begin{vmatrix} 1 & 2\\ 3&4\end{vmatrix}", "-2", True),
        (r"\begin{vmatrix} 1 & 2\\ 3&4\end{vmatrix}", "2", False),
        ("FF_{16}", "255", True),
        ("31", "0x1E", False),
        # Bounds, alternatives, denials and conditions are no answers; remarks are not either.
        ("42", "The answer is between 41 and 42.", False),
        ("7", "The answer is between 7 and 9.", False),
        ("42", "It is 41 or 42.", False),
        ("2", "There are 2 or more", False),
        ("Carol", "The winner is Carol.", True),
        ("Carol", "It is false that the winner is Carol.", False),
        ("Carol", "If it rains the winner is Carol.", False),
        ("3", "Final answer: x = -2 (the other root, 3, is extraneous)", False),
        ("(x+1)(x-1)", "The answer is (x+1)(x-1).", True),
        # A quotation mark of markdown is no relation.
        ("15", "> 15", True),
        ("x > 15", "> 14", False),
    ],
)
def test_each_cause(gold: str, text: str, right: bool) -> None:
    assert judge(gold, text).passed is right
