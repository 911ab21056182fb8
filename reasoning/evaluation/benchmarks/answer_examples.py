r"""Worked examples for models that continue text: (problem, solution, answer), all of our own making.

WORD_PROBLEMS[0][2]     # "155"

Solutions reason first and do not hold the answer's box; `answer_prompts` adds it.
"""

from __future__ import annotations

__all__ = ["CHINESE", "COMPETITION", "MULTIPLE_CHOICE", "WORD_PROBLEMS", "Example"]

Example = tuple[str, str, str]

WORD_PROBLEMS: tuple[Example, ...] = (
    (
        "A shop receives 8 boxes of 24 candles each and sells 37 candles. How many candles are left?",
        "The boxes hold 8 * 24 = 192 candles. After the sale 192 - 37 = 155 candles are left.",
        "155",
    ),
    (
        "Noor earns $15 an hour on weekdays and twice as much on Sundays. Last week she worked 20 hours on weekdays "
        "and 6 hours on Sunday. How many dollars did she earn?",
        "On weekdays she earned 15 * 20 = 300 dollars. On Sunday an hour pays 15 * 2 = 30 dollars, so she earned "
        "30 * 6 = 180 dollars. Together that is 300 + 180 = 480 dollars.",
        "480",
    ),
    (
        "A tank for 240 litres is one quarter full. A pump fills it with 12 litres a minute. After how many minutes is "
        "it full?",
        "The tank holds 240 / 4 = 60 litres, so 240 - 60 = 180 litres are missing. That takes 180 / 12 = 15 minutes.",
        "15",
    ),
    (
        "A jacket that costs $80 is reduced by 25%. Ilse buys it and also pays $6 for delivery. How many dollars does "
        "she pay?",
        "The reduction is a quarter of the price, 80 / 4 = 20 dollars. The jacket costs 80 - 20 = 60 dollars, and with "
        "delivery 60 + 6 = 66 dollars.",
        "66",
    ),
    (
        "Three friends share 63 cards. Ben gets twice as many as Ada, and Cem gets twice as many as Ben. How many "
        "cards does Cem get?",
        "For each card of Ada's, Ben gets 2 and Cem 2 * 2 = 4. Ada and Ben make 1 + 2 = 3 parts, with Cem 3 + 4 = 7 "
        "parts. One part is 63 / 7 = 9 cards, and Cem gets 4 * 9 = 36 cards.",
        "36",
    ),
    (
        "A train leaves with 150 passengers. At each of the next 3 stops, 20 people get off and 12 get on. How many "
        "passengers are then on the train?",
        "At each stop the train loses 20 - 12 = 8 passengers, in all 8 * 3 = 24. So 150 - 24 = 126 are left.",
        "126",
    ),
)

COMPETITION: tuple[Example, ...] = (
    (
        "Solve $3x - 7 = 2x + 5$ for $x$.",
        "Subtracting $2x$ from both sides gives $x - 7 = 5$. Adding $7$ gives $x = 12$.",
        "12",
    ),
    (
        "What is the sum of all positive divisors of $28$?",
        "Since $28 = 2^2 \\cdot 7$, the sum is $(1 + 2 + 4)(1 + 7) = 7 \\cdot 8$.",
        "56",
    ),
    (
        "Find all real $x$ with $x^2 - 5x + 6 < 0$. Give the answer as an interval.",
        "The left side is $(x - 2)(x - 3)$. The product is negative when exactly one factor is, so for $2 < x < 3$.",
        "(2, 3)",
    ),
    (
        "A fair coin is tossed four times. What is the probability of exactly two heads?",
        "There are $2^4 = 16$ equally likely results, and $\\binom{4}{2} = 6$ of them have two heads. "
        "The probability is $\\frac{6}{16}$, which reduces by $2$.",
        "\\frac{3}{8}",
    ),
    (
        "Simplify $\\sqrt{72} - \\sqrt{8}$.",
        "We have $\\sqrt{72} = 6\\sqrt{2}$ and $\\sqrt{8} = 2\\sqrt{2}$, so the difference is $(6 - 2)\\sqrt{2}$.",
        "4\\sqrt{2}",
    ),
)

MULTIPLE_CHOICE: tuple[Example, ...] = (
    (
        "What is the slope of the curve $y = x^3$ at $x = 2$?\n(A) 6\n(B) 8\n(C) 12\n(D) 24",
        "The derivative is $3x^2$. At $x = 2$ its value is 3 * 4 = 12, which is option C.",
        "C",
    ),
    (
        "Which of these particles carries no electric charge?\n(A) neutron\n(B) electron\n(C) proton\n(D) positron",
        "Electrons are negative, protons and positrons are positive. Only the neutron, option A, has no charge.",
        "A",
    ),
    (
        "A car covers 180 km in 3 hours. What is its average speed in km/h?\n(A) 45\n(B) 50\n(C) 55\n(D) 60\n(E) 90",
        "The average speed is distance over time, 180 / 3 = 60 km/h, which is option D.",
        "D",
    ),
    (
        "About how many comparisons does binary search need at most among 1,000 sorted entries?\n(A) 5\n(B) 10\n"
        "(C) 100\n(D) 500",
        "Each comparison halves what is left. Since $2^{10} = 1024$, ten comparisons are enough, which is option B.",
        "B",
    ),
)

CHINESE: tuple[Example, ...] = (
    (
        "小林有24支铅笔，送给同学9支后又买了6支，现在有多少支铅笔？",
        "送出后剩下 24 - 9 = 15 支，再买6支后有 15 + 6 = 21 支。",
        "21",
    ),
    (
        "一个长方形的长是8厘米，宽是5厘米，它的周长是多少厘米？",
        "长与宽的和是 8 + 5 = 13 厘米，周长是 13 * 2 = 26 厘米。",
        "26",
    ),
    (
        "函数 $f(x)=x^2-4x+7$ 的最小值为____。",
        "配方得 $f(x)=(x-2)^2+3$，当 $x=2$ 时取最小值。",
        "3",
    ),
    (
        "不等式 $x^2<4$ 的解集是（ ）\nA. $(0,2)$\nB. $(-2,2)$\nC. $(-4,4)$\nD. $(2,+\\infty)$",
        "$x^2<4$ 等价于 $|x|<2$，即 $-2<x<2$，所以选B。",
        "B",
    ),
)
