r"""The closed format in which values leave (and enter) a process that nobody trusts.

>>> encode({"a": (1, 2.5), "b": {3}})
b'{"dict":[["a",{"tuple":[1,2.5]}],["b",{"set":[3]}]]}'
>>> decode(encode({"a": (1, 2.5), "b": {3}}))
{'a': (1, 2.5), 'b': {3}}
>>> decode(b'{"tuple":[[1]')
Traceback (most recent call last):
verifiers.plain_data.PlainDataError: not JSON: Expecting ',' delimiter: line 1 column 14 (char 13)

The text is JSON. None, booleans, numbers, strings and lists stand for themselves; everything else is an object
with exactly one key, its tag. Only exact builtin types are plain. A value of a well-known library type (a Counter, a
NumPy number) arrives as `Foreign`, which names the type beside a plain view of the value; anything else, subclasses
of builtins included, arrives as `Opaque`, which has no value at all. Decoding builds data and never runs code of
the sender; every cap is checked, so that the reader's time and memory are linear in a bounded message. The one thing
that is not kept is the sign and payload of a NaN.
"""

from __future__ import annotations

import json
import re
import sys
from binascii import a2b_base64, b2a_base64
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

__all__ = [
    "BUILTIN_TYPES",
    "DEFAULT_LIMITS",
    "MAX_DEPTH",
    "DataLimits",
    "Foreign",
    "Opaque",
    "PlainDataError",
    "TooLargeError",
    "checked_dict",
    "checked_set",
    "decode",
    "encode",
    "strip_foreign",
]

MAX_BYTES = 256 << 20
"""Longest message, bytes."""
MAX_NODES = 2_000_000
"""Most values in one message, containers included."""
MAX_DEPTH = 100
"""Deepest nesting of containers."""
MAX_NUMBER_DIGITS = 400
"""Longest run of digits in a JSON number; longer integers travel as base64 of their bytes, read in linear time."""
MAX_FRACTION_TEXT = 3_000
"""Longest numerator or denominator, characters of base64: reducing a fraction takes quadratic time."""
MAX_EQUAL_HASHES = 16
"""Most members of one set or dictionary that share a hash value: building it takes quadratic time in that number."""
MAX_TYPE_NAME = 100
"""Longest name of a type, characters."""
NATIVE_INT_BOUND = 1 << 63
"""Integers below this magnitude travel as JSON numbers."""

BUILTIN_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict, object)
}
"""The classes that may travel as values, by name."""


class PlainDataError(ValueError):
    """A message is not in the format, or a value does not fit into it."""


class TooLargeError(PlainDataError):
    """A value or message is plain data, but has too many bytes or members."""


@dataclass(frozen=True, slots=True)
class DataLimits:
    """Caps of one message; see the constants of this module."""

    bytes: int = MAX_BYTES
    nodes: int = MAX_NODES
    depth: int = MAX_DEPTH


DEFAULT_LIMITS = DataLimits()


@dataclass(frozen=True, slots=True)
class Foreign:
    """A value of a well-known type that is not builtin.

    Attributes:
        type_name: such as `collections.Counter`, `numpy.int64` or `numpy.ndarray/float64`.
        plain: the nearest builtin value: a dictionary, list, tuple, number or string.
    """

    type_name: str
    plain: Any


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """A value that is not plain data; equal to nothing.

    Attributes:
        type_name: name of its class, as the sender gave it.
        reference: number under which the sender keeps it, if it does.
    """

    type_name: str
    reference: int | None = None


def encode(value: object, refer: Callable[[object], int] | None = None, limits: DataLimits = DEFAULT_LIMITS) -> bytes:
    """Write `value`.

    Args:
        value: anything; what is not plain is written as `Opaque`.
        refer: keeps such an object and returns the number under which the other side can mean it.
        limits: caps.

    Raises:
        PlainDataError: a cap is exceeded (a value that holds itself exceeds the depth).
    """
    try:
        data = _to_json(_Encoder(refer, limits).tree(value, 0)).encode()
    except RecursionError:
        raise PlainDataError("nested too deeply") from None
    if len(data) > limits.bytes:
        raise TooLargeError(f"longer than {limits.bytes} bytes")
    return data


