"""A model proposes fractions or families of them; the float filter and the verifier judge, and what holds comes back.

    settings = Settings(engine="vllm:Qwen/Qwen2.5-7B-Instruct", constants=("pi", "zeta(3)"), rounds=8)
    outcome = await search(settings, Path("runs/proposed"))
    outcome.conjectures[0].a

Each round asks for proposals, showing formulas that were accepted before. A proposal's value in float64 is looked up
among the Moebius images of the constants; what meets, and whatever closed form the model named itself, is judged by the
constant verifier in a process that can be stopped. The model decides nothing.

Source of the loop: FunSearch (Romera-Paredes et al. 2024) for accepted programs as the next prompt's examples.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from flint import fmpz_poly

from reasoning.discovery.box_values import values_of
from reasoning.discovery.canonical import polynomial_text
from reasoning.discovery.conjectures import Conjecture
from reasoning.discovery.driver import (
    Outcome,
    check_accidents,
    check_constants,
    check_height,
    collected,
    open_run,
    publish_fractions,
)
from reasoning.discovery.moebius import MoebiusTable, moebius_text
from reasoning.discovery.proposals import MAX_PROPOSALS, PROPOSE, TOOL, Proposal, read_proposals
from reasoning.discovery.units import DiscoveryError
from reasoning.engines.base import Engine, Message, PromptTooLongError, Request, derive_seed
from reasoning.runs import Run, progress_display
from verifiers.constants.convergence import classify
from verifiers.constants.judge import false_positive_bound
from verifiers.constants.verifier import ConstantVerifier
from verifiers.records import Problem
from verifiers.sandbox.task import Limits

__all__ = ["Settings", "search"]

_STAGE: Final = "round"
_EXAMPLES: Final = 8
_CONCURRENCY: Final = 16
_PROMPT: Final = """\
A polynomial continued fraction has the value a(0) + b(1)/(a(1) + b(2)/(a(2) + ...)), where a(n) and b(n) are \
polynomials in n with whole coefficients. Propose fractions, or families of them with a whole parameter k, whose \
values may be (p*c+q)/(r*c+s) with small whole p, q, r, s for one of these constants c: {constants}.

These are known to hold:
{examples}

{how}
Propose others than those above."""
_SHORT_PROMPT: Final = """\
Continued fractions a(0) + b(1)/(a(1) + b(2)/(a(2) + ...)), one JSON object a line:
{examples}
More of them, for {constants}:"""
"""For models whose context does not hold the long one."""
_SHORT_EXAMPLES: Final = 3
_AS_LINES: Final = """\
Write one JSON object a line and nothing else, such as
{"a": "2*n+1", "b": "n**2"}
{"a": "n+k", "b": "-n", "k": [2, 5]}"""
_AS_A_CALL: Final = f"""\
Call the tool {PROPOSE}. It takes coefficients from the constant one up: n**2 is [0, 0, 1], and n+k for k from 2 to 5 \
is [0, 1] with the step [1] and k [2, 5]."""
_SEEDS: Final = ('{"a": "n+3", "b": "-n", "value": "e"}', '{"a": "2*n+1", "b": "n**2", "value": "4/pi"}')


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides what is found.

    Attributes:
        engine: as `reasoning engines` lists them.
        constants: closed forms.
        rounds: of proposals.
        samples: replies in each round.
        temperature: of the replies.
        max_tokens: longest reply.
        height: largest coefficient of the Moebius images.
        digits: to which a conjecture is verified.
        seed: of the replies.
        structured: whether the model must propose by a tool call, which a server's grammar holds to its schema; for
            engines that take tools.
    """

    engine: str = "nano"
    constants: tuple[str, ...] = ("pi", "e", "log(2)", "zeta(3)", "catalan")
    rounds: int = 4
    samples: int = 4
    temperature: float = 0.8
    max_tokens: int = 1024
    height: int = 10
    digits: int = 100
    seed: int = 0
    structured: bool = False

    @property
    def accidents(self) -> float:
        """Accidental agreements to be expected in the whole search."""
        most = self.rounds * self.samples * MAX_PROPOSALS
        return false_positive_bound(most, len(self.constants), self.height, self.digits)


async def search(
    settings: Settings, directory: Path, *, resume: bool = False, engine: Engine | None = None, jobs: int | None = None,
    allow_weak: bool = False, quiet: bool = False,
) -> Outcome[Conjecture]:  # fmt: skip
    """Ask for proposals round after round, or go on with a search.

    Args:
        settings: what is searched.
        directory: the run directory; holds the catalogue at the end, and every reply.
        resume: the directory holds an earlier attempt with the same settings.
        engine: used in the place of the one that `settings` names.
        jobs: claims judged at once; None: one a processor.
        allow_weak: accept weak isolation.
        quiet: show no progress.

    Raises:
        DiscoveryError: a setting is out of range, or so few digits could not tell a formula from an accident.
        EngineError: no reply could be had.
        RunError: the directory cannot be used.
    """
    _check(settings)
    from reasoning.engines.registry import create_engine
    from verifiers.sandbox import SandboxPool

    asked = engine or create_engine(settings.engine)
    try:
        with open_run("llm", settings, directory, resume=resume) as run:
            async with SandboxPool(workers=jobs, allow_weak=allow_weak) as pool:
                tables = [MoebiusTable(constant, settings.height) for constant in settings.constants]
                judge = _Judge(ConstantVerifier(pool), settings, tables)
                recording = run.recording(asked, _CONCURRENCY)
                with progress_display(total=settings.rounds, label="llm", quiet=quiet) as progress:
                    for number in range(settings.rounds):
                        if run.store.outcome(_STAGE, number) is None:
                            found = await _round(settings, number, run, recording, judge)
                            run.store.add_outcome(_STAGE, number, found)
                            run.store.commit()
                            progress.advance()
                        else:
                            progress.skip(1)
                counts, hits = collected(run, _STAGE, settings.rounds)
                return publish_fractions(run, "Proposed formulas", hits, settings.accidents, counts)
    finally:
        await asked.close()


