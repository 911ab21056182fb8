r"""Rewrites a puzzle so that it can be run a million times: with a tick limit, capped operations, and distances.

Two programs are made from one source. The guarded one decides as `sat` does, but each loop turn, comprehension
turn and call consumes a tick, and operations that could build huge values are checked first. The graded one
also measures how far each condition is from holding (the branch distance of search-based testing: Korel 1990,
Tracey 1998): `x % 3 == 2` becomes a call that gets both sides, `assert` and `if ...: return False` record their
distance and go on, `all(...)` sums over its elements.

>>> import ast
>>> tree = ast.parse("def sat(x: int):\n    return x * 2 == 6")
>>> print(ast.unparse(guarded(tree)))
def sat(x):
    return _product(x, 2) == 6
"""

from __future__ import annotations

import ast
import copy
from typing import Final

__all__ = ["graded", "guarded", "guarded_expression"]

CONSUMERS: Final = frozenset({"list", "set", "tuple", "sum", "sorted", "min", "max", "frozenset", "dict"})
"""Builtins that walk through a range inside C, where no tick can stop them."""

_OPERATIONS: Final[dict[type[ast.operator], str]] = {
    ast.Mult: "_product",
    ast.Pow: "_power",
    ast.LShift: "_shift",
}

_OPERATORS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}

_NEGATED: Final = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}


def guarded(tree: ast.Module) -> ast.Module:
    """A copy of the module whose loops tick and whose growing operations are capped."""
    copied = copy.deepcopy(tree)
    _Guard().visit(copied)
    return ast.fix_missing_locations(copied)


def guarded_expression(tree: ast.Expression) -> ast.Expression:
    """The same for one expression (used for `eval` inside a puzzle)."""
    _Guard().visit(tree)
    return ast.fix_missing_locations(tree)


def graded(tree: ast.Module) -> tuple[ast.Module, int]:
    """A guarded copy that records distances instead of failing, and the number of its recording sites."""
    softener = _Soften()
    copied = copy.deepcopy(tree)
    softener.visit(copied)
    _Guard().visit(copied)
    return ast.fix_missing_locations(copied), softener.sites


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=list(arguments), keywords=[])


def _thunk(body: ast.expr) -> ast.Lambda:
    empty = ast.arguments(posonlyargs=[], args=[], vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[])
    thunk = ast.Lambda(args=empty, body=body)
    thunk.is_thunk = True  # type: ignore[attr-defined]
    return thunk


