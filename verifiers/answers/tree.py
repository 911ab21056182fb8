r"""What an answer is read as: a small immutable tree.

    \frac{3}{4}x^2   ->   Product((Number(3/4), Power(Symbol('x'), Number(2))))
    (1, 2]           ->   Collection('(', ']', (Number(1), Number(2)))

Two families share the module: *expressions* stand for one number or function (`Number`, `Symbol`, `Constant`, `Sum`,
`Product`, `Power`, `Call`, `PlusMinus`), and *values* hold them (`Quantity`, `Collection`, `Union`, `Matrix`,
`Relation`, ...). Nothing here computes. Closed forms of constants, which are evaluated to thousands of digits, have a
strict little tree of their own (`verifiers.constants.expressions`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import TypeAlias

__all__ = [
    "Based",
    "Builder",
    "Call",
    "Cases",
    "Clock",
    "Collection",
    "Constant",
    "Day",
    "Expression",
    "Matrix",
    "Modular",
    "Node",
    "Number",
    "PlusMinus",
    "Power",
    "Product",
    "Quantity",
    "Ratio",
    "Relation",
    "Sum",
    "Symbol",
    "Union",
    "Unit",
    "Words",
    "is_expression",
    "show",
    "symbols_of",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational. `places` is set for a decimal: its last digit counts 10**-places."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable; subscripts and primes belong to the name (`a_n`, `f'`)."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """`pi`, `e`, `i`, `oo`, `deg` (pi/180) or a named blackboard set such as `R`."""

    name: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms added up."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Factors multiplied."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Power:
    """base ** exponent; a quotient is a product with a power of -1."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments: `sqrt`, `sin`, `log`, `factorial`, `abs`, `binomial`, `f`, ..."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class PlusMinus:
    """Plus or minus `operand`; `upper` is the sign that goes with all the other upper signs."""

    upper: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Based:
    """A numeral written with its base: value, and its digits as they stand."""

    digits: str
    base: int
    value: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `dimension` tells which others it can be compared with, `factor` converts to that dimension's base."""

    name: str
    dimension: str = ""
    factor: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit."""

    value: Node
    unit: Unit


@dataclass(frozen=True, slots=True)
class Collection:
    """Several members between `opening` and `closing`; both empty for a bare list.

    `(` and `)` can mean a tuple or an open interval, `[` and `]` a list or a closed one: the comparison decides,
    since only there both sides are known. `joiner` is the word or sign that stood between members of a bare list.
    """

    opening: str
    closing: str
    items: tuple[Node, ...]
    joiner: str = field(default=",", compare=False)


@dataclass(frozen=True, slots=True)
class Union:
    """Sets joined by `operator`: `cup`, `cap` or `minus`."""

    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of equal length."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain such as `1 < x <= 2`: `operators` has one entry fewer than `operands`."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Builder:
    """A set given by a condition on a variable."""

    variable: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Cases:
    """Pieces of a function: (value, condition) pairs."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Modular:
    """A residue class."""

    value: Node
    modulus: Node


@dataclass(frozen=True, slots=True)
class Ratio:
    """`3:4`, or longer."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day in seconds after midnight or noon; `half` is `am`, `pm` or empty when not said."""

    seconds: int
    half: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day; 0 stands for a part that is not given."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Words:
    """Normalised words: a name, yes or no, a sentence."""

    text: str


Expression: TypeAlias = Number | Symbol | Constant | Sum | Product | Power | Call | PlusMinus | Based
Node: TypeAlias = (
    Expression
    | Quantity
    | Collection
    | Union
    | Matrix
    | Relation
    | Builder
    | Cases
    | Modular
    | Ratio
    | Clock
    | Day
    | Words
)

_EXPRESSIONS = (Number, Symbol, Constant, Sum, Product, Power, Call, PlusMinus, Based)


