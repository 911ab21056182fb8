"""The corpus of a small prover: theorems drawn, judged by Lean, kept with their proofs, and written as examples.

    plan = make_plan(seed=1, drawn=2000, varied=1500)
    async with SandboxPool() as sandbox:
        async for proved in judged(LeanBridge(sandbox, 1), plan): ...
    examples = prover_examples(corpus) + conjecturer_examples(corpus, lemmas, 3000, seed=1)

Nothing of the held-out quarter of the core-Lean theorems is in a plan, under whatever names (`reasoning.proving.
held_out`). A proof is kept only if the verifier's kernel accepts it.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from reasoning.data_files import data_file
from reasoning.engines.base import derive_seed
from reasoning.proving import generated
from reasoning.proving.drafts import Draft, canonical, named, read_templates, vary
from reasoning.proving.held_out import core_theorems, is_held_out, statement_key
from reasoning.proving.prompts import TRIVIAL_LEMMA, conjecture_target, conjecturer_prompt, proof_target, prover_prompt
from reasoning.training.data import Example
from verifiers.proofs.lean.bridge import LeanBridge
from verifiers.proofs.lean.text import split_statement
from verifiers.proofs.records import ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox.task import Limits

__all__ = [
    "CONJECTURE_NAME",
    "CORE",
    "TEMPLATES_NAME",
    "Judged",
    "Proved",
    "conjecturer_examples",
    "judged",
    "make_plan",
    "prover_examples",
]

TEMPLATES_NAME: Final = "nano_prover/templates.lean"
CONJECTURE_NAME: Final = "conjecture"
CORE: Final = "core"
"""Family of the core-Lean theorems themselves."""
CLOSERS: Final = ("omega", "simp", "grind", "simp_all", "rfl", "decide")
"""Tactics that close a goal, as the search prover's, tried one by one on the core-Lean theorems."""
_MOST_RENAMED: Final = 3
"""Drafts that differ in names only."""
_MOST_TRIES: Final = 3
_LIMITS: Final = Limits(wall_seconds=15.0)
_HEARTBEATS: Final = 40_000


@dataclass(frozen=True, slots=True)
class Proved:
    """A theorem with a proof that Lean's kernel accepted.

    Attributes:
        statement: ends in `:= by`.
        proof: what follows it.
        family: the template or grammar it was drawn from, or `core`, or where a file's row came from.
        premises: what the accepted proof refers to in the library.
    """

    statement: str
    proof: str
    family: str
    premises: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All attributes."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one draft: its accepted proofs, and the statuses of the others."""

    draft: Draft
    proved: tuple[Proved, ...]
    refused: tuple[str, ...]


def make_plan(seed: int, drawn: int, varied: int, given: Iterable[Draft] = ()) -> list[Draft]:
    """Drafts to be judged, shuffled: core-Lean theorems, `given` ones, and draws.

    Args:
        seed: of the draws.
        drawn: theorems from the grammars of `reasoning.proving.generated`.
        varied: theorems from the templates and from the core-Lean theorems, varied.
        given: more drafts.

    Raises:
        RecordError: a given draft declares no named theorem.
    """
    stream = random.Random(derive_seed("prover corpus", seed))
    core = [
        Draft(problem.text("statement"), _core_proofs(problem.meta["reference"], stream), CORE)
        for problem in core_theorems()
    ]
    core = [draft for draft in core if not is_held_out(draft.statement)]
    templates = read_templates(data_file(TEMPLATES_NAME).read_text(encoding="utf-8"))
    kinds = [Draft(one.statement, one.proofs[:1], split_statement(one.statement).name) for one in core]
    drafts = list(core)
    drafts += [vary(stream.choice(templates if stream.random() < 0.75 else kinds), stream) for _ in range(varied)]
    drafts += [generated.draw(stream) for _ in range(drawn)]
    # Last, so that the draws are the same with and without them.
    drafts += given
    seen: Counter[str] = Counter()
    texts: set[str] = set()
    plan = []
    for draft in drafts:
        key = statement_key(draft.statement)
        text = named(draft.statement, CONJECTURE_NAME)
        if is_held_out(draft.statement) or seen[key] >= _MOST_RENAMED or text in texts:
            continue
        seen[key] += 1
        texts.add(text)
        is_core = draft.family == CORE
        plan.append(Draft(draft.statement if is_core or stream.random() < 0.5 else text, draft.proofs, draft.family))
    stream.shuffle(plan)
    return plan


def _core_proofs(reference: str, stream: random.Random) -> tuple[str, ...]:
    closers = [f"  {closer}" for closer in stream.sample(CLOSERS, 2)]
    return tuple(dict.fromkeys((reference, *closers)))


async def judged(bridge: LeanBridge, plan: Iterable[Draft], proofs: int = 1) -> AsyncIterator[Judged]:
    """Each draft with what the verifier accepts of its first proofs, in order.

    Args:
        bridge: the verifier.
        plan: drafts.
        proofs: accepted proofs of a draft that are enough.
    """
    for draft in plan:
        task = ProofTask("lean", draft.statement, heartbeats=_HEARTBEATS, premises=True)
        proved: list[Proved] = []
        refused: list[str] = []
        for proof in draft.proofs[:_MOST_TRIES]:
            if len(proved) == proofs:
                break
            try:
                report = await bridge.check(task, proof, _LIMITS)
            except RecordError:
                refused.append("statement")
                break
            if report.status is Status.PASSED:
                proved.append(Proved(draft.statement, proof, draft.family, report.premises))
            else:
                refused.append(report.status.value)
        yield Judged(draft, tuple(proved), tuple(refused))


def prover_examples(corpus: Sequence[Proved]) -> list[Example]:
    """One example for each theorem and proof: the prover's prompt, and the proof with its closing fence."""
    return [Example(prover_prompt(one.statement), proof_target(one.proof)) for one in corpus]


def conjecturer_examples(corpus: Sequence[Proved], lemmas: Mapping[str, str], count: int, seed: int) -> list[Example]:
    """Pairs of theorems whose proofs share a lemma, or (with the trivial lemma) a family: from the first to the second.

    The second is no easier by the length of its proof. All conjectures bear one name, and their variables the first
    names of their types: which names to take is nothing that a small model should have to learn.

    Args:
        corpus: proved theorems.
        lemmas: statements of the premises that count as lemmas.
        count: how many draws; an example that is drawn twice is there once.
        seed: of the choice.
    """
    stream = random.Random(derive_seed("conjecturer examples", seed))
    groups: dict[str, list[Proved]] = defaultdict(list)
    for one in corpus:
        if one.family != CORE:
            groups[one.family].append(one)
        for lemma in one.premises:
            if lemma in lemmas:
                groups[lemma].append(one)
    # A large group is drawn from more often, but not in proportion.
    names = [name for name, members in groups.items() if len({one.statement for one in members}) > 1]
    weights = [len(groups[name]) ** 0.5 for name in names]
    examples: dict[tuple[str, str], Example] = {}
    for name in stream.choices(names, weights, k=count):
        easy, hard = sorted(stream.sample(groups[name], 2), key=lambda one: len(one.proof))
        if statement_key(easy.statement) == statement_key(hard.statement):
            continue
        prompt = conjecturer_prompt(lemmas.get(name, TRIVIAL_LEMMA), easy.statement, easy.proof)
        target = conjecture_target(named(canonical(hard.statement), CONJECTURE_NAME))
        examples[prompt, target] = Example(prompt, target)
    return list(examples.values())
