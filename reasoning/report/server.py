"""The runs below a folder over HTTP, for a browser on this machine: a list, reports, comparisons.

    with ViewServer(Path("runs"), 0) as server:
        server.url          # "http://127.0.0.1:40123/"; serving in a thread until the block ends

It listens on the loopback address alone, answers `GET` alone, and only where the browser names this machine as the
host, so that no other page can reach it by a name of its own. A run is named by its path below the folder and looked up
among those that were found there; no path from outside is opened.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from reasoning.pages import document, folded, section, text
from reasoning.pages.page import POLICY
from reasoning.report.base import ReportError
from reasoning.report.kinds import comparison_page, headline_of, kind_of, report_page
from verifiers.http_server import ThreadedServer

__all__ = ["ViewServer", "find_runs"]

LOOPBACK: Final = "127.0.0.1"
_HOSTS: Final = frozenset(("127.0.0.1", "localhost"))
_DEPTH: Final = 4
"""How far below the folder runs are looked for."""
_MARKS: Final = ("config.json", "methods.json")
_MOST_RUNS: Final = 2_000
_KEPT_PAGES: Final = 32
_BACK: Final = '<p><a href="/">all runs</a></p>'
_SOCKET_SECONDS: Final = 30.0


def find_runs(folder: Path) -> dict[str, Path]:
    """Path below `folder` -> run directory, sorted; links are not followed."""
    found: dict[str, Path] = {}
    waiting = [(folder, 0)]
    while waiting and len(found) < _MOST_RUNS:
        directory, depth = waiting.pop()
        if any((directory / mark).is_file() for mark in _MARKS):
            found[directory.relative_to(folder).as_posix()] = directory
        if depth < _DEPTH:
            try:
                below = [path for path in directory.iterdir() if path.is_dir() and not path.is_symlink()]
            except OSError:
                continue
            waiting += [(path, depth + 1) for path in below if not path.name.startswith(".")]
    return dict(sorted(found.items()))


class ViewServer(ThreadedServer):
    """An HTTP server for the runs below a folder.

    Args:
        folder: holds run directories, at any depth up to four.
        port: 0 for any free one.

    Raises:
        OSError: the port cannot be had.
    """

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(type("Handler", (_Handler,), {"pages": _Pages(folder)}), LOOPBACK, port)

    @property
    def url(self) -> str:
        """Of the list."""
        return f"http://{LOOPBACK}:{self.address[1]}/"


class _Pages:
    """Makes the pages; a report is kept until the files of its run change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._kept: dict[str, tuple[object, str]] = {}

    def answer(self, path: str, query: str) -> tuple[int, str]:
        """Status and page for a request."""
        runs = find_runs(self._folder)
        try:
            if path == "/":
                return 200, _list(self._folder, runs)
            if path == "/compare":
                return self._comparison(parse_qs(query).get("run", []), runs)
            name = unquote(path.removeprefix("/run/")) if path.startswith("/run/") else None
            if name in runs:
                return 200, self._report(name, runs[name])
        except ReportError as error:
            return 500, _told(str(error))
        return 404, _told("no such run")

    def _report(self, name: str, directory: Path) -> str:
        # One at a time: a report of a large run takes seconds of a processor.
        with self._turn:
            state = _state(directory)
            kept = self._kept.get(name)
            if kept is not None and kept[0] == state:
                return kept[1]
            page = report_page(directory, _BACK)
            self._kept.pop(name, None)
            if len(self._kept) >= _KEPT_PAGES:
                self._kept.pop(next(iter(self._kept)))
            self._kept[name] = state, page
            return page

    def _comparison(self, names: list[str], runs: dict[str, Path]) -> tuple[int, str]:
        chosen = list(dict.fromkeys(names))
        if len(chosen) < 2 or any(name not in runs for name in chosen):
            return 400, _told("choose two or more runs of the list")
        listed = "".join(f'<li><a href="/run/{quote(name)}">{text(name)}</a></li>' for name in chosen)
        with self._turn:
            return 200, comparison_page({name: runs[name] for name in chosen}, f"{_BACK}<ul>{listed}</ul>")


def _state(directory: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of a run's files, two levels deep."""
    files = [path for pattern in ("*", "*/*") for path in directory.glob(pattern) if path.is_file()]
    return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(files))


def _list(folder: Path, runs: dict[str, Path]) -> str:
    groups: dict[str, list[str]] = {}
    comparable: set[str] = set()
    for name, directory in runs.items():
        known, told, alike = _listed(directory)
        if known:
            groups.setdefault(known, []).append(_row(name, told, alike))
        if alike:
            comparable.add(known)
    parts = []
    for known, rows in sorted(groups.items()):
        table = f"<table><tr><th></th><th>run</th><th>result</th></tr>{''.join(rows)}</table>"
        button = "<button>compare the chosen runs</button>" if known in comparable else ""
        parts.append(section(known, f'<form action="/compare">{table}{button}</form>'))
    body = "".join(parts) or "<p>No runs here yet.</p>"
    return document("runs", f"<h1>Runs</h1><p>below {text(folder)}</p>{body}{folded('about', _ABOUT)}")


def _listed(directory: Path) -> tuple[str, str, bool]:
    """Kind of a run, its main figures, and whether it can be compared; an empty kind where there is no run."""
    try:
        kind = kind_of(directory)
        return (kind.name, headline_of(directory, kind), kind.compared is not None) if kind else ("", "", False)
    except ReportError as error:
        return "damaged", str(error), False


_ABOUT: Final = "<p>Reports are made when they are asked for; reasoning report RUN_DIR writes one to a file.</p>"


def _row(name: str, told: str, comparable: bool) -> str:
    box = f'<input type="checkbox" name="run" value="{text(name)}">' if comparable else ""
    return f'<tr><td>{box}</td><td><a href="/run/{quote(name)}">{text(name)}</a></td><td>{text(told, 300)}</td></tr>'


def _told(message: str) -> str:
    return document("runs", f"{_BACK}<p>{text(message)}</p>")


class _Handler(BaseHTTPRequestHandler):
    pages: _Pages
    timeout = _SOCKET_SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in _HOSTS:
            # Another site's name that leads here (DNS rebinding).
            self._send(403, _told("this server answers on this machine alone"))
            return
        asked = urlsplit(self.path)
        self._send(*self.pages.answer(asked.path, asked.query))

    def _send(self, status: int, page: str) -> None:
        data = page.encode("utf-8", "backslashreplace")
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", f"{POLICY}; frame-ancestors 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""