def decode(data: bytes, limits: DataLimits = DEFAULT_LIMITS) -> Any:
    """Read a message from anybody.

    Raises:
        PlainDataError: it is not in the format, or exceeds a cap. Nothing else is raised, whatever the bytes.
    """
    if len(data) > limits.bytes:
        raise TooLargeError(f"longer than {limits.bytes} bytes")
    openings = data.count(b"[") + data.count(b"{")
    if openings + data.count(b",") > limits.nodes or _LONG_NUMBER.search(data):
        _check_outside_strings(_STRING.sub(b'""', data), limits)
    try:
        value = _from_json(data.decode())
    except PlainDataError:
        raise
    except RecursionError:
        raise PlainDataError("nested too deeply") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise PlainDataError(f"not JSON: {error}") from None
    if openings > limits.depth:
        _check_depth(value, limits.depth)
    return value


def checked_set(items: Iterable[Any]) -> set[Any]:
    """The set of `items` of untrusted data, refused where building it would take quadratic time.

    Raises:
        PlainDataError: an item is not hashable, or too many share a hash value.
    """
    members = list(items)
    _check_hashes(members)
    return set(members)


def checked_dict(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """The dictionary of `pairs` of untrusted data; see `checked_set`."""
    members = list(pairs)
    _check_hashes([key for key, _ in members])
    return dict(members)


def strip_foreign(value: Any) -> Any:
    """`value` with each `Foreign` in it replaced by its plain view."""
    kind = type(value)
    if kind is Foreign:
        return strip_foreign(value.plain)
    if kind is list:
        return value if set(map(type, value)) <= _LEAVES else [strip_foreign(item) for item in value]
    if kind is tuple:
        return tuple(strip_foreign(item) for item in value)
    if kind is set or kind is frozenset:
        return kind(checked_set(strip_foreign(item) for item in value))
    if kind is dict:
        return checked_dict((strip_foreign(key), strip_foreign(item)) for key, item in value.items())
    return value


_LEAVES = frozenset({bool, int, float, str, bytes, complex, type(None)})
_AS_THEY_ARE = frozenset({bool, float, type(None)})
_CONTAINERS = frozenset({list, tuple, set, frozenset, dict, Foreign})
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % MAX_NUMBER_DIGITS)
# An unterminated string matches up to the end of the text: otherwise the search would start again at each quote.
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_type_name_of: Callable[[Any], str] = type.__dict__["__name__"].__get__
_to_json = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


