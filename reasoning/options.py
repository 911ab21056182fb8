"""Options written as text, `key=value`, for everything that the command line names with options.

>>> split_options("funcoder,depth=4,samples=11")
('funcoder', {'depth': '4', 'samples': '11'})
>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Options:
...     device: str = "auto"
...     batch_size: int = 32
>>> read_options("engine 'transformers'", Options, {"batch_size": "8"})
Options(device='auto', batch_size=8)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import Field, field, fields
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

__all__ = ["OptionError", "bounded", "read_options", "split_options", "what_is_expected"]

_OPTION_START = re.compile(r",(?=[A-Za-z_][A-Za-z0-9_]*=)")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number"}

T = TypeVar("T")


class OptionError(ValueError):
    """An option is unknown, missing, given twice or not of its type; one clear line."""


def bounded(
    default: Any, *, low: float | None = None, above: float | None = None, high: float | None = None, help: str = ""
) -> Any:
    """A field of an options dataclass: its default, what its value must keep to, and help for the command line.

    Args:
        default: the value that stands when none is given.
        low: the smallest value.
        above: what the value must be greater than.
        high: the largest value.
        help: one sentence.
    """
    return field(default=default, metadata={"low": low, "above": above, "high": high, "help": help})


def what_is_expected(item: Field[Any], value: Any, *, lowest: float | None = None) -> str:
    """Empty when a value keeps to the bounds of its field, else what the bounds are, in words.

    Args:
        item: a field, as `bounded` makes them or any other.
        value: to be checked; what is no number always passes.
        lowest: the smallest value of a field that names no lower bound.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    low, above, high = (item.metadata.get(name) for name in ("low", "above", "high"))
    if low is None and above is None:
        low = lowest
    kept = (low is None or value >= low) and (above is None or value > above) and (high is None or value <= high)
    if kept and value == value:
        return ""
    words = []
    if above is not None:
        words.append(f"more than {above:g}")
    elif low is not None:
        words.append("0 or more" if low == 0 and high is None else f"at least {low:g}")
    if high is not None:
        words.append(f"at most {high:g}")
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
