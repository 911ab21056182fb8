"""Executable problem families: built in, written by a model, or induced from a seed problem.

    families = built_in_families()
    async for instance in instances(pool, families["algebra/linear-equation"], split="train", count=100):
        instance.text, instance.answer, instance.solution

`catalogue` reads the built-in ones, `drawing` draws from any, `validity` tests what a model wrote, `checking` proves
that splits and seeds do not meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

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

__getattr__ = lazy_exports(
    __name__,
    {
        "catalogue": ("built_in_families", "find_families"),
        "drawing": ("draw", "instances"),
        "records": ("LEVELS", "Family", "FamilyError", "Instance"),
        "streams": ("ANY_SPLIT", "SPLITS"),
    },
)
