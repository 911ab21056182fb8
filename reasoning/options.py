"""Options written as text, `key=value`, for everything that the command line names with options.

>>> split_options("funcoder,depth=4,samples=11")
('funcoder', {'depth': '4', 'samples': '11'})
>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Options:
...     dtype: str = one_of("auto", ("auto", "float32"))
...     batch_size: int = bounded(32, low=1)
...     def __post_init__(self) -> None:
...         check_options(self)
>>> read_options("engine 'transformers'", Options, {"batch_size": "8"})
Options(dtype='auto', batch_size=8)
>>> read_options("engine 'transformers'", Options, {"batch_size": "0"})
Traceback (most recent call last):
reasoning.options.OptionError: engine 'transformers': option batch_size=0: expected at least 1
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import Field, field, fields
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

__all__ = [
    "OptionError",
    "bounded",
    "check_options",
    "one_of",
    "read_options",
    "split_options",
    "what_is_expected",
]

_OPTION_START = re.compile(r",(?=[A-Za-z_][A-Za-z0-9_]*=)")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number"}

T = TypeVar("T")


class OptionError(ValueError):
    """An option is unknown, missing, given twice or not of its type; one clear line."""


def bounded(
    default: Any,
    *,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    below: float | None = None,
    help: str = "",
) -> Any:
    """A field of an options dataclass: its default, what its value must keep to, and help for the command line.

    Args:
        default: the value that stands when none is given.
        low: the smallest value.
        above: what the value must be greater than.
        high: the largest value.
        below: what the value must be less than.
        help: one sentence.
    """
    return field(default=default, metadata={"low": low, "above": above, "high": high, "below": below, "help": help})


def one_of(default: Any, known: Iterable[Any], *, help: str = "") -> Any:
    """A field of an options dataclass whose value is one of those that are `known`.

    Args:
        default: the value that stands when none is given.
        known: the values; of a mapping, its keys.
        help: one sentence.
    """
    return field(default=default, metadata={"known": tuple(known), "help": help})


def check_options(options: Any) -> None:
    """See that every value of an options dataclass keeps to its field; for its `__post_init__`.

    Raises:
        ValueError: one does not; names the option, its value and what is expected.
    """
    for item in fields(options):
        value = getattr(options, item.name)
        if expected := what_is_expected(item, value):
            raise ValueError(f"option {item.name}={value!r}: expected {expected}")


def what_is_expected(item: Field[Any], value: Any, *, lowest: float | None = None) -> str:
    """Empty when a value keeps to its field, else what is expected, in words.

    Args:
        item: a field, as `bounded` or `one_of` make them or any other.
        value: to be checked; what is no number keeps to all bounds.
        lowest: the smallest value of a field that names no lower bound.
    """
    known = item.metadata.get("known")
    if known is not None:
        return "" if value in known else f"one of {', '.join(map(str, known))}"
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    low, above, high, below = (item.metadata.get(name) for name in ("low", "above", "high", "below"))
    if low is None and above is None:
        low = lowest
    kept = (low is None or value >= low) and (above is None or value > above)
    kept = kept and (high is None or value <= high) and (below is None or value < below)
    if kept and value == value:
        return ""
    words = []
    if above is not None:
        words.append(f"more than {above:g}")
    elif low is not None:
        words.append("0 or more" if low == 0 and high is None else f"at least {low:g}")
    if high is not None:
        words.append(f"at most {high:g}")
    elif below is not None:
        words.append(f"less than {below:g}")
    return " and ".join(words) or "a number"


def split_options(text: str) -> tuple[str, dict[str, str]]:
    """Take `HEAD[,key=value...]` apart.

    A comma separates only where `key=` follows, so the head and the values may hold commas.

    Raises:
        OptionError: an option is given twice.
    """
    head, *pairs = _OPTION_START.split(text.strip())
    options: dict[str, str] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key in options:
            raise OptionError(f"{text!r}: option {key!r} is given twice")
        options[key] = value
    return head, options


def read_options(owner: str, form: type[T], options: Mapping[str, str]) -> T:
    """Make the options dataclass `form` from text values.

    Fields may be `str`, `int`, `float`, `bool`, or one of these or None; fields without a default must be given.

    Args:
        owner: whose options they are, for messages, such as `method 'funcoder'`.
        form: a dataclass; a ValueError that it raises is a message about a value.
        options: name -> text.

    Raises:
        OptionError: an option is unknown, missing or not of its type.
    """
    hints = get_type_hints(form)
    known = [field.name for field in fields(form)]  # type: ignore[arg-type]
    for key in options:
        if key not in known:
            raise OptionError(f"{owner} has no option {key!r}; known options: {', '.join(known) or 'none'}")
    values = {key: _convert(owner, key, text, hints[key]) for key, text in options.items()}
    try:
        return form(**values)
    except (TypeError, ValueError) as error:
        raise OptionError(f"{owner}: {error}") from None


def _convert(owner: str, key: str, text: str, hint: Any) -> Any:
    kind = hint
    if get_origin(hint) is UnionType:
        kind = next(member for member in get_args(hint) if member is not type(None))
    try:
        if kind is bool:
            return _BOOLEANS[text.lower()]
        return kind(text)
    except (KeyError, ValueError):
        expected = _EXPECTED.get(kind, kind.__name__)
        raise OptionError(f"{owner}: option {key}={text!r}: expected {expected}") from None
