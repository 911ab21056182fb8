"""Boxes of one's own: polynomials with parameters, and every whole value of each parameter in its range.

    box = TemplateBox("(2*n+1)*(x*n*(n+1)+y)", "-z*n**6", ("x=1:17", "y=1:5", "z=1:16"))
    box.fractions                   # 17 * 5 * 16
    a, b = box.chunk(0)             # two arrays of coefficients, from the constant one up

A box of all coefficients grows with their bound to the power of their number, so what is cubic in n cannot be searched
that way; a family that is known to hold formulas can. The ranges hold both of their ends.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from reasoning.discovery import boxes
from verifiers.constants.expressions import Binary, Call, ExpressionError, Name, Negative, Node, Number, parse

__all__ = ["TemplateBox"]

_RANGE: Final = re.compile(r"\s*([A-Za-z]\w*)\s*=\s*([+-]?\d{1,6})\s*:\s*([+-]?\d{1,6})\s*", re.ASCII)
_VARIABLE: Final = "n"
_MOST_FRACTIONS: Final = 10**10
_LARGEST: Final = 10**6
"""Size of a coefficient; of a parameter too."""
_WORD: Final = 2**62
_DEGREES: Final = (6, 12)
"""Of a and of b."""

Coefficients = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TemplateBox:
    """The fractions of two templates.

    Attributes:
        a: polynomial of the denominators in n and the parameters, such as `(2*n+1)*(x*n*(n+1)+y)`.
        b: of the numerators.
        ranges: one a parameter, such as `x=1:17`.

    Raises:
        ValueError: a template or range cannot be read, a parameter has no range or no use, or a bound is passed.
    """

    a: str
    b: str
    ranges: tuple[str, ...]
    _parameters: dict[str, range] = field(init=False, repr=False, compare=False)
    _trees: tuple[Node, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parameters = dict(map(_read_range, self.ranges))
        if len(parameters) < len(self.ranges):
            raise ValueError("ranges: a parameter has two of them")
        trees = _read("a", self.a), _read("b", self.b)
        used = _names(trees[0]) | _names(trees[1])
        if missing := sorted(used - parameters.keys() - {_VARIABLE}):
            raise ValueError(f"ranges: {missing[0]!r} has none; write it as {missing[0]}=1:10")
        if idle := sorted(parameters.keys() - used):
            raise ValueError(f"ranges: {idle[0]!r} stands neither in a nor in b")
        object.__setattr__(self, "_parameters", parameters)
        object.__setattr__(self, "_trees", trees)
        if self.fractions > _MOST_FRACTIONS:
            raise ValueError(f"ranges: more than {_MOST_FRACTIONS} fractions")
        sizes = {name: max(abs(values[0]), abs(values[-1])) for name, values in parameters.items()}
        for name, tree, degree in zip("ab", trees, _DEGREES, strict=True):
            _check_size(name, tree, sizes, degree)

    @property
    def fractions(self) -> int:
        """Fractions in the box, also those that two choices of the parameters give."""
        return math.prod(len(values) for values in self._parameters.values())

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.fractions // boxes.CHUNK)

    def chunk(self, number: int) -> tuple[Coefficients, Coefficients]:
        """The coefficients of a chunk's fractions: arrays of shape (fractions, degree + 1)."""
        first = number * boxes.CHUNK
        index = np.arange(first, min(first + boxes.CHUNK, self.fractions), dtype=np.int64)
        values = {}
        for name, choices in self._parameters.items():
            index, place = np.divmod(index, len(choices))
            values[name] = place + choices.start
        return self._expanded(values)

    def _expanded(self, values: dict[str, Coefficients]) -> tuple[Coefficients, Coefficients]:
        rows = len(next(iter(values.values()))) if values else 1
        numbers = {name: np.asarray(value) for name, value in values.items()}
        a, b = (np.stack(_Expansion(numbers, rows).powers(tree), axis=1) for tree in self._trees)
        return a, b


def _read_range(text: str) -> tuple[str, range]:
    match = _RANGE.fullmatch(text)
    if match is None or match[1] == _VARIABLE:
        raise ValueError(f"ranges: expected something like x=1:10, got {text[:40]!r}")
    first, last = int(match[2]), int(match[3])
    if first > last or max(abs(first), abs(last)) > _LARGEST:
        raise ValueError(f"ranges: expected a smaller and a larger number in {text[:40]!r}")
    return match[1], range(first, last + 1)


def _read(name: str, text: str) -> Node:
    try:
        return parse(text)
    except ExpressionError as error:
        raise ValueError(f"{name}: {error}") from None


def _names(node: Node) -> set[str]:
    if isinstance(node, Name):
        return {node.name}
    if isinstance(node, Negative):
        return _names(node.inner)
    if isinstance(node, Binary):
        return _names(node.left) | _names(node.right)
    if isinstance(node, Call):
        return {name for argument in node.arguments for name in _names(argument)}
    return set()


