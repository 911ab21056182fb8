r"""The validity tests of an executable functional abstraction: five of EFAGen and four more.

    tester = ValidityTester(pool)
    report = await tester.test(reply, SeedProblem("s1", "What is 2 + 3?", "2 + 3 = 5", "5"))
    report.passed, report.failed, report.reason       # (False, "has_dof", "all 20 draws have the same parameters")

The five tests (EFAGen, arXiv 2504.09763, section 3) run in order, and a failed one ends the examination:

- `is_extractable`: the reply has exactly one class with all members;
- `is_executable`: the seed problem and 20 samples can be drawn, rendered and solved, each call within its limits;
- `has_dof`: the draws differ in parameters and in text;
- `is_single_valued`: fresh processes with other hash seeds and other global randomness give the same answers;
- `matches_original`: at the seed's parameters the answer is the seed's, and the text has the seed's numbers.

The paper's five leave holes, which the others narrow: `is_varied` (answers not all the same), `is_filled` (no
placeholder left in a text), `hides_answer` (the answer does not always stand in the text, unless it does in the seed)
and, when a solver is given, `agrees_with_solver` (it finds the family's answer for at least one variant).
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from reasoning.families.checking import unfilled
from reasoning.families.extraction import ExtractionError, extract_class
from reasoning.families.probing import Probe, ProbeLimits, Sample, run_again, run_probe
from reasoning.families.records import Family
from verifiers.answer_frames import readable
from verifiers.records import Problem, Verdict
from verifiers.registry import VerifierRegistry
from verifiers.sandbox.task import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = [
    "EXTRA_TESTS",
    "PAPER_TESTS",
    "TESTS",
    "Report",
    "SeedProblem",
    "Solver",
    "ValidityRules",
    "ValidityTester",
    "numerals",
]

PAPER_TESTS = ("is_extractable", "is_executable", "has_dof", "is_single_valued", "matches_original")
EXTRA_TESTS = ("is_varied", "is_filled", "hides_answer", "agrees_with_solver")
TESTS = PAPER_TESTS + EXTRA_TESTS
"""In the order in which they run."""

Solver = Callable[[Problem], Awaitable[Sequence[str]]]
"""Candidates for a problem of kind `answer`, from something that does not know the family."""

_NUMERAL = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class SeedProblem:
    """A problem with its solution, from which a family is inferred."""

    id: str
    problem: str
    solution: str
    answer: str


@dataclass(frozen=True, slots=True)
class ValidityRules:
    """Numbers of the tests; the paper's text was not available for those marked in `docs/families.md`."""

    draws: int = 20
    """Samples for `is_executable`, `has_dof` and the extra tests."""
    repeated_draws: int = 5
    """Samples that `is_single_valued` repeats."""
    processes: int = 3
    """Fresh processes that repeat them."""
    similarity: float = 0.85
    """A seed text this similar to the rendered one counts as reproduced, even when a numeral differs in form."""
    solver_variants: int = 3
    """Variants that are put to the solver; one agreement is enough."""
    extra: bool = True
    """Whether the tests that are not in the paper run."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the examination of one reply found.

    Attributes:
        passed_tests: in order.
        failed: the test that failed; empty when all that ran passed.
        reason: why.
        family: the class, once it was extracted.
        distinct_texts: different texts among the draws.
        tests: number of tests that there were to pass.
    """

    passed_tests: tuple[str, ...]
    failed: str = ""
    reason: str = ""
    family: Family | None = None
    distinct_texts: int = 0
    tests: int = len(TESTS)

    @property
    def passed(self) -> bool:
        """Whether no test failed."""
        return not self.failed

    @property
    def score(self) -> float:
        """Share of the tests passed, in order: a graded reward, 1 exactly when all are."""
        return len(self.passed_tests) / self.tests


@dataclass(slots=True)
class _Case:
    """An examination under way."""

    reply: str
    seed: SeedProblem
    family: Family | None = None
    probe: Probe = field(default_factory=lambda: Probe(None, (), ""))

    def known_family(self) -> Family:
        assert self.family is not None
        return self.family

    def original(self) -> Sample:
        assert self.probe.original is not None
        return self.probe.original


