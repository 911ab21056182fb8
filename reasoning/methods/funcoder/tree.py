"""The function tree: a node is a function, its children are the functions that a model introduced while writing it.

root = TreeNode(stub, docstring, depth=0)
code_above(path), code_below(root)      # what is shown round the function that is being written
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reasoning.methods.code.syntax import Part, bound_names
from reasoning.methods.funcoder.trace import NodeTrace

__all__ = ["TreeNode", "all_nodes", "code_above", "code_below", "without_clashes"]


@dataclass(slots=True, eq=False)
class TreeNode:
    """A function of the tree.

    Attributes:
        function: the best version so far; a stub until the divide stage has written one.
        docstring: source of the docstring that was asked for; empty where there is none.
        depth: 0 for the root.
        siblings: what belongs to the function without being a node: imports, constants, classes, and helpers that came
            with the chosen candidate.
        children: in the order in which they were introduced.
        trace: what happened to it.
    """

    function: Part
    docstring: str
    depth: int
    siblings: list[Part] = field(default_factory=list)
    children: list[TreeNode] = field(default_factory=list)
    trace: NodeTrace = field(default_factory=NodeTrace)

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.function.name


def all_nodes(node: TreeNode) -> Iterator[TreeNode]:
    """The node and all below it, parents first."""
    yield node
    for child in node.children:
        yield from all_nodes(child)


def code_above(path: Sequence[TreeNode]) -> list[Part]:
    """The functions from the root down to a node's parent, and what is no function beside them."""
    shared = [part for node in path for part in node.siblings if part.kind != "function"]
    return [*shared, *(node.function for node in path)]


def code_below(node: TreeNode) -> list[Part]:
    """What stands beside a node, and all finished functions below it with what stands beside these."""
    parts = list(node.siblings)
    for below in (inner for child in node.children for inner in all_nodes(child)):
        if below.function.implemented:
            parts.append(below.function)
        parts.extend(below.siblings)
    return parts


def without_clashes(parts: Sequence[Part], taken: set[str]) -> list[Part]:
    """Those parts that bind none of the names in `taken`."""
    return [part for part in parts if not bound_names(part) & taken]
