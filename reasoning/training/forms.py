"""Data classes from TOML files and from overrides, every value checked against its field.

    values, place = read_values(Path("grpo.toml"), ["optimizer.name=soap"])
    config = build_form(TrainingConfig, values, place)

A field that is a data class is a table of the file. A mistake is one line that names the file and the field.
"""

from __future__ import annotations

import tomllib
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from reasoning.options import what_is_expected

__all__ = ["ConfigError", "build_form", "read_values"]


class ConfigError(ValueError):
    """A configuration is wrong; one clear line that names the file and the field."""


def read_values(
    path: Path | None, overrides: Sequence[str] = (), defaults: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], str]:
    """The values of a file and of overrides, over defaults; and the place to name in errors about them.

    Raises:
        ConfigError: the file cannot be read, or an override is no `FIELD=VALUE`.
    """
    values: dict[str, Any] = {}
    _merge(values, defaults or {})
    place = "the command line"
    if path is not None:
        place = str(path)
        _merge(values, _read_toml(path))
    for override in overrides:
        _merge(values, _read_override(override))
    return values, place


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def _read_override(text: str) -> dict[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(f"--set {text}: expected FIELD=VALUE or SECTION.FIELD=VALUE")
    try:
        read = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):
        read = value
    for part in reversed(name.strip().split(".")):
        read = {part: read}
    return dict(read)


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, Mapping):
            inner = into.setdefault(name, {})
            if isinstance(inner, dict):
                _merge(inner, value)
                continue
        into[name] = value


def build_form(form: Any, values: object, place: str, prefix: str = "") -> Any:
    """The data class `form` from plain JSON, every value checked against its annotation.

    Raises:
        ConfigError: a field is unknown, missing or of the wrong type; `place` and the field are named.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{place}: field '{prefix.rstrip('.')}': expected a table, got {type(values).__name__}")
    hints = get_type_hints(form)
    for name in values:
        if name not in hints:
            known = ", ".join(one.name for one in fields(form) if one.name != "recipe")
            raise ConfigError(f"{place}: field '{prefix}{name}': unknown; known fields: {known}")
    built = {name: _value(hints[name], value, place, f"{prefix}{name}") for name, value in values.items()}
    for item in fields(form):
        if item.name in built and (expected := what_is_expected(item, built[item.name], lowest=0)):
            raise ConfigError(f"{place}: field '{prefix}{item.name}': is {built[item.name]}, expected {expected}")
        if item.name not in built and item.default is MISSING and item.default_factory is MISSING:
            raise ConfigError(f"{place}: field '{prefix}{item.name}': missing")
    return form(**built)


def _value(hint: Any, value: Any, place: str, name: str) -> Any:
    if is_dataclass(hint):
        return build_form(hint, value, place, f"{name}.")
    options = get_args(hint)
    if get_origin(hint) is Literal:
        if value not in options:
            raise ConfigError(f"{place}: field '{name}': is {value!r:.80}, expected one of {', '.join(options)}")
        return value
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None
        hint = next(option for option in options if option is not type(None))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        words = {float: "a number", int: "a whole number", str: "a string", bool: "true or false"}
        raise ConfigError(f"{place}: field '{name}': expected {words[hint]}, got {value!r:.80}")
    return value
