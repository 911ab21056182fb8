"""Closed forms and continued fractions as MathML, which browsers draw without a script or a font from elsewhere.

>>> form_to_mathml("4/pi")
'<mfrac><mrow><mn>4</mn></mrow><mrow><mi>π</mi></mrow></mfrac>'

Every text is parsed by the constant verifier's grammar first, and each part is escaped, so nothing of a claim reaches
the page as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reasoning.pages.page import text
from verifiers.constants.expressions import Binary, Call, ExpressionError, Name, Negative, Node, Number, parse

__all__ = ["FORMULA_STYLE", "form_to_mathml", "polynomial_fraction", "signed_fraction"]

FORMULA_STYLE: Final = """\
article { display: grid; grid-template-columns: 1fr auto; gap: 1em; border-top: 1px solid #bbb; padding: 1em 0; }
math { font-size: 1.15em; }
dl { grid-column: 1/3; display: grid; grid-template-columns: auto 1fr; gap: .1em 1em; margin: 0; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; } article svg { background: #f6f6f6; }
"""
"""Rules of a page that shows conjectures (`reasoning.discovery.page.article`)."""

_LETTERS: Final = {"pi": "π", "phi": "φ", "catalan": "G", "euler": "γ", "zeta": "ζ", "gamma": "Γ"}
_ORDERED: Final = {"besseli": "I", "besselj": "J", "besselk": "K", "polylog": "Li"}
_BINDS: Final = {"+": 1, "-": 1, "*": 2, "/": 4, "**": 3}
_LEVELS: Final = 4


def form_to_mathml(form: str) -> str:
    """An expression in the constant verifier's grammar; what is none is shown as text."""
    try:
        return _node(parse(form), 0)
    except ExpressionError:
        return f"<mtext>{text(form)}</mtext>"


def polynomial_fraction(a: Sequence[int], b: Sequence[int]) -> str:
    """a(0) + b(1)/(a(1) + ...), by the first values of both polynomials; b[0] is not shown."""
    return _nested(a[:_LEVELS], list(b[1 : _LEVELS + 1]))


def signed_fraction(terms: Sequence[int], signs: Sequence[int]) -> str:
    """a_0 + s_1/(a_1 + ...)."""
    shown = terms[: _LEVELS + 1]
    return _nested(shown, [signs[n % len(signs)] for n in range(len(shown))])


def _nested(terms: Sequence[int], numerators: Sequence[int]) -> str:
    inner = "<mo>⋱</mo>"
    for term, numerator in zip(reversed(terms), reversed(numerators[: len(terms)]), strict=False):
        sign = "+" if numerator >= 0 else "−"
        inner = f"{_whole(term)}<mo>{sign}</mo><mfrac>{_whole(abs(numerator))}<mrow>{inner}</mrow></mfrac>"
    return f'<mrow displaystyle="true">{inner}</mrow>'


def _whole(number: int) -> str:
    return f"<mn>{number}</mn>" if number >= 0 else f"<mrow><mo>−</mo><mn>{-number}</mn></mrow>"


def _node(node: Node, outer: int) -> str:
    if isinstance(node, Number):
        value = node.value
        if value.denominator == 1:
            return f"<mn>{value.numerator}</mn>"
        return f"<mfrac><mn>{value.numerator}</mn><mn>{value.denominator}</mn></mfrac>"
    if isinstance(node, Name):
        return f"<mi>{text(_LETTERS.get(node.name, node.name))}</mi>"
    if isinstance(node, Negative):
        return _bracketed(f"<mo>−</mo>{_node(node.inner, 2)}", outer > 1)
    if isinstance(node, Call):
        return _call(node)
    return _binary(node, outer)


def _binary(node: Binary, outer: int) -> str:
    binds = _BINDS[node.operator]
    if node.operator == "/":
        return f"<mfrac>{_row(_node(node.left, 0))}{_row(_node(node.right, 0))}</mfrac>"
    if node.operator == "**":
        return f"<msup>{_row(_node(node.left, 4))}{_row(_node(node.right, 0))}</msup>"
    sign = {"+": "+", "-": "−", "*": "⁢"}[node.operator]
    if node.operator == "*" and isinstance(node.right, Number):
        sign = "·"
    right = _node(node.right, binds + (node.operator == "-"))
    return _bracketed(f"{_node(node.left, binds)}<mo>{sign}</mo>{right}", outer > binds)


def _call(node: Call) -> str:
    arguments = [_node(argument, 0) for argument in node.arguments]
    if node.function == "sqrt":
        return f"<msqrt>{_row(arguments[0])}</msqrt>"
    if node.function in _ORDERED:
        name = f"<msub><mi>{_ORDERED[node.function]}</mi>{_row(arguments[0])}</msub>"
    else:
        name = f"<mi>{text(_LETTERS.get(node.function, node.function))}</mi>"
    return f"<mrow>{name}<mo>(</mo>{arguments[-1]}<mo>)</mo></mrow>"


def _row(inner: str) -> str:
    return f"<mrow>{inner}</mrow>"


def _bracketed(inner: str, needed: bool) -> str:
    return f"<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>" if needed else _row(inner)
