"""Caps that keep one evaluation small, and operations that check them before they work.

>>> bounded_power(2, 10)
1024
>>> try:
...     bounded_power(9, 9**9)
... except TooLargeError as error:
...     print(error)
power with a result of about 1549681956 bits
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "MAX_LITERAL_CHARACTERS",
    "MAX_VALUE_ITEMS",
    "TooLargeError",
    "bounded_power",
    "bounded_product",
    "bounded_product_in_place",
    "bounded_shift",
    "check_iterable",
]

MAX_INT_BITS = 400_000
"""Largest integer (bits) that an operation inside a puzzle may build."""

MAX_SEQUENCE_ITEMS = 2_000_000
"""Largest list or string (items) that an operation inside a puzzle may build."""

MAX_LITERAL_CHARACTERS = 20_000
"""Longest literal (characters) that is handed out as an answer."""

MAX_VALUE_ITEMS = 100_000
"""Largest list or string (items) that the enumerator builds."""

MAX_VALUE_BITS = 60_000
"""Largest integer (bits) that the enumerator builds."""


class TooLargeError(ValueError):
    """An operation would have built a value above a cap; nothing was built."""


def bounded_power(base: Any, exponent: Any, max_bits: int = MAX_INT_BITS) -> Any:
    """Return base ** exponent, or raise TooLargeError when an integer result would pass max_bits."""
    if isinstance(base, int) and isinstance(exponent, int) and exponent > 1:
        bits = base.bit_length() * exponent
        if bits > max_bits and base not in (-1, 0, 1):
            raise TooLargeError(f"power with a result of about {bits} bits")
    return base**exponent


def _check_product(left: Any, right: Any, max_items: int, max_bits: int) -> None:
    if isinstance(left, int):
        if isinstance(right, int):
            if left.bit_length() + right.bit_length() > max_bits:
                raise TooLargeError("product above the cap on integers")
            return
        left, right = right, left
    if isinstance(right, int) and isinstance(left, str | list | tuple | bytes) and right * len(left) > max_items:
        raise TooLargeError(f"repetition to {right} x {len(left)} items")


def bounded_product(left: Any, right: Any, max_items: int = MAX_SEQUENCE_ITEMS, max_bits: int = MAX_INT_BITS) -> Any:
    """Return left * right (numbers or repetition), or raise TooLargeError when it would pass a cap."""
    _check_product(left, right, max_items, max_bits)
    return left * right


def bounded_product_in_place(left: Any, right: Any) -> Any:
    """As `left *= right` with the caps of bounded_product."""
    _check_product(left, right, MAX_SEQUENCE_ITEMS, MAX_INT_BITS)
    left *= right
    return left


def bounded_shift(left: Any, right: Any) -> Any:
    """Return left << right, or raise TooLargeError when it would pass MAX_INT_BITS."""
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right > MAX_INT_BITS:
        raise TooLargeError(f"shift by {right} bits")
    return left << right


def check_iterable(value: Any) -> Any:
    """Return value unchanged, or raise TooLargeError when it is a range too long to be walked through."""
    if isinstance(value, range) and (value.stop - value.start) // value.step > MAX_SEQUENCE_ITEMS:
        raise TooLargeError(f"range of {(value.stop - value.start) // value.step} numbers")
    return value
