r"""Arithmetic with worked steps, made and checked by program: what nano learns from.

>>> item = training_item(seed=0, index=0)
>>> item.prompt, item.solution, item.answer                   # doctest: +SKIP
('Q:37+58=?\nA:', '7+8+0=15,3+5+1=9####95\n', '95')

Six families (addition, subtraction, multiplication by a digit, linear equations, greatest common divisors, word
problems) in three sizes. Each item's random stream is a hash of (version, split, seed, index), so any item can be made
without the ones before it. One prompt in 16, chosen by a hash of its text, is held out and never trained on.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reasoning.engines.base import derive_seed
from verifiers.records import Problem

__all__ = [
    "ANSWER_FORM",
    "FAMILIES",
    "VERSION",
    "Item",
    "held_out_items",
    "is_correct",
    "is_held_out",
    "prompt_of",
    "training_item",
    "training_items",
]

VERSION = "arithmetic-1"
"""Part of every random stream; changes with anything that changes an item."""
ANSWER_FORM = r"\A[^#]*####\d+\n?\Z"
"""What a completion has to look like to earn a reward: the working, then the answer as a decimal integer."""
SIZES = (1, 2, 3)
SIZE_WEIGHTS = (0.25, 0.40, 0.35)
_HELD_OUT_MODULUS = 16
_MOST_ATTEMPTS = 10_000
_NAMES = ("Ann", "Bob", "Cy", "Dee")
_THINGS = ("pens", "eggs", "nuts", "cups")


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its worked answer.

    Attributes:
        id: unique; names the stream that it was drawn from.
        family: one of `FAMILIES`.
        size: 1 to 3, about the number of digits.
        question: without the `Q:` and `A:` around it.
        steps: the working, without the answer.
        answer: a decimal integer.
    """

    id: str
    family: str
    size: int
    question: str
    steps: str
    answer: str

    @property
    def prompt(self) -> str:
        """What the model continues."""
        return prompt_of(self.question)

    @property
    def solution(self) -> str:
        """The worked completion."""
        return f"{self.steps}####{self.answer}\n"

    @property
    def bare_solution(self) -> str:
        """The completion of someone who shows no work."""
        return f"####{self.answer}\n"

    def problem(self) -> Problem:
        """The item as a problem of kind `answer`."""
        meta = {"family": self.family, "size": self.size}
        fields = {"gold": self.answer, "convention": "computed"}
        return Problem(self.id, "answer", self.question, fields, meta)


def prompt_of(question: str) -> str:
    """The text that nano continues; its chat template writes the same."""
    return f"Q:{question}\nA:"


def is_correct(completion: str, answer: str) -> bool:
    """Whether a completion has the agreed form and ends in `answer`; what the reward decides, without a judge."""
    return re.match(ANSWER_FORM, completion) is not None and completion.rpartition("####")[2].strip() == answer


def is_held_out(prompt: str) -> bool:
    """Whether a prompt belongs to the held-out sixteenth."""
    return zlib.crc32(prompt.encode()) % _HELD_OUT_MODULUS == 0


def training_item(seed: int, index: int, size: int | None = None) -> Item:
    """The item of the training stream `seed` at `index`; never a held-out one.

    Args:
        seed: of the stream.
        index: from 0.
        size: 1 to 3; None: mixed.
    """
    return _draw("train", seed, index, size, held_out=False)


def training_items(seed: int, count: int, size: int | None = None) -> Iterator[Item]:
    """The first `count` items of a training stream."""
    return (training_item(seed, index, size) for index in range(count))


def held_out_items(seed: int, count: int, size: int | None = None) -> list[Item]:
    """`count` held-out items with different prompts."""
    found: dict[str, Item] = {}
    for index in range(count * 100):
        item = _draw("test", seed, index, size, held_out=True)
        found.setdefault(item.prompt, item)
        if len(found) == count:
            return list(found.values())
    raise ValueError(f"there are no {count} different held-out prompts of size {size}")


