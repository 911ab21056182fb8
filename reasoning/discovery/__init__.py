"""Search for formulas of constants: no model is needed, though one may propose.

>>> identify("1.2732395447351626861510701069801148962756771659237", basis=["pi"])[0].expression
'4/pi'
"""

from reasoning.discovery.identification import DEFAULT_BASIS, Identification, IdentificationError, identify

__all__ = ["DEFAULT_BASIS", "Identification", "IdentificationError", "identify"]
