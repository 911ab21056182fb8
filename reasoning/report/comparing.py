"""What comparisons of runs share: settings that differ, counts beside each other, what is in common, curves in one.

differing_settings({"a": Path("runs/a"), "b": Path("runs/b")})
# '<table><tr><th>setting</th><th>a</th><th>b</th></tr><tr><td>seed</td><td>0</td><td>1</td></tr></table>'
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from reasoning.pages import Curve, chart, table
from reasoning.report.base import mapping, number, read_json
from reasoning.runs.run import CONFIG_NAME

__all__ = ["counts_table", "differing_settings", "overlaid", "overlap_table"]

_CELL_CHARACTERS: Final = 200
_DEPTH: Final = 4
_HASH_BYTES: Final = 8
"""Of a text whose repetition is looked for; ten million of them take 80 MB."""


def differing_settings(runs: Mapping[str, Path]) -> str:
    """A table of the settings that are not the same in all runs; empty where all are.

    Args:
        runs: name -> directory.

    Raises:
        ReportError: a configuration is damaged.
    """
    settings = [dict(_flat(mapping(read_json(path / CONFIG_NAME).get("settings")))) for path in runs.values()]
    names = dict.fromkeys(name for one in settings for name in one)
    rows = [
        [name, *(one.get(name, "")[:_CELL_CHARACTERS] for one in settings)]
        for name in names
        if len({one.get(name) for one in settings}) > 1
    ]
    return table(("setting", *runs), rows)


def _flat(settings: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and value and depth < _DEPTH:
            yield from _flat(value, f"{before}{name}.", depth + 1)
        else:
            yield f"{before}{name}", value if isinstance(value, str) else json.dumps(value)


def counts_table(what: str, counts: Mapping[str, Mapping[str, Any]], most: int) -> str:
    """Counts of several runs beside each other, the largest first, each with its share of the run's own total.

    Args:
        what: is counted.
        counts: run -> name -> count.
        most: rows shown.
    """
    known = {
        run: {str(name): value for name, count in found.items() if (value := number(count)) is not None}
        for run, found in counts.items()
    }
    totals = {run: sum(found.values()) for run, found in known.items()}
    names = {name: sum(found.get(name, 0.0) for found in known.values()) for found in known.values() for name in found}
    ranked = sorted(names, key=lambda name: (-names[name], name))[:most]
    rows = [[name, *(_counted(known[run].get(name, 0.0), totals[run]) for run in known)] for name in ranked]
    return table((what, *known), rows)


def _counted(count: float, total: float) -> str:
    return f"{count:,.0f} ({100 * count / total:.1f} %)" if total else f"{count:,.0f}"


def overlap_table(what: str, texts: Mapping[str, Iterable[str]]) -> str:
    """How many different texts each run has, and how many of them each run has too; empty where none has any.

    Args:
        what: they are.
        texts: run -> its texts, in any order.
    """
    import numpy as np

    hashes = {run: np.unique(np.frombuffer(_hashes(found), dtype=np.uint64)) for run, found in texts.items()}
    if not any(found.size for found in hashes.values()):
        return ""
    rows = []
    for run, own in hashes.items():
        shared = (np.intersect1d(own, other, assume_unique=True).size for other in hashes.values())
        rows.append([run, f"{own.size:,}", *(f"{count:,}" for count in shared)])
    return table(("run", f"different {what}", *(f"also in {run}" for run in hashes)), rows)


def _hashes(texts: Iterable[str]) -> bytes:
    joined = bytearray()
    for one in texts:
        joined += blake2b(one.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest()
    return bytes(joined)


def overlaid(
    titles: Mapping[str, str], curves: Mapping[str, Mapping[str, Curve]], across: str
) -> tuple[list[str], list[str]]:
    """Curves of several runs, those of one name in one chart.

    Args:
        titles: name of a curve -> what its chart is called, for those that come first.
        curves: run -> name of a curve -> points.
        across: what is drawn to the right.

    Returns:
        The charts of `titles` in their order, and those of all other names.
    """
    names: Sequence[str] = sorted({name for found in curves.values() for name in found} - set(titles))

    def drawn(name: str, title: str) -> str:
        return chart(title, {run: found[name] for run, found in curves.items() if name in found}, across)

    return [drawn(name, title) for name, title in titles.items()], [drawn(name, name) for name in names]
