"""Types of solver arguments beyond Python's own: arrays, sparse matrices, exact integers and rational numbers.

    @solver
    def norm(values: Vector, weights: SparseMatrix | None = None) -> Result[...]: ...

In JSON an array is a nested list, a sparse matrix `{"shape": [m, n], "entries": [[row, column, value], ...]}` with
indices from 0 (a nested list is taken as well), an exact integer an integer or a decimal string. Every number is
checked to be one and to be finite before a solver sees it.
"""

from __future__ import annotations

import math
import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = [
    "ArrayOf",
    "ExactInteger",
    "ExactNumber",
    "IntegerMatrix",
    "IntegerVector",
    "Matrix",
    "Seed",
    "Sparse",
    "SparseMatrix",
    "Vector",
]

MAX_DIGITS = 10_000
"""Longest exact integer, decimal digits."""
MAX_SIDE = 10**7
"""Longest side of a sparse matrix."""
_INTEGER = re.compile(r"[+-]?\d+")
_RATIONAL = re.compile(r"([+-]?\d+)\s*/\s*(\d+)|[+-]?(?:\d+\.?\d*|\.\d+)")


class _Reader(ABC):
    """A pydantic annotation: how a value is read, and what stands for it in a JSON schema."""

    @abstractmethod
    def read(self, value: Any) -> Any:
        """The value as a solver sees it; a ValueError with one line when there is none."""

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """What JSON may hold."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.json_schema()


@dataclass(frozen=True)
class ArrayOf(_Reader):
    """An array of finite numbers.

    Attributes:
        dimensions: 1, 2 or 3.
        integer: whether the numbers are integers (of 64 bits).
    """

    dimensions: int
    integer: bool = False

    def read(self, value: Any) -> NDArray[Any]:
        """The array; always a copy.

        Raises:
            ValueError: not such an array; one line.
        """
        kind = np.int64 if self.integer else np.float64
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in ("iu" if self.integer else "iuf"):
                raise ValueError(f"expected {'integers' if self.integer else 'numbers'}, got an array of {value.dtype}")
            array = np.array(value, dtype=kind)
        else:
            _check_nested(value, self.dimensions, self.integer)
            try:
                array = np.array(value, dtype=kind)
            except OverflowError:
                raise ValueError("a number is too large") from None
            if array.ndim < self.dimensions and array.size == 0:
                array = array.reshape(array.shape + (0,) * (self.dimensions - array.ndim))
        if array.ndim != self.dimensions:
            raise ValueError(f"expected {self.dimensions} dimensions, got {array.ndim}")
        if not self.integer and not np.isfinite(array).all():
            where = "".join(f"[{index}]" for index in np.argwhere(~np.isfinite(array))[0])
            raise ValueError(f"the number at {where} is not finite")
        return array

    def json_schema(self) -> dict[str, Any]:
        """Nested lists."""
        schema: dict[str, Any] = {"type": "integer" if self.integer else "number"}
        for _ in range(self.dimensions):
            schema = {"type": "array", "items": schema}
        return schema


def _check_nested(value: Any, dimensions: int, integer: bool) -> None:
    """Raise a ValueError that names the place unless `value` is a rectangular nested list of numbers."""
    lists: list[tuple[str, Any]] = [("", value)]
    for level in range(dimensions):
        length = None
        inner: list[tuple[str, Any]] = []
        for place, one in lists:
            if isinstance(one, str | bytes) or not isinstance(one, Sequence | np.ndarray):
                raise ValueError(f"expected a list{f' at {place}' if place else ''}, got {_shown(one)}")
            if length is not None and len(one) != length:
                raise ValueError(f"the list at {place} has {len(one)} elements, the ones before it have {length}")
            length = len(one)
            if level < dimensions - 1:
                inner += [(f"{place}[{index}]", item) for index, item in enumerate(one)]
            else:
                for index, item in enumerate(one):
                    _check_number(item, f"{place}[{index}]", integer)
        lists = inner


def _check_number(item: Any, place: str, integer: bool) -> None:
    wanted = (int, np.integer) if integer else (int, float, np.integer, np.floating)
    if isinstance(item, bool) or not isinstance(item, wanted):
        raise ValueError(f"expected {'an integer' if integer else 'a number'} at {place}, got {_shown(item)}")


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    text = repr(value) if isinstance(value, int | float | str) and not _is_long(value) else type(value).__name__
    return text if len(text) <= 40 else type(value).__name__


def _is_long(value: Any) -> bool:
    return isinstance(value, int) and value.bit_length() > 1000


Vector = Annotated[NDArray[np.float64], ArrayOf(1)]
"""n numbers."""
Matrix = Annotated[NDArray[np.float64], ArrayOf(2)]
"""m rows of n numbers."""
IntegerVector = Annotated[NDArray[np.int64], ArrayOf(1, integer=True)]
IntegerMatrix = Annotated[NDArray[np.int64], ArrayOf(2, integer=True)]


@dataclass(frozen=True, slots=True)
class Sparse:
    """A matrix by its entries; several at one place are added.

    Attributes:
        shape: rows and columns.
        rows: row of each entry, from 0.
        columns: column of each entry, from 0.
        values: value of each entry.
    """

    shape: tuple[int, int]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def from_dense(cls, matrix: NDArray[np.float64]) -> Sparse:
        """The entries of `matrix` that are not 0."""
        rows, columns = np.nonzero(matrix)
        return cls((matrix.shape[0], matrix.shape[1]), rows, columns, matrix[rows, columns])

    def scipy(self) -> Any:
        """As a `scipy.sparse.csr_array`."""
        from scipy.sparse import coo_array

        return coo_array((self.values, (self.rows, self.columns)), shape=self.shape).tocsr()

    def to_json(self) -> dict[str, Any]:
        """As it stands in JSON."""
        entries = zip(self.rows.tolist(), self.columns.tolist(), self.values.tolist(), strict=True)
        return {"shape": list(self.shape), "entries": [list(entry) for entry in entries]}


class _SparseReader(_Reader):
    def read(self, value: Any) -> Sparse:
        """From a COO object, a nested list, an array or a SciPy sparse matrix."""
        if isinstance(value, Sparse):
            return value
        if hasattr(value, "tocoo"):
            coo = value.tocoo()
            values = ArrayOf(1).read(coo.data)
            rows, columns = (np.asarray(side, dtype=np.int64) for side in (coo.row, coo.col))
            return Sparse((int(coo.shape[0]), int(coo.shape[1])), rows, columns, values)
        if not isinstance(value, dict):
            return Sparse.from_dense(ArrayOf(2).read(value))
        if value.keys() != {"shape", "entries"}:
            raise ValueError('expected a nested list or {"shape": [m, n], "entries": [[row, column, value], ...]}')
        return _from_entries(_shape(value["shape"]), value["entries"])

    def json_schema(self) -> dict[str, Any]:
        number = {"type": "number"}
        index = {"type": "integer", "minimum": 0}
        entry = {"type": "array", "prefixItems": [index, index, number], "minItems": 3, "maxItems": 3}
        shape = {"type": "array", "items": index, "minItems": 2, "maxItems": 2}
        coo = {
            "type": "object",
            "properties": {"shape": shape, "entries": {"type": "array", "items": entry}},
            "required": ["shape", "entries"],
            "additionalProperties": False,
        }
        return {"anyOf": [{"type": "array", "items": {"type": "array", "items": number}}, coo]}


def _shape(value: Any) -> tuple[int, int]:
    whole = isinstance(value, list | tuple) and all(isinstance(one, int) and not isinstance(one, bool) for one in value)
    if not whole or len(value) != 2 or min(value) < 0 or max(value) > MAX_SIDE:
        raise ValueError(f"shape: expected two integers from 0 to {MAX_SIDE}")
    return value[0], value[1]


def _from_entries(shape: tuple[int, int], entries: Any) -> Sparse:
    if not isinstance(entries, list | tuple):
        raise ValueError("entries: expected a list")
    for number, entry in enumerate(entries):
        if not isinstance(entry, list | tuple) or len(entry) != 3:
            raise ValueError(f"entries[{number}]: expected [row, column, value]")
        for index, (side, name) in enumerate(zip(shape, ("row", "column"), strict=True)):
            _check_number(entry[index], f"entries[{number}][{index}]", integer=True)
            if not 0 <= entry[index] < side:
                raise ValueError(f"entries[{number}]: {name} {_shown(entry[index])} is outside 0..{side - 1}")
    rows = np.array([entry[0] for entry in entries], dtype=np.int64)
    columns = np.array([entry[1] for entry in entries], dtype=np.int64)
    return Sparse(shape, rows, columns, ArrayOf(1).read([entry[2] for entry in entries]))


SparseMatrix = Annotated[Sparse, _SparseReader()]
"""m x n, by its entries or as a nested list."""


class _IntegerReader(_Reader):
    def read(self, value: Any) -> int:
        """From an integer or its decimal digits."""
        if isinstance(value, str):
            text = value.strip()
            if not _INTEGER.fullmatch(text):
                raise ValueError(f"expected an integer, got {_shown(value)}")
            if len(text) > MAX_DIGITS:
                raise ValueError(f"expected at most {MAX_DIGITS} digits, got {len(text)}")
            return _parsed(text)
        if isinstance(value, bool | float) or not hasattr(value, "__index__"):
            raise ValueError(f"expected an integer, got {_shown(value)}")
        number = operator.index(value)
        if number.bit_length() > MAX_DIGITS * math.log2(10):
            raise ValueError(f"expected at most {MAX_DIGITS} digits")
        return number

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[+-]?[0-9]+$"}]}


def _parsed(text: str) -> int:
    from flint import fmpz

    return int(text) if len(text) < 4000 else int(fmpz(text.lstrip("+")))


class _NumberReader(_Reader):
    def read(self, value: Any) -> Fraction:
        """From an integer, a decimal or `p/q`."""
        if isinstance(value, Fraction):
            return value
        if isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError("expected a finite number")
            return Fraction(repr(value))
        if not isinstance(value, str):
            return Fraction(_IntegerReader().read(value))
        text = value.strip()
        matched = _RATIONAL.fullmatch(text)
        if matched is None or len(text) > MAX_DIGITS // 3:
            raise ValueError(f"expected an integer, a decimal or p/q, got {_shown(value)}")
        if matched[2] is not None:
            if not matched[2].strip("0"):
                raise ValueError("the denominator is 0")
            return Fraction(int(matched[1]), int(matched[2]))
        return Fraction(text)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[+-]?[0-9./ ]+$"}]}


Seed = Annotated[int, Field(ge=0, lt=2**53)]
"""Of random numbers."""
ExactInteger = Annotated[int, _IntegerReader()]
"""An integer of any size; in JSON also as a decimal string."""
ExactNumber = Annotated[Fraction, _NumberReader()]
"""A rational number; in JSON a number (read as its shortest decimal) or a string such as "22/7"."""
