"""The parts of a page: every text goes through `text`, and every page through `document`.

Path("page.html").write_text(document("A run", section("Counts", table(("what", "count"), [("passed", "3")]))))

A page is one file that holds no script and asks for nothing from elsewhere: its content security policy forbids both.
Texts from models, programs and files are escaped, and what cannot be seen in them is written out.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from reasoning.pages.printable import printable

__all__ = ["POLICY", "document", "facts", "folded", "paged", "picture", "pre", "section", "table", "text"]

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'"
_STYLE: Final = """\
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1b1b1b; }
pre { background: #f5f5f2; padding: .6rem .8rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .5rem 0; } td, th { border: 1px solid #ccc; padding: .2rem .5rem; }
td, th { vertical-align: top; text-align: left; overflow-wrap: anywhere; } td pre { margin: 0; }
summary { cursor: pointer; } section { border-top: 1px solid #ddd; margin-top: 1.5rem; }
svg { max-width: 100%; height: auto; vertical-align: top; margin: .3rem 1rem .3rem 0; }
svg text { font: 12px system-ui, sans-serif; } .note { color: #666; } .failed { color: #a33; }"""
_PAGE_ROWS: Final = 50


def document(title: str, body: str, style: str = "") -> str:
    """A whole page.

    Args:
        title: plain text.
        body: made of the parts below.
        style: further rules, of the project's own.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{text(title)}</title><style>\n{_STYLE}\n{style}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def text(value: object, longest: int | None = None) -> str:
    """`value` as text on a page: printable, escaped, cut to `longest` characters."""
    plain = str(value)
    if longest is not None and len(plain) > longest:
        plain = f"{plain[:longest]} … ({len(plain) - longest:,} more characters)"
    return escape(printable(plain))


def pre(value: str, longest: int | None = None) -> str:
    """A text as it stands."""
    return f"<pre>{text(value, longest)}</pre>"


def section(title: str, *parts: str) -> str:
    """A part of a page with its heading; empty where all parts are."""
    inside = "".join(parts)
    return f"<section><h2>{text(title)}</h2>{inside}</section>\n" if inside else ""


def folded(title: str, inside: str, *, opened: bool = False) -> str:
    """Something to be unfolded."""
    return f"<details{' open' if opened else ''}><summary>{text(title)}</summary>{inside}</details>"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of plain texts; empty without rows."""
    body = "".join("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th>{text(name)}</th>" for name in heads)
    return f"<table><tr>{head}</tr>{body}</table>" if body else ""


def facts(values: Mapping[str, object]) -> str:
    """Names and values; those that are empty are left out."""
    rows = "".join(
        f"<tr><th>{text(name)}</th><td>{text(value)}</td></tr>"
        for name, value in values.items()
        if value not in ("", None)
    )
    return f"<table>{rows}</table>" if rows else ""


def paged(parts: Sequence[str], size: int = _PAGE_ROWS) -> str:
    """Parts of a page, folded by so many; the first ones are open."""
    if len(parts) <= size:
        return "".join(parts)
    return "".join(
        folded(f"{begin + 1} - {min(begin + size, len(parts))}", "".join(parts[begin : begin + size]), opened=not begin)
        for begin in range(0, len(parts), size)
    )


def picture(svg: bytes, description: str) -> str:
    """An SVG file from outside as an image, in which nothing of it runs."""
    return f'<img alt="{text(description)}" src="data:image/svg+xml;base64,{b64encode(svg).decode()}">'
