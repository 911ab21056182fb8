"""Does a function that a model wrote have the signature that was asked for?

>>> from reasoning.methods.code.syntax import parse
>>> asked = parse("def f(x: List[int], n: int = 2) -> bool: ...")[0]
>>> same_signature(asked, parse("def f(x: list[int], n: int = 2): return True")[0])
True
>>> same_signature(asked, parse("def f(values: List[int], n: int = 2) -> bool: return True")[0])
False

The names, kinds and defaults of the arguments must be the same. Annotations must be compatible: one that is missing
counts as `Any`; where `Any` is asked for anything will do; names of types are compared without their module and case;
type arguments that are asked for must be there, as many, each compatible. A result may go without annotation.
"""

from __future__ import annotations

import ast

from reasoning.methods.code.syntax import Part

__all__ = ["same_signature"]

_ANY = ("any", ())
MAX_DEPTH = 50
"""Deeper annotations are compatible with nothing."""

Shape = tuple[str, tuple["Shape", ...]]


def same_signature(asked: Part, given: Part) -> bool:
    """Whether `given` can stand for `asked`; both are functions."""
    wanted, offered = asked.function, given.function
    if _plain_form(wanted.args) != _plain_form(offered.args):
        return False
    pairs = zip(_annotations(wanted.args), _annotations(offered.args), strict=True)
    if not all(_compatible(_shape(ours), _shape(theirs)) for ours, theirs in pairs):
        return False
    return offered.returns is None or _compatible(_shape(wanted.returns), _shape(offered.returns))


def _plain_form(arguments: ast.arguments) -> list[object]:
    """Names by kind, and defaults by value."""
    given = (*arguments.defaults, *arguments.kw_defaults)
    defaults = [None if default is None else _dumped(default) for default in given]
    names = [[argument.arg for argument in group] for group in _groups(arguments)]
    return [names, len(arguments.defaults), defaults]


def _groups(arguments: ast.arguments) -> list[list[ast.arg]]:
    star = [[argument] if argument is not None else [] for argument in (arguments.vararg, arguments.kwarg)]
    return [arguments.posonlyargs, arguments.args, arguments.kwonlyargs, *star]


def _annotations(arguments: ast.arguments) -> list[ast.expr | None]:
    return [argument.annotation for group in _groups(arguments) for argument in group]


def _dumped(node: ast.expr) -> str:
    try:
        return ast.dump(node)
    except RecursionError:
        return "too deep"


def _compatible(asked: Shape, given: Shape) -> bool:
    if asked == _ANY:
        return True
    if asked[0] != given[0]:
        return False
    if not asked[1]:
        return True
    return len(asked[1]) == len(given[1]) and all(map(_compatible, asked[1], given[1]))


def _shape(node: ast.expr | None, depth: int = 0) -> Shape:
    """The name of a type in small letters, and its arguments."""
    if node is None:
        return _ANY
    if depth > MAX_DEPTH:
        return ("too deep", ())
    if isinstance(node, ast.Constant):
        return _shape_of_constant(node, depth)
    if isinstance(node, ast.Name):
        return (node.id.lower(), ())
    if isinstance(node, ast.Attribute):
        return (node.attr.lower(), ())
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return (_shape(node.value, depth + 1)[0], tuple(_shape(part, depth + 1) for part in inner))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return ("union", (_shape(node.left, depth + 1), _shape(node.right, depth + 1)))
    if isinstance(node, ast.List):
        return ("list of types", tuple(_shape(part, depth + 1) for part in node.elts))
    return (_dumped(node), ())


def _shape_of_constant(node: ast.Constant, depth: int) -> Shape:
    if isinstance(node.value, str) and len(node.value) < 1000:
        try:
            return _shape(ast.parse(node.value, mode="eval").body, depth + 1)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return (repr(node.value).lower(), ())
