"""The format in which values leave a process that nobody trusts."""

from __future__ import annotations

import json
import math
import struct
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from enum import IntEnum
from fractions import Fraction

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers import plain_data
from verifiers.exact_types import AnnotationError, exact_type_check
from verifiers.plain_data import (
    MAX_DEPTH,
    DataLimits,
    Foreign,
    Opaque,
    PlainDataError,
    decode,
    encode,
    strip_foreign,
)

ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates included
LEAVES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT, st.binary(), st.complex_numbers()),
    *(st.integers(min_value=-(2**4000), max_value=2**4000), st.fractions()),
)
HASHABLE = st.recursive(
    LEAVES, lambda inner: st.one_of(st.tuples(inner, inner), st.frozensets(inner, max_size=4)), max_leaves=8
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        *(st.lists(inner), st.tuples(inner, inner), st.sets(HASHABLE, max_size=5)),
        st.dictionaries(HASHABLE, inner, max_size=5),
    ),
    max_leaves=25,
)


def fingerprint(value: object) -> object:
    """Type and bits of a value, so that 1, 1.0, True and -0.0 differ and all NaN are one."""
    kind = type(value)
    if kind is float:
        return "nan" if math.isnan(value) else struct.pack("d", value)
    if kind is complex:
        return fingerprint(value.real), fingerprint(value.imag)
    if kind in (list, tuple):
        return kind.__name__, [fingerprint(item) for item in value]
    if kind in (set, frozenset):
        return kind.__name__, sorted(repr(fingerprint(item)) for item in value)
    if kind is dict:
        return [(fingerprint(key), fingerprint(item)) for key, item in value.items()]
    return kind.__name__, value


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_a_value_comes_back_with_its_types_and_bits(value: object) -> None:
    assert repr(fingerprint(decode(encode(value)))) == repr(fingerprint(value))


@pytest.mark.parametrize(
    "value",
    [
        *(0.0, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf),
        *(2**63 - 1, 2**63, -(2**63), 10**10_000, -(10**10_000)),
        *("\ud83d\ude00", "\ude00\ud83d", "\ud800", "\x00\x1b[31m", "é\u2028"),
        *([True, 1, 1.0, None], [[], [[]]], {(): {frozenset(): [b"\xff"]}}),
    ],
    ids=range(19),
)
def test_awkward_values_come_back(value: object) -> None:
    assert fingerprint(decode(encode(value))) == fingerprint(value)


def test_an_integer_of_many_million_bits_takes_linear_time() -> None:
    # As decimal text this would take hours.
    value = 1 << 40_000_000
    assert decode(encode([value])) == [value]


@settings(max_examples=200, deadline=None)
@given(st.binary())
def test_arbitrary_bytes_raise_nothing_but_the_one_error(data: bytes) -> None:
    try:
        decode(data)
    except PlainDataError:
        return


TAGS = st.sampled_from([*plain_data._READERS, "unknown", ""])
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT, st.sampled_from(["AAAA", "ff", "int"])),
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(TAGS, inner, max_size=2), st.builds(lambda tag, item: {tag: item}, TAGS, inner)
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_arbitrary_json_raises_nothing_but_the_one_error(tree: object) -> None:
    try:
        decode(json.dumps(tree).encode())
    except PlainDataError:
        return


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"[" * 300 + b"]" * 300,
        b'{"tuple":[' * 200 + b"]}" * 200,
        b'{"tuple":[[[]]],"set":[]}',
        b'{"set":[[1]]}',
        b'{"dict":[[1,2,3]]}',
        b'{"int":"-"}',
        b'{"fraction":["AQ==","AA=="]}',
        b'{"complex":[1,2]}',
        b'{"builtin":"eval"}',
        b'{"other":["x","y"]}',
        b'{"str":"zz"}',
        b"1" * 5_000,
        b"0." + b"1" * 5_000,
        b'["a\\ud83d\\ude00", 1e5',
        b"\xef\xbb\xbf1",
        b"1".decode().encode("utf-16"),
        b"",
    ],
)
def test_malformed_messages_are_refused(data: bytes) -> None:
    with pytest.raises(PlainDataError):
        decode(data)


@pytest.mark.parametrize(
    "text", ['"' + '\\"' * 400_000, '"' + '\\"' * 400_000 + "\\", '["a",' * 900_000, "{" * 3_000_000]
)
def test_long_broken_messages_are_refused_in_linear_time(text: str) -> None:
    # In quadratic time none of these would come to an end.
    with pytest.raises(PlainDataError):
        decode(text.encode())


