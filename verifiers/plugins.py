"""What other installed packages add by name, with entry points.

    ENGINES = Plugins("engines", "engine")
    ENGINES.names(besides=BUILT_IN)         # ["echo"]
    ENGINES.load("echo")                    # what the entry point names; None: there is no such one

A package adds things by lines of its `pyproject.toml`:

    [project.entry-points."reasoning_toolkit.engines"]
    echo = "my_package.echo:create"

A name that is built in stays the built-in thing's; of two packages with one name the first by alphabet has it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, distributions, entry_points
from typing import Any

from verifiers.late_imports import load

__all__ = ["GROUPS", "OWN_PACKAGE", "Plugin", "PluginError", "Plugins", "list_plugins", "plugin_packages"]

GROUPS = ("benchmarks", "embedders", "engines", "methods", "pipelines", "reward_models", "solvers", "verifiers")
"""What can be added."""
OWN_PACKAGE = "reasoning-toolkit"
"""The distribution that this module belongs to; it has an entry point of its own."""
_PREFIX = "reasoning_toolkit."


class PluginError(RuntimeError):
    """What another package adds cannot be loaded, or is not what it should be; one clear line."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry point of another package, not loaded.

    Attributes:
        group: what it adds, such as `engines`.
        name: by which it is asked for.
        package: the distribution that brings it.
        version: of that distribution.
    """

    group: str
    name: str
    package: str
    version: str


@dataclass(frozen=True, slots=True)
class Plugins:
    """What other packages add of one sort; looked up whenever it is asked for, and loaded when first used.

    Attributes:
        group: the entry points' group, behind `reasoning_toolkit.`.
        what: one of these, for messages.
    """

    group: str
    what: str

    def names(self, besides: Container[str] = ()) -> list[str]:
        """Their names, sorted, but for those that are taken.

        Args:
            besides: names of built-in things.
        """
        return [point.name for point in self._points() if point.name not in besides]

    def package(self, name: str) -> str:
        """The distribution that adds the thing of this name, or its module where it has none; empty: nobody does."""
        return next((_package(point) or point.module for point in self._points() if point.name == name), "")

    def load(self, name: str, form: Any = object) -> Any:
        """What the entry point with this name names; None where there is none.

        Args:
            name: of the thing.
            form: the class that it has to be of.

        Raises:
            PluginError: it cannot be imported, or is something else.
        """
        for point in self._points():
            if point.name != name:
                continue
            whose = f"{self.what} '{name}' of the package {_package(point) or point.module}"
            try:
                found = point.load()
            except Exception as error:  # a stranger's module may raise anything when it is imported
                raise PluginError(f"{whose} cannot be loaded: {type(error).__name__}: {error}") from error
            if not isinstance(found, form):
                raise PluginError(f"{whose}: {point.value} is a {type(found).__name__}, expected a {form.__name__}")
            return found
        return None

    def named(self, name: str, built_in: Mapping[str, str], form: Any) -> Any:
        """The thing of this name, built in or another package's; None where there is none.

        Args:
            name: of the thing, which has it as its attribute `name` as well.
            built_in: name -> `module:attribute`.
            form: its class.

        Raises:
            PluginError: another package's cannot be loaded, is something else, or has another name itself.
        """
        found = self.load(name, form) if name not in built_in else load(built_in[name])
        if found is not None and found.name != name:
            whose = f"{self.what} '{name}' of the package {self.package(name)}"
            raise PluginError(f"{whose} says that it is '{found.name}'")
        return found

    def _points(self) -> list[EntryPoint]:
        """One entry point a name, sorted."""
        points: dict[str, EntryPoint] = {}
        for point in sorted(entry_points(group=_PREFIX + self.group), key=lambda one: (one.name, _package(one))):
            points.setdefault(point.name, point)
        return list(points.values())


def list_plugins() -> list[Plugin]:
    """All that other packages add, by package, group and name."""
    found = {
        Plugin(point.group.removeprefix(_PREFIX), point.name, one.name, one.version)
        for one in distributions()
        # Parsing what all of them offer would take seconds.
        if _PREFIX in (one.read_text("entry_points.txt") or "") and one.name != OWN_PACKAGE
        for point in one.entry_points
        if point.group.startswith(_PREFIX)
    }
    return sorted(found, key=lambda one: (one.package, one.group, one.name))


def plugin_packages() -> dict[str, str]:
    """Name and version of each distribution that adds something."""
    return {plugin.package: plugin.version for plugin in list_plugins()}


def _package(point: EntryPoint) -> str:
    return "" if point.dist is None else point.dist.name
