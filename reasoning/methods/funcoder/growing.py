"""Grows the function tree of one problem, depth first, with two passes over each function.

    root = await Growth(task, asker, sandbox, options, random_for).grow()
    final_program(task, root)

Source: FunCoder (arXiv 2405.20092), section 2.1 and algorithm 1.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reasoning.engines.base import BudgetSpentError, PromptTooLongError
from reasoning.methods.code.asking import Asker
from reasoning.methods.code.assertions import Assertion, sample_tests
from reasoning.methods.code.imports import complete_program
from reasoning.methods.code.replies import Written
from reasoning.methods.code.syntax import Part, bound_names, docstring_source, with_docstring
from reasoning.methods.code.tasks import CodeTask, whole_program
from reasoning.methods.funcoder.options import FuncoderOptions
from reasoning.methods.funcoder.selection import Selection
from reasoning.methods.funcoder.stages import Stages
from reasoning.methods.funcoder.tree import TreeNode, all_nodes, code_above, code_below, without_clashes
from verifiers.wording import counted

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["Growth", "final_program"]


class Growth:
    """One tree under way. The tree always holds the best that is known, so growing can stop at any request."""

    def __init__(
        self,
        task: CodeTask,
        asker: Asker,
        sandbox: SandboxPool,
        options: FuncoderOptions,
        random_for: Callable[[str], random.Random],
    ) -> None:
        """Grow the tree of `task`.

        Args:
            task: the root.
            asker: asks the engine, and refuses when its calls are spent.
            sandbox: runs candidates.
            options: see there.
            random_for: gives each purpose a random stream of its own.
        """
        self.root = TreeNode(task.root, task.docstring, 0)
        self.spent_reason = ""
        self._task = task
        self._asker = asker
        self._options = options
        samples = options.fresh_samples(mathematics=task.problem.kind == "answer")
        self._stages = Stages(asker, options, self.root, free=task.free, samples=samples)
        self._selection = Selection(sandbox, self._stages, options, random_for)
        self._given = [part for part in task.context if part.kind == "function"]
        self._shared = [part for part in task.context if part.kind != "function"]
        self._visited = {part.name for part in self._given}
        self._planned: set[str] = set()
        self._written = 0

    async def grow(self) -> TreeNode:
        """Write the whole tree; ends early when a budget is spent, which `spent_reason` then says."""
        try:
            await self._solve(self.root, [])
        except BudgetSpentError as error:
            self.spent_reason = str(error) or "the budget is spent"
        return self.root

    async def _solve(self, node: TreeNode, path: list[TreeNode]) -> bool:
        """Write a function and all below it; False where it is given up."""
        trace = node.trace
        self._visited.add(node.name)
        if node.depth >= self._options.depth:
            trace.outcome = "given up: depth limit"
            return False
        if self._written >= self._options.max_functions:
            trace.outcome = f"given up: {counted(self._options.max_functions, 'function')} written already"
            return False
        self._written += 1
        trace.outcome = "stopped: the budget was spent"
        before = self._asker.spent
        try:
            return await self._write(node, path)
        finally:
            spent = self._asker.spent - before
            trace.calls, trace.tokens = spent.calls, spent.tokens

    async def _write(self, node: TreeNode, path: list[TreeNode]) -> bool:
        above = [*self._shared, *code_above(path)]
        try:
            draft = await self._stages.divide(node, above, [*self._given, *code_below(node)])
        except PromptTooLongError:
            node.trace.outcome = "given up: the prompt is too long"
            return False
        if draft is None:
            node.trace.outcome = "given up: no reply held the function"
            return False
        known = set(self._visited)
        node.function = with_docstring(draft.function, node.docstring) if node.depth == 0 else draft.function
        node.siblings = without_clashes([part for part in draft.others if part.kind != "function"], known)
        self._planned |= {part.name for part in draft.others if part.kind == "function"}
        # Should the budget end, the draft stands with what came with it and got no node of its own.
        own, helpers = list(node.siblings), []
        for part in draft.others:
            if part.kind == "function" and not await self._introduce(node, path, part, known) and part.implemented:
                helpers.append(part)
                node.siblings.append(part)
        if self._options.passes == 1:
            node.trace.outcome = "written by the divide stage"
        else:
            await self._conquer(node, path, own, Written(node.function, tuple(helpers), draft.complies))
        return True

    async def _introduce(self, node: TreeNode, path: list[TreeNode], part: Part, known: set[str]) -> bool:
        """Solve a function that the draft introduces; False where it was given up."""
        if part.name in known:
            node.trace.notes.append(f"{part.name}: exists already, not written again")
            return True
        if part.name in self._visited:
            node.trace.notes.append(f"{part.name}: was written below another function")
            return True
        child = TreeNode(part, docstring_source(part), node.depth + 1)
        node.children.append(child)
        if await self._solve(child, [*path, node]):
            return True
        node.children.remove(child)
        self._planned.discard(part.name)
        node.trace.notes.append(f"{part.name}: {child.trace.outcome}")
        return False

    async def _conquer(self, node: TreeNode, path: list[TreeNode], own: list[Part], draft: Written) -> None:
        """Write the function anew, its parts in view, and choose; `own`: its siblings without the draft's helpers."""
        above = [*self._shared, *code_above(path)]
        below = [part for part in code_below(node) if part not in draft.others]
        try:
            fresh = await self._stages.conquer(node, above, [*self._given, *below])
        except PromptTooLongError:
            node.trace.notes.append("the prompt of the conquer stage is too long")
            fresh = []
        taken = self._names()
        fresh = [replace(written, others=tuple(without_clashes(written.others, taken))) for written in fresh]
        candidates = [draft, *fresh]

        def assemble(written: Written) -> str:
            return complete_program([*above, written.function, *written.others, *below, *self._given])

        tests = await self._unit_tests(node) if len(candidates) > 1 else []
        chosen = await self._selection.choose(
            node, candidates, assemble, unit_tests=tests, taken=taken | _names_of(candidates)
        )
        winner = candidates[chosen]
        node.function = winner.function
        node.siblings = [*own, *winner.others]
        node.trace.outcome = (
            "written by both stages" if fresh else "the draft stands: nothing came of the conquer stage"
        )

    async def _unit_tests(self, node: TreeNode) -> Sequence[Assertion]:
        wanted = self._options.unit_tests and self._options.consensus == "functional"
        if node is not self.root or not wanted:
            return ()
        if self._task.samples:
            return sample_tests(self._task)
        if not self._task.stub_given:
            return ()
        return await self._stages.unit_tests()

    def _names(self) -> set[str]:
        """Names that a candidate's helpers must not bind: functions of the tree, there or to come, and given ones."""
        functions = {other.name for other in all_nodes(self.root)} | {part.name for part in self._given}
        functions |= self._planned
        return functions | {name for part in self._shared if part.kind != "import" for name in bound_names(part)}


def _names_of(candidates: Sequence[Written]) -> set[str]:
    return {name for written in candidates for part in written.others for name in bound_names(part)}


def final_program(task: CodeTask, root: TreeNode) -> str:
    """The whole program: what the problem gives, the root and everything below it."""
    return whole_program(task, complete_program([*task.context, root.function, *code_below(root)]))