class _Encoder:
    """One value on its way to the tree of lists and one-key objects that JSON can hold."""

    def __init__(self, refer: Callable[[object], int] | None, limits: DataLimits) -> None:
        self._refer = refer
        self._limits = limits
        self._nodes = 0

    def tree(self, value: Any, depth: int) -> object:
        kind = type(value)
        if kind in _AS_THEY_ARE:
            return value
        if kind is int:
            return value if -NATIVE_INT_BOUND < value < NATIVE_INT_BOUND else {"int": _int_text(value)}
        if kind is str:
            return _text(value)
        if depth >= self._limits.depth:
            raise PlainDataError(f"nested more than {self._limits.depth} levels deep")
        if kind is list:
            return self._items(value, depth + 1)
        if kind is tuple or kind is set or kind is frozenset:
            return {kind.__name__: self._items(list(value), depth + 1)}
        if kind is dict:
            return {"dict": self._pairs(value, depth + 1)}
        if kind is bytes or kind is bytearray:
            return {kind.__name__: value.hex()}
        if kind is complex:
            return {"complex": [value.real, value.imag]}
        if kind is Fraction:
            return {"fraction": [_int_text(value.numerator), _int_text(value.denominator)]}
        return self._unusual(value, kind, depth + 1)

    def _items(self, items: list[Any], depth: int) -> list[Any]:
        self._nodes += len(items)
        if self._nodes > self._limits.nodes:
            raise TooLargeError(f"more than {self._limits.nodes} values")
        kinds = set(map(type, items))
        if kinds <= _AS_THEY_ARE:
            return items
        if kinds == {int} and min(items) > -NATIVE_INT_BOUND and max(items) < NATIVE_INT_BOUND:
            return items
        if kinds == {str} and "".join(items).isascii():
            return items
        tree = self.tree
        return [tree(item, depth) for item in items]

    def _pairs(self, value: dict[Any, Any], depth: int) -> list[list[object]]:
        self._nodes += 2 * len(value)
        if self._nodes > self._limits.nodes:
            raise TooLargeError(f"more than {self._limits.nodes} values")
        return [[self.tree(key, depth), self.tree(item, depth)] for key, item in list(value.items())]

    def _unusual(self, value: Any, kind: type, depth: int) -> object:
        if kind is type and BUILTIN_TYPES.get(_type_name_of(value)) is value:
            return {"builtin": _type_name_of(value)}
        if kind is Opaque:
            return {"other": [value.type_name, value.reference]}
        plain = _plain_view(value, kind)
        if plain is not None:
            name, view = plain
            return {"foreign": [name, self.tree(view, depth)]}
        name = _type_name_of(kind)[:MAX_TYPE_NAME].encode("ascii", "backslashreplace").decode()
        return {"other": [name, None if self._refer is None else self._refer(value)]}


def _plain_view(value: Any, kind: type) -> tuple[str, Any] | None:
    """Name and builtin view of a value of a well-known type; None for all others."""
    if kind is Counter or kind is OrderedDict or kind is defaultdict:
        return f"collections.{kind.__name__}", dict(value)
    if kind is deque:
        return "collections.deque", list(value)
    if kind is Decimal:
        return "decimal.Decimal", str(value)
    if kind is range:
        return "range", [value.start, value.stop, value.step]
    if issubclass(kind, tuple) and type(getattr(kind, "_fields", None)) is tuple:
        return "namedtuple", tuple(value)
    if issubclass(kind, Enum) and issubclass(kind, int | str):
        member = value.value
        return ("enum", member) if type(member) in _LEAVES else None
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if kind is numpy.ndarray:
        return f"numpy.ndarray/{value.dtype.name}", value.tolist()
    if issubclass(kind, numpy.generic):
        item = value.item()
        return (f"numpy.{kind.__name__}", item) if type(item) in _LEAVES else None
    return None


def _int_text(value: int) -> str:
    size = value.bit_length() // 8 + 1
    return b2a_base64(value.to_bytes(size, "little", signed=True), newline=False).decode()


def _text(value: str) -> object:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return {"str": value.encode("utf-8", "surrogatepass").hex()}
    return value


def _check_outside_strings(structure: bytes, limits: DataLimits) -> None:
    if structure.count(b"[") + structure.count(b"{") + structure.count(b",") > limits.nodes:
        raise TooLargeError(f"more than {limits.nodes} values")
    if _LONG_NUMBER.search(structure):
        raise PlainDataError(f"a number of {MAX_NUMBER_DIGITS} digits or more")


def _check_depth(value: object, limit: int) -> None:
    level = [value]
    for _ in range(limit):
        deeper: list[object] = []
        for container in level:
            deeper.extend(_children(container))
        if not deeper:
            return
        level = deeper
    raise PlainDataError(f"nested more than {limit} levels deep")


