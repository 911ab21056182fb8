"""Does a value have exactly the type that an annotation names?

>>> exact_type_check("List[List[int]]")([[1, 2], []]), exact_type_check("List[int]")([True])
(True, False)

Exactly: no subclass, no bool for an int, no int for a float. That is the rule of Python Programming Puzzles
(Schuster et al., 2021), whose types are bool, int, float, str and lists of these; sets, tuples, dictionaries and
optional values are read as well.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache
from typing import Any

__all__ = ["AnnotationError", "TypeCheck", "exact_type_check"]

MAX_ANNOTATION_LENGTH = 500
"""Longest annotation that is read, characters."""

TypeCheck = Callable[[Any], bool]

_PLAIN: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, set, frozenset, tuple, dict)
} | {"List": list, "Set": set, "FrozenSet": frozenset, "Tuple": tuple, "Dict": dict}


class AnnotationError(ValueError):
    """An annotation names no type that can be checked."""


@lru_cache(maxsize=1024)
def exact_type_check(annotation: str) -> TypeCheck:
    """A function that says whether a value has exactly the type of `annotation`, at every level.

    Args:
        annotation: such as `List[int]`, `list[str]`, `Dict[str, int]` or `Optional[float]`.

    Raises:
        AnnotationError: it cannot be read.
    """
    if len(annotation) > MAX_ANNOTATION_LENGTH:
        raise AnnotationError(
            f"an annotation of {len(annotation)} characters; at most {MAX_ANNOTATION_LENGTH} are read"
        )
    try:
        tree = ast.parse(annotation.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise AnnotationError(f"not a type: {annotation!r}") from None
    return _check_of(tree)


def _check_of(node: ast.expr) -> TypeCheck:
    if isinstance(node, ast.Attribute):
        return _check_of(ast.Name(node.attr))
    if isinstance(node, ast.Constant) and node.value is None:
        return lambda value: value is None
    if isinstance(node, ast.Name) and node.id in _PLAIN:
        kind = _PLAIN[node.id]
        return lambda value: type(value) is kind
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _any_of([_check_of(node.left), _check_of(node.right)])
    if isinstance(node, ast.Subscript):
        base = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        parameters = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _check_of_generic(base, parameters, node)
    raise AnnotationError(f"not a type that can be checked: {ast.unparse(node)!r}")


def _check_of_generic(base: str, parameters: list[ast.expr], node: ast.Subscript) -> TypeCheck:
    if base in ("Optional", "Union") and parameters:
        checks = [_check_of(parameter) for parameter in parameters]
        return _any_of([*checks, lambda value: value is None] if base == "Optional" else checks)
    kind = _PLAIN.get(base)
    if kind is not None and issubclass(kind, list | set | frozenset) and len(parameters) == 1:
        return _items_check(kind, parameters[0])
    if kind is dict and len(parameters) == 2:
        key, item = map(_check_of, parameters)
        return lambda value: type(value) is dict and all(key(k) and item(v) for k, v in value.items())
    if kind is tuple and len(parameters) == 2 and isinstance(last := parameters[1], ast.Constant) and last.value is ...:
        return _items_check(tuple, parameters[0])
    if kind is tuple:
        checks = [_check_of(parameter) for parameter in parameters]
        return lambda value: (
            type(value) is tuple
            and len(value) == len(checks)
            and all(check(item) for check, item in zip(checks, value, strict=True))
        )
    raise AnnotationError(f"not a type that can be checked: {ast.unparse(node)!r}")


def _items_check(kind: type[Any], parameter: ast.expr) -> TypeCheck:
    if isinstance(parameter, ast.Name) and parameter.id in _PLAIN:
        only = {_PLAIN[parameter.id]}
        return lambda value: type(value) is kind and set(map(type, value)) <= only
    check = _check_of(parameter)
    return lambda value: type(value) is kind and all(map(check, value))


def _any_of(checks: list[TypeCheck]) -> TypeCheck:
    return lambda value: any(check(value) for check in checks)
