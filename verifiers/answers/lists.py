r"""Lists, tuples, sets and matrices, member by member.

    gold 1, 2, 3    answer 3, 1 and 2      ->  equal but for the order
    gold (1, 2)     answer (2, 1)          ->  different
    gold \{1, 2\}   answer 2, 1            ->  equal
    gold (1, 2]     answer (1, 2)          ->  different
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from verifiers.answers.agreement import Agreement, Concession, agree, differ
from verifiers.answers.limits import UNORDERED_LIMIT
from verifiers.answers.tree import Collection, Matrix, Node, Product, Symbol, Words

__all__ = ["Compare", "compare_collections", "in_order", "letters", "matrix_of", "unordered"]

Compare: TypeAlias = Callable[[Node, Node], Agreement]


def in_order(gold: Sequence[Node], answer: Sequence[Node], compare: Compare) -> Agreement:
    """Members compared one by one."""
    if len(gold) != len(answer):
        return differ(f"{len(answer)} members instead of {len(gold)}")
    concessions: set[Concession] = set()
    for index, (first, second) in enumerate(zip(gold, answer, strict=True), 1):
        agreement = compare(first, second)
        if not agreement.equal:
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
        return free.conceding(Concession.ORDER) if free.equal else ordered
    if (gold.opening, gold.closing) == (answer.opening, answer.closing):
        return ordered
    if "set" in kinds or "half-open" in kinds:
        return differ("brackets of another meaning")
    if kinds in (("bare", "list"), ("list", "bare")) and not ordered.equal:
        free = unordered(gold.items, answer.items, compare)
        return free.conceding(Concession.ORDER, Concession.BRACKETS) if free.equal else ordered
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
        if not any(item == other or compare(other, item).under_strict for other in members):
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

