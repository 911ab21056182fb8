"""The kinds of run directories, one line each, and the page of a run.

kind_of(Path("runs/first")).name      # 'evaluation'
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from reasoning.pages import document, facts, folded, pre, section, text
from reasoning.report.base import ReportError, RunKind, mapping, read_json
from reasoning.report.comparing import differing_settings
from verifiers.late_imports import load

__all__ = [
    "KINDS",
    "ReportError",
    "RunKind",
    "comparison_page",
    "headline_of",
    "kind_of",
    "report_page",
    "run_config",
]

KINDS: Final = (
    "reasoning.report.methods:KIND",
    "reasoning.report.evaluation:KIND",
    "reasoning.report.generation:KIND",
    "reasoning.report.study:KIND",
    "reasoning.report.self_play:KIND",
    "reasoning.report.training:KIND",
    "reasoning.report.discovery:KIND",
)
"""`module:attribute` of each; the first that a directory fits is its kind."""
_SETTINGS_CHARACTERS: Final = 20_000
_DAMAGE: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, sqlite3.Error)
"""What comes of files that are not as the project writes them."""


def run_config(directory: Path) -> dict[str, Any]:
    """The `config.json` of a directory; empty where there is none.

    Raises:
        ReportError: it is damaged.
    """
    return read_json(directory / "config.json")


def kind_of(directory: Path) -> RunKind | None:
    """The kind of a run directory; None where it holds no run.

    Raises:
        ReportError: its configuration is damaged.
    """
    config = run_config(directory)
    for target in KINDS:
        kind: RunKind = load(target)
        if kind.holds(directory, config):
            return kind
    return None


def headline_of(directory: Path, kind: RunKind) -> str:
    """A run's main figures in a few words.

    Raises:
        ReportError: a file of it is damaged.
    """
    return _undamaged(lambda: kind.headline(directory), directory)


def report_page(directory: Path, lead: str = "") -> str:
    """The report of a run: one self-contained page without scripts.

    Args:
        directory: of the run.
        lead: HTML before it, such as a way back.

    Raises:
        ReportError: it holds no run, or a file of it is damaged.
    """
    kind = kind_of(directory)
    if kind is None:
        raise ReportError(f"{directory} holds no run of a known kind; for a folder of runs: reasoning view {directory}")
    config = run_config(directory)
    name = directory.resolve().name
    settings = json.dumps(config.get("settings", {}), indent=2)
    inside = _undamaged(lambda: kind.body(directory, config), directory)
    body = (
        f"{lead}<h1>{text(name)}</h1><p>{text(kind.name)}</p>\n{inside}"
        f"<section><h2>How it was made</h2>{facts(_environment(config))}"
        f"{folded('settings', pre(settings, _SETTINGS_CHARACTERS))}</section>"
    )
    return document(f"{name}: {kind.name}", body, kind.style)


def comparison_page(runs: Mapping[str, Path], lead: str = "") -> str:
    """Runs of one kind beside each other: the settings in which they differ, and what their kind compares.

    Args:
        runs: name -> directory, two or more.
        lead: HTML before it.

    Raises:
        ReportError: they are of different kinds or cannot be compared, or a file of one is damaged.
    """
    kinds = {name: kind_of(directory) for name, directory in runs.items()}
    found = set(kinds.values())
    if len(found) != 1:
        told = ", ".join(f"{name}: {kind.name if kind else 'no run'}" for name, kind in kinds.items())
        raise ReportError(f"only runs of one kind can be compared ({told})")
    kind = found.pop()
    if kind is None or kind.compared is None:
        what = "they hold no run of a known kind" if kind is None else f"nothing is known to compare in: {kind.name}"
        raise ReportError(f"{', '.join(runs)}: {what}")
    compared, where = kind.compared, ", ".join(str(directory) for directory in runs.values())
    inside = _undamaged(lambda: compared(runs), where)
    body = f"{lead}<h1>Comparison</h1><p>{text(kind.name)}</p>{section('Settings', differing_settings(runs))}{inside}"
    return document(f"comparison: {kind.name}", body, kind.style)


def _undamaged(make: Callable[[], str], where: object) -> str:
    try:
        return make()
    except ReportError:
        raise
    except _DAMAGE as error:
        raise ReportError(f"{where}: damaged: {type(error).__name__}: {error}") from None


def _environment(config: Mapping[str, Any]) -> dict[str, str]:
    """Versions and hardware, as far as they are short."""
    found = {}
    for key, value in mapping(config.get("environment")).items():
        if isinstance(value, str | int | float):
            found[str(key)] = str(value)
        elif isinstance(value, Mapping):
            found[str(key)] = ", ".join(f"{name} {one}" for name, one in value.items() if isinstance(one, str | int))
    return found
