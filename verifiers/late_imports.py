"""What is imported when it is first asked for: names that a package offers, and objects that a table names.

    if TYPE_CHECKING:
        from package.pool import Pool

    __all__ = ["Pool"]

    __getattr__ = lazy_exports(__name__, {"pool": ("Pool",)})

>>> load("fractions:Fraction")(1, 2)
Fraction(1, 2)

So a package lists all that it offers, and importing one of its modules brings none of the others: the command line
starts at once, and the sandbox's fork server, which shares these packages, copies few pages with each task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazy_exports", "load"]


def load(target: str) -> Any:
    """The object that `MODULE:NAME` names.

    Raises:
        ImportError: there is no such module.
        AttributeError: it has no such name.
    """
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def lazy_exports(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """A package's `__getattr__`.

    Args:
        package: its `__name__`.
        modules: module of the package -> names that the package offers from it. None of them is a module's own name:
            once that module is imported, the package's attribute is the module.

    Returns:
        A function from a name to what it names, which raises `AttributeError` for every other name.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def attribute(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return attribute
