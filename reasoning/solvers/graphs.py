"""Graph algorithms with certificates: shortest paths, maximum flow, minimum spanning trees.

>>> shortest_path([["a", "b", 2], ["b", "c", 2], ["a", "c", 5]], "a", "c").solution.path
['a', 'b', 'c']
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field

from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = [
    "Cut",
    "Flow",
    "Path",
    "Potentials",
    "Tree",
    "TreeCertificate",
    "maximum_flow",
    "minimum_spanning_tree",
    "shortest_path",
]

Node = str | int
Edge = tuple[Node, Node, float]
Edges = Annotated[list[Edge], Field(min_length=1, max_length=30_000)]


@dataclass(frozen=True, slots=True)
class Path:
    """A path and its length.

    Attributes:
        path: nodes from the source to the target.
        length: sum of its weights.
    """

    path: list[Node]
    length: float


@dataclass(frozen=True, slots=True)
class Potentials:
    """What anybody can check: no path is shorter.

    Attributes:
        distances: [node, distance from the source] of each node that can be reached; d(v) <= d(u) + w(u, v) for every
            edge.
    """

    distances: list[tuple[Node, float]]


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow.

    Attributes:
        value: what leaves the source.
        flow: [from, to, amount] of each edge with a positive amount.
    """

    value: float
    flow: list[Edge]


@dataclass(frozen=True, slots=True)
class Cut:
    """What anybody can check: no flow is larger than a cut.

    Attributes:
        source_side: nodes on the source's side.
        capacity: of the edges that leave it; equals the value of the flow.
    """

    source_side: list[Node]
    capacity: float


@dataclass(frozen=True, slots=True)
class Tree:
    """A spanning tree, or a forest with one tree for each component.

    Attributes:
        edges: [node, node, weight].
        weight: their sum.
    """

    edges: list[Edge]
    weight: float


@dataclass(frozen=True, slots=True)
class TreeCertificate:
    """What anybody can check: each edge outside is no lighter than any edge of the path that it closes.

    Attributes:
        components: number of trees.
        slack: least (weight of an edge outside - heaviest weight on its path in the tree); null when there is none
            outside; 0 or more proves the minimum.
    """

    components: int
    slack: float | None


@solver
def shortest_path(edges: Edges, source: Node, target: Node, directed: bool = False) -> Result[Path, Potentials]:
    """Find a shortest path between two nodes of a graph with weights that may be negative.

    Args:
        edges: [from, to, weight]; nodes are strings or integers; the lightest of parallel edges counts.
        source: a node.
        target: a node.
        directed: whether an edge leads only from its first to its second node.

    Returns:
        `converged`, `infeasible` (no path), or `unbounded` (a cycle of negative length can be reached).

    Raises:
        SolverInputError: source or target is in no edge.

    Source:
        Bellman-Ford, networkx.

    Example:
        {"edges": [["a", "b", 2], ["b", "c", 2], ["a", "c", 5]], "source": "a", "target": "c"}
    """
    import networkx as nx

    graph = _graph(edges, nx.DiGraph() if directed else nx.Graph())
    _known(graph, source=source, target=target)
    try:
        distances, paths = nx.single_source_bellman_ford(graph, source)
    except nx.NetworkXUnbounded:
        return Result(Status.UNBOUNDED, message="a cycle of negative length can be reached from the source")
    if target not in distances:
        return Result(Status.INFEASIBLE, message="there is no path")
    solution = Path(paths[target], float(distances[target]))
    return Result(Status.CONVERGED, solution, Potentials([(node, float(one)) for node, one in distances.items()]))


@solver
def maximum_flow(edges: Edges, source: Node, sink: Node) -> Result[Flow, Cut]:
    """Find a maximum flow in a directed graph with capacities, and a minimum cut that proves it.

    max v subject to 0 <= f(u, w) <= c(u, w), conservation at every node but the source and the sink.

    Args:
        edges: [from, to, capacity], capacities 0 or more; parallel edges are added.
        source: a node.
        sink: another node.

    Returns:
        Always `converged`.

    Raises:
        SolverInputError: source or sink is in no edge, they are the same, or a capacity is negative.

    Source:
        Goldberg and Tarjan's preflow-push, networkx.

    Example:
        {"edges": [["s", "a", 3], ["s", "b", 2], ["a", "t", 2], ["b", "t", 3]], "source": "s", "sink": "t"}
    """
    import networkx as nx

    graph = nx.DiGraph()
    for index, (start, end, capacity) in enumerate(edges):
        if capacity < 0:
            raise SolverInputError(f"edges[{index}]: the capacity {capacity:g} is negative")
        before = graph.edges[start, end]["capacity"] if graph.has_edge(start, end) else 0.0
        graph.add_edge(start, end, capacity=before + capacity)
    _known(graph, source=source, sink=sink)
    if source == sink:
        raise SolverInputError("sink: it is the source")
    value, flows = nx.maximum_flow(graph, source, sink)
    _, (side, other) = nx.minimum_cut(graph, source, sink)
    capacity = sum(data["capacity"] for start, end, data in graph.edges(data=True) if start in side and end in other)
    used = [(start, end, float(amount)) for start, row in flows.items() for end, amount in row.items() if amount > 0]
    cut = Cut(sorted(side, key=lambda node: (isinstance(node, str), node)), float(capacity))
    return Result(Status.CONVERGED, Flow(float(value), used), cut)


@solver
def minimum_spanning_tree(edges: Edges) -> Result[Tree, TreeCertificate]:
    """Find a spanning tree of least weight in an undirected graph; a forest where it is not connected.

    Args:
        edges: [node, node, weight]; the lightest of parallel edges counts.

    Returns:
        Always `converged`.

    Raises:
        SolverInputError: an edge joins a node with itself.

    Source:
        Kruskal, networkx.

    Example:
        {"edges": [["a", "b", 1], ["b", "c", 2], ["a", "c", 3]]}
    """
    import networkx as nx

    for index, (start, end, _) in enumerate(edges):
        if start == end:
            raise SolverInputError(f"edges[{index}]: it joins {start!r} with itself")
    graph = _graph(edges, nx.Graph())
    tree = nx.minimum_spanning_tree(graph)
    chosen = [(start, end, float(data["weight"])) for start, end, data in tree.edges(data=True)]
    outside = [edge for edge in graph.edges(data=True) if not tree.has_edge(edge[0], edge[1])]
    slack = min((data["weight"] - _heaviest(tree, start, end) for start, end, data in outside), default=None)
    certificate = TreeCertificate(nx.number_connected_components(graph), slack)
    return Result(Status.CONVERGED, Tree(chosen, sum(edge[2] for edge in chosen)), certificate)


def _graph(edges: list[Edge], graph: Any) -> Any:
    for start, end, weight in edges:
        if not graph.has_edge(start, end) or graph.edges[start, end]["weight"] > weight:
            graph.add_edge(start, end, weight=weight)
    return graph


def _known(graph: Any, **nodes: Node) -> None:
    for argument, node in nodes.items():
        if node not in graph:
            raise SolverInputError(f"{argument}: {node!r} is in no edge"[:100])


def _heaviest(tree: Any, start: Node, end: Node) -> float:
    import networkx as nx

    path = nx.shortest_path(tree, start, end)
    return max(float(tree.edges[one, other]["weight"]) for one, other in pairwise(path))