def is_expression(node: Node) -> bool:
    """Whether every part of `node` is an expression."""
    return all(isinstance(part, _EXPRESSIONS) for part in walk(node))


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it, in no promised order; needs no recursion."""
    stack: list[object] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, tuple):
            stack.extend(part)
        elif isinstance(part, _ALL):
            yield part
            stack.extend(getattr(part, name) for name in _CHILDREN[type(part)])


def symbols_of(node: Node) -> frozenset[str]:
    """Names of the variables in `node`."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Symbol))


_ALL = (*_EXPRESSIONS, Quantity, Collection, Union, Matrix, Relation, Builder, Cases, Modular, Ratio, Clock, Day, Words)
_CHILDREN: dict[type, tuple[str, ...]] = {
    kind: tuple(
        part.name
        for part in fields(kind)
        if part.type not in ("int", "str", "Unit", "Fraction", "int | None", "tuple[str, ...]")
    )
    for kind in _ALL
}


def show(node: Node) -> str:
    """`node` as one line of plain mathematics, for people."""
    return _show(node, 0)


def _join(parts: tuple[Node, ...], separator: str, level: int) -> str:
    return separator.join(_show(part, level) for part in parts)


def _wrap(text: str, needed: bool) -> str:
    return f"({text})" if needed else text


def _show(node: Node, level: int) -> str:
    """`level`: 0 anything may stand here, 1 a factor, 2 a base or an exponent."""
    match node:
        case Number(value, places):
            return _wrap(
                _show_number(value, places), level > 0 and (value < 0 or (value.denominator > 1 and level > 1))
            )
        case Symbol(name) | Constant(name):
            return name
        case Sum(terms):
            return _wrap(_join(terms, " + ", 1).replace("+ (-1)*", "- "), level > 0)
        case Product(factors):
            return _wrap(_join(factors, "*", 1), level > 1)
        case Power(base, exponent):
            return _wrap(f"{_show(base, 2)}^{_show(exponent, 2)}", level > 1)
        case Call(name, arguments):
            return f"{name}({_join(arguments, ', ', 0)})"
        case PlusMinus(upper, operand):
            return _wrap(("±" if upper > 0 else "∓") + _show(operand, 1), level > 0)
        case Based(digits, base, _):
            return f"{digits}_{base}"
        case Quantity(value, unit):
            return f"{_show(value, 1)} {unit.name}"
        case Collection(opening, closing, items, _):
            return f"{opening}{_join(items, ', ', 0)}{closing}"
        case Union(operator, parts):
            return _join(parts, {"cup": " ∪ ", "cap": " ∩ ", "minus": " \\ "}[operator], 0)
        case Matrix(rows):
            return "[" + "; ".join(_join(row, ", ", 0) for row in rows) + "]"
        case Relation(operators, operands):
            text = _show(operands[0], 0)
            for operator, operand in zip(operators, operands[1:], strict=True):
                text += f" {operator} {_show(operand, 0)}"
            return text
        case Builder(variable, condition):
            return f"{{{_show(variable, 0)} | {_show(condition, 0)}}}"
        case Cases(rows):
            return "cases(" + "; ".join(_join(row, " if ", 0) for row in rows) + ")"
        case Modular(value, modulus):
            return f"{_show(value, 0)} (mod {_show(modulus, 0)})"
        case Ratio(parts):
            return _join(parts, ":", 1)
        case Clock(seconds, half):
            clock = f"{seconds // 3600}:{seconds // 60 % 60:02d}"
            return clock + (f":{seconds % 60:02d}" if seconds % 60 else "") + (f" {half}" if half else "")
        case Day(year, month, day):
            return f"{year or '????'}-{month:02d}-{day:02d}"
        case Words(text):
            return repr(text)


def _show_number(value: Fraction, places: int | None) -> str:
    if max(abs(value.numerator).bit_length(), value.denominator.bit_length()) > 2_000:
        return f"<number of {abs(value.numerator).bit_length()} bits>"
    if places is None or places < 0:
        return str(value)
    digits = abs(value.numerator) * 10**places // value.denominator
    text = str(digits).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{text[:-places]}.{text[-places:]}" if places else f"{sign}{text}."
