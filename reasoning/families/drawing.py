r"""Draws problems from a family, in the sandbox, many a child.

    async for instance in instances(pool, family, split="train", seed=0, count=1000):
        instance.text, instance.answer

The same (family version, seed, split, index) gives the same problem on every machine. Whatever a child says of the
split is checked here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reasoning.families.child import draw_payload
from reasoning.families.records import LEVELS, Family, FamilyError, Instance
from reasoning.families.streams import ANY_SPLIT, SPLITS, content_key, split_of
from verifiers.answer_frames import read_answer, readable
from verifiers.judging import failure_of, profile_for
from verifiers.plain_data import strip_foreign
from verifiers.sandbox.task import Limits, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["BATCH", "DRAW_LIMITS", "ENTRY", "Draws", "boxed_solution", "draw", "instances", "level_of"]

ENTRY = "reasoning.families.child:run"
BATCH = 250
"""Instances that one child draws."""
STALE_BATCHES = 3
"""So many batches with nothing new, one after another, and a family counts as exhausted."""
DRAW_LIMITS = Limits(wall_seconds=120.0, memory_mib=512, processes=8)
"""Of one child that draws a batch."""


@dataclass(frozen=True, slots=True)
class Draws:
    """What a child drew: the instances, and for each index that gave none, why."""

    instances: tuple[Instance, ...]
    failures: tuple[str, ...] = ()


def level_of(index: int, level: int | None) -> int:
    """The setting of the dial for a place in the stream: the given one, or each in turn."""
    return LEVELS[index % len(LEVELS)] if level is None else level


async def draw(
    pool: SandboxPool,
    family: Family,
    indices: Sequence[int],
    *,
    seed: int = 0,
    split: str = ANY_SPLIT,
    level: int | None = None,
    code: bool = False,
) -> Draws:
    """Draw one instance for each index, in one child.

    Args:
        pool: the sandbox.
        family: drawn from.
        indices: places in the stream.
        seed: of the stream.
        split: `train`, `validation`, `test`, or `any` for no split.
        level: setting of the difficulty dial, 1 to 5; None: each in turn.
        code: whether the answer of the solution in code is wanted as well.
    """
    places = [(index, level_of(index, level)) for index in indices]
    payload = draw_payload(
        (family.source, family.name, family.id, family.version), places, seed=seed, split=split, code=code
    )
    outcome = await pool.run(Task(ENTRY, payload, profile=profile_for(family.source)), DRAW_LIMITS)
    found: list[Instance] = []
    failures: list[str] = []
    for place, frame in zip(places, outcome.answers, strict=False):
        instance = _instance(family, split, place, frame)
        if isinstance(instance, str):
            failures.append(instance)
        else:
            found.append(instance)
    missing = len(places) - len(found) - len(failures)
    if missing > 0:
        ended = failure_of(outcome)
        failures += [ended[1] if ended else "no frame for this index"] * missing
    return Draws(tuple(found), tuple(failures))


async def instances(
    pool: SandboxPool,
    family: Family,
    *,
    split: str,
    seed: int = 0,
    count: int,
    level: int | None = None,
) -> AsyncIterator[Instance]:
    """Different problems of a split; fewer than wanted where the family has no more.

    Args:
        pool: the sandbox in which the family's code runs.
        family: which one.
        split: one of `SPLITS`, or `ANY_SPLIT`.
        seed: of the run.
        count: problems wanted.
        level: of difficulty, one of `LEVELS`; None: the family's own.

    Raises:
        FamilyError: the split is unknown, or a draw failed.
    """
    if split not in (*SPLITS, ANY_SPLIT):
        raise FamilyError(f"no split '{split}'; there are: {', '.join(SPLITS)}")
    seen: set[bytes] = set()
    start, stale = 0, 0
    while len(seen) < count and stale < STALE_BATCHES:
        wanted = min(BATCH, count - len(seen))
        drawn = await draw(pool, family, range(start, start + wanted), seed=seed, split=split, level=level)
        if drawn.failures:
            raise FamilyError(f"family '{family.id}': {drawn.failures[0]}")
        start += wanted
        before = len(seen)
        for instance in drawn.instances:
            key = content_key(instance.text)
            if key not in seen:
                seen.add(key)
                yield instance
        stale = stale + 1 if len(seen) == before else 0


def boxed_solution(solution: str, answer: str) -> str:
    """A worked solution with its answer at the end, in a box; empty for none."""
    return f"{solution.strip()} The answer is $\\boxed{{{answer}}}$." if solution.strip() else ""


def _instance(family: Family, split: str, place: tuple[int, int], frame: bytes) -> Instance | str:
    answer = read_answer(frame)
    if answer.kind != "value":
        return answer.describe()
    if answer.value is None:
        return f"no draw belongs to the split '{split}'"
    parts = _checked(answer.value)
    if parts is None:
        return f"malformed instance: {readable(str(answer.value), 100)}"
    params, text, gold, solution, *others = parts
    if split != ANY_SPLIT and split_of(family.id, text) != split:
        return f"the instance does not belong to the split '{split}'"
    index, level = place
    return Instance(params, text, gold, boxed_solution(solution, gold), index, level, *others)


def _checked(value: Any) -> tuple[Any, ...] | None:
    if type(value) is not list or not 4 <= len(value) <= 5 or type(value[0]) is not dict:
        return None
    if not all(type(part) is str for part in value[1:]) or not all(type(name) is str for name in value[0]):
        return None
    return strip_foreign(value[0]), *value[1:]