def _check_size(name: str, tree: Node, sizes: dict[str, int], degree: int) -> None:
    """See that the template is a polynomial, and that no number on the way to its coefficients is too large."""
    try:
        powers = _Sizes(sizes).powers(tree)
    except ExpressionError as error:
        raise ValueError(f"{name}: {error}") from None
    if len(powers) > degree + 1:
        raise ValueError(f"{name}: the degree is above {degree}")
    if max(powers) > _LARGEST:
        raise ValueError(f"{name}: a coefficient may be beyond {_LARGEST}")


_Power = TypeVar("_Power")


class _Powers(ABC, Generic[_Power]):
    """Works out a tree as a polynomial in n: one number (of whatever kind) a power, from n**0 up."""

    @abstractmethod
    def number(self, value: int) -> _Power:
        """A whole number."""

    @abstractmethod
    def parameter(self, name: str) -> _Power:
        """A parameter."""

    @abstractmethod
    def negative(self, power: _Power) -> _Power:
        """Minus something."""

    @abstractmethod
    def plus(self, left: _Power, right: _Power) -> _Power:
        """A sum."""

    @abstractmethod
    def times(self, left: _Power, right: _Power) -> _Power:
        """A product."""

    def powers(self, node: Node) -> list[_Power]:
        """The coefficients.

        Raises:
            ExpressionError: the tree is no polynomial with whole coefficients.
        """
        if isinstance(node, Number):
            if node.value.denominator != 1:
                raise ExpressionError("a template has whole coefficients")
            return [self.number(node.value.numerator)]
        if isinstance(node, Name):
            return [self.number(0), self.number(1)] if node.name == _VARIABLE else [self.parameter(node.name)]
        if isinstance(node, Negative):
            return [self.negative(power) for power in self.powers(node.inner)]
        if isinstance(node, Binary):
            return self._binary(node)
        raise ExpressionError(f"a template cannot hold {node.function}()")

    def _binary(self, node: Binary) -> list[_Power]:
        left = self.powers(node.left)
        if node.operator == "**":
            return self._power(left, node.right)
        right = self.powers(node.right)
        if node.operator == "*":
            return self._product(left, right)
        if node.operator == "/":
            raise ExpressionError("a template has no division")
        if node.operator == "-":
            right = [self.negative(power) for power in right]
        longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
        return [self.plus(power, shorter[k]) if k < len(shorter) else power for k, power in enumerate(longer)]

    def _power(self, base: list[_Power], exponent: Node) -> list[_Power]:
        times = exponent.value if isinstance(exponent, Number) else None
        if times is None or times.denominator != 1 or not 0 <= times <= max(_DEGREES):
            raise ExpressionError(f"an exponent is not a whole number from 0 to {max(_DEGREES)}")
        found = [self.number(1)]
        for _ in range(int(times)):
            found = self._product(found, base)
        return found

    def _product(self, left: list[_Power], right: list[_Power]) -> list[_Power]:
        if len(left) + len(right) - 2 > max(_DEGREES):
            raise ExpressionError(f"the degree is above {max(_DEGREES)}")
        found = [self.number(0) for _ in range(len(left) + len(right) - 1)]
        for i, upper in enumerate(left):
            for j, lower in enumerate(right):
                found[i + j] = self.plus(found[i + j], self.times(upper, lower))
        return found


class _Sizes(_Powers[int]):
    """How large the coefficients may become, and all that is worked out on the way."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self._sizes = sizes

    def number(self, value: int) -> int:
        return self._checked(abs(value))

    def parameter(self, name: str) -> int:
        return self._sizes[name]

    def negative(self, power: int) -> int:
        return power

    def plus(self, left: int, right: int) -> int:
        return self._checked(left + right)

    def times(self, left: int, right: int) -> int:
        return self._checked(left * right)

    def _checked(self, size: int) -> int:
        if size >= _WORD:
            raise ExpressionError("a number on the way to the coefficients is too large")
        return size


class _Expansion(_Powers[Coefficients]):
    """The coefficients for many values of the parameters at once."""

    def __init__(self, values: dict[str, Coefficients], rows: int) -> None:
        self._values = values
        self._rows = rows

    def number(self, value: int) -> Coefficients:
        return np.full(self._rows, value, dtype=np.int64)

    def parameter(self, name: str) -> Coefficients:
        return self._values[name]

    def negative(self, power: Coefficients) -> Coefficients:
        return -power

    def plus(self, left: Coefficients, right: Coefficients) -> Coefficients:
        return left + right

    def times(self, left: Coefficients, right: Coefficients) -> Coefficients:
        return left * right
