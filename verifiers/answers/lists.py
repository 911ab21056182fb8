r"""Lists, tuples, sets and matrices, member by member.

gold 1, 2, 3    answer 3, 1 and 2      ->  equal but for the order
gold (1, 2)     answer (2, 1)          ->  different
gold \{1, 2\}   answer 2, 1            ->  equal
gold (1, 2]     answer (1, 2)          ->  different
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from verifiers.answers.agreement import Agreement, Concession, agree, differ
from verifiers.answers.limits import UNORDERED_LIMIT
from verifiers.answers.parser_tools import multiply
from verifiers.answers.rewrite import replace
from verifiers.answers.tree import Collection, Constant, Matrix, Node, Number, Power, Product, Sum, Symbol, Words, walk

__all__ = [
    "Compare",
    "compare_collections",
    "in_order",
    "letters",
    "matrix_of",
    "matrix_value",
    "transposed",
    "unit_vector_sum",
    "unordered",
]

_UNIT_VECTORS = (Constant("i"), Symbol("j"), Symbol("k"))

MAX_PRODUCT_SIZE = 6
"""Most rows of a matrix that is multiplied out."""

Compare: TypeAlias = Callable[[Node, Node], Agreement]


def in_order(gold: Sequence[Node], answer: Sequence[Node], compare: Compare) -> Agreement:
    """Members compared one by one."""
    if len(gold) != len(answer):
        return differ(f"{len(answer)} members instead of {len(gold)}")
    concessions: set[Concession] = set()
    for index, (first, second) in enumerate(zip(gold, answer, strict=True), 1):
        agreement = compare(first, second)
        if not agreement.equal or Concession.SINGLETON in agreement.concessions:
            return differ(f"member {index}: {agreement.rule}", agreement.undecided)
        concessions |= agreement.concessions
    return agree("member by member", *concessions)


def unordered(gold: Sequence[Node], answer: Sequence[Node], compare: Compare) -> Agreement:
    """Members matched one to one, whatever their order."""
    if len(gold) != len(answer):
        return differ(f"{len(answer)} members instead of {len(gold)}")
    if len(gold) > UNORDERED_LIMIT:
        return differ(f"more than {UNORDERED_LIMIT} members in another order")
    left = list(answer)
    concessions: set[Concession] = set()
    for member in gold:
        best: tuple[int, Agreement] | None = None
        for index, other in enumerate(left):
            agreement = compare(member, other)
            if Concession.SINGLETON in agreement.concessions:
                continue
            if agreement.equal and (best is None or len(agreement.concessions) < len(best[1].concessions)):
                best = index, agreement
                if not agreement.concessions:
                    break
        if best is None:
            return differ("a member of the gold answer is missing")
        concessions |= best[1].concessions
        del left[best[0]]
    return agree("the same members", *concessions)


def compare_collections(gold: Collection, answer: Collection, compare: Compare) -> Agreement:
    """Two collections, by their brackets' meaning."""
    kinds = _kind(gold), _kind(answer)
    if set(kinds) <= {"set", "bare"} and "set" in kinds:
        first, second = (_distinct(side.items, compare) for side in (gold, answer))
        return unordered(first, second, compare)
    ordered = in_order(gold.items, answer.items, compare)
    if kinds == ("bare", "bare"):
        if ordered.equal:
            return ordered
        free = unordered(gold.items, answer.items, compare)
        if not free.equal and all(isinstance(item, Collection) for item in (*gold.items, *answer.items)):
            free = unordered(_distinct(gold.items, compare), _distinct(answer.items, compare), compare)
        return free.conceding(Concession.ORDER) if free.equal else ordered
    if (gold.opening, gold.closing) == (answer.opening, answer.closing):
        return ordered
    if "set" in kinds or "half-open" in kinds:
        return differ("brackets of another meaning")
    if kinds in (("bare", "list"), ("list", "bare")) and not ordered.equal:
        free = unordered(gold.items, answer.items, compare)
        return free.conceding(Concession.ORDER, Concession.BRACKETS) if free.equal else ordered
    if set(kinds) == {"bare", "tuple"}:
        return ordered.conceding(Concession.TUPLE) if ordered.equal else ordered
    if set(kinds) == {"tuple", "list"} and len(gold.items) == 2:
        return differ("round brackets instead of square ones")
    return ordered.conceding(Concession.BRACKETS) if ordered.equal else ordered


