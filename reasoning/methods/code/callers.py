r"""Test inputs that a model wrote: small functions of a seed that call the function under test.

>>> read_callers("```python\ndef t(seed):\n    return f(seed % 5)\n```", "f", set(), 10)
[('def t(seed):\n    return f(seed % 5)\n', 't')]
"""

from __future__ import annotations

from reasoning.methods.code.replies import parts_of_reply
from reasoning.methods.code.syntax import Part, bound_names, render

__all__ = ["read_callers"]


def read_callers(reply: str, name: str, taken: set[str], most: int) -> list[tuple[str, str]]:
    """Source and name of each caller in a reply, each source with the imports and helpers that stand beside it.

    Args:
        reply: a model's text.
        name: of the function under test.
        taken: names of the program, which a caller or its helpers must not bind.
        most: callers wanted at most.
    """
    parts = parts_of_reply(reply)
    free = [part for part in parts if part.implemented and not bound_names(part) & (taken | {name})]
    callers = [part for part in free if _takes_a_seed(part)]
    shared = [part for part in free if part not in callers]
    return [(render([*shared, part]), part.name) for part in callers[:most]]


def _takes_a_seed(part: Part) -> bool:
    if part.definition is None:
        return False
    arguments = part.definition.args
    needed = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    wanted = len(arguments.posonlyargs) + len(arguments.args)
    return needed <= 1 <= wanted and all(default is not None for default in arguments.kw_defaults)
