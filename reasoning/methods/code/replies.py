r"""The function that was asked for, in a reply.

>>> from reasoning.methods.code.syntax import parse
>>> asked = parse("def double(x): ...")[0]
>>> reply = "```python\ndef double(x):\n    return twice(x)\n\ndef twice(x):\n    '''Two times x.'''\n```"
>>> written = read_function(reply, asked)
>>> written.function.name, [part.name for part in written.others], written.complies
('double', ['twice'], True)

A reply that holds no code that compiles, or not the function, is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from reasoning.methods.code.blocks import python_blocks
from reasoning.methods.code.signatures import same_signature
from reasoning.methods.code.syntax import MAX_PARTS, Part, SourceError, function_named, merge, parse, with_docstring

__all__ = ["Written", "parts_of_reply", "read_function"]


@dataclass(frozen=True, slots=True)
class Written:
    """A function as a model wrote it.

    Attributes:
        function: implemented, with the docstring that was asked for where the model left it out.
        others: what stands beside it.
        complies: whether it has the signature that was asked for.
    """

    function: Part
    others: tuple[Part, ...]
    complies: bool


def parts_of_reply(reply: str) -> tuple[Part, ...]:
    """The merged parts of all code blocks of a reply that compile, each on its own; at most `MAX_PARTS`."""
    parts: list[Part] = []
    for block in python_blocks(reply):
        try:
            found = parse(block)
        except SourceError:
            continue
        if len(parts) + len(found) > MAX_PARTS:
            break
        parts.extend(found)
    return merge(parts)


def read_function(reply: str, asked: Part, docstring: str = "", *, free: bool = False) -> Written | None:
    """The function `asked` in a reply, with what stands beside it; None where there is no implemented one.

    Args:
        reply: a model's text.
        asked: the function as it was shown.
        docstring: source of its docstring, put back where the reply has none.
        free: whether any signature will do.
    """
    parts = parts_of_reply(reply)
    function = function_named(parts, asked.name)
    if function is None or not function.implemented:
        return None
    others = tuple(part for part in parts if part is not function)
    if docstring and not function.docstring:
        function = with_docstring(function, docstring)
    return Written(function, others, free or same_signature(asked, function))
