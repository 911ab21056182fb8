r"""Worked examples with programs, all of our own making, for models that continue text.

TOOL_EXAMPLES[0].solution       # reasoning, a program, its output, the boxed answer
PROGRAM_EXAMPLES[0].solution    # a program whose function `solution` returns the answer
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PROGRAM_EXAMPLES", "TOOL_EXAMPLES", "ProgramExample"]


@dataclass(frozen=True, slots=True)
class ProgramExample:
    """A problem and a solution that runs programs."""

    problem: str
    solution: str


TOOL_EXAMPLES = (
    ProgramExample(
        "How many positive integers below 200 are divisible by 6 or by 10?",
        "We can count them directly.\n"
        "```python\n"
        "count = sum(1 for n in range(1, 200) if n % 6 == 0 or n % 10 == 0)\n"
        "print(count)\n"
        "```\n"
        "```output\n46\n```\n"
        "This agrees with 33 + 19 - 6 = 46. The answer is $\\boxed{46}$.",
    ),
    ProgramExample(
        "Find the exact value of the larger root of $x^2 - 6x + 2 = 0$.",
        "Let sympy solve the equation.\n"
        "```python\n"
        "from sympy import solve, symbols\n"
        "x = symbols('x')\n"
        "print(max(solve(x**2 - 6*x + 2, x)))\n"
        "```\n"
        "```output\nsqrt(7) + 3\n```\n"
        "So the larger root is $\\boxed{3 + \\sqrt{7}}$.",
    ),
    ProgramExample(
        "A shop sells pens at $3 and notebooks at $5. Rafi buys 11 things for $43. How many notebooks does he buy?",
        "If he buys $n$ notebooks, he buys $11 - n$ pens, and $3(11 - n) + 5n = 43$.\n"
        "```python\n"
        "print([n for n in range(12) if 3 * (11 - n) + 5 * n == 43])\n"
        "```\n"
        "```output\n[5]\n```\n"
        "He buys $\\boxed{5}$ notebooks.",
    ),
)

PROGRAM_EXAMPLES = (
    ProgramExample(
        "A gardener plants 14 rows of 9 tulips. Frost kills a third of them. How many are left?",
        "```python\ndef solution():\n    planted = 14 * 9\n    killed = planted // 3\n    return planted - killed\n```",
    ),
    ProgramExample(
        "What is the smallest positive integer that leaves remainder 2 when divided by 5 and 3 when divided by 7?",
        "```python\ndef solution():\n    n = 1\n    while n % 5 != 2 or n % 7 != 3:\n        n += 1\n    return n\n```",
    ),
    ProgramExample(
        "Evaluate $\\sum_{k=1}^{20} \\frac{1}{k(k+1)}$ as a fraction.",
        "```python\n"
        "from fractions import Fraction\n"
        "\n"
        "def solution():\n"
        "    return sum(Fraction(1, k * (k + 1)) for k in range(1, 21))\n"
        "```",
    ),
)