class ValidityTester:
    """Examines replies.

    Args:
        pool: the sandbox that runs them.
        rules: numbers of the tests.
        limits: of each call.
        solver: for `agrees_with_solver`; None leaves that test out.
    """

    def __init__(
        self,
        pool: SandboxPool,
        *,
        rules: ValidityRules | None = None,
        limits: ProbeLimits | None = None,
        solver: Solver | None = None,
    ) -> None:
        self._pool = pool
        self._rules = rules or ValidityRules()
        self._limits = limits or ProbeLimits()
        self._solver = solver
        self._registry = VerifierRegistry(pool)

    async def test(self, reply: str, seed: SeedProblem) -> Report:
        """Run all tests on a reply, up to the first that fails."""
        case = _Case(reply, seed)
        passed: list[str] = []
        for name, test in self._tests():
            reason = await test(case)
            if reason:
                return self._report(case, passed, name, reason)
            passed.append(name)
        return self._report(case, passed, "", "")

    def _tests(self) -> list[tuple[str, Callable[[_Case], Awaitable[str]]]]:
        tests: list[Callable[[_Case], Awaitable[str]]] = [
            self._is_extractable,
            self._is_executable,
            self._has_dof,
            self._is_single_valued,
            self._matches_original,
        ]
        if self._rules.extra:
            tests += [self._is_varied, self._is_filled, self._hides_answer]
            if self._solver is not None:
                tests.append(self._agrees_with_solver)
        return [(test.__name__.removeprefix("_"), test) for test in tests]

    def _report(self, case: _Case, passed: list[str], failed: str, reason: str) -> Report:
        texts = len({draw.text for draw in case.probe.draws})
        return Report(tuple(passed), failed, reason, case.family, texts, len(self._tests()))

    async def _is_extractable(self, case: _Case) -> str:
        try:
            found = extract_class(case.reply)
        except ExtractionError as error:
            return str(error)
        case.family = Family(id=f"efa/{case.seed.id}", source=found.source, name=found.name)
        return ""

    async def _is_executable(self, case: _Case) -> str:
        case.probe = await run_probe(self._pool, case.known_family(), draws=self._rules.draws, limits=self._limits)
        return case.probe.failure

    async def _has_dof(self, case: _Case) -> str:
        count = len(case.probe.draws)
        if len({draw.key for draw in case.probe.draws}) < 2:
            return f"all {count} draws have the same parameters"
        if len({draw.text for draw in case.probe.draws}) < 2:
            return f"all {count} draws have the same text"
        return ""

    async def _is_single_valued(self, case: _Case) -> str:
        answers: dict[bytes, str] = {}
        for draw in case.probe.draws:
            if answers.setdefault(draw.key, draw.answer) != draw.answer:
                return "two draws with equal parameters have different answers"
        first = case.probe.draws[: self._rules.repeated_draws]
        runs = [
            run_again(self._pool, case.known_family(), draws=len(first), hash_seed=number, limits=self._limits)
            for number in range(1, self._rules.processes + 1)
        ]
        for again in await asyncio.gather(*runs):
            if isinstance(again, str):
                return f"in another process: {again}"
            for one, other in zip(first, again, strict=True):
                if one.key != other.key:
                    return "the same seed gives other parameters in another process"
                if one.answer != other.answer:
                    shown = f"{readable(one.answer, _SHOWN)} and {readable(other.answer, _SHOWN)}"
                    return f"two processes give different answers for the same parameters: {shown}"
        return ""

    async def _matches_original(self, case: _Case) -> str:
        original = case.original()
        verdict = await self._judge(case.seed.answer, original.answer)
        if not verdict.passed:
            return f"at the seed's parameters the answer is {readable(original.answer, _SHOWN)}: {verdict.detail[:200]}"
        missing = numerals(case.seed.problem) - numerals(original.text)
        if missing and _similarity(case.seed.problem, original.text) < self._rules.similarity:
            return f"the rendered seed problem lacks the numbers {', '.join(sorted(missing))}"
        return ""

    async def _is_varied(self, case: _Case) -> str:
        answers = {draw.answer for draw in case.probe.draws}
        if any(re.search(r"nan|infty|zoo|\boo\b", answer) for answer in answers):
            return "an answer is not finite"
        return f"all {len(case.probe.draws)} draws have the same answer" if len(answers) < 2 else ""

    async def _is_filled(self, case: _Case) -> str:
        for draw in (case.original(), *case.probe.draws):
            if left := unfilled(draw.text):
                return f"a text holds {readable(left, _SHOWN)}"
            if not draw.text.strip():
                return "a text is empty"
        return ""

    async def _hides_answer(self, case: _Case) -> str:
        if _stands_in(case.seed.answer, case.seed.problem):
            return ""
        if all(_stands_in(draw.answer, draw.text) for draw in case.probe.draws):
            return "the answer stands in every text"
        return ""

    async def _agrees_with_solver(self, case: _Case) -> str:
        assert self._solver is not None
        original = case.original()
        variants = {draw.text: draw for draw in case.probe.draws if draw.key != original.key}
        chosen = list(variants.values())[: self._rules.solver_variants]
        for number, draw in enumerate(chosen):
            problem = Problem(f"{case.seed.id}/check/{number}", "answer", draw.text, {"gold": draw.answer})
            for candidate in await self._solver(Problem(problem.id, "answer", draw.text)):
                if (await self._registry.verify(problem, candidate, Limits())).passed:
                    return ""
        return f"an independent solver agrees with none of {len(chosen)} variants"

    async def _judge(self, gold: str, answer: str) -> Verdict:
        problem = Problem("seed", "answer", fields={"gold": gold})
        return await self._registry.verify(problem, f"\\boxed{{{answer}}}", Limits())


def numerals(text: str) -> Counter[str]:
    """The numbers that stand in a text, as a multiset without signs, separators and leading zeros."""
    found = (match.replace(",", "") for match in _NUMERAL.findall(text))
    return Counter(_plain(number) for number in found)


def _plain(number: str) -> str:
    whole, _, decimals = number.partition(".")
    decimals = decimals.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{decimals}" if decimals else "")


def _similarity(one: str, other: str) -> float:
    first, second = (" ".join(text.casefold().split())[:4000] for text in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _stands_in(answer: str, text: str) -> bool:
    plain = answer.strip().strip("$")
    return bool(plain) and re.search(rf"(?<![\w.]){re.escape(plain)}(?![\w]|\.\d)", text) is not None
