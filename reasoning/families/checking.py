r"""Checks on families: gold answers are graded, solutions in code agree, splits and seeds do not meet.

    report = await check_family(pool, family, count=1000)
    report.distinct, report.faults                              # (1000, ())
    await check_streams(pool, family, seeds=(0, 1), count=200)  # StreamReport(drawn=1200, between_splits=0, ...)

No model is needed. This is what `reasoning families check` and the tests run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from reasoning.families.drawing import BATCH, draw, instances
from reasoning.families.records import Family, Instance
from reasoning.families.streams import SPLITS, content_key
from verifiers.answers import judge

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["FamilyReport", "StreamReport", "check_family", "check_streams", "unfilled"]

MAX_FAULTS = 20
"""Faults of one family that are kept."""

_UNFILLED = re.compile(
    r"(?<![\\\w}^_{])\{[A-Za-z_]\w*\}|\{\{|<[a-z_]{2,}>|\[[A-Z_]{3,}\]|\bNone\b|\bnan\b|\bTODO\b|\bself\.|\bFraction\("
)


@dataclass(frozen=True, slots=True)
class FamilyReport:
    """What the check of one family found.

    Attributes:
        family: its id.
        drawn: instances drawn.
        distinct: different texts among them.
        faults: what is wrong, with the parameters; empty when all is well.
    """

    family: str
    drawn: int
    distinct: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StreamReport:
    """How streams of one family meet.

    Attributes:
        drawn: different problems of all streams together, each counted in its stream.
        between_splits: problems that stand in two splits; the rule of `streams.split_of` makes it 0.
        between_seeds: problems that two seeds of the same split share, which small families cannot avoid.
    """

    drawn: int
    between_splits: int
    between_seeds: int


async def check_family(pool: SandboxPool, family: Family, *, count: int, seed: int = 0) -> FamilyReport:
    """Draw `count` instances and check each: text, gold answer against the worked solution and the solution in code."""
    texts: Counter[bytes] = Counter()
    faults: list[str] = []
    drawn = 0
    for start in range(0, count, BATCH):
        indices = range(start, min(start + BATCH, count))
        result = await draw(pool, family, indices, seed=seed, code=True)
        faults += result.failures
        for instance in result.instances:
            drawn += 1
            texts[content_key(instance.text)] += 1
            faults += _faults(instance)
    return FamilyReport(family.id, drawn, len(texts), tuple(faults[:MAX_FAULTS]))


async def check_streams(pool: SandboxPool, family: Family, *, seeds: Sequence[int], count: int) -> StreamReport:
    """Draw up to `count` instances for each seed and split, and look for problems that stand in two of them."""
    streams: dict[tuple[int, str], set[bytes]] = {}
    for seed in seeds:
        for split in SPLITS:
            found = instances(pool, family, split=split, seed=seed, count=count)
            streams[seed, split] = {content_key(instance.text) async for instance in found}
    between_splits = between_seeds = 0
    for (one, first), (other, second) in combinations(streams.items(), 2):
        shared = len(first & second)
        if one[1] != other[1]:
            between_splits += shared
        else:
            between_seeds += shared
    return StreamReport(sum(map(len, streams.values())), between_splits, between_seeds)


def unfilled(text: str) -> str:
    """A placeholder that was left in a text, or a Python value that does not belong there; empty for none."""
    found = _UNFILLED.search(text)
    return found[0] if found else ""


def _faults(instance: Instance) -> list[str]:
    faults = []
    for what, text in (("text", instance.text), ("solution", instance.solution)):
        if left := unfilled(text):
            faults.append(f"{what} holds {left!r}")
    if not instance.text.strip():
        faults.append("the text is empty")
    if not instance.solution:
        faults.append("no worked solution")
    else:
        judgement = judge(instance.answer, instance.solution)
        if not judgement.strict:
            faults.append(f"the gold answer is not accepted in its own solution: {judgement.rule}")
    code = judge(instance.answer, instance.code_answer)
    if not code.passed:
        faults.append(f"the solution in code gives {instance.code_answer!r}, not {instance.answer!r}: {code.rule}")
    return [f"{fault} (parameters {dict(instance.params)})" for fault in faults]
