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
        # The unit beside the last number of a sentence counts, in all its parts.
        ("2.5 hours", "The trip takes 2.5 minutes.", False),
        ("2.5 hours", "The trip takes 2 hours and 30 minutes.", True),
        ("12 dollars", "It costs 12 euros.", False),
        (r"\$18", "She earns 18 dollars per week.", True),
        ("60 mph", "It goes at 60 miles per hour.", True),
        # Names of counted things that exclude each other.
        ("20% increase", "20% decrease", False),
        ("20% increase", "20%", True),
        ("20 apples", "20%", False),
        (r"45 \text{ units}^2", r"45 \text{ units}^3", False),
        # The last sentence replaces the answer, or gives up.
        ("7", "The answer is 5. Wait, no: 7", True),
        ("5", "The answer is 5? No, it's 7.", False),
        ("3", "The answer is 5. Actually, there were 3 ways to do it.", False),
        ("3", "The answer is 5. Wait, let me check: 2+3 = 5. Good.", False),
        ("5", "The answer is 5. Wait, let me check: 2+3 = 5. Good.", True),
        ("7", "The answer is 7. No 3 works.", True),
        ("2", "I give up after 2 attempts.", False),
        ("5", "We cannot exceed 6, so the maximum is 5.", True),
        ("no", "No, it is not possible.", True),
        # A last line of mathematics is read whole; so is a block of code or a list that is all there is.
        ("10", "### Solution\n\\frac{9}{10}", False),
        ("2", "```\nx**2\n```", False),
        ("1,3,5", "- 1\n- 3\n- 5", True),
        ("3", "Either x=2 or x=3.", False),
        ("2,3", "Either x=2 or x=3.", True),
        ("6", "~~5~~ 6", True),
        ("2", "math.log(5)/math.log(2)", False),
        ("4", "Matrix([[1, 2], [3, 4]])", False),
        # An irrational number that rounds to a decimal of three digits, however simple the decimal is.
        ("17.32", r"10\sqrt{3}", True),
        ("17.32", r"10\sqrt{3.01}", False),
        ("12.5", "12.46", False),
        # Letters that a definition binds, and letters that it does not.
        ("f(x)=2x", "f(t)=2t", True),
        ("f(x)=2x", "f(y)=2x", False),
        (r"x=0, x=\pm 2", r"y=0, x=\pm 2", False),
        ("a=1, b=2", "x=1, y=2", False),
        (r"\emptyset", r"\phi", True),
        (r"\phi", r"\emptyset", False),
        ("(3,4)", "The point is P(3, 4).", True),
        ("(3,4)", "The point is P(4, 3).", False),
        # Chinese numerals.
        ("35000", "3.5万", True),
        ("3.5", "3.5万", False),
        ("50%", "百分之五十", True),
        (r"\frac{1}{2}", "概率是二分之一。", True),
        ("5千克", "5000克", True),
        # A quotation mark of markdown is no relation.
        ("15", "> 15", True),
        ("x > 15", "> 14", False),
    ],
)
def test_each_cause(gold: str, text: str, right: bool) -> None:
    assert judge(gold, text).passed is right
