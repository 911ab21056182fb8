r"""Our verifiers as a scorer of inspect_ai (`pip install inspect-ai`).

    from inspect_ai import Task
    from verifiers.inspect_scorer import verifier

    Task(dataset=[Sample(input="2+2?", target="4")], solver=generate(), scorer=verifier("answer"))

A sample's `metadata["problem"]` may hold a whole problem, an object or its JSON text; without it the target is the gold
answer of one of the given kind. What could not be judged is unscored, not wrong. inspect_ai is imported when the scorer
is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from verifiers.records import Problem, RecordError, Verdict
from verifiers.rewards import VerifierReward
from verifiers.sandbox import Limits

__all__ = ["score_of", "verifier"]


def verifier(kind: str = "answer", wall_seconds: float = 10.0) -> Any:
    """A scorer with accuracy and standard error.

    Args:
        kind: of the problems where a sample's metadata names none: `answer` or `choice`.
        wall_seconds: for judging one candidate.
    """
    return _scorers()(kind, wall_seconds)


def score_of(verdict: Verdict, answer: str) -> Any:
    """A verdict as inspect_ai's `Score`: 1 or 0, or unscored; status and detail in its metadata."""
    from inspect_ai.scorer import Score

    told = f"{verdict.status.value}: {verdict.detail}" if verdict.detail else verdict.status.value
    metadata = {"status": verdict.status.value, "score": verdict.score}
    if not verdict.status.judged:
        return Score(value=float("nan"), answer=answer, explanation=told, metadata=metadata)
    return Score(value=int(verdict.passed), answer=answer, explanation=told, metadata=metadata)


@cache
def _scorers() -> Any:
    from inspect_ai.scorer import accuracy, scorer, stderr

    def factory(kind: str, wall_seconds: float) -> Any:
        reward = VerifierReward(kind, limits=Limits(wall_seconds=wall_seconds))

        async def score(state: Any, target: Any) -> Any:
            problem = _problem(state.metadata.get("problem"), kind, list(target))
            (judged,) = await reward.judge_async([(problem, state.output.completion)])
            return score_of(judged.verdict, state.output.completion)

        return score

    return scorer(metrics=[accuracy(), stderr()], name="verifier")(factory)


def _problem(given: object, kind: str, golds: list[str]) -> Problem:
    """The problem in a sample's metadata, or the one that its target means.

    Raises:
        RecordError: the metadata hold a malformed one.
    """
    if given is None:
        return Problem("", kind, "", {"gold": golds[0] if len(golds) == 1 else golds})
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError) as error:
            raise RecordError("problem", f"not JSON: {error}") from None
    if not isinstance(given, Mapping):
        raise RecordError("problem", f"expected an object, got {type(given).__name__}")
    return Problem.from_json({"kind": kind, **given})
