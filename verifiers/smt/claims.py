"""Small arithmetic claims: read, written as SMT-LIB, and evaluated exactly.

>>> claim = read_claim("x, y : int; x > 0, y > 0 => x + y > 1")
>>> claim.holds({"x": Fraction(1), "y": Fraction(1)})
True

`VARIABLES : int|real|bool, ...; HYPOTHESIS, ... => CONCLUSION`, with Python's notation: `+ - * ** // %`, comparisons,
`and or not`. Exponents are numbers up to 20; divisors are positive numbers, so that all solvers mean the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from verifiers.extraction import is_safe_to_parse

__all__ = ["Claim", "ClaimError", "Value", "read_claim"]

Value = Fraction | bool

MAX_CHARACTERS: Final = 5_000
MAX_EXPONENT: Final = 20
MAX_DIGITS: Final = 100
_SORTS: Final = {"int": "Int", "real": "Real", "bool": "Bool"}
_DECLARED: Final = re.compile(r"\s*([A-Za-z]\w*(?:\s*,\s*[A-Za-z]\w*)*)\s*:\s*(int|real|bool)\s*(?:,|\Z)", re.ASCII)
_RESERVED: Final = frozenset(
    ("and", "or", "not", "let", "forall", "exists", "par", "as", "true", "false", "ite", "xor", "div", "mod", "abs",
     "distinct", "select", "store", "assert", "push", "pop", "if", "else", "in", "is", "for", "lambda", "e", "pi")
)  # fmt: skip
_COMPARISONS: Final = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "distinct"}
_OPERATIONS: Final = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "div", ast.Mod: "mod", ast.Div: "/"}


class ClaimError(ValueError):
    """The text is no claim of this syntax."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, read.

    Attributes:
        sorts: variable -> `int`, `real` or `bool`.
        hypotheses: expressions.
        conclusion: an expression.
    """

    sorts: Mapping[str, str]
    hypotheses: tuple[ast.expr, ...]
    conclusion: ast.expr

    def script(self) -> str:
        """SMT-LIB text that can be satisfied exactly if the claim does not hold."""
        lines = [f"(declare-const {name} {_SORTS[sort]})" for name, sort in self.sorts.items()]
        lines += [f"(assert {self._term(one)})" for one in self.hypotheses]
        return "\n".join([*lines, f"(assert (not {self._term(self.conclusion)}))", ""])

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Whether the claim holds for these values; exact.

        Raises:
            ClaimError: a variable has no value.
        """
        return not all(self._value(one, values) for one in self.hypotheses) or bool(
            self._value(self.conclusion, values)
        )

    def _term(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=bool(value)):
                return "true" if value else "false"
            case ast.Constant(value=int(value)):
                return f"{value}.0" if self._is_real else str(value)
            case ast.Name(id=name):
                return f"(to_real {name})" if self._is_real and self.sorts[name] == "int" else name
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"(not {self._term(operand)})"
            case ast.UnaryOp(operand=operand):
                return f"(- {self._term(operand)})"
            case ast.BoolOp(op=operation, values=parts):
                word = "and" if isinstance(operation, ast.And) else "or"
                return f"({word} {' '.join(map(self._term, parts))})"
            case ast.Compare(left=left, ops=operators, comparators=right):
                terms = [self._term(left), *map(self._term, right)]
                compared = [
                    f"({_COMPARISONS[type(one)]} {terms[index]} {terms[index + 1]})"
                    for index, one in enumerate(operators)
                ]
                return compared[0] if len(compared) == 1 else f"(and {' '.join(compared)})"
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(exponent))):
                one = "1.0" if self._is_real else "1"
                return f"(* {' '.join([self._term(left)] * exponent)})" if exponent > 1 else (
                    self._term(left) if exponent else one
                )  # fmt: skip
            case ast.BinOp(left=left, op=operation, right=right):
                return f"({_OPERATIONS[type(operation)]} {self._term(left)} {self._term(right)})"
        raise AssertionError("unreachable")

    @property
    def _is_real(self) -> bool:
        return "real" in self.sorts.values()

    def _value(self, node: ast.expr, values: Mapping[str, Value]) -> Value:
        match node:
            case ast.Constant(value=bool(value)):
                return value
            case ast.Constant(value=int(value)):
                return Fraction(value)
            case ast.Name(id=name):
                if name not in values:
                    raise ClaimError(f"'{name}' has no value")
                return values[name]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self._value(operand, values)
            case ast.UnaryOp(operand=operand):
                return -Fraction(self._value(operand, values))
            case ast.BoolOp(op=operation, values=parts):
                found = [bool(self._value(part, values)) for part in parts]
                return all(found) if isinstance(operation, ast.And) else any(found)
            case ast.Compare(left=left, ops=operators, comparators=right):
                terms = [self._value(left, values), *(self._value(one, values) for one in right)]
                return all(_compare(type(one), terms[index], terms[index + 1]) for index, one in enumerate(operators))
            case ast.BinOp(left=left, op=operation, right=right):
                return _combine(type(operation), self._value(left, values), self._value(right, values))
        raise AssertionError("unreachable")


