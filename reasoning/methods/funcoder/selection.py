"""Runs the candidates for one function and says which is taken, and why.

choice = await selection.choose(node, candidates, assemble)
choice.index, node.trace.reason         # 3, "highest score 24, shared by 2 candidates"
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from reasoning.engines.base import BudgetSpentError
from reasoning.methods.code.assertions import Assertion, check_assertions
from reasoning.methods.code.replies import Written
from reasoning.methods.code.syntax import render
from reasoning.methods.funcoder.consensus import cluster_scores, functional_scores, leaders, value_text
from reasoning.methods.funcoder.options import FuncoderOptions
from reasoning.methods.funcoder.stages import Stages
from reasoning.methods.funcoder.trace import CandidateTrace
from reasoning.methods.funcoder.tree import TreeNode
from verifiers.programs.behaviour import Behaviour, Input, observe

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["Selection"]

SEED_BITS = 32


class Selection:
    """Chooses among the candidates for the functions of one problem."""

    def __init__(
        self, sandbox: SandboxPool, stages: Stages, options: FuncoderOptions, random_for: Callable[[str], random.Random]
    ) -> None:
        """Run candidates in `sandbox`; `random_for` gives each purpose a random stream of its own."""
        self._sandbox = sandbox
        self._stages = stages
        self._options = options
        self._random_for = random_for
        self._sandbox_seconds = 0.0

    async def choose(
        self,
        node: TreeNode,
        candidates: Sequence[Written],
        assemble: Callable[[Written], str],
        *,
        unit_tests: Sequence[Assertion] = (),
        taken: set[str],
    ) -> int:
        """The number of the candidate that is taken.

        Args:
            node: the function; its trace gets scores, values and the reason.
            candidates: at least one.
            assemble: makes the program in which a candidate runs.
            unit_tests: failing one of them costs much.
            taken: names of the program, which test inputs must not bind.

        Raises:
            BudgetSpentError: of calls or of sandbox time; the trace holds what is known by then.
        """
        trace = node.trace
        trace.consensus = self._options.consensus
        trace.candidates = [
            CandidateTrace("draft" if number == 0 else f"sample {number}", render([written.function, *written.others]))
            for number, written in enumerate(candidates)
        ]
        if len(candidates) == 1:
            return self._take(node, [0], "the only candidate")
        if self._options.consensus == "none":
            return self._take(node, [len(candidates) - 1], "taken without comparison")
        sources = [candidate.source for candidate in trace.candidates]
        assembled = {source: assemble(written) for source, written in zip(sources, candidates, strict=True)}
        programs = [assembled[source] for source in sources]
        if self._options.consensus == "self_test":
            scores = await self._self_test_scores(node, programs)
        else:
            scores = await self._agreement_scores(node, candidates, programs, unit_tests, taken)
        for candidate, score in zip(trace.candidates, scores, strict=True):
            candidate.score = score
        best = leaders(scores)
        compared = trace.inputs or trace.tests
        if not compared:
            return self._take(node, best, "nothing to compare by, picked at random")
        shared = f", shared by {len(best)} candidates and picked at random among them" if len(best) > 1 else ""
        return self._take(node, best, f"highest score {scores[best[0]]}{shared}")

    def _take(self, node: TreeNode, best: Sequence[int], reason: str) -> int:
        chosen = best[0] if len(best) == 1 else self._random_for(f"choice:{node.name}").choice(best)
        node.trace.chosen, node.trace.tied, node.trace.reason = chosen, list(best), reason
        return chosen

    async def _agreement_scores(
        self,
        node: TreeNode,
        candidates: Sequence[Written],
        programs: Sequence[str],
        unit_tests: Sequence[Assertion],
        taken: set[str],
    ) -> list[int]:
        inputs = await self._inputs(node, candidates, taken)
        table = await self._table(node, programs, inputs)
        if self._options.consensus == "clustering":
            return cluster_scores(table)
        failed: list[bool] = []
        if unit_tests:
            passed = await self._passed(node, programs, unit_tests)
            failed = [count < len(unit_tests) for count in passed]
        return functional_scores(table, failed)

    async def _inputs(self, node: TreeNode, candidates: Sequence[Written], taken: set[str]) -> list[Input]:
        rng = self._random_for(f"inputs:{node.name}")
        seed = rng.getrandbits(SEED_BITS)
        shown = rng.choice(candidates).function
        node.trace.seed = seed
        arguments = shown.function.args
        if not any((arguments.posonlyargs, arguments.args, arguments.kwonlyargs, arguments.vararg, arguments.kwarg)):
            node.trace.inputs = [f"{node.name}()"]
            return [Input("", node.name)]
        callers = await self._stages.callers(node.name, shown, taken)
        node.trace.inputs = [source for source, _ in callers]
        return [Input(source, name, (seed,)) for source, name in callers]

    async def _table(self, node: TreeNode, programs: Sequence[str], inputs: Sequence[Input]) -> list[list[str | None]]:
        if not inputs:
            return [[] for _ in programs]
        self._check_sandbox_time()
        seed = node.trace.seed
        rows = await observe(self._sandbox, programs, inputs, seed=seed, seconds=self._options.timeout)
        self._count(programs, rows)
        for candidate, row in zip(node.trace.candidates, rows, strict=True):
            for number, answer in enumerate(row.answers):
                text = value_text(answer.value) if answer.kind == "value" else None
                candidate.values.append(text)
                if text is None:
                    candidate.failures[number] = answer.describe() or "no JSON value"
        return [candidate.values for candidate in node.trace.candidates]

    async def _self_test_scores(self, node: TreeNode, programs: Sequence[str]) -> list[int]:
        tests = await self._stages.self_tests(node)
        return await self._passed(node, programs, tests) if tests else [0] * len(programs)

    async def _passed(self, node: TreeNode, programs: Sequence[str], tests: Sequence[Assertion]) -> list[int]:
        """For each program the number of tests that it passes."""
        self._check_sandbox_time()
        node.trace.tests = [test.text for test in tests]
        checked = await check_assertions(self._sandbox, programs, tests, seconds=self._options.timeout)
        counts = [sum(outcome.passed for outcome in outcomes) for outcomes in checked]
        for candidate, count in zip(node.trace.candidates, counts, strict=True):
            candidate.passed_tests = count
        return counts

    def _check_sandbox_time(self) -> None:
        if self._sandbox_seconds > self._options.max_sandbox_seconds:
            raise BudgetSpentError(f"more than {self._options.max_sandbox_seconds:g} s of sandbox time are spent")

    def _count(self, programs: Sequence[str], rows: Sequence[Behaviour]) -> None:
        spent = {program: row.cpu_seconds for program, row in zip(programs, rows, strict=True)}
        self._sandbox_seconds += sum(spent.values())
