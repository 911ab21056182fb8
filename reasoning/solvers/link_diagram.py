"""Diagrams of knots and links: from a braid word or a planar-diagram code to crossings, signs and arcs.

>>> diagram = braid_diagram([1, 1, 1], 2, "markov")
>>> len(diagram.crossings), diagram.writhe, diagram.components
(3, 3, 1)
>>> coloring_determinant(diagram)
3
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reasoning.solvers.results import SolverInputError
from verifiers.wording import counted

__all__ = ["Crossing", "Diagram", "braid_diagram", "coloring_determinant", "pd_diagram"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Four edges around a crossing, counter-clockwise, the first one an end of the lower strand.

    The lower strand joins edges 0 and 2, the upper one edges 1 and 3. The A-smoothing joins 0 with 1 and 2 with 3, the
    B-smoothing 0 with 3 and 1 with 2 (Kauffman's rule: A turns the upper strand counter-clockwise).
    """

    edges: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Diagram:
    """A diagram of a link.

    Attributes:
        crossings: in an order in which few edges are open at a time.
        joins: pairs of edges that are one (closing arcs).
        writhe: sum of the crossings' signs.
        components: of the link.
    """

    crossings: list[Crossing]
    joins: list[tuple[int, int]]
    writhe: int
    components: int


def braid_diagram(word: Sequence[int], strands: int, closure: str) -> Diagram:
    """The closure of a braid, all strands downwards; a generator and its inverse make a crossing of its sign.

    Args:
        word: i or -i for the generator or its inverse, 1 <= i < strands.
        strands: number of strands, even for the plat closure.
        closure: "markov" (each top end to the bottom end below it) or "plat" (neighbouring ends 1-2, 3-4, ... joined at
            the top and at the bottom).
    """
    now = list(range(strands))
    top = list(now)
    crossings: list[Crossing] = []
    fresh = strands
    for letter in word:
        at = abs(letter) - 1
        left, right = now[at], now[at + 1]
        low_left, low_right = fresh, fresh + 1
        fresh += 2
        # Counter-clockwise from the upper left end: upper left, lower left, lower right, upper right. In a positive
        # crossing of two strands downwards the strand from the upper right goes over.
        if letter > 0:
            crossings.append(Crossing((left, low_left, low_right, right)))
        else:
            crossings.append(Crossing((right, left, low_left, low_right)))
        now[at], now[at + 1] = low_left, low_right
    if closure == "markov":
        joins = list(zip(top, now, strict=True))
    else:
        joins = [(ends[at], ends[at + 1]) for ends in (top, now) for at in range(0, strands, 2)]
    return _oriented(crossings, joins, {})


def pd_diagram(code: Sequence[Sequence[int]]) -> Diagram:
    """From a planar-diagram code: at each crossing its edges counter-clockwise from the incoming lower one.

    Raises:
        SolverInputError: an edge does not occur twice, or the orientations contradict each other.
    """
    counts = Counter(edge for crossing in code for edge in crossing)
    odd = next((edge for edge, count in counts.items() if count != 2), None)
    if odd is not None:
        raise SolverInputError(f"pd_code: edge {odd} occurs {counted(counts[odd], 'time')}, expected 2")
    crossings = [Crossing((row[0], row[1], row[2], row[3])) for row in code]
    return _oriented(crossings, [], dict.fromkeys(range(len(crossings)), 0))


def _oriented(crossings: list[Crossing], joins: list[tuple[int, int]], entered: dict[int, int]) -> Diagram:
    """Walk along every component; `entered` tells at which slot of a crossing the lower strand comes in."""
    ends: dict[int, list[tuple[int, int]]] = {}
    for number, crossing in enumerate(crossings):
        for slot, edge in enumerate(crossing.edges):
            ends.setdefault(edge, []).append((number, slot))
    for number, join in enumerate(joins):
        for slot, edge in enumerate(join):
            ends.setdefault(edge, []).append((-1 - number, slot))
    visited: dict[tuple[int, int], int] = {}
    components = 0
    # Components with a lower strand first, whose direction may be given; then those that lie above all others.
    starts = [(number, slot) for slot in (0, 1) for number in range(len(crossings))]
    starts += [(-1 - number, 0) for number in range(len(joins))]
    for number, slot in starts:
        if (number, slot % 2 if number >= 0 else 0) in visited:
            continue
        components += 1
        place, entry = number, slot
        while True:
            strand = (place, entry % 2 if place >= 0 else 0)
            if strand in visited:
                break
            if place in entered and entry % 2 == 0 and entry != entered[place]:
                raise SolverInputError(f"pd_code[{place}]: its lower strand runs against the rest of its component")
            visited[strand] = entry
            exit_slot = (entry + 2) % 4 if place >= 0 else 1 - entry
            edge = _edge(crossings, joins, place, exit_slot)
            first, second = ends[edge]
            place, entry = second if first == (place, exit_slot) else first
    # Lower strand in at slot 0 (or 2, which turns both): the upper one from 3 to 1 makes a positive crossing.
    signs = []
    for number in range(len(crossings)):
        lower, upper = visited[(number, 0)], visited[(number, 1)]
        signs.append(1 if (lower == 0) == (upper == 3) else -1)
    return Diagram(crossings, joins, sum(signs), components)


def _edge(crossings: list[Crossing], joins: list[tuple[int, int]], place: int, slot: int) -> int:
    return crossings[place].edges[slot] if place >= 0 else joins[-1 - place][slot]


def coloring_determinant(diagram: Diagram) -> int:
    """The determinant of the link from Fox colourings: a minor of the matrix with rows (under, under, -2 over).

    It is the absolute value of the Jones polynomial at t = -1, found without it.
    """
    from flint import fmpz_mat

    parent: dict[int, int] = {}

    def root(edge: int) -> int:
        parent.setdefault(edge, edge)
        while parent[edge] != edge:
            parent[edge] = parent[parent[edge]]
            edge = parent[edge]
        return edge

    for crossing in diagram.crossings:
        for edge in crossing.edges:
            root(edge)
        parent[root(crossing.edges[1])] = root(crossing.edges[3])
    for first, second in diagram.joins:
        parent[root(first)] = root(second)
    arcs = {edge: number for number, edge in enumerate(sorted({root(edge) for edge in parent}))}
    size = len(diagram.crossings)
    if len(arcs) > max(size, 1):
        return 0  # a component without under-crossing lies apart from the others
    rows = []
    for crossing in diagram.crossings[:-1]:
        row = [0] * len(arcs)
        for edge, value in ((crossing.edges[0], 1), (crossing.edges[2], 1), (crossing.edges[1], -2)):
            row[arcs[root(edge)]] += value
        rows.append(row[:-1])
    return abs(int(fmpz_mat(rows).det())) if rows and rows[0] else 1