def _children(value: Any) -> list[object]:
    kind = type(value)
    if kind is Foreign:
        return [value.plain]
    if kind not in _CONTAINERS or (_CONTAINERS.isdisjoint(map(type, value)) and kind is not dict):
        return []
    items = list(value)
    if kind is dict:
        items.extend(value.values())
    return [item for item in items if type(item) in _CONTAINERS]


def _check_hashes(items: list[Any]) -> None:
    try:
        hashes = list(map(hash, items))
    except TypeError as error:
        raise PlainDataError(f"a member of a set or a key cannot be one: {error}") from None
    if len(hashes) > MAX_EQUAL_HASHES and max(Counter(hashes).values()) > MAX_EQUAL_HASHES:
        raise PlainDataError(f"more than {MAX_EQUAL_HASHES} members of a set share a hash value")


def _read_int(text: object, limit: int = MAX_BYTES) -> int:
    if type(text) is not str or len(text) > limit:
        raise PlainDataError("malformed integer")
    return int.from_bytes(a2b_base64(text, strict_mode=True), "little", signed=True)


def _read_list(payload: object, length: int | None = None) -> list[Any]:
    if type(payload) is not list or (length is not None and len(payload) != length):
        raise PlainDataError(f"expected a list{'' if length is None else f' of {length}'}")
    return payload


def _read_bytes(payload: object) -> bytes:
    if type(payload) is not str:
        raise PlainDataError("expected hexadecimal text")
    return bytes.fromhex(payload)


def _read_complex(payload: object) -> complex:
    real, imaginary = _read_list(payload, 2)
    if type(real) is not float or type(imaginary) is not float:
        raise PlainDataError("malformed complex number")
    return complex(real, imaginary)


def _read_fraction(payload: object) -> Fraction:
    numerator, denominator = (_read_int(part, MAX_FRACTION_TEXT) for part in _read_list(payload, 2))
    if denominator <= 0:
        raise PlainDataError("malformed fraction")
    return Fraction(numerator, denominator)


def _read_dict(payload: object) -> dict[Any, Any]:
    pairs = [_read_list(pair, 2) for pair in _read_list(payload)]
    return checked_dict((key, item) for key, item in pairs)


def _read_name(name: object) -> str:
    if type(name) is not str or not name.isascii() or len(name) > 10 * MAX_TYPE_NAME:
        raise PlainDataError("malformed type name")
    return name


def _read_foreign(payload: object) -> Foreign:
    name, plain = _read_list(payload, 2)
    return Foreign(_read_name(name), plain)


def _read_other(payload: object) -> Opaque:
    name, reference = _read_list(payload, 2)
    if reference is not None and type(reference) is not int:
        raise PlainDataError("malformed reference")
    return Opaque(_read_name(name), reference)


def _read_builtin(payload: object) -> type:
    if type(payload) is not str or payload not in BUILTIN_TYPES:
        raise PlainDataError("not the name of a builtin class")
    return BUILTIN_TYPES[payload]


_READERS: dict[str, Callable[[Any], Any]] = {
    "int": _read_int,
    "str": lambda payload: _read_bytes(payload).decode("utf-8", "surrogatepass"),
    "bytes": _read_bytes,
    "bytearray": lambda payload: bytearray(_read_bytes(payload)),
    "tuple": lambda payload: tuple(_read_list(payload)),
    "set": lambda payload: checked_set(_read_list(payload)),
    "frozenset": lambda payload: frozenset(checked_set(_read_list(payload))),
    "dict": _read_dict,
    "complex": _read_complex,
    "fraction": _read_fraction,
    "foreign": _read_foreign,
    "other": _read_other,
    "builtin": _read_builtin,
}


def _untag(pairs: list[tuple[str, Any]]) -> Any:
    if len(pairs) != 1 or pairs[0][0] not in _READERS:
        raise PlainDataError("an object must have exactly one key, and that a known tag")
    return _READERS[pairs[0][0]](pairs[0][1])


_from_json = json.JSONDecoder(object_pairs_hook=_untag).decode