def _draw(split: str, seed: int, index: int, size: int | None, *, held_out: bool) -> Item:
    name = f"{VERSION}/{split}/{seed}/{size or 'mixed'}/{index}"
    stream = random.Random(derive_seed(name))
    for _ in range(_MOST_ATTEMPTS):
        family = stream.choice(tuple(FAMILIES))
        digits = size or stream.choices(SIZES, SIZE_WEIGHTS)[0]
        question, steps, answer = FAMILIES[family](stream, digits)
        if is_held_out(prompt_of(question)) == held_out:
            return Item(name, family, digits, question, steps, str(answer))
    raise AssertionError("one prompt in 16 is held out")


def _addition(stream: random.Random, digits: int) -> tuple[str, str, int]:
    shorter = stream.random() < 0.3
    first = _number(stream, stream.randint(1, digits) if shorter else digits)
    second = _number(stream, digits)
    if stream.random() < 0.5:
        first, second = second, first
    return f"{first}+{second}=?", _added(first, second), first + second


def _subtraction(stream: random.Random, digits: int) -> tuple[str, str, int]:
    small, large = sorted((_number(stream, digits), _number(stream, stream.randint(1, digits))))
    return f"{large}-{small}=?", _subtracted(large, small), large - small


def _multiplication(stream: random.Random, digits: int) -> tuple[str, str, int]:
    number, factor = _number(stream, digits), stream.randint(2, 9)
    carry, steps = 0, []
    for digit in reversed(str(number)):
        product = int(digit) * factor + carry
        steps.append(f"{digit}*{factor}+{carry}={product}")
        carry = product // 10
    return f"{number}*{factor}=?", ",".join(steps), number * factor


def _equation(stream: random.Random, digits: int) -> tuple[str, str, int]:
    factor, root = stream.randint(2, 9), stream.randint(1, 9 if digits < 2 else 5 * digits)
    shift = stream.randint(1, 9 * digits)
    total = factor * root + shift
    steps = f"{total}-{shift}={total - shift},{total - shift}/{factor}={root}"
    return f"{factor}x+{shift}={total},x=?", steps, root


def _divisor(stream: random.Random, digits: int) -> tuple[str, str, int]:
    common = stream.randint(1, 4 * digits + 2)
    small, large = sorted(common * stream.randint(1, 3 * digits + 3) for _ in range(2))
    question, steps = f"gcd({large},{small})=?", []
    while small:
        steps.append(f"{large}%{small}={large % small}")
        large, small = small, large % small
    return question, ",".join(steps), large


def _story(stream: random.Random, digits: int) -> tuple[str, str, int]:
    name, thing = stream.choice(_NAMES), stream.choice(_THINGS)
    gets = stream.random() < 0.5
    first, second = _number(stream, digits), _number(stream, digits)
    if gets:
        return f"{name} has {first} {thing} and gets {second}. Total=?", _added(first, second), first + second
    small, large = sorted((first, second))
    return f"{name} has {large} {thing} and loses {small}. Left=?", _subtracted(large, small), large - small


FAMILIES: dict[str, Callable[[random.Random, int], tuple[str, str, int]]] = {
    "addition": _addition,
    "subtraction": _subtraction,
    "multiplication": _multiplication,
    "equation": _equation,
    "divisor": _divisor,
    "story": _story,
}
"""Family -> (stream, size) -> question, steps, answer."""


def _number(stream: random.Random, digits: int) -> int:
    return stream.randint(10 ** (digits - 1) if digits > 1 else 0, 10**digits - 1)


def _added(first: int, second: int) -> str:
    """Column addition from the right: digit + digit + carry = sum."""
    carry, steps = 0, []
    width = max(len(str(first)), len(str(second)))
    for place in range(width):
        one, other = first // 10**place % 10, second // 10**place % 10
        steps.append(f"{one}+{other}+{carry}={one + other + carry}")
        carry = (one + other + carry) // 10
    return ",".join(steps)


def _subtracted(large: int, small: int) -> str:
    """Column subtraction from the right: digit - digit - borrow = digit of the result, `b`, new borrow."""
    borrow, steps = 0, []
    for place in range(len(str(large))):
        one, other = large // 10**place % 10, small // 10**place % 10
        result = one - other - borrow
        steps.append(f"{one}-{other}-{borrow}={result % 10}b{int(result < 0)}")
        borrow = int(result < 0)
    return ",".join(steps)
