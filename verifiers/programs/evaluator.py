"""The residue of an assertion: an expression over a candidate's answers, evaluated without running any code.

>>> names = {"x": Slot(0)}
>>> holds = compile_expression(ast.parse("abs(x - 0.33) < 1e-6", mode="eval").body, names)
>>> holds([0.3300000001])
True

Answers are plain data of exact builtin types and the operations come from a closed list, so Python's own meaning of
`==`, `<`, `in` and `is` applies and nothing of the candidate acts. What may cost more than its operands' size is
bounded. An expression outside the list is `UnsupportedError`; it is then judged in a child that runs Python.
"""

from __future__ import annotations

import ast
import builtins
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifiers.plain_data import BUILTIN_TYPES, PlainDataError, checked_dict, checked_set

__all__ = ["Evaluation", "Slot", "UnsupportedError", "compile_expression", "constant_value", "is_builtin"]

MAX_RESULT_BITS = 100_000
"""Largest integer that arithmetic may make, bits."""
MAX_REPEATED_LENGTH = 1_000_000
"""Longest string or list that repeating may make."""
MAX_SPLIT_LENGTH = 1_000_000
"""Longest string or bytes of which a list, tuple or set is made, item by item."""
MAX_ROUNDING_DIGITS = 400
"""Largest second argument of round."""

Evaluation = Callable[[Sequence[Any]], Any]
"""From the answers to the value of an expression."""


class UnsupportedError(Exception):
    """An expression that is not evaluated here."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands for answer number `index`."""

    index: int


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
_NUMBERS = (int, float, complex)
_SEQUENCES = (str, bytes, list, tuple)


def _multiply(left: Any, right: Any) -> Any:
    for sequence, count in ((left, right), (right, left)):
        if isinstance(sequence, _SEQUENCES):
            if not isinstance(count, int) or len(sequence) * count > MAX_REPEATED_LENGTH:
                raise PlainDataError("too long when repeated")
            return sequence * count
    return left * right


def _power(base: Any, exponent: Any) -> Any:
    if not isinstance(base, _NUMBERS) or not isinstance(exponent, _NUMBERS):
        raise PlainDataError("not numbers")
    if isinstance(base, int) and isinstance(exponent, int):
        _require_bits(base.bit_length() * abs(exponent))
    return base**exponent


def _shift_left(left: int, right: int) -> int:
    _require_bits(left.bit_length() + right)
    return left << right


def _modulo(left: Any, right: Any) -> Any:
    if not isinstance(left, _NUMBERS):
        raise PlainDataError("formatting is not evaluated here")
    return left % right


def _arithmetic(binary: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """`binary` of operands that are small enough for its time, quadratic for division, not to matter."""
    for operand in (left, right):
        if isinstance(operand, int):
            _require_bits(operand.bit_length())
    if isinstance(left, _SEQUENCES) and isinstance(right, _SEQUENCES) and len(left) + len(right) > MAX_REPEATED_LENGTH:
        raise PlainDataError("too long when joined")
    return binary(left, right)


def _require_bits(bits: int) -> None:
    if bits > MAX_RESULT_BITS:
        raise PlainDataError(f"an integer of more than {MAX_RESULT_BITS} bits")


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _modulo,
    ast.Pow: _power,
    ast.LShift: _shift_left,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}


def _round(number: Any, digits: int | None = None) -> Any:
    if digits is not None and abs(digits) > MAX_ROUNDING_DIGITS:
        raise PlainDataError("too many digits to round to")
    return round(number, digits)


