"""From the text that names an engine to typed options.

>>> parse_spec("transformers:Qwen/Qwen2.5-0.5B,device=cpu,batch_size=8")
EngineSpec(name='transformers', target='Qwen/Qwen2.5-0.5B', options={'device': 'cpu', 'batch_size': '8'})
>>> @dataclass(frozen=True)
... class Options:
...     device: str = "auto"
...     batch_size: int = 32
>>> read_options("transformers", Options, {"batch_size": "8"})
Options(device='auto', batch_size=8)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

__all__ = ["EngineSpec", "EngineSpecError", "local_or_hub", "parse_spec", "read_options", "require", "versions"]

_OPTION_START = re.compile(r",(?=[A-Za-z_][A-Za-z0-9_]*=)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

T = TypeVar("T")


class EngineSpecError(ValueError):
    """The text that names an engine, or one of its options, is wrong; one clear line."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """`NAME[:TARGET][,key=value...]`, taken apart. `target` is empty when there is none."""

    name: str
    target: str
    options: Mapping[str, str]


def parse_spec(text: str) -> EngineSpec:
    """Take `NAME[:TARGET][,key=value...]` apart.

    A comma separates only where `key=` follows, so targets and values may hold commas, and a target may hold colons.

    Raises:
        EngineSpecError: there is no name, or an option is given twice.
    """
    head, *pairs = _OPTION_START.split(text.strip())
    name, _, target = head.partition(":")
    if not _NAME.fullmatch(name):
        raise EngineSpecError(f"engine {text!r}: expected NAME[:TARGET][,key=value...], got the name {name!r}")
    options: dict[str, str] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key in options:
            raise EngineSpecError(f"engine {text!r}: option {key!r} is given twice")
        options[key] = value
    return EngineSpec(name, target, options)


def read_options(engine: str, form: type[T], options: Mapping[str, str]) -> T:
    """Make the options dataclass `form` of `engine` from text values.

    Fields may be `str`, `int`, `float`, `bool`, or one of these or None; fields without a default must be given.

    Raises:
        EngineSpecError: an option is unknown, missing or not of its type.
    """
    hints = get_type_hints(form)
    known = [field.name for field in fields(form)]  # type: ignore[arg-type]
    for key in options:
        if key not in known:
            listed = ", ".join(known) or "none"
            raise EngineSpecError(f"engine {engine!r} has no option {key!r}; known options: {listed}")
    values = {key: _convert(engine, key, text, hints[key]) for key, text in options.items()}
    try:
        return form(**values)
    except (TypeError, ValueError) as error:
        raise EngineSpecError(f"engine {engine!r}: {error}") from None


def require(engine: str, modules: tuple[str, ...], extra: str) -> None:
    """See that optional packages are installed, without importing them.

    Raises:
        EngineSpecError: one is missing; the message says what to install.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise EngineSpecError(f"engine {engine!r} needs {', '.join(missing)}: pip install 'reasoning-toolkit[{extra}]'")


def local_or_hub(engine: str, target: str) -> str:
    """The model directory or hub name that `target` means.

    Raises:
        EngineSpecError: it is empty, or looks like a path and is not there.
    """
    if not target:
        raise EngineSpecError(f"engine {engine!r} needs a model: {engine}:DIRECTORY or {engine}:HUB_NAME")
    path = Path(target).expanduser()
    if path.is_dir():
        return str(path)
    if path.is_absolute() or target.startswith((".", "~")) or target.count("/") > 1:
        raise EngineSpecError(f"engine {engine!r}: no model directory {target!r}")
    return target


def versions(*distributions: str) -> dict[str, str]:
    """Installed version of each distribution that is there."""
    found = {}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _convert(engine: str, key: str, text: str, hint: Any) -> Any:
    kind = hint
    if get_origin(hint) is UnionType:
        kind = next(member for member in get_args(hint) if member is not type(None))
    try:
        if kind is bool:
            return _BOOLEANS[text.lower()]
        return kind(text)
    except (KeyError, ValueError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, kind.__name__)
        raise EngineSpecError(f"engine {engine!r}: option {key}={text!r}: expected {expected}") from None
