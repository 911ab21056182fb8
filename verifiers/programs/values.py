"""From decoded plain data to the Python values that tests compare.

>>> revive(Foreign("collections.Counter", {"a": 2})) == {"a": 2}
True
>>> revive(Foreign("numpy.float64", 0.5))
0.5

Library values become what compares like them. On the trusted side only such objects are made whose handling costs no
more than their size; a child may make the others as well (ranges, arrays).
"""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from verifiers.plain_data import Foreign, Opaque, PlainDataError, checked_dict, checked_set

__all__ = ["revive"]

MAX_DECIMAL_LENGTH = 100
"""Longest text of a decimal number that is made on the trusted side."""
MAX_DECIMAL_EXPONENT = 400
"""Largest power of ten in one."""

_LEAVES = frozenset({bool, int, float, str, bytes, complex, type(None)})
_MAPPINGS: dict[str, Callable[[dict[Any, Any]], Any]] = {
    "collections.Counter": Counter,
    "collections.OrderedDict": OrderedDict,
    "collections.defaultdict": lambda items: defaultdict(None, items),
}


def revive(value: Any, *, in_child: bool = False, resolve: Callable[[Opaque], Any] | None = None) -> Any:
    """`value` with library values and references in it made real.

    Args:
        value: as decoded.
        in_child: whether objects may be made whose handling can cost more than their size.
        resolve: what a reference means; None: it stays `Opaque`, equal to nothing.

    Raises:
        PlainDataError: a set or dictionary would take quadratic time to build, or a value contradicts its type.
    """
    kind = type(value)
    if kind in _LEAVES:
        return value
    if kind is list:
        return value if set(map(type, value)) <= _LEAVES else [_inner(item, in_child, resolve) for item in value]
    if kind is tuple:
        return tuple(_inner(item, in_child, resolve) for item in value)
    if kind is set or kind is frozenset:
        return kind(checked_set(_inner(item, in_child, resolve) for item in value))
    if kind is dict:
        return checked_dict(
            (_inner(key, in_child, resolve), _inner(item, in_child, resolve)) for key, item in value.items()
        )
    if kind is Opaque:
        return value if resolve is None else resolve(value)
    if kind is Foreign:
        return _library_value(value, _inner(value.plain, in_child, resolve), in_child)
    return value


def _inner(value: Any, in_child: bool, resolve: Callable[[Opaque], Any] | None) -> Any:
    return value if type(value) in _LEAVES else revive(value, in_child=in_child, resolve=resolve)


def _library_value(value: Foreign, plain: Any, in_child: bool) -> Any:
    name = value.type_name
    try:
        if name in _MAPPINGS and type(plain) is dict:
            return _MAPPINGS[name](plain)
        if name == "collections.deque" and type(plain) is list:
            return deque(plain)
        if name == "namedtuple" and type(plain) is tuple:
            return plain
        if name == "enum" and type(plain) in (int, str):
            return plain
        if name == "decimal.Decimal" and type(plain) is str:
            return _decimal(plain, value, in_child)
        if name == "range" and in_child:
            return range(*plain)
        if name.startswith("numpy."):
            return _numpy_value(value, plain, in_child)
    except (TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise PlainDataError(f"not a {name}: {error}") from None
    return value


def _decimal(text: str, value: Foreign, in_child: bool) -> Any:
    if in_child:
        return Decimal(text)
    if len(text) > MAX_DECIMAL_LENGTH:
        return value
    number = Decimal(text)
    return number if not number.is_finite() or abs(number.adjusted()) <= MAX_DECIMAL_EXPONENT else value


def _numpy_value(value: Foreign, plain: Any, in_child: bool) -> Any:
    numpy = sys.modules.get("numpy") if in_child else None
    name = value.type_name.removeprefix("numpy.")
    if name.startswith("ndarray"):
        return value if numpy is None else numpy.asarray(plain, dtype=name.partition("/")[2])
    if type(plain) not in _LEAVES:
        return value
    return plain if numpy is None else numpy.dtype(name.rstrip("_")).type(plain)
