"""The typed grammar of expressions: each rule is a Python template with the types of its holes.

>>> rule = next(rule for rule in rules_for([parse_answer_type("int")]) if rule.name == "{0} + {1}")
>>> str(rule.result), [str(hole) for hole in rule.holes], rule.apply(3, 4)
('int', ['int', 'int'], 7)

Rules with the same template share their name whatever their types are, so the prior learns from all of them.
Functions check sizes before they build anything (limits.py); what they raise means "no value".
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from reasoning.engines.search import limits
from reasoning.engines.search.answer_types import AnswerType, parse_answer_type

BOOL: Final = AnswerType("bool", 0)
INT: Final = AnswerType("int", 0)
FLOAT: Final = AnswerType("float", 0)
STR: Final = AnswerType("str", 0)
INTS: Final = AnswerType("int", 1)
STRS: Final = AnswerType("str", 1)
BOOLS: Final = AnswerType("bool", 1)
FLOATS: Final = AnswerType("float", 1)

__all__ = ["BOOL", "BOOLS", "FLOAT", "FLOATS", "INT", "INTS", "STR", "STRS", "Rule", "parse_answer_type", "rules_for"]


MAX_FACTORED: Final = 3_000
"""Largest integer that is tried with all smaller divisors."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One production: `result -> template`, with `{0}`, `{1}`, ... in place of the holes."""

    name: str
    """The template; also what the prior knows the rule by."""
    holes: tuple[AnswerType, ...]
    result: AnswerType
    apply: Callable[..., Any]

    def render(self, parts: Iterable[str]) -> str:
        """The source text with the holes filled in and put in parentheses."""
        return "(" + self.name.format(*parts) + ")"


def _sized(value: Any) -> Any:
    """The value, or TooLargeError when the enumerator should not keep it."""
    if isinstance(value, str | list):
        if len(value) > limits.MAX_VALUE_ITEMS:
            raise limits.TooLargeError(f"{len(value)} items")
    elif isinstance(value, int) and value.bit_length() > limits.MAX_VALUE_BITS:
        raise limits.TooLargeError(f"{value.bit_length()} bits")
    return value


def _times(left: Any, right: Any) -> Any:
    return limits.bounded_product(left, right, limits.MAX_VALUE_ITEMS, limits.MAX_VALUE_BITS)


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, int) and exponent < 0:
        raise ValueError("negative exponent")
    return limits.bounded_power(base, exponent, limits.MAX_VALUE_BITS)


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if (numbers.stop - numbers.start) // numbers.step > limits.MAX_VALUE_ITEMS:
        raise limits.TooLargeError("long range")
    return list(numbers)


def _add(left: Any, right: Any) -> Any:
    return _sized(left + right)


def _real(value: Any) -> float:
    if type(value) is not float or value != value or value in (float("inf"), float("-inf")):
        raise ValueError("not a finite real number")
    return value


def _join(separator: str, parts: list[str]) -> str:
    if len(separator) * len(parts) > limits.MAX_VALUE_ITEMS:
        raise limits.TooLargeError("long join")
    return separator.join(parts)


def _replace(text: str, old: str, new: str) -> str:
    if len(new) * (text.count(old) + 1) > limits.MAX_VALUE_ITEMS:
        raise limits.TooLargeError("long replacement")
    return text.replace(old, new)


def _number(text: str, base: int = 10) -> int:
    if len(text) > 10_000:
        raise limits.TooLargeError("long number")
    return int(text, base)


def _indivisible(number: int) -> bool:
    if number > MAX_FACTORED:
        raise limits.TooLargeError("slow test of divisors")
    return all(number % d for d in range(2, number))


def _divisors(number: int) -> list[int]:
    if number > MAX_FACTORED:
        raise limits.TooLargeError("slow search for divisors")
    return [d for d in range(1, number + 1) if number % d == 0]


def _all_prefixes(text: Any) -> list[Any]:
    if len(text) > 300:
        raise limits.TooLargeError("many prefixes")
    return [text[:i] for i in range(len(text) + 1)]