def _check(settings: Settings) -> None:
    check_constants("constants", settings.constants)
    check_height(settings.height)
    if min(settings.rounds, settings.samples, settings.max_tokens) < 1 or settings.temperature < 0:
        raise DiscoveryError("rounds, samples, max_tokens: expected at least 1; temperature: at least 0")
    check_accidents(settings.accidents, settings.digits)


def _hits_before(run: Run, number: int) -> list[list[Any]]:
    return [hit for earlier in range(number) for hit in run.store.outcome(_STAGE, earlier)["hits"]]


async def _round(settings: Settings, number: int, run: Run, engine: Engine, judge: _Judge) -> dict[str, Any]:
    before = _hits_before(run, number)
    # The latest ones, so that the prompt moves on.
    shown = [json.dumps({"a": a, "b": b, "value": value}) for a, b, _, value, *_ in before[-_EXAMPLES:]]
    how = _AS_A_CALL if settings.structured else _AS_LINES
    constants, examples = ", ".join(settings.constants), "\n".join(shown or _SEEDS)
    long = _PROMPT.format(constants=constants, examples=examples, how=how)
    short = _SHORT_PROMPT.format(constants=constants, examples="\n".join((shown or _SEEDS)[-_SHORT_EXAMPLES:]))
    request = Request(
        messages=(Message("user", long),),
        seeds=tuple(derive_seed(settings.seed, "discover llm", number, index) for index in range(settings.samples)),
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        sample_indices=tuple(range(settings.samples)),
        tools=(TOOL,) if settings.structured else (),
        tool_choice=PROPOSE if settings.structured else "auto",
    )
    try:
        completions = await engine.complete(request)
    except PromptTooLongError:
        completions = await engine.complete(replace(request, messages=(Message("user", short),)))
    known = {(hit[0], hit[1]) for hit in before}
    proposals: dict[Proposal, None] = {}
    for completion in completions:
        for text in (completion.text, *(call.arguments for call in completion.tool_calls)):
            proposals.update(dict.fromkeys(read_proposals(text)))
    fresh = [proposal for proposal in proposals if _texts(proposal) not in known]
    hits, met = await judge.all(fresh)
    counts = {
        "replies": len(completions),
        "proposals": len(proposals),
        "fresh": len(fresh),
        "met": met,
        "verified": len(hits),
    }
    return {"counts": counts, "hits": hits}


class _Judge:
    """The float filter, and the verifier behind it."""

    def __init__(self, verifier: ConstantVerifier, settings: Settings, tables: Sequence[MoebiusTable]) -> None:
        self._verifier = verifier
        self._digits = settings.digits
        self._tables = tables

    async def all(self, proposals: Sequence[Proposal]) -> tuple[list[list[Any]], int]:
        """The verified hits, in the order of the proposals, and how many claims there were."""
        if not proposals:
            return [], 0
        values = values_of(_matrix([p.a for p in proposals]), _matrix([p.b for p in proposals]))
        claims: dict[tuple[int, str, str], None] = {}
        for table in self._tables:
            for index, images in table.images(values).items():
                claims[index, table.constant, moebius_text(table.constant, images[0])] = None
        for index, proposal in enumerate(proposals):
            if proposal.value and not any(claim[0] == index for claim in claims):
                claims[index, proposal.value, proposal.value] = None
        ordered = sorted(claims)
        judged = await asyncio.gather(*(self._one(proposals[index], *claim) for index, *claim in ordered))
        return [hit for hit in judged if hit is not None], len(ordered)

    async def _one(self, proposal: Proposal, constant: str, value: str) -> list[Any] | None:
        a, b = _texts(proposal)
        problem = Problem("proposal", "constant", fields={"digits": self._digits})
        claim = json.dumps({"a": a, "b": b, "value": value})
        verdict = await self._verifier.verify(problem, claim, Limits(wall_seconds=20))
        if not verdict.passed:
            return None
        upper, lower = fmpz_poly(list(proposal.a)), fmpz_poly(list(proposal.b))
        kind = classify(upper if upper[upper.degree()] > 0 else -upper, lower)
        proved = kind.kind.provable and "proved" in verdict.detail
        return [a, b, constant, value, self._digits, proved, kind.kind.value, kind.digits_per_term]


def _texts(proposal: Proposal) -> tuple[str, str]:
    return polynomial_text(fmpz_poly(list(proposal.a))), polynomial_text(fmpz_poly(list(proposal.b)))


def _matrix(rows: Sequence[tuple[int, ...]]) -> np.ndarray[Any, Any]:
    width = max(map(len, rows))
    return np.array([[*row, *[0] * (width - len(row))] for row in rows], dtype=np.int64)
