"""From the text that names an engine to typed options.

>>> parse_spec("transformers:Qwen/Qwen2.5-0.5B,device=cpu,batch_size=8")
EngineSpec(name='transformers', target='Qwen/Qwen2.5-0.5B', options={'device': 'cpu', 'batch_size': '8'})
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from reasoning import options as text_options
from reasoning.options import OptionError
from verifiers.late_imports import load
from verifiers.plugins import Plugins

__all__ = [
    "EngineSpec",
    "EngineSpecError",
    "local_or_hub",
    "made_from",
    "parse_spec",
    "read_options",
    "require",
    "versions",
]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

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
    try:
        head, options = text_options.split_options(text)
    except OptionError as error:
        raise EngineSpecError(f"engine {error}") from None
    name, _, target = head.partition(":")
    if not _NAME.fullmatch(name):
        raise EngineSpecError(f"engine {text!r}: expected NAME[:TARGET][,key=value...], got the name {name!r}")
    return EngineSpec(name, target, options)


def read_options(engine: str, form: type[T], options: Mapping[str, str]) -> T:
    """Make the options dataclass `form` of `engine` from text values; see `reasoning.options.read_options`.

    Raises:
        EngineSpecError: an option is unknown, missing or not of its type.
    """
    try:
        return text_options.read_options(f"engine {engine!r}", form, options)
    except OptionError as error:
        raise EngineSpecError(str(error)) from None


def require(engine: str, modules: tuple[str, ...], extra: str) -> None:
    """See that optional packages are installed, without importing them.

    Raises:
        EngineSpecError: one is missing; the message says what to install.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise EngineSpecError(f"engine {engine!r} needs {', '.join(missing)}: pip install 'reasoning-toolkit[{extra}]'")


def made_from(spec: str, homes: Mapping[str, str], plugins: Plugins) -> Any:
    """What the factory makes that `spec` (`NAME[:TARGET][,key=value...]`) names.

    Args:
        spec: what is wanted.
        homes: name -> `module:function`, `(target, options) -> object`; imported when first used.
        plugins: what other packages add to them.

    Raises:
        EngineSpecError: there is no such name, or see its factory.
        PluginError: another package's cannot be loaded.
    """
    parsed = parse_spec(spec)
    home = homes.get(parsed.name)
    factory = plugins.load(parsed.name, Callable) if home is None else load(home)
    if factory is None:
        known = ", ".join([*homes, *plugins.names(besides=homes)])
        raise EngineSpecError(f"no {plugins.what} {parsed.name!r}; known: {known}")
    return factory(parsed.target, parsed.options)


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