def read_claim(text: str) -> Claim:
    """Read a claim.

    Raises:
        ClaimError: it is none; the message says where it leaves the syntax.
    """
    if len(text) > MAX_CHARACTERS:
        raise ClaimError(f"longer than {MAX_CHARACTERS} characters")
    head, found, body = text.strip().partition(";")
    if not found:
        raise ClaimError("expected VARIABLES : SORT; CLAIM")
    sorts = _sorts(head)
    before, arrow, conclusion = body.rpartition("=>")
    hypotheses: tuple[ast.expr, ...] = ()
    if arrow and before.strip():
        parsed = _parse(f"({before},)")
        assert isinstance(parsed, ast.Tuple)
        hypotheses = tuple(parsed.elts)
    claim = Claim(sorts, hypotheses, _parse(conclusion))
    for one in (*hypotheses, claim.conclusion):
        if _sort(one, sorts) != "bool":
            raise ClaimError("a hypothesis or conclusion is no statement")
    return claim


def _sorts(head: str) -> dict[str, str]:
    sorts: dict[str, str] = {}
    position = 0
    while position < len(head):
        found = _DECLARED.match(head, position)
        if found is None:
            raise ClaimError(f"expected NAME, ... : int, real or bool, got '{head[position : position + 40].strip()}'")
        for name in re.split(r"\s*,\s*", found.group(1)):
            if name in sorts or name in _RESERVED:
                raise ClaimError(f"'{name}' cannot be a variable here, or is one twice")
            sorts[name] = found.group(2)
        position = found.end()
    return sorts


def _parse(text: str) -> ast.expr:
    if not is_safe_to_parse(text):
        raise ClaimError("nested too deeply")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ClaimError(f"cannot be read: {text.strip()[:80]}") from None


def _sort(node: ast.expr, sorts: Mapping[str, str]) -> str:
    """`bool` or `number`, after a look at every part.

    Raises:
        ClaimError: something is not of the syntax, or does not fit together.
    """

    def all_of(nodes: list[ast.expr], wanted: str) -> None:
        for one in nodes:
            if _sort(one, sorts) != wanted:
                raise ClaimError(f"'{ast.unparse(one)[:60]}' should be a {wanted}")

    match node:
        case ast.Constant(value=bool()):
            return "bool"
        case ast.Constant(value=int(value)) if len(str(value)) <= MAX_DIGITS:
            return "number"
        case ast.Name(id=name) if name in sorts:
            return "bool" if sorts[name] == "bool" else "number"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            all_of([operand], "bool")
            return "bool"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            all_of([operand], "number")
            return "number"
        case ast.BoolOp(values=parts):
            all_of(parts, "bool")
            return "bool"
        case ast.Compare(left=left, ops=operators, comparators=right) if all(
            type(o) in _COMPARISONS for o in operators
        ):
            all_of([left, *right], "number")
            return "bool"
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(exponent))):
            if isinstance(exponent, bool) or not 0 <= exponent <= MAX_EXPONENT:
                raise ClaimError(f"an exponent is a number from 0 to {MAX_EXPONENT}")
            all_of([left], "number")
            return "number"
        case ast.BinOp(
            left=left, op=ast.FloorDiv() | ast.Mod() | ast.Div() as operation, right=ast.Constant(value=int(by))
        ):
            whole = not isinstance(operation, ast.Div)
            if isinstance(by, bool) or by <= 0 or whole == ("real" in sorts.values()):
                raise ClaimError(
                    "'//' and '%' need integers, '/' a real variable, and all a positive number as divisor"
                )
            all_of([left], "number")
            return "number"
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            all_of([left, right], "number")
            return "number"
    raise ClaimError(f"'{ast.unparse(node)[:60]}' is not of this syntax")


def _compare(operator: type[ast.cmpop], left: Value, right: Value) -> bool:
    if operator is ast.Eq:
        return left == right
    if operator is ast.NotEq:
        return left != right
    if operator is ast.Lt:
        return left < right
    if operator is ast.LtE:
        return left <= right
    return left > right if operator is ast.Gt else left >= right


def _combine(operation: type[ast.operator], left: Value, right: Value) -> Fraction:
    one, other = Fraction(left), Fraction(right)
    if operation is ast.Add:
        return one + other
    if operation is ast.Sub:
        return one - other
    if operation is ast.Mult:
        return one * other
    if operation is ast.FloorDiv:
        return Fraction(one // other)
    if operation is ast.Mod:
        return one % other
    if operation is ast.Div:
        return one / other
    return Fraction(one ** int(other))