def _splitting(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which makes an object of each character of a text, of texts that are not too long for that."""

    def bounded(*arguments: Any, **keywords: Any) -> Any:
        if arguments and isinstance(arguments[0], str | bytes | bytearray) and len(arguments[0]) > MAX_SPLIT_LENGTH:
            raise PlainDataError("too long to be taken apart")
        return function(*arguments, **keywords)

    return bounded


def _set(items: Any = ()) -> set[Any]:
    return checked_set(items)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{kind.__name__: kind for kind in (bool, float, int, str)},
    **{function.__name__: function for function in (abs, all, any, len, max, min)},
    **{function.__name__: _splitting(function) for function in (list, sorted, tuple)},
    "frozenset": _splitting(lambda items=(): frozenset(checked_set(items))),
    "round": _round,
    "set": _splitting(_set),
    "sum": lambda numbers: sum(numbers),
}
_MATH: dict[str, Any] = {
    name: getattr(math, name)
    for name in (
        *("ceil", "copysign", "e", "fabs", "floor", "inf", "isclose", "isfinite", "isinf", "isnan"),
        *("nan", "pi", "sqrt", "tau", "trunc"),
    )
}


def is_builtin(name: str) -> bool:
    """Whether a name means something in every Python program."""
    return hasattr(builtins, name)


def constant_value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """The value of an expression without answers.

    Raises:
        UnsupportedError: it has none that can be had here.
    """
    if any(isinstance(part, ast.Name) and isinstance(names.get(part.id), Slot) for part in ast.walk(node)):
        raise UnsupportedError("not constant")
    evaluation = compile_expression(node, names)
    try:
        return evaluation(())
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UnsupportedError(str(error)) from None


def compile_expression(node: ast.expr, names: Mapping[str, Any]) -> Evaluation:
    """The evaluation of an expression.

    Args:
        node: the expression.
        names: what its names mean: a `Slot`, the module `math`, or a constant of plain data.

    Raises:
        UnsupportedError: it is outside the closed list.
    """
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.Name):
        return _name(node.id, names)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return _display(node, names)
    if isinstance(node, ast.Dict):
        return _dictionary(node, names)
    if isinstance(node, ast.UnaryOp):
        unary, operand = _UNARY[type(node.op)], compile_expression(node.operand, names)
        return lambda answers: unary(operand(answers))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        binary = _BINARY[type(node.op)]
        left, right = compile_expression(node.left, names), compile_expression(node.right, names)
        return lambda answers: _arithmetic(binary, left(answers), right(answers))
    if isinstance(node, ast.BoolOp):
        return _boolean(node, names)
    if isinstance(node, ast.Compare):
        return _comparison(node, names)
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice | ast.Tuple):
        container, index = compile_expression(node.value, names), compile_expression(node.slice, names)
        return lambda answers: container(answers)[index(answers)]
    if isinstance(node, ast.Attribute) and not callable(_of_math(node, names)):
        return _constant(_of_math(node, names))
    if isinstance(node, ast.Call):
        return _call(node, names)
    raise UnsupportedError(type(node).__name__)


def _constant(value: Any) -> Evaluation:
    return lambda answers: value


def _name(name: str, names: Mapping[str, Any]) -> Evaluation:
    if name not in names:
        if name in BUILTIN_TYPES:
            return _constant(BUILTIN_TYPES[name])
        raise UnsupportedError(name)
    meaning = names[name]
    if isinstance(meaning, Slot):
        return operator.itemgetter(meaning.index)
    if meaning is math or meaning is UnsupportedError:
        raise UnsupportedError(name)
    return _constant(meaning)


def _display(node: ast.List | ast.Tuple | ast.Set, names: Mapping[str, Any]) -> Evaluation:
    items = [compile_expression(item, names) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return lambda answers: tuple(item(answers) for item in items)
    if isinstance(node, ast.Set):
        return lambda answers: checked_set(item(answers) for item in items)
    return lambda answers: [item(answers) for item in items]


def _dictionary(node: ast.Dict, names: Mapping[str, Any]) -> Evaluation:
    pairs = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            raise UnsupportedError("unpacking")
        pairs.append((compile_expression(key, names), compile_expression(value, names)))
    return lambda answers: checked_dict((key(answers), value(answers)) for key, value in pairs)


def _boolean(node: ast.BoolOp, names: Mapping[str, Any]) -> Evaluation:
    operands = [compile_expression(operand, names) for operand in node.values]
    is_and = isinstance(node.op, ast.And)

    def evaluate(answers: Sequence[Any]) -> Any:
        value: Any = None
        for operand in operands:
            value = operand(answers)
            if bool(value) is not is_and:
                break
        return value

    return evaluate


def _comparison(node: ast.Compare, names: Mapping[str, Any]) -> Evaluation:
    first = compile_expression(node.left, names)
    links = [
        (_COMPARISONS[type(link)], compile_expression(operand, names))
        for link, operand in zip(node.ops, node.comparators, strict=True)
    ]
    if len(links) == 1:
        compare, other = links[0]
        return lambda answers: compare(first(answers), other(answers))

    def evaluate(answers: Sequence[Any]) -> Any:
        left, holds = first(answers), True
        for link, operand in links:
            right = operand(answers)
            holds = link(left, right)
            if not holds:
                break
            left = right
        return holds

    return evaluate


def _call(node: ast.Call, names: Mapping[str, Any]) -> Evaluation:
    function = _function(node.func, names)
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(
        word.arg is None for word in node.keywords
    ):
        raise UnsupportedError("unpacking")
    if len(node.args) > 1 and function in (_FUNCTIONS["str"], _FUNCTIONS["int"]):
        raise UnsupportedError("more than one argument")
    arguments = [compile_expression(argument, names) for argument in node.args]
    keywords = {str(word.arg): compile_expression(word.value, names) for word in node.keywords}
    if not keywords.keys() <= {"rel_tol", "abs_tol", "reverse"}:
        raise UnsupportedError("keyword")
    if not keywords:
        return lambda answers: function(*[argument(answers) for argument in arguments])
    return lambda answers: function(
        *[argument(answers) for argument in arguments],
        **{name: value(answers) for name, value in keywords.items()},
    )


def _function(node: ast.expr, names: Mapping[str, Any]) -> Callable[..., Any]:
    if isinstance(node, ast.Name) and node.id not in names and node.id in _FUNCTIONS:
        return _FUNCTIONS[node.id]
    function = _of_math(node, names) if isinstance(node, ast.Attribute) else None
    if callable(function):
        checked: Callable[..., Any] = function
        return checked
    raise UnsupportedError(ast.unparse(node))


def _of_math(node: ast.Attribute, names: Mapping[str, Any]) -> Any:
    if isinstance(node.value, ast.Name) and names.get(node.value.id) is math and node.attr in _MATH:
        return _MATH[node.attr]
    raise UnsupportedError(ast.unparse(node))