def _kind(node: Collection) -> str:
    pair = node.opening + node.closing
    return {"": "bare", "{}": "set", "()": "tuple", "[]": "list", "<>": "vector"}.get(pair, "half-open")


def _distinct(items: Sequence[Node], compare: Compare) -> list[Node]:
    if len(items) > UNORDERED_LIMIT:
        return list(items)
    members: list[Node] = []
    for item in items:
        if not any(item == other or compare(other, item).same_value for other in members):
            members.append(item)
    return members


def matrix_of(node: Node) -> Matrix | None:
    """`[[1, 2], [3, 4]]` as a matrix."""
    if isinstance(node, Matrix):
        return node
    if not isinstance(node, Collection) or node.opening not in ("[", "(", "{"):
        return None
    rows = [item.items for item in node.items if isinstance(item, Collection) and item.opening in ("[", "(", "{")]
    if len(rows) != len(node.items) or len({len(row) for row in rows}) != 1:
        return None
    return Matrix(tuple(rows))


def transposed(node: Node) -> Node:
    """`(1, 2)^T` as a column, and a matrix to the power T with its rows as columns; any other node as it is."""
    match node:
        case Power(Collection("(" | "[", ")" | "]", items), Symbol("T")):
            return Matrix(tuple((item,) for item in items))
        case Power(Matrix(rows), Symbol("T")):
            return Matrix(tuple(zip(*rows, strict=True)))
    return node


def unit_vector_sum(node: Node, length: int) -> Matrix | None:
    """`2i - 3j + k` as a column of 2 or 3 entries; None for anything that is not such a sum."""
    units = _UNIT_VECTORS[:length]
    if not 2 <= length <= 3 or not any(part in units[1:] for part in walk(node)):
        return None
    for place, unit in enumerate(units):
        column = Matrix(tuple((Number(Fraction(int(row == place))),) for row in range(length)))
        node = replace(node, unit, column)
    return matrix_value(node)


def matrix_value(node: Node) -> Matrix | None:
    """Sums and products of small matrices and numbers, multiplied out; None when the shapes do not fit."""
    if isinstance(node, Matrix):
        return node
    if isinstance(node, Sum):
        values = [value for term in node.terms if (value := matrix_value(term)) is not None]
        if len(values) != len(node.terms) or len({_shape(value) for value in values}) != 1:
            return None
        # One sum for each entry: sums of sums would go as deep as there are terms.
        return Matrix(
            tuple(
                tuple(Sum(entries) for entries in zip(*rows, strict=True))
                for rows in zip(*(value.rows for value in values), strict=True)
            )
        )
    if not isinstance(node, Product):
        return None
    product: Matrix | None = None
    scale: list[Node] = []
    for factor in node.factors:
        if not isinstance(factor, Matrix):
            scale.append(factor)
        elif product is None:
            product = factor
        elif _shape(product)[1] != _shape(factor)[0] or len(factor.rows) > MAX_PRODUCT_SIZE:
            return None
        else:
            columns = list(zip(*factor.rows, strict=True))
            product = Matrix(
                tuple(
                    tuple(Sum(tuple(Product(pair) for pair in zip(row, column, strict=True))) for column in columns)
                    for row in product.rows
                )
            )
    if product is None:
        return None
    return Matrix(tuple(tuple(multiply([*scale, entry]) for entry in row) for row in product.rows))


def _shape(matrix: Matrix) -> tuple[int, int]:
    return len(matrix.rows), len(matrix.rows[0])


def letters(node: Node) -> frozenset[str] | None:
    """The options that `A, C`, `AC` or `(A)(C)` names."""
    items: Sequence[Node]
    match node:
        case Symbol():
            items = (node,)
        case Collection(_, _, members):
            items = members
        case Product(factors):
            items = factors
        case Words(text) if text.isalpha() and text.isascii() and len(text) <= 8:
            items = [Symbol(letter.upper()) for letter in text]
        case _:
            return None
    names = [item.name for item in items if isinstance(item, Symbol)]
    if len(names) != len(items) or len(set(names)) != len(names):
        return None
    if not all(len(name) == 1 and "A" <= name <= "J" for name in names):
        return None
    return frozenset(names)