class _Guard(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = _OPERATIONS.get(type(node.op))
        return node if name is None else _call(name, node.left, node.right)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        name = _OPERATIONS.get(type(node.op))
        if name is None or not isinstance(node.target, ast.Name):
            return node
        if name == "_product":
            name = "_product_in_place"
        load = ast.Name(id=node.target.id, ctx=ast.Load())
        return ast.Assign(targets=[node.target], value=_call(name, load, node.value))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            if node.func.id in CONSUMERS and len(node.args) == 1:
                argument = node.args[0]
                if isinstance(argument, ast.Call | ast.Name):
                    node.args = [_call("_walkable", argument)]
            elif node.func.id == "eval" and len(node.args) == 1:
                scope = [_call("globals"), _call("locals")]
                return _call("_eval", node.args[0], *scope)
            elif node.func.id == "pow" and len(node.args) == 2:
                return _call("_power", *node.args)
        return node

    def _tick_first(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_call("_tick")))  # type: ignore[attr-defined]
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        return self._tick_first(node)

    def visit_While(self, node: ast.While) -> ast.AST:
        return self._tick_first(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        for item in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            item.annotation = None
        if node.name == "sat":
            self.generic_visit(node)
            return node
        return self._tick_first(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        if not getattr(node, "is_thunk", False):
            node.body = ast.BoolOp(op=ast.And(), values=[_call("_tick"), node.body])
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.ifs.insert(0, _call("_tick"))
        return node


class _Soften(ast.NodeTransformer):
    """Replaces the conditions of `sat` itself (not of functions inside it) by recorded distances."""

    def __init__(self) -> None:
        self.sites = 0
        self._loops_over_answer = 0
        self._answer = ""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.name != "sat":
            return node
        self._answer = [*node.args.posonlyargs, *node.args.args][0].arg
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        over = any(isinstance(part, ast.Name) and part.id == self._answer for part in ast.walk(node.iter))
        self._loops_over_answer += over
        node.body = [self.visit(statement) for statement in node.body]
        node.orelse = [self.visit(statement) for statement in node.orelse]
        self._loops_over_answer -= over
        return node

    def _record(self, test: ast.expr, negate: bool) -> ast.stmt:
        site = self.sites
        self.sites += 1
        hard = ast.Constant(bool(self._loops_over_answer))
        return ast.Expr(_call("_require", ast.Constant(site), hard, _thunk(_distance(test, negate))))

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.copy_location(self._record(node.test, negate=False), node)

    def visit_If(self, node: ast.If) -> ast.AST:
        if not node.orelse and len(node.body) == 1 and _is_rejection(node.body[0]):
            return ast.copy_location(self._record(node.test, negate=True), node)
        node.body = [self.visit(statement) for statement in node.body]
        node.orelse = [self.visit(statement) for statement in node.orelse]
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        site = self.sites
        self.sites += 1
        value = node.value if node.value is not None else ast.Constant(None)
        node.value = _call("_finish", ast.Constant(site), _thunk(_distance(value, negate=False)), _call("locals"))
        return node


def _is_rejection(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise):
        return True
    return isinstance(node, ast.Return) and isinstance(node.value, ast.Constant) and node.value.value is False


def _distance(test: ast.expr, negate: bool) -> ast.expr:
    """An expression for how far `test` (or its negation) is from being true; 0.0 when it holds."""
    if any(isinstance(part, ast.NamedExpr | ast.Await | ast.Yield) for part in ast.walk(test)):
        return _call("_truth", test, ast.Constant(negate))
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _distance(test.operand, not negate)
    if isinstance(test, ast.BoolOp):
        together = isinstance(test.op, ast.And) != negate
        parts = [_thunk(_distance(value, negate)) for value in test.values]
        return _call("_all_of" if together else "_any_of", *parts)
    if isinstance(test, ast.IfExp):
        return ast.IfExp(test.test, _distance(test.body, negate), _distance(test.orelse, negate))
    if isinstance(test, ast.Compare):
        return _comparison(test, negate)
    if isinstance(test, ast.Call):
        return _called(test, negate)
    return _call("_truth", test, ast.Constant(negate))


def _comparison(test: ast.Compare, negate: bool) -> ast.expr:
    operands = [test.left, *test.comparators]
    parts: list[ast.expr] = []
    for index, operator in enumerate(test.ops):
        sign = _OPERATORS[type(operator)]
        parts.append(
            _call(
                "_compare",
                ast.Constant(_NEGATED[sign] if negate else sign),
                _thunk(operands[index]),
                _thunk(operands[index + 1]),
            )
        )
    if len(parts) == 1:
        return parts[0]
    return _call("_any_of" if negate else "_all_of", *map(_thunk, parts))


def _called(test: ast.Call, negate: bool) -> ast.expr:
    if isinstance(test.func, ast.Name) and test.func.id in ("all", "any") and len(test.args) == 1:
        together = (test.func.id == "all") != negate
        argument = test.args[0]
        name = "_sum_of" if together else "_least_of"
        if isinstance(argument, ast.GeneratorExp | ast.ListComp):
            element = _call("_part", _thunk(_distance(argument.elt, negate)))
            return _call(name, ast.GeneratorExp(element, argument.generators))
        if not isinstance(argument, ast.Starred):
            return _call(name + "_values", argument, ast.Constant(negate))
    if (
        isinstance(test.func, ast.Attribute)
        and test.func.attr in ("startswith", "endswith")
        and len(test.args) == 1
        and not negate
    ):
        return _call("_affix", ast.Constant(test.func.attr), test.func.value, test.args[0])
    return _call("_truth", test, ast.Constant(negate))
