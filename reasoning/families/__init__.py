"""Executable problem families: built in, written by a model, or induced from a seed problem.

    families = built_in_families()
    async for instance in instances(pool, families["algebra/linear-equation"], split="train", count=100):
        instance.text, instance.answer, instance.solution

`catalogue` reads the built-in ones, `drawing` draws from any, `validity` tests what a model wrote, `checking` proves
that splits and seeds do not meet.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reasoning.families.catalogue import built_in_families, find_families
    from reasoning.families.drawing import draw, instances
    from reasoning.families.records import LEVELS, Family, FamilyError, Instance
    from reasoning.families.streams import ANY_SPLIT, SPLITS

__all__ = [
    "ANY_SPLIT",
    "LEVELS",
    "SPLITS",
    "Family",
    "FamilyError",
    "Instance",
    "built_in_families",
    "draw",
    "find_families",
    "instances",
]

_HOMES = {
    "ANY_SPLIT": "streams",
    "LEVELS": "records",
    "SPLITS": "streams",
    "Family": "records",
    "FamilyError": "records",
    "Instance": "records",
    "built_in_families": "catalogue",
    "draw": "drawing",
    "find_families": "catalogue",
    "instances": "drawing",
}


def __getattr__(name: str) -> object:
    """Import on first use: the sandbox's server shares this package, and every page it imports is copied."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
