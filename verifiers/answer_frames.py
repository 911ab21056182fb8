r"""What a child says about one thing that it ran: a value, an exception, or why there is neither.

>>> value_frame([1, 2])
b'V[1,2]'
>>> read_answer(b'V[1,2]')
Answer(kind='value', value=[1, 2], type_name='', message='')
>>> read_answer(raised_frame(ValueError("no")))
Answer(kind='raised', value=None, type_name='ValueError', message='no')

The writers run in the child, after code that nobody trusts; the reader runs on the trusted side and takes any bytes.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from verifiers.plain_data import PlainDataError, TooLargeError, decode, encode

__all__ = ["NOT_CODE", "Answer", "failed_frame", "raised_frame", "read_answer", "readable", "shortened", "value_frame"]

MAX_MESSAGE = 500
"""Longest message of an exception that a child reports, characters."""

NOT_CODE = b"U"
"""The frame of a child that found no code in the candidate's text."""

_SHORT = reprlib.Repr()

Kind = Literal["value", "raised", "failed", "not_code", "not_plain", "too_large", "malformed"]
_KINDS: dict[bytes, Kind] = {b"E": "raised", b"P": "failed", b"X": "not_plain", b"L": "too_large"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One frame, read.

    Attributes:
        kind: `value`; `raised` (by this call); `failed` (the program as a whole did not compile or raised);
            `not_code`; `not_plain` (there is a value that cannot be sent); `too_large` (likewise);
            `malformed` (none of our frames).
        value: the decoded value.
        type_name: class of the exception.
        message: its text, made readable, or the reason.
    """

    kind: Kind
    value: Any = None
    type_name: str = ""
    message: str = ""

    def describe(self) -> str:
        """The failure in words."""
        return f"{self.type_name}: {self.message}" if self.type_name else self.message


def value_frame(value: object, refer: Callable[[object], int] | None = None) -> bytes:
    """The frame of a value, or of the reason why it cannot be sent."""
    try:
        return b"V" + encode(value, refer)
    except TooLargeError as error:
        return b"L" + encode(["", str(error)])
    except PlainDataError as error:
        return b"X" + encode(["", str(error)])


def raised_frame(error: BaseException) -> bytes:
    """The frame of an exception that one call raised."""
    return b"E" + _described(error)


def failed_frame(error: BaseException) -> bytes:
    """The frame of an exception that ended the program as a whole."""
    return b"P" + _described(error)


def _described(error: BaseException) -> bytes:
    try:
        message = str(error)[:MAX_MESSAGE]
    except BaseException:  # noqa: BLE001 - its __str__ is the candidate's
        message = "(its text cannot be had)"
    return encode([type(error).__name__[:MAX_MESSAGE], message])


def read_answer(frame: bytes) -> Answer:
    """Read a frame from anybody; never raises."""
    try:
        if frame[:1] == b"V":
            return Answer("value", decode(frame[1:]))
        if frame == NOT_CODE:
            return Answer("not_code", message="no code found in the text")
        kind = _KINDS[frame[:1]]
        type_name, message = decode(frame[1:])
        if type(type_name) is not str or type(message) is not str:
            raise PlainDataError("expected two strings")
    except (PlainDataError, KeyError, TypeError, ValueError) as error:
        return Answer("malformed", message=f"malformed answer: {readable(str(error))}")
    return Answer(kind, None, readable(type_name), readable(message))


def readable(text: str, limit: int = MAX_MESSAGE) -> str:
    """Untrusted text with everything unprintable (terminal escapes, line ends) escaped, and cut to `limit`."""
    shown = text[:limit]
    if not shown.isprintable():
        shown = "".join(
            char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode() for char in shown
        )
    return shown if len(text) <= limit and len(shown) <= limit else shown[:limit] + "…"


def shortened(value: object) -> str:
    """Plain data as a message shows them: made readable, with long parts cut."""
    try:
        return readable(_SHORT.repr(value))
    except (ValueError, RecursionError):
        return f"a very large {type(value).__name__}"
