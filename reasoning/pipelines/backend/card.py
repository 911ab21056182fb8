"""The card of a dataset: `README.md` with the header that the hub reads, written from its manifest.

write_card(folder, manifest, example)       # folder/README.md

Whatever comes from a model, a problem or a setting is shown as text: in a fence that it cannot close, or escaped.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning.pages import printable
from reasoning.pipelines.backend.columns import MEANINGS, columns_of, tables_in
from reasoning.pipelines.backend.coverage import COVERAGE_NAME
from reasoning.pipelines.backend.shards import table_folder
from reasoning.pipelines.backend.splits import empty_splits
from reasoning.pipelines.backend.statistics import DIFFICULTY_BINS
from reasoning.pipelines.base import find_pipeline
from reasoning.runs import replaced_file
from verifiers.code_blocks import fenced

__all__ = ["CARD_NAME", "write_card"]

CARD_NAME = "README.md"
_EXAMPLE_CHARACTERS = 600
_MOST_TOPICS = 40
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_CODE_KINDS = frozenset({"puzzle", "program"})


def write_card(folder: Path, manifest: Mapping[str, Any], example: Mapping[str, Any] | None) -> None:
    """Write the card of the dataset in `folder`.

    Args:
        folder: of the dataset.
        manifest: as `manifest.json` holds it.
        example: one row to show; None: there is none.
    """
    parts = [_header(manifest), _body(manifest, example)]
    with replaced_file(folder / CARD_NAME) as file:
        file.write("\n".join(parts))


def _header(manifest: Mapping[str, Any]) -> str:
    settings, statistics = manifest["settings"], manifest["statistics"]
    tags = ["math" if not _CODE_KINDS & statistics["kinds"].keys() else "code", "reasoning", "verified", "synthetic"]
    lines = [
        "---",
        f"license: {_yaml(settings['licence'])}",
        "language:",
        "- en",
        f"pretty_name: {_yaml(_title(manifest))}",
        "task_categories:",
        "- text-generation",
        "tags:",
        *(f"- {tag}" for tag in tags),
        "size_categories:",
        f"- {_size(statistics['kept'])}",
        "configs:",
    ]
    tables = tables_in(table for table, splits in statistics["rows"].items() if splits)
    for table in tables:
        splits = statistics["rows"][table]
        lines += [f"- config_name: {table}", *(["  default: true"] if table == "default" else []), "  data_files:"]
        for split in splits:
            lines += [f"  - split: {split}", f"    path: {table_folder(table)}/{split}-*.parquet"]
    lines.append("dataset_info:")
    for table in tables:
        lines += [f"- config_name: {table}", "  features:"]
        for name, kind in columns_of(table).items():
            lines += [f"  - name: {name}", f"    dtype: {kind}"]
    return "\n".join([*lines, "---", ""])


def _body(manifest: Mapping[str, Any], example: Mapping[str, Any] | None) -> str:
    pipeline = find_pipeline(manifest["pipeline"])
    parts = [f"# {_text(_title(manifest))}\n", f"{pipeline.description or pipeline.summary}\n", _counts(manifest)]
    cells = manifest["statistics"]["cells"]
    varied = f"{_counted(cells, 'kind')} of rows by topic, difficulty, length and depth."
    parts.append(f"![Rows by topic and difficulty]({COVERAGE_NAME})\n\n{varied}\n")
    parts.append(_columns(manifest))
    if example is not None:
        shown = {name: _shortened(value) for name, value in example.items()}
        parts.append(f"A row, long values cut:\n\n{fenced(json.dumps(shown, indent=1, ensure_ascii=False), 'json')}\n")
    parts += [_making(manifest), _provenance(manifest), _defects(manifest)]
    if pipeline.references:
        parts.append("## Literature\n\n" + "".join(f"- {_text(reference)}\n" for reference in pipeline.references))
    return "\n".join(parts)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _counts(manifest: Mapping[str, Any]) -> str:
    statistics = manifest["statistics"]
    rows = [
        (table, split, f"{count:,}") for table, splits in statistics["rows"].items() for split, count in splits.items()
    ]
    kept, solved = statistics["kept"], statistics["solved"]
    judged = "each was judged by a verifier before it was kept"
    if solved < kept:
        judged = f"{solved:,} have a solution, which a verifier judged; the others are problems alone"
    parts = [
        f"## What it holds\n\n{_counted(kept, 'row')} from {_counted(statistics['groups'], 'group')}; {judged}.\n",
        _table(("table", "split", "rows"), rows),
    ]
    if kept and (empty := empty_splits(manifest)):
        parts.append(f"No row fell into: {', '.join(empty)}.\n")
    topics = sorted(statistics["topics"].items(), key=lambda item: (-item[1], item[0]))
    if topics:
        left = len(topics) - _MOST_TOPICS
        more = f"\n({left} more topics are in the manifest.)\n" if left > 0 else ""
        parts.append(_table(("topic", "rows"), [(name, f"{count:,}") for name, count in topics[:_MOST_TOPICS]]) + more)
    if any(statistics["difficulty"]):
        bins = [
            (f"{place / DIFFICULTY_BINS:.1f} - {(place + 1) / DIFFICULTY_BINS:.1f}", f"{count:,}")
            for place, count in enumerate(statistics["difficulty"])
        ]
        parts.append(_table(("difficulty", "rows"), bins))
    for name in ("prompt", "completion"):
        length = statistics[f"{name}_characters"]
        parts.append(f"A {name} has {length['mean']:,} characters in the mean, {length['longest']:,} at most.\n")
    return "\n".join(parts)


def _columns(manifest: Mapping[str, Any]) -> str:
    tables = tables_in(manifest["statistics"]["rows"])
    names: dict[str, list[str]] = {}
    for table in tables:
        for name in columns_of(table):
            names.setdefault(name, []).append(table)
    rows = [(f"`{name}`", ", ".join(where), MEANINGS[name]) for name, where in names.items()]
    return "## Columns\n\n" + _table(("column", "tables", "meaning"), rows, escaped=False)


def _making(manifest: Mapping[str, Any]) -> str:
    discarded = [
        (stage, reason, f"{count:,}")
        for stage, reasons in manifest["statistics"]["discarded"].items()
        for reason, count in reasons.items()
    ]
    parts = [f"## How it was made\n\n{fenced(manifest['command'], 'text')}\n"]
    if manifest["engine_description"] is not None:
        parts.append(
            f"Engine:\n\n{fenced(json.dumps(manifest['engine_description'], indent=1, ensure_ascii=False), 'json')}\n"
        )
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    parts.append(
        f"Versions: {_text(versions)}. `manifest.json` holds all settings, the hashes of the inputs and of every file; "
        "`reasoning generate reproduce manifest.json --out RUN_DIR` makes the files again and compares them.\n"
    )
    parts.append("Thrown away, by the stage at which it fell:\n\n" + _table(("stage", "reason", "items"), discarded))
    return "\n".join(parts)


def _provenance(manifest: Mapping[str, Any]) -> str:
    against = manifest["decontaminated_against"]
    inputs = [(entry["name"], entry["sha256"]) for entry in manifest["inputs"]]
    sources = [(name, f"{count:,}") for name, count in manifest["statistics"]["sources"].items()]
    parts = ["## Sources, licence and decontamination\n"]
    if sources:
        parts.append(_table(("source", "rows"), sources))
    if inputs:
        parts.append(_table(("input", "SHA-256"), inputs))
    parts.append(
        f"Licence: {_text(manifest['settings']['licence'])}. What stems from an input is under that input's own terms "
        "as well.\n"
    )
    if against:
        parts.append(
            "No row has the text of a problem of these benchmarks, nor the same text with other numbers: "
            + ", ".join(_text(entry["name"]) for entry in against)
            + ".\n"
        )
        if model := manifest.get("embedder_description"):
            parts.append(
                f"None lies within a cosine similarity of {manifest['settings']['similar']} of such a problem for this "
                f"embedding model:\n\n{fenced(json.dumps(model, indent=1, ensure_ascii=False), 'json')}\n"
            )
    else:
        parts.append("It was not compared with any benchmark.\n")
    return "\n".join(parts)


def _defects(manifest: Mapping[str, Any]) -> str:
    by_meaning = manifest.get("embedder_description") is not None
    others = (
        "and others as far as the embedding model sees them" if by_meaning else "not translations or free paraphrases"
    )
    return (
        "## Known limits\n\n"
        "- A verifier judges answers: a solution may reach a right answer by wrong steps.\n"
        f"- Decontamination finds copies, close rewordings and changed numbers, {others}.\n"
    )


def _title(manifest: Mapping[str, Any]) -> str:
    return str(manifest["settings"]["title"] or f"{manifest['pipeline']} dataset")


def _size(rows: int) -> str:
    return next((name for bound, name in _SIZES if rows < bound), "n>1M")


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _EXAMPLE_CHARACTERS:
        return value[:_EXAMPLE_CHARACTERS] + " ..."
    return value


def _table(head: tuple[str, ...], rows: list[Any], escaped: bool = True) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(_text(cell) if escaped else cell for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """Text that stays text in Markdown: no markup, no cell or line of its own."""
    flat = " ".join(str(value).split())
    return re.sub(r"([\\`*_\[\]|!#~])", r"\\\1", html.escape(printable(flat), quote=False))


def _yaml(value: str) -> str:
    return json.dumps(" ".join(str(value).split()), ensure_ascii=False)
