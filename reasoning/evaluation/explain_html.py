"""An explained sample as one self-contained HTML page; a function tree is drawn.

Path("item.html").writetext(explanation_html(item))

The page holds no script and loads nothing (its content security policy forbids both), and every text that stems from a
model, a program or a benchmark is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reasoning.evaluation.explain_item import Exchange, ExplainedItem
from reasoning.evaluation.explain_text import is_tree, with_calls
from reasoning.pages.page import document, facts, folded, pre, text
from verifiers.wording import counted

__all__ = ["TREE_STYLE", "explanation_html", "tree_drawing"]

TREE_STYLE = """\
svg.tree rect { fill: #fff; stroke: #557; } svg.tree .done rect { fill: #e4f2e4; }
svg.tree line { stroke: #99a; }
"""
"""Rules of the page for `tree_drawing`."""
_STYLE = f"tr.chosen {{ background: #e4f2e4; }}\n{TREE_STYLE}"
_BOX_WIDTH, _BOX_HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 190, 44, 18, 46, 8
_NAME_CHARACTERS = 24


def explanation_html(item: ExplainedItem) -> str:
    """The page."""
    record = item.record
    title = f"{record['id']}, sample {record['sample']}"
    body = "\n".join(_sections(item))
    return document(title, body, _STYLE)


def _sections(item: ExplainedItem) -> Iterator[str]:
    record, cost = item.record, item.cost
    yield f"<h1>{text(str(record['id']))}</h1>"
    rows = {
        "method": item.method,
        "sample": str(record["sample"]),
        "verdict": f"{record['status']}, score {record['score']:g}",
        "detail": record["detail"],
        "ended": record["finish_reason"],
        "calls": str(cost.calls),
        "tokens": f"{cost.prompt_tokens} prompt, {cost.completion_tokens} completion",
        "sandbox": f"{cost.sandbox_seconds:.3f} s in {counted(cost.sandbox_tasks, 'task')}",
        "note": item.note,
    }
    yield facts(rows)
    if is_tree(item.trace):
        placed = _placed(item.trace["tree"])
        yield f"<section><h2>Function tree</h2>{_drawing(placed, linked=True)}</section>"
        yield from (_node(place) for place in placed)
    elif item.trace:
        yield f"<section><h2>What the method kept</h2>{pre(json.dumps(item.trace, indent=2))}</section>"
    judged = "nothing" if record["candidate"] is None else record["candidate"]
    yield f"<section><h2>What was judged</h2>{pre(judged)}</section>"
    if item.exchanges:
        requests = "".join(_exchange(number, exchange) for number, exchange in enumerate(item.exchanges, 1))
        yield f"<section><h2>Requests and replies</h2>{requests}</section>"


@dataclass(frozen=True, slots=True)
class _Place:
    """A node of the tree, its number, its parent's, and where it is drawn."""

    node: Mapping[str, Any]
    number: int
    parent: int | None
    column: float
    row: int


def _placed(root: Mapping[str, Any]) -> list[_Place]:
    """All nodes, parents first; leaves stand side by side and each parent over the middle of its children."""
    order: list[tuple[Mapping[str, Any], int | None, int]] = []
    waiting: list[tuple[Mapping[str, Any], int | None, int]] = [(root, None, 0)]
    children: dict[int, list[int]] = {}
    while waiting:
        node, parent, row = waiting.pop()
        number = len(order)
        order.append((node, parent, row))
        if parent is not None:
            children.setdefault(parent, []).append(number)
        waiting.extend((child, number, row + 1) for child in reversed(node.get("children", [])))
    columns: dict[int, float] = {}
    leaves = 0
    for number in range(len(order)):
        if number not in children:
            columns[number] = leaves
            leaves += 1
    for number in reversed(range(len(order))):
        if number in children:
            columns[number] = sum(columns[child] for child in children[number]) / len(children[number])
    return [_Place(node, number, parent, columns[number], row) for number, (node, parent, row) in enumerate(order)]


def tree_drawing(root: Mapping[str, Any]) -> str:
    """A function tree alone, as `trace["tree"]` holds it."""
    return _drawing(_placed(root), linked=False)


def _drawing(placed: list[_Place], *, linked: bool) -> str:
    width = int(max(place.column for place in placed) * (_BOX_WIDTH + _GAP_X)) + _BOX_WIDTH + 2 * _MARGIN
    height = max(place.row for place in placed) * (_BOX_HEIGHT + _GAP_Y) + _BOX_HEIGHT + 2 * _MARGIN
    lines = "".join(_line(placed[place.parent], place) for place in placed if place.parent is not None)
    boxes = "".join(_box(place, linked=linked) for place in placed)
    return (
        f'<svg class="tree" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'role="img" aria-label="function tree">{lines}{boxes}</svg>'
    )


def _corner(place: _Place) -> tuple[int, int]:
    return int(_MARGIN + place.column * (_BOX_WIDTH + _GAP_X)), _MARGIN + place.row * (_BOX_HEIGHT + _GAP_Y)


def _line(parent: _Place, child: _Place) -> str:
    (x1, y1), (x2, y2) = _corner(parent), _corner(child)
    half = _BOX_WIDTH // 2
    return f'<line x1="{x1 + half}" y1="{y1 + _BOX_HEIGHT}" x2="{x2 + half}" y2="{y2}"/>'


def _box(place: _Place, *, linked: bool) -> str:
    x, y = _corner(place)
    node = place.node
    name = str(node["name"])
    name = name if len(name) <= _NAME_CHARACTERS else name[: _NAME_CHARACTERS - 1] + "…"
    count = len(node.get("candidates", []))
    below = (
        f"{counted(count, 'candidate')}, took {node.get('chosen')}"
        if node.get("chosen") is not None
        else "not compared"
    )
    kind = ' class="done"' if node.get("chosen") is not None else ""
    box = (
        f'<g{kind}><rect x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="5"/>'
        f'<text x="{x + 10}" y="{y + 18}" font-weight="bold">{text(name)}</text>'
        f'<text x="{x + 10}" y="{y + 35}">{text(below)}</text></g>'
    )
    return f'<a href="#node-{place.number}">{box}</a>' if linked else box


def _node(place: _Place) -> str:
    node = place.node
    candidates = node.get("candidates", [])
    head = f"<h3>{text(str(node['name']))}</h3><p>{text(str(node.get('outcome', '')))}"
    head += f"; {text(str(node['reason']))}</p>" if node.get("reason") else "</p>"
    notes = "".join(f"<li>{text(note)}</li>" for note in node.get("notes", []))
    parts = [head, f"<ul>{notes}</ul>" if notes else "", pre(str(node.get("source", "")))]
    if node.get("inputs"):
        parts.append(folded("Test inputs", "".join(map(pre, node["inputs"]))))
    if node.get("tests"):
        parts.append(folded("Tests", pre("\n".join(node["tests"]))))
    if candidates:
        rows = "".join(_row(number, candidate, node) for number, candidate in enumerate(candidates))
        inputs = "".join(f"<th>input {number}</th>" for number in range(len(node.get("inputs", []))))
        parts.append(f"<table><tr><th></th><th>candidate</th><th>score</th><th>tests</th>{inputs}</tr>{rows}</table>")
    return f'<section id="node-{place.number}">{"".join(parts)}</section>'


def _row(number: int, candidate: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    original = node["candidates"][candidate["same_as"]] if "same_as" in candidate else candidate
    chosen = ' class="chosen"' if number == node.get("chosen") else ""
    if "same_as" in candidate:
        source = f"same text as {candidate['same_as']}"
    else:
        source = folded("source", pre(str(candidate.get("source", ""))))
    values = "".join(
        f'<td class="failed">{text(original.get("failures", {}).get(str(place), "failed"))}</td>'
        if value is None
        else f"<td><code>{text(value)}</code></td>"
        for place, value in enumerate(original.get("values", []))
    )
    score, passed = candidate.get("score", ""), candidate.get("passed_tests", "")
    return (
        f"<tr{chosen}><td>{number}</td><td>{text(candidate['origin'])} {source}</td><td>{score}</td>"
        f"<td>{passed}</td>{values}</tr>"
    )


def _exchange(number: int, exchange: Exchange) -> str:
    request = exchange.request
    asked = "".join(
        f"<p>{text(message.role)}</p>{pre(with_calls(message.content, message.tool_calls))}"
        for message in request.messages
    )
    if request.prompt is not None:
        asked = pre(request.prompt)
    replies = "".join(
        f"<p>reply {number}.{place} ({text(reply.finish_reason)})</p>{pre(with_calls(reply.text, reply.tool_calls))}"
        for place, reply in enumerate(exchange.replies, 1)
    )
    title = (
        f"request {number}, temperature {request.temperature:g}, {counted(len(exchange.replies), 'reply', 'replies')}"
    )
    return folded(title, asked + replies)