_SCALAR: Final[tuple[tuple[str, str, str, Callable[..., Any]], ...]] = (
    ("{0} + {1}", "int int", "int", _add),
    ("{0} - {1}", "int int", "int", operator.sub),
    ("{0} * {1}", "int int", "int", _times),
    ("{0} // {1}", "int int", "int", operator.floordiv),
    ("{0} % {1}", "int int", "int", operator.mod),
    ("{0} ** {1}", "int int", "int", _power),
    ("{0} ^ {1}", "int int", "int", operator.xor),
    ("-{0}", "int", "int", operator.neg),
    ("abs({0})", "int", "int", abs),
    ("int({0} ** 0.5)", "int", "int", lambda number: int(number**0.5)),
    ("{0} / {1}", "int int", "float", lambda a, b: _real(a / b)),
    ("max({0}, {1})", "int int", "int", max),
    ("min({0}, {1})", "int int", "int", min),
    ("{0} == {1}", "int int", "bool", operator.eq),
    ("{0} < {1}", "int int", "bool", operator.lt),
    ("{0} <= {1}", "int int", "bool", operator.le),
    ("{0} % {1} == 0", "int int", "bool", lambda a, b: a % b == 0),
    ("not {0}", "bool", "bool", operator.not_),
    ("{0} and {1}", "bool bool", "bool", lambda a, b: a and b),
    ("{0} or {1}", "bool bool", "bool", lambda a, b: a or b),
    ("all({0} % d for d in range(2, {0}))", "int", "bool", _indivisible),
    ("[d for d in range(1, {0} + 1) if {0} % d == 0]", "int", "List[int]", _divisors),
    ("int({0})", "bool", "int", int),
    ("float({0})", "int", "float", float),
    ("int({0})", "float", "int", int),
    ("round({0})", "float", "int", round),
    ("{0} + {1}", "float float", "float", lambda a, b: _real(a + b)),
    ("{0} - {1}", "float float", "float", lambda a, b: _real(a - b)),
    ("{0} * {1}", "float float", "float", lambda a, b: _real(a * b)),
    ("{0} / {1}", "float float", "float", lambda a, b: _real(a / b)),
    ("{0} % {1}", "float float", "float", lambda a, b: _real(a % b)),
    ("{0} ** 0.5", "float", "float", lambda a: _real(a**0.5)),
    ("{0} ** 0.5", "int", "float", lambda a: _real(a**0.5)),
    ("-{0}", "float", "float", operator.neg),
    ("abs({0})", "float", "float", abs),
    ("{0} < {1}", "float float", "bool", operator.lt),
    ("{0} == {1}", "float float", "bool", operator.eq),
    ("{0} + {1}", "str str", "str", _add),
    ("{0} * {1}", "str int", "str", _times),
    ("{0}[::-1]", "str", "str", lambda s: s[::-1]),
    ("{0}[{1}:]", "str int", "str", lambda s, i: s[i:]),
    ("{0}[:{1}]", "str int", "str", lambda s, i: s[:i]),
    ("{0}[::{1}]", "str int", "str", lambda s, i: s[::i]),
    ("{0}[{1}]", "str int", "str", operator.getitem),
    ("{0}.upper()", "str", "str", str.upper),
    ("{0}.lower()", "str", "str", str.lower),
    ("{0}.swapcase()", "str", "str", str.swapcase),
    ("{0}.title()", "str", "str", str.title),
    ("{0}.capitalize()", "str", "str", str.capitalize),
    ("{0}.strip()", "str", "str", str.strip),
    ("{0}.replace({1}, {2})", "str str str", "str", _replace),
    ("{0}.replace({1}, '')", "str str", "str", lambda s, a: s.replace(a, "")),
    ("''.join(sorted({0}))", "str", "str", lambda s: "".join(sorted(s))),
    ("{1}.join({0})", "List[str] str", "str", lambda parts, s: _join(s, parts)),
    ("''.join({0})", "List[str]", "str", lambda parts: "".join(parts)),
    ("' '.join({0})", "List[str]", "str", lambda parts: " ".join(parts)),
    ("str({0})", "int", "str", str),
    ("str({0})", "bool", "str", str),
    ("repr({0})", "str", "str", repr),
    ("bin({0})[2:]", "int", "str", lambda n: bin(n)[2:]),
    ("chr({0})", "int", "str", chr),
    ("ord({0})", "str", "int", ord),
    ("len({0})", "str", "int", len),
    ("int({0})", "str", "int", _number),
    ("int({0}, {1})", "str int", "int", _number),
    ("float({0})", "str", "float", lambda s: _real(float(s))),
    ("{0}.count({1})", "str str", "int", str.count),
    ("{0}.index({1})", "str str", "int", str.index),
    ("{0} in {1}", "str str", "bool", lambda a, b: a in b),
    ("{0} == {1}", "str str", "bool", operator.eq),
    ("{0} < {1}", "str str", "bool", operator.lt),
    ("{0}.startswith({1})", "str str", "bool", str.startswith),
    ("{0}.endswith({1})", "str str", "bool", str.endswith),
    ("{0}.isupper()", "str", "bool", str.isupper),
    ("{0}.islower()", "str", "bool", str.islower),
    ("{0}.isalpha()", "str", "bool", str.isalpha),
    ("{0}.isdigit()", "str", "bool", str.isdigit),
    ("{0} == {0}[::-1]", "str", "bool", lambda s: s == s[::-1]),
    ("len(set({0}))", "str", "int", lambda s: len(set(s))),
    ("list({0})", "str", "List[str]", list),
    ("{0}.split()", "str", "List[str]", str.split),
    ("{0}.split({1})", "str str", "List[str]", str.split),
    ("[{0}[:i] for i in range(len({0}) + 1)]", "str", "List[str]", _all_prefixes),
    ("list(range({0}))", "int", "List[int]", _range),
    ("list(range({0}, {1}))", "int int", "List[int]", _range),
    ("list(range({0}, {1}, {2}))", "int int int", "List[int]", _range),
    ("sum({0})", "List[int]", "int", sum),
    ("sum({0})", "List[bool]", "int", sum),
    ("sum({0})", "List[float]", "float", lambda xs: _real(sum(xs))),
    ("all({0})", "List[bool]", "bool", all),
    ("any({0})", "List[bool]", "bool", any),
    ("[int(c) for c in str({0})]", "int", "List[int]", lambda n: [int(c) for c in str(n)]),
    ("[int(x) for x in {0}]", "List[str]", "List[int]", lambda xs: [int(x) for x in xs]),
    ("[str(x) for x in {0}]", "List[int]", "List[str]", lambda xs: [str(x) for x in xs]),
    ("[float(x) for x in {0}]", "List[str]", "List[float]", lambda xs: [_real(float(x)) for x in xs]),
)