def test_members_with_equal_hashes_are_refused_before_they_cost_quadratic_time() -> None:
    modulus = sys.hash_info.modulus
    colliding = [modulus * factor for factor in range(1, 50_000)]
    for tag, payload in (("set", colliding), ("frozenset", colliding)):
        with pytest.raises(PlainDataError, match="share a hash"):
            decode(encode(colliding).replace(b"[", b'{"%s":[' % tag.encode(), 1) + b"}")
        assert payload
    with pytest.raises(PlainDataError, match="share a hash"):
        decode(encode(dict.fromkeys(colliding[:2000])))
    assert decode(encode(set(range(50_000)) | {-1, -2})) == set(range(50_000)) | {-1, -2}


def test_caps_hold_when_writing_and_when_reading() -> None:
    deep: list[object] = []
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    assert decode(encode(deep)) == deep
    with pytest.raises(PlainDataError):
        encode([deep])
    with pytest.raises(PlainDataError):
        decode(b"[" + encode(deep) + b"]")
    tight = DataLimits(bytes=1_000, nodes=10)
    for value in ([0] * 11, ["x" * 2_000], {number: number for number in range(6)}):
        with pytest.raises(PlainDataError):
            encode(value, limits=tight)
        with pytest.raises(PlainDataError):
            decode(encode(value), tight)
    assert decode(encode([","] * 10), tight) == [","] * 10
    assert decode(encode("[,{" * 300), tight) == "[,{" * 300


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(PlainDataError):
        encode(loop)


def test_subclasses_lose_their_value() -> None:
    class Liar(list):  # type: ignore[type-arg]
        def __eq__(self, other: object) -> bool:
            return True

        __class__ = list  # type: ignore[assignment]

    class Number(int):
        pass

    for value in (Liar([1]), Number(1), object(), len, lambda: 1, (x for x in [1])):
        read = decode(encode([value]))[0]
        assert type(read) is Opaque
        assert read != value
        assert read != [1]


def test_objects_can_be_kept_and_meant_again() -> None:
    kept: list[object] = []

    def keep(value: object) -> int:
        kept.append(value)
        return 7

    thing = object()
    reference = decode(encode({"x": [thing]}, keep))["x"][0]
    assert (reference.type_name, reference.reference, kept) == ("object", 7, [thing])
    assert decode(encode(reference)).reference == 7


def test_library_values_name_their_type_beside_a_plain_view() -> None:
    Point = namedtuple("Point", "x y")
    Colour = IntEnum("Colour", "RED")
    pairs = [
        (Counter("aab"), "collections.Counter", {"a": 2, "b": 1}),
        (OrderedDict(a=1), "collections.OrderedDict", {"a": 1}),
        (defaultdict(int, a=1), "collections.defaultdict", {"a": 1}),
        (deque([1]), "collections.deque", [1]),
        (Point(1, 2), "namedtuple", (1, 2)),
        (Colour.RED, "enum", 1),
        (numpy.int64(3), "numpy.int64", 3),
        (numpy.float64(0.1), "numpy.float64", 0.1),
        (numpy.array([[1, 2]]), "numpy.ndarray/int64", [[1, 2]]),
    ]
    for value, name, plain in pairs:
        assert decode(encode(value)) == Foreign(name, plain)
        assert strip_foreign(decode(encode([{"k": (value,)}]))) == [{"k": (plain,)}]


def test_builtin_classes_travel_and_others_do_not() -> None:
    assert decode(encode([int, dict])) == [int, dict]
    assert type(decode(encode(Fraction))) is Opaque


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (True, "bool", True),
        (True, "int", False),
        (1, "float", False),
        (1.0, "int", False),
        ([], "List[int]", True),
        ([1, True], "List[int]", False),
        ((1,), "List[int]", False),
        ([[1], []], "List[List[int]]", True),
        ([[1], [1.0]], "List[List[int]]", False),
        ([[["a"]]], "list[list[list[str]]]", True),
        ({1}, "Set[int]", True),
        ({1.0}, "Set[int]", False),
        ({"a": [1]}, "Dict[str, List[int]]", True),
        ((1, "a"), "Tuple[int, str]", True),
        ((1, 2, 3), "typing.Tuple[int, ...]", True),
        (None, "Optional[int]", True),
        ("a", "int | str", True),
        ("a", "Union[int, None]", False),
        (Foreign("numpy.int64", 1), "int", False),
    ],
)
def test_exact_types(value: object, annotation: str, expected: bool) -> None:
    assert exact_type_check(annotation)(value) is expected


@pytest.mark.parametrize("annotation", ["", "Foo", "List[", "List[int, str]", "__import__('os')", "[" * 400])
def test_annotations_that_name_no_type_are_refused(annotation: str) -> None:
    with pytest.raises(AnnotationError):
        exact_type_check(annotation)
