r"""Says how a verdict came about: what was read as code, under which limits, by which rule.

explain(problem, "```python\\ndef sol(): return 3\\n```", verdict, Limits())
# {"verifier": "puzzle", "reading": {"kind": "program", "source": "def sol(): return 3\\n"}, "rule": "...", ...}
"""

from __future__ import annotations

from typing import Any

from verifiers.extraction import extract_program, extract_solution
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox import Limits

__all__ = ["explain"]

_RULES = {
    Status.PASSED: "everything that the problem asks for holds",
    Status.WRONG: "the candidate ran, but what the problem asks for does not hold",
    Status.ERROR: "the candidate raised or did not compile, or the line is malformed",
    Status.TIMEOUT: "the time limit ran out",
    Status.MEMORY: "the memory limit was passed",
    Status.LIMIT: "an output, process or file limit was passed",
    Status.CRASH: "the candidate's process died by a signal",
    Status.REJECTED: "the answer has not exactly the asked type, or proves something else, or the candidate cheats",
    Status.UNPARSABLE: "the text holds no candidate",
    Status.UNAVAILABLE: "the verifier cannot run on this machine; says nothing about the candidate",
    Status.INTERNAL: "the verifier itself failed, twice; says nothing about the candidate",
}


def explain(problem: Problem, candidate: str, verdict: Verdict, limits: Limits) -> dict[str, Any]:
    """The steps of one judgement as plain JSON: the verifier, its reading of the text, the rule, the limits."""
    return {
        "verifier": problem.kind,
        "reading": _reading(problem, candidate),
        "rule": _RULES[verdict.status],
        "limits": {"wall_seconds": limits.wall_seconds, "memory_mib": limits.memory_mib},
    }


def _reading(problem: Problem, candidate: str) -> dict[str, Any] | None:
    if problem.kind == "puzzle":
        found = extract_solution(candidate)
        return None if found is None else {"kind": found.kind, "source": found.source}
    if problem.kind == "program":
        entry_point = problem.fields.get("entry_point")
        name = entry_point if isinstance(entry_point, str) else None
        source = extract_program(candidate, prompt=problem.prompt, entry_point=name)
        return None if source is None else {"kind": "program", "source": source}
    if problem.kind == "proof":
        return _proof_reading(problem, candidate)
    if problem.kind == "answer":
        return _answer_reading(problem, candidate)
    return {"kind": "text", "source": candidate}


def _proof_reading(problem: Problem, candidate: str) -> dict[str, Any]:
    """What a prover is given."""
    if problem.fields.get("system") != "lean":
        return {"kind": "text", "source": candidate}
    from verifiers.proofs.lean.text import source_of, split_statement

    source = source_of(split_statement(problem.text("statement")), candidate, problem.text("header", ""))
    kind = "proof" if source.lines_before else "file"
    return {"kind": kind, "source": source.code, "header": problem.text("header", "")}


def _answer_reading(problem: Problem, candidate: str) -> dict[str, Any] | None:
    """What was extracted, how both sides were read and which rule decided, before any help from sympy."""
    from verifiers.answers import judge
    from verifiers.answers.verifier import convention_of, golds_of

    try:
        judgement = judge(golds_of(problem), candidate, convention=convention_of(problem))
    except RecordError:
        return None
    return {"kind": "answer", "steps": judgement.explain().splitlines()}
