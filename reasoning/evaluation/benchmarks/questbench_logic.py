r"""Logic-Q: attributes of a person, rules between them, and the one attribute to ask for.

logicq_shaped (JSON Lines) and heldout (CSV, the published file) have the same fields:
{"known_facts": ["brave"], "known_untrue_facts": [], "goal": "idle", "rules": [["not brave", "not bold", "idle"], ...],
 "all_valid_qs": ["bold", "calm"], "gt_qs": ["bold"], "max_depth": 1}

A rule is a clause: if all attributes after "not" hold, so does the other one. The reply is the last "Is Alice ...?".
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, json_lines, text_field
from reasoning.evaluation.benchmarks.questbench_records import (
    GENERATED,
    archive,
    csv_rows,
    generation,
    listed,
    question_entry,
    texts_in,
)
from reasoning.evaluation.questbench import logic
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["BENCHMARK", "asked_attribute", "generated_logic"]

_END = "END"
_ASKED = re.compile(r"is alice (?:an? )?([\w-]+)\s*\?|(end questioning)", re.IGNORECASE)
_NOT = "not "
_INSTRUCTION = (
    "You may ask one question about Alice, of the form 'Is Alice [attribute]?', for any of: {attributes}. Ask the one "
    "whose answer decides the matter, or write 'End questioning' if nothing has to be asked. Reason step by step, then "
    "end with the question."
)


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    if split == GENERATED:
        for id, source in generation(paths[0], "questbench-logic", logic.VERSION).sources():
            yield generated_logic(id, source)
        return
    rows = csv_rows(paths[0]) if ".csv" in paths[0].suffixes else json_lines(paths[0])
    for number, (place, record) in enumerate(rows):
        valid, right = texts_in(record, "all_valid_qs", place), texts_in(record, "gt_qs", place)
        depth = record.get("max_depth", "")
        yield _entry(f"questbench-logic/{split}/{number}", _problem(record, place), valid, right, depth, place)


def generated_logic(id: str, source: random.Random) -> Entry:
    """A generated problem of this id, with its proved questions."""
    problem = logic.generate(source)
    proved = logic.sufficient(problem)
    deep = min(logic.depth(problem, name) for name in proved)
    return _entry(id, problem, logic.questions(problem), sorted(proved), deep)


def _problem(record: Mapping[str, Any], place: str) -> logic.LogicProblem:
    return logic.LogicProblem(
        tuple(_clause(rule, place) for rule in listed(record, "rules", place)),
        frozenset(texts_in(record, "known_facts", place)),
        frozenset(texts_in(record, "known_untrue_facts", place)),
        text_field(record, "goal", place),
        frozenset(texts_in(record, "cannot_ask_facts", place)),
    )


def _clause(rule: Any, place: str) -> logic.Clause:
    literals = [str(literal) for literal in rule] if isinstance(rule, list | tuple) else []
    heads = [literal for literal in literals if not literal.startswith(_NOT)]
    if len(heads) != 1:
        raise BenchmarkError(
            f"{place}: field 'rules': expected lists with one attribute that is not negated, got {rule!r}"[:300]
        )
    return logic.Clause(frozenset(text.removeprefix(_NOT) for text in literals if text.startswith(_NOT)), heads[0])


def _entry(
    id: str,
    problem: logic.LogicProblem,
    valid: Sequence[str],
    right: Sequence[str],
    depth: object,
    place: str = "",
) -> Entry:
    options = {name.upper(): f"Is Alice {name}?" for name in sorted(valid)} | {_END: "End questioning"}
    meta = {"depth": str(depth), "variables": len(problem.attributes), "constraints": len(problem.rules)}
    return question_entry(id, _stated(problem), options, (name.upper() for name in right), place=place, meta=meta)


def _stated(problem: logic.LogicProblem) -> str:
    rules = [
        f"If Alice is {' and '.join(sorted(rule.body))}, then Alice is {rule.head}."
        for rule in sorted(problem.rules, key=lambda rule: (sorted(rule.body), rule.head))
    ]
    facts = [f"Alice is {name}." for name in sorted(problem.true)]
    facts += [f"Alice is not {name}." for name in sorted(problem.false)]
    known = "\n".join(facts) or "(nothing)"
    return f"Rules:\n{chr(10).join(rules)}\n\nKnown:\n{known}\n\nTo be decided: is Alice {problem.goal}?"


def _ask(problem: Problem) -> Prompt:
    options = problem.fields["options"]
    assert isinstance(options, Mapping)
    attributes = ", ".join(label.lower() for label in options if label != _END)
    return Prompt(messages=(Message("user", f"{problem.prompt}\n\n{_INSTRUCTION.format(attributes=attributes)}"),))


def asked_attribute(problem: Problem, reply: str) -> str | None:
    """The label of the last question in a reply; None where it asks nothing that may be asked."""
    found = _ASKED.findall(reply)
    if not found:
        return None
    attribute, end = found[-1]
    label = _END if end else attribute.upper()
    options = problem.fields["options"]
    assert isinstance(options, Mapping)
    return label if label in options else None


BENCHMARK = Benchmark(
    name="questbench-logic",
    summary="Which attribute to ask for: generated, the shape of Logic-Q, or QuestBench's own Logic-Q",
    files={
        GENERATED: (SourceFile("questbench/logic.json"),),
        "logicq_shaped": (SourceFile("logicq_shaped_240.jsonl", origin="240 problems in the shape of Logic-Q"),),
        "heldout": (archive("Logic-Q/simplelogic_heldout_1k.csv"),),
    },
    styles=(PromptStyle("ask", "asks for 'Is Alice [attribute]?'", _ask, asked_attribute),),
    timeout_seconds=TIMEOUT_SECONDS,
    read=_read,
    groups=("depth",),
    folder="questbench",
)
