"""An explained sample as plain text for a terminal.

print(explanation_text(item, full=False))

Every text of a model is made printable first, so that it cannot steer the terminal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reasoning.engines.base import ToolCall
from reasoning.evaluation.explain_item import Exchange, ExplainedItem
from reasoning.pages.printable import printable
from verifiers.wording import counted

__all__ = ["explanation_text", "is_tree", "with_calls"]

SHOWN_VALUE = 40
"""Characters of a value in a table."""


def explanation_text(item: ExplainedItem, *, full: bool = False) -> str:
    """The explanation.

    Args:
        item: what is explained.
        full: whether all requests and replies are shown, not only the first of them.
    """
    return "\n".join(_lines(item, full)) + "\n"


def with_calls(text: str, calls: Iterable[ToolCall]) -> str:
    """A turn's text, and below it the tools that it calls."""
    return "\n".join([*([text] if text else []), *(f"calls {call.name} {call.arguments}" for call in calls)])


def is_tree(trace: Mapping[str, Any]) -> bool:
    """Whether a trace holds a function tree."""
    return isinstance(trace.get("tree"), Mapping)


def _lines(item: ExplainedItem, full: bool) -> Iterator[str]:
    record, cost = item.record, item.cost
    yield f"problem {printable(str(record['id']))}, sample {record['sample']}, method {printable(item.method)}"
    detail = f": {printable(record['detail'])}" if record["detail"] else ""
    yield f"verdict: {record['status']}, score {record['score']:g}{detail}"
    tokens = f"{cost.prompt_tokens} prompt and {cost.completion_tokens} completion tokens"
    spent = f"{cost.sandbox_seconds:.3f} s in {cost.sandbox_tasks} sandbox tasks"
    yield f"ended: {printable(record['finish_reason'])}; {counted(cost.calls, 'call')}, {tokens}, {spent}"
    if item.note:
        yield f"note: {printable(item.note)}"
    shown = item.exchanges if full else item.exchanges[:1]
    for number, exchange in enumerate(shown, 1):
        yield from _exchange(number, exchange)
    if len(item.exchanges) > len(shown):
        yield f"\n({counted(len(item.exchanges) - len(shown), 'more request')}; --full shows all)"
    if is_tree(item.trace):
        yield "\n== function tree"
        if "spent" in item.trace:
            yield f"stopped early: {printable(str(item.trace['spent']))}"
        yield from _tree(item.trace["tree"], "", "")
    elif isinstance(item.trace.get("proof_tree"), Mapping):
        yield from _proof_tree(item.trace["proof_tree"])
    elif item.trace:
        yield "\n== what the method kept"
        yield json.dumps(item.trace, indent=2)
    yield "\n== what was judged"
    yield "nothing" if record["candidate"] is None else printable(record["candidate"]).rstrip()


def _proof_tree(tree: Mapping[str, Any]) -> Iterator[str]:
    """The states of a proof search, each below the one that its tactic was applied to."""
    yield (
        f"\n== proof tree ({tree['reason']}; {tree['checks']} tactics tried, {counted(tree['tokens'], 'token')}, "
        f"{tree['transpositions']} led to known goals)"
    )
    nodes = tree["nodes"]
    below: dict[int, list[int]] = {}
    for place, node in enumerate(nodes):
        if node["parent"] is not None:
            below.setdefault(node["parent"], []).append(place)
    waiting = [(0, 0)]
    while waiting:
        place, depth = waiting.pop()
        node, lead = nodes[place], "  " * depth
        made = f"{_one_line(node['tactic'])} ({node['logprob']:.2f}) => " if node["tactic"] else ""
        yield f"{lead}{made}{_one_line(' | '.join(node['goals'])) or 'no goals'}"
        for tactic, error in node["failed"].items():
            yield f"{lead}  x {_one_line(tactic)}: {_one_line(error)}"
        waiting += [(child, depth + 1) for child in reversed(below.get(place, []))]


def _exchange(number: int, exchange: Exchange) -> Iterator[str]:
    request = exchange.request
    yield f"\n== request {number} (temperature {request.temperature:g}, {len(exchange.replies)} wanted)"
    for message in request.messages:
        yield f"[{message.role}]"
        yield printable(with_calls(message.content, message.tool_calls)).rstrip()
    if request.prompt is not None:
        yield printable(request.prompt).rstrip()
    for place, reply in enumerate(exchange.replies, 1):
        yield f"-- reply {number}.{place} ({printable(reply.finish_reason)})"
        yield printable(with_calls(reply.text, reply.tool_calls)).rstrip()


def _tree(node: Mapping[str, Any], lead: str, branch: str) -> Iterator[str]:
    children = node.get("children", [])
    below = lead + ("" if not branch else "   " if branch.startswith("└") else "│  ")
    inner = below + ("│  " if children else "   ")
    yield f"{lead}{branch}{printable(str(node['name']))}: {node.get('outcome', '')}{_costs(node)}"
    for line in _node_lines(node):
        yield f"{inner}{line}"
    for number, child in enumerate(children):
        yield from _tree(child, below, "└─ " if number == len(children) - 1 else "├─ ")


def _costs(node: Mapping[str, Any]) -> str:
    return f" ({counted(node.get('calls', 0), 'call')}, {counted(node.get('tokens', 0), 'token')} with all below)"


def _node_lines(node: Mapping[str, Any]) -> Iterator[str]:
    for note in node.get("notes", []):
        yield f"note: {printable(note)}"
    for number, source in enumerate(node.get("inputs", [])):
        yield f"input {number}: {_one_line(source)}"
    for number, source in enumerate(node.get("tests", [])):
        yield f"test {number}: {_one_line(source)}"
    candidates = node.get("candidates", [])
    for number, candidate in enumerate(candidates):
        yield _candidate_line(number, candidate, candidates, node)
    if node.get("reason"):
        yield f"chosen: candidate {node.get('chosen')}, {node['reason']}"


def _candidate_line(
    number: int, candidate: Mapping[str, Any], candidates: list[Mapping[str, Any]], node: Mapping[str, Any]
) -> str:
    mark = "*" if number == node.get("chosen") else " "
    original = candidates[candidate["same_as"]] if "same_as" in candidate else candidate
    parts = [f"{mark} {number} {candidate['origin']}"]
    if "score" in candidate:
        parts.append(f"score {candidate['score']}")
    if "passed_tests" in candidate:
        parts.append(f"passed {candidate['passed_tests']} of {len(node.get('tests', []))} tests")
    if "same_as" in candidate:
        parts.append(f"same text as {candidate['same_as']}")
    else:
        values = original.get("values", [])
        failures = original.get("failures", {})
        shown = [
            _short(failures.get(str(place), "failed")) if value is None else _short(value)
            for place, value in enumerate(values)
        ]
        if shown:
            parts.append("gave " + " | ".join(shown))
    return ", ".join(parts)


def _short(text: str) -> str:
    text = _one_line(text)
    return text if len(text) <= SHOWN_VALUE else text[: SHOWN_VALUE - 1] + "…"


def _one_line(text: str) -> str:
    return " ⏎ ".join(printable(line).strip() for line in text.splitlines() if line.strip())
