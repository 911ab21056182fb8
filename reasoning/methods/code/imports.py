r"""Programs with the imports that models tend to forget.

>>> from reasoning.methods.code.syntax import parse
>>> print(complete_program(parse("def f(x: List[int]): return math.sqrt(sum(x))")), end="")
import math
from typing import List
<BLANKLINE>
<BLANKLINE>
def f(x: List[int]): return math.sqrt(sum(x))

An import is added where its name is read and nothing on the top level binds it. `numpy` and `sympy` are known by their
usual short names.
"""

from __future__ import annotations

from collections.abc import Iterable

from reasoning.methods.code.syntax import Part, bound_names, merge, names_read, parse, render

__all__ = ["complete_program"]

_MODULES = ("cmath", "collections", "itertools", "math", "queue", "random", "re", "numpy", "sympy")
_SHORT = {"np": "import numpy as np", "sp": "import sympy as sp"}
_TYPING = (
    *("Any", "Callable", "Dict", "FrozenSet", "Generator", "Iterable", "Iterator", "List", "Mapping", "Optional"),
    *("Sequence", "Set", "Tuple", "Type", "TypeVar", "Union"),
)
_DEFAULTS = {
    **{name: f"import {name}" for name in _MODULES},
    **_SHORT,
    **{name: f"from typing import {name}" for name in _TYPING},
}


def complete_program(parts: Iterable[Part]) -> str:
    """One program from `parts`, with the default imports that it needs."""
    merged = merge(parts)
    read = names_read(render(merged))
    bound = {name for part in merged for name in bound_names(part)}
    missing = [line for name, line in _DEFAULTS.items() if name in read - bound]
    return render([*parse("\n".join(missing)), *merged])
