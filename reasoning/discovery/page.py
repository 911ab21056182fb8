"""The catalogue as one HTML page: formulas, facts and a plot of the digits that each term brings.

text = page("Polynomial continued fractions", [{"a": "2*n+1", "b": "n**2", "value": "4/pi", "digits": 100}])

The page holds no script and asks for nothing from a network. Every text in it is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

from flint import fmpz

from reasoning.discovery.mathml import FORMULA_STYLE, form_to_mathml, polynomial_fraction, signed_fraction
from reasoning.pages.page import document, text
from verifiers.constants.expressions import ExpressionError
from verifiers.constants.polynomials import polynomial, scaled_pair
from verifiers.constants.signed import SignedFraction, terms_of
from verifiers.wording import counted

__all__ = ["MOST_SHOWN", "article", "page"]

MOST_SHOWN: Final = 500
"""Conjectures on the page; all are in the other files."""
_PLOTTED: Final = 40
_DEEP: Final = 160
_WIDTH: Final = 220
_HEIGHT: Final = 90
_DRAWN: Final = frozenset({"a", "b", "value", "sign_period", "terms"})


def page(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The page of a catalogue.

    Args:
        title: plain text.
        rows: as in `catalogue.jsonl`: each with `value`, and `a` and `b` or `sign_period`, `initial` and `recurrence`.
    """
    shown = counted(len(rows), "conjecture")
    if len(rows) > MOST_SHOWN:
        shown += f", the first {MOST_SHOWN} of them here; catalogue.jsonl holds all"
    return document(
        title,
        f"<h1>{text(title)}</h1><p>{text(shown)}. Each plot shows the correct digits after each term.</p>\n"
        + "\n".join(map(article, rows[:MOST_SHOWN])),
        FORMULA_STYLE,
    )


def article(row: Mapping[str, Any]) -> str:
    """Formula, facts, and a plot of the correct digits after each term."""
    left = form_to_mathml(row["value"])
    try:
        terms, numerators = _start(row)
    except ExpressionError as error:
        drawn, plot = f"<mtext>{text(str(error))}</mtext>", ""
    else:
        draw = polynomial_fraction if "a" in row else _signed
        drawn, plot = draw(terms, numerators), _plot(_digits(terms, numerators))
    facts = [(name, value) for name, value in row.items() if name not in _DRAWN and value not in ("", (), [], None)]
    facts = [(name, row[name]) for name in ("a", "b") if name in row] + facts
    listed = "".join(f"<dt>{text(name.replace('_', ' '))}</dt><dd>{text(_shown(v))}</dd>" for name, v in facts)
    formula = f'<math display="block"><mrow>{left}<mo>=</mo>{drawn}</mrow></math>'
    return f"<article><div>{formula}</div>{plot}<dl>{listed}</dl></article>"


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _start(row: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """The first terms a_n and numerators b_n (b_0 is of no use)."""
    if "a" in row:
        a, b, _ = scaled_pair(polynomial(row["a"]), polynomial(row["b"]))
        return [int(a(fmpz(n))) for n in range(_DEEP)], [int(b(fmpz(n))) for n in range(_DEEP)]
    signs = tuple(row["sign_period"])
    fraction = SignedFraction(signs, tuple(row["initial"]), tuple(row["recurrence"]))
    terms = [int(term) for term in islice(terms_of(fraction), _DEEP)]
    return terms, [signs[(n - 1) % len(signs)] for n in range(_DEEP)]


def _signed(terms: list[int], numerators: list[int]) -> str:
    return signed_fraction(terms, numerators[1:])


def _digits(terms: list[int], numerators: list[int]) -> list[float]:
    """-log10 of the relative distance of the first convergents from a far one."""
    pairs = []
    p, before_p, q, before_q = 1, 0, 0, 1
    for term, numerator in zip(terms, [1, *numerators[1:]], strict=True):
        p, before_p = term * p + numerator * before_p, p
        q, before_q = term * q + numerator * before_q, q
        pairs.append((p, q))
    far_p, far_q = pairs[-1]
    found = []
    for p, q in pairs[:_PLOTTED]:
        distance, size = abs(p * far_q - far_p * q), abs(far_p * q)
        found.append(_log10(size) - _log10(distance) if distance and size else math.nan)
    return found


def _log10(number: int) -> float:
    shift = max(number.bit_length() - 60, 0)
    return math.log10(number >> shift) + shift * math.log10(2)


def _plot(digits: Sequence[float]) -> str:
    known = [(n, d) for n, d in enumerate(digits) if math.isfinite(d)]
    if not known:
        return ""
    top = max(1.0, *(d for _, d in known))
    points = " ".join(
        f"{5 + (_WIDTH - 10) * n / (_PLOTTED - 1):.1f},{_HEIGHT - 5 - (_HEIGHT - 20) * max(d, 0.0) / top:.1f}"
        for n, d in known
    )
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="digits by term">'
        f'<text x="5" y="12" font-size="11">{top:.0f} digits at term {known[-1][0]}</text>'
        f'<polyline fill="none" stroke="#06c" stroke-width="1.5" points="{points}"/></svg>'
    )