def _list_rules(kind: AnswerType) -> list[tuple[str, tuple[AnswerType, ...], AnswerType, Callable[..., Any]]]:
    item = kind.element
    rules: list[tuple[str, tuple[AnswerType, ...], AnswerType, Callable[..., Any]]] = [
        ("{0} + {1}", (kind, kind), kind, _add),
        ("{0} * {1}", (kind, INT), kind, _times),
        ("[{0}]", (item,), kind, lambda a: [a]),
        ("[{0}, {1}]", (item, item), kind, lambda a, b: [a, b]),
        ("[{0}, {1}, {2}]", (item, item, item), kind, lambda a, b, c: [a, b, c]),
        ("[{0}] * {1}", (item, INT), kind, lambda a, n: _times([a], n)),
        ("{0}[::-1]", (kind,), kind, lambda xs: xs[::-1]),
        ("{0}[{1}:]", (kind, INT), kind, lambda xs, i: xs[i:]),
        ("{0}[:{1}]", (kind, INT), kind, lambda xs, i: xs[:i]),
        ("{0}[::{1}]", (kind, INT), kind, lambda xs, i: xs[::i]),
        ("{0}[1::{1}]", (kind, INT), kind, lambda xs, i: xs[1::i]),
        ("sorted({0})", (kind,), kind, sorted),
        ("sorted({0}, reverse=True)", (kind,), kind, lambda xs: sorted(xs, reverse=True)),
        ("{0}[{1}]", (kind, INT), item, operator.getitem),
        ("{0}.index({1})", (kind, item), INT, list.index),
        ("{0}.count({1})", (kind, item), INT, list.count),
        ("{0} in {1}", (item, kind), BOOL, lambda a, xs: a in xs),
        ("len({0})", (kind,), INT, len),
        ("max({0})", (kind,), item, max),
        ("min({0})", (kind,), item, min),
        ("{0} == {1}", (kind, kind), BOOL, operator.eq),
    ]
    if item.depth == 0:
        rules += [
            ("sorted(set({0}))", (kind,), kind, lambda xs: sorted(set(xs))),
            ("list(dict.fromkeys({0}))", (kind,), kind, lambda xs: list(dict.fromkeys(xs))),
            ("len(set({0}))", (kind,), INT, lambda xs: len(set(xs))),
        ]
        if item in (INT, FLOAT):
            rules.append(("[{1} + x for x in {0}]", (kind, item), kind, lambda xs, d: [d + x for x in xs]))
        rules.append(("[list(x) for x in zip({0}, {1})]", (kind, kind), kind.listed, lambda a, b: _zip(a, b)))
    else:
        rules.append(("sum({0}, [])", (kind,), item, lambda xs: _sized(functools.reduce(operator.iadd, xs, []))))
    return rules


def _zip(left: list[Any], right: list[Any]) -> list[list[Any]]:
    return [list(pair) for pair in zip(left, right, strict=False)]


def rules_for(kinds: Iterable[AnswerType]) -> list[Rule]:
    """All rules over the scalar types, lists of them, and the given types with their elements."""
    wanted = dict.fromkeys([INTS, STRS])
    for kind in kinds:
        while kind.depth:
            wanted.setdefault(kind)
            kind = kind.element
    found = [
        Rule(name, tuple(parse_answer_type(hole) for hole in holes.replace(" ", "|").split("|")), result, apply)
        for name, holes, text, apply in _SCALAR
        for result in [parse_answer_type(text)]
    ]
    for kind in wanted:
        found += [Rule(*parts) for parts in _list_rules(kind)]
    known = {BOOL, INT, FLOAT, STR, BOOLS, FLOATS, *wanted}
    return [rule for rule in found if {rule.result, *rule.holes} <= known]
