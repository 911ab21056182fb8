"""Search for formulas of constants: no model is needed, though one may propose.

>>> from reasoning.discovery import identify
>>> identify("1.2732395447351626861510701069801148962756771659237", basis=["pi"])[0].expression
'4/pi'

The searches are modules with `Settings` and `search` of their own: `meet_in_the_middle`, `esma`, `pcf_dynamics`, `llm`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from reasoning.discovery.boxes import Box
    from reasoning.discovery.catalogue import write_catalogue
    from reasoning.discovery.conjectures import Conjecture
    from reasoning.discovery.dynamics import measure
    from reasoning.discovery.euler import EulerForm, euler_form
    from reasoning.discovery.families import Family, find_families
    from reasoning.discovery.identification import DEFAULT_BASIS, Identification, IdentificationError, identify
    from reasoning.discovery.relations import Relation, find_relation
    from reasoning.discovery.templates import TemplateBox
    from reasoning.discovery.units import DiscoveryError

__all__ = [
    "DEFAULT_BASIS",
    "Box",
    "Conjecture",
    "DiscoveryError",
    "EulerForm",
    "Family",
    "Identification",
    "IdentificationError",
    "Relation",
    "TemplateBox",
    "euler_form",
    "find_families",
    "find_relation",
    "identify",
    "measure",
    "write_catalogue",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "boxes": ("Box",),
        "catalogue": ("write_catalogue",),
        "conjectures": ("Conjecture",),
        "dynamics": ("measure",),
        "euler": ("EulerForm", "euler_form"),
        "families": ("Family", "find_families"),
        "identification": ("DEFAULT_BASIS", "Identification", "IdentificationError", "identify"),
        "relations": ("Relation", "find_relation"),
        "templates": ("TemplateBox",),
        "units": ("DiscoveryError",),
    },
)
