r"""What the built-in families share: TeX, English, small number theory. Families import it inside the sandbox.

>>> tex(Fraction(-3, 4)), polynomial([1, -3, 0, 2]), root(72), listed(["3", "4", "5"])
('-\\frac{3}{4}', 'x^3 - 3x^2 + 2', '6\\sqrt{2}', '3, 4 and 5')
>>> plural(1, "box"), plural(3, "box"), factorize(360)
('1 box', '3 boxes', {2: 3, 3: 2, 5: 1})

Imports the standard library only.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

__all__ = [
    "NAMES",
    "THINGS",
    "dial",
    "divisors",
    "factorization",
    "factorize",
    "is_prime",
    "listed",
    "matrix",
    "nonzero",
    "ordinal",
    "people",
    "person",
    "plural",
    "plus",
    "point",
    "polynomial",
    "primes",
    "root",
    "signed",
    "squarefree_root",
    "tex",
    "times",
    "totient",
]

NAMES = (
    *("Ada", "Amir", "Anouk", "Basil", "Bea", "Carlos", "Chidi", "Dalia", "Dmitri", "Edda", "Elif", "Farah", "Goran"),
    *("Hana", "Hugo", "Ines", "Ivo", "Jamal", "Kaori", "Lars", "Leila", "Mateo", "Mina", "Nadia", "Noor", "Olga"),
    *("Oskar", "Pilar", "Quentin", "Ravi", "Rosa", "Samir", "Selma", "Tariq", "Tilda", "Uma", "Viktor", "Wanda"),
    *("Yara", "Zeno"),
)
THINGS = (
    *("apple", "badge", "bead", "book", "bottle", "brick", "button", "candle", "card", "coin", "cookie", "crayon"),
    *("flower", "key", "lamp", "marble", "muffin", "notebook", "orange", "pear", "pen", "pencil", "plum", "postcard"),
    *("shell", "sticker", "stone", "ticket", "tile", "token"),
)
_IRREGULAR = {"person": "people", "child": "children", "box": "boxes", "bus": "buses", "penny": "pennies"}


def dial(level: int, *values: Any) -> Any:
    """The value that a setting of the difficulty dial (1 to 5) stands for."""
    return values[max(0, min(level, len(values)) - 1)]


def person(rng: random.Random) -> str:
    """A first name."""
    return rng.choice(NAMES)


def people(rng: random.Random, count: int) -> list[str]:
    """Different first names."""
    return rng.sample(NAMES, count)


def nonzero(rng: random.Random, bound: int) -> int:
    """An integer from -bound to bound that is not 0."""
    return rng.choice((-1, 1)) * rng.randint(1, bound)


def plural(count: int, noun: str) -> str:
    """`1 apple`, `3 apples`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {_IRREGULAR.get(noun) or noun + 's'}"


def listed(parts: Iterable[object], word: str = "and") -> str:
    """`a, b and c`."""
    texts = [str(part) for part in parts]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def ordinal(number: int) -> str:
    """`1st`, `22nd`, `13th`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def tex(value: Fraction | int) -> str:
    """A rational number in TeX."""
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    return f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def signed(value: Fraction | int) -> str:
    """`+ 3` or `- 3`, to stand after another term."""
    return f"{'-' if value < 0 else '+'} {tex(value if value >= 0 else -value)}"


def polynomial(coefficients: Sequence[Fraction | int], variable: str = "x") -> str:
    """A polynomial in TeX, coefficients from the highest power down."""
    text = ""
    for position, coefficient in enumerate(coefficients):
        power = len(coefficients) - 1 - position
        if coefficient == 0:
            continue
        size = coefficient if coefficient > 0 else -coefficient
        factor = "" if size == 1 and power else tex(size)
        term = factor + ("" if power == 0 else variable if power == 1 else f"{variable}^{_exponent(power)}")
        if text:
            text += f" {'-' if coefficient < 0 else '+'} {term}"
        else:
            text = f"{'-' if coefficient < 0 else ''}{term}"
    return text or "0"


def _exponent(power: int) -> str:
    return str(power) if power < 10 else f"{{{power}}}"


def squarefree_root(number: int) -> tuple[int, int]:
    """`(a, b)` with `number = a * a * b` and b square-free, for a positive number."""
    outside, inside = 1, 1
    for prime, power in factorize(number).items():
        outside *= prime ** (power // 2)
        inside *= prime ** (power % 2)
    return outside, inside


def root(number: int, factor: Fraction | int = 1) -> str:
    r"""`factor * sqrt(number)` in TeX, simplified: `6\sqrt{2}` for 72."""
    if number == 0 or factor == 0:
        return "0"
    outside, inside = squarefree_root(number)
    value = Fraction(factor) * outside
    if inside == 1:
        return tex(value)
    top = value.numerator
    head = "" if top == 1 else "-" if top == -1 else str(top)
    text = f"{head}\\sqrt{{{inside}}}"
    if value.denominator == 1:
        return text
    sign, size = ("-", text[1:]) if text.startswith("-") else ("", text)
    return f"{sign}\\frac{{{size}}}{{{value.denominator}}}"


def times(values: Iterable[object]) -> str:
    r"""`2 \\cdot 3 \\cdot 5`; negative factors in brackets."""
    return " \\cdot ".join(f"({value})" if str(value).startswith("-") else str(value) for value in values)


def plus(values: Iterable[Fraction | int]) -> str:
    """`2 + 3 - 5`."""
    texts = [tex(value) for value in values]
    return texts[0] + "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}" for text in texts[1:])


def point(*coordinates: Fraction | int) -> str:
    """`(1, -2)`."""
    return f"({', '.join(map(tex, coordinates))})"


def matrix(rows: Sequence[Sequence[Fraction | int]]) -> str:
    """A matrix in TeX."""
    body = r" \\ ".join(" & ".join(map(tex, row)) for row in rows)
    return f"\\begin{{pmatrix}} {body} \\end{{pmatrix}}"


def is_prime(number: int) -> bool:
    """By trial division."""
    return number > 1 and all(number % factor for factor in range(2, math.isqrt(number) + 1))


def primes(low: int, high: int) -> list[int]:
    """All primes from low to high."""
    return [number for number in range(max(2, low), high + 1) if is_prime(number)]


def factorize(number: int) -> dict[int, int]:
    """Prime -> exponent of a positive number, by trial division."""
    found: dict[int, int] = {}
    factor = 2
    while factor * factor <= number:
        while number % factor == 0:
            found[factor] = found.get(factor, 0) + 1
            number //= factor
        factor += 1
    if number > 1:
        found[number] = found.get(number, 0) + 1
    return found


def factorization(number: int) -> str:
    r"""`2^3 \cdot 3^2 \cdot 5` for 360."""
    powers = factorize(number).items()
    parts = [str(prime) if power == 1 else f"{prime}^{_exponent(power)}" for prime, power in powers]
    return " \\cdot ".join(parts) or "1"


def divisors(number: int) -> list[int]:
    """All positive divisors, ascending."""
    found = [1]
    for prime, power in factorize(number).items():
        found = [one * prime**exponent for one in found for exponent in range(power + 1)]
    return sorted(found)


def totient(number: int) -> int:
    """Euler's function."""
    result = number
    for prime in factorize(number):
        result -= result // prime
    return result
