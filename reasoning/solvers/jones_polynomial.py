"""Jones polynomials of knots and links, exactly.

>>> jones_polynomial([1, 1, 1]).solution.text
't + t^3 - t^4'
>>> jones_polynomial([1, -2, 1, -2]).solution.text
't^-2 - t^-1 + 1 - t + t^2'
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from reasoning.solvers.arguments import IntegerMatrix, IntegerVector
from reasoning.solvers.definition import solver
from reasoning.solvers.link_diagram import Crossing, Diagram, braid_diagram, coloring_determinant, pd_diagram
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["JonesCertificate", "JonesPolynomial", "jones_polynomial"]

MAX_CROSSINGS = 300
MAX_STRANDS = 40
MAX_DIGITS = 1000
MAX_SECONDS = 60.0

Pairing = tuple[tuple[int, int], ...]
"""How the open ends are joined: pairs of edges, sorted."""


@dataclass(frozen=True, slots=True)
class JonesPolynomial:
    """V(t), a Laurent polynomial in t^(1/2).

    Attributes:
        text: the polynomial, such as `t + t^3 - t^4`.
        terms: (exponent, coefficient), exponents increasing and halves of integers.
        value_at_fifth_root: V(exp(2 pi i / 5)) with t^(1/2) = exp(pi i / 5): real and imaginary part, in decimals.
        writhe: of the diagram.
        components: of the link.
    """

    text: str
    terms: list[tuple[Fraction, int]]
    value_at_fifth_root: tuple[str, str]
    writhe: int
    components: int


@dataclass(frozen=True, slots=True)
class JonesCertificate:
    """Values that theory gives without the polynomial.

    Attributes:
        value_at_one: V(1) in absolute value; 2^(components - 1) for every link.
        value_at_minus_one: |V(-1)|.
        determinant: of the link, from its Fox colourings; equals |V(-1)|.
    """

    value_at_one: int
    value_at_minus_one: int
    determinant: int


@solver
def jones_polynomial(
    braid: IntegerVector | None = None,
    closure: Literal["markov", "plat"] = "markov",
    strands: int | None = None,
    pd_code: IntegerMatrix | None = None,
    digits: int = 15,
    seconds: float = 20.0,
) -> Result[JonesPolynomial, JonesCertificate]:
    """Jones polynomial of a knot or link, from a braid word or a planar-diagram code.

    The state sum of the Kauffman bracket, crossing by crossing: each crossing is A times one smoothing plus 1/A times
    the other, a loop counts -A^2 - A^-2, and V(t) = (-A)^(-3 writhe) <D> with t = A^-4, V(unknot) = 1. The cost grows
    with the number of ways in which the open ends can be joined, which is Catalan(w) for braids of w strands: words on
    up to about 10 strands take seconds. The closure of the braid 1, 1, 1 is the right-handed trefoil.

    Args:
        braid: the word, i or -i for the generator of strands i and i + 1 or its inverse; may be empty.
        closure: "markov" (ends joined to those below them) or "plat" (neighbours joined, an even number of strands).
        strands: number of strands; default: the least that the word needs.
        pd_code: in place of a braid: for each crossing its four edges counter-clockwise from the incoming lower one.
        digits: of the value at the fifth root of unity, from 1 to 1000.
        seconds: most wall time, at most 60.

    Returns:
        `converged`, or `limit` without a solution when time is up.

    Raises:
        SolverInputError: neither or both of braid and code are given, or they describe no link.

    Source:
        Kauffman 1987, "State models and the Jones polynomial"; arXiv 2503.05625 for the use.

    Example:
        {"braid": [1, -2, 1, -2]}
    """
    if not 1 <= digits <= MAX_DIGITS:
        raise SolverInputError(f"digits: expected a number from 1 to {MAX_DIGITS}")
    if not 0 < seconds <= MAX_SECONDS:
        raise SolverInputError(f"seconds: expected a number above 0 and at most {MAX_SECONDS:g}")
    diagram = _diagram(braid, closure, strands, pd_code)
    bracket = _bracket(diagram, time.perf_counter() + seconds)
    if bracket is None:
        return Result(Status.LIMIT, message=f"not done after {seconds:g} s")
    terms = _jones(bracket, diagram.writhe)
    certificate = JonesCertificate(
        abs(sum(coefficient for _, coefficient in terms)), _at_minus_one(terms), coloring_determinant(diagram)
    )
    solution = JonesPolynomial(_text(terms), terms, _at_fifth_root(terms, digits), diagram.writhe, diagram.components)
    return Result(Status.CONVERGED, solution, certificate, iterations=len(diagram.crossings))


def _diagram(braid: IntegerVector | None, closure: str, strands: int | None, code: IntegerMatrix | None) -> Diagram:
    if (braid is None) == (code is None):
        raise SolverInputError("braid and pd_code: give one of them")
    if code is not None:
        if code.size == 0 or code.shape[1] != 4:
            raise SolverInputError("pd_code: expected rows of four edges")
        if len(code) > MAX_CROSSINGS:
            raise SolverInputError(f"pd_code: at most {MAX_CROSSINGS} crossings are taken, got {len(code)}")
        return pd_diagram(code.tolist())
    assert braid is not None
    word: list[int] = braid.tolist()
    if len(word) > MAX_CROSSINGS:
        raise SolverInputError(f"braid: at most {MAX_CROSSINGS} crossings are taken, got {len(word)}")
    if 0 in word:
        raise SolverInputError(f"braid[{word.index(0)}]: 0 is no generator")
    needed = max((abs(letter) for letter in word), default=0) + 1
    width = needed + (needed % 2 if closure == "plat" else 0) if strands is None else strands
    if width < needed or width < 1 or width > MAX_STRANDS:
        raise SolverInputError(f"strands: expected {needed} to {MAX_STRANDS}, got {width}")
    if closure == "plat" and width % 2:
        raise SolverInputError("strands: the plat closure needs an even number")
    return braid_diagram(word, width, closure)


def _bracket(diagram: Diagram, deadline: float) -> dict[int, int] | None:
    """The Kauffman bracket times (-A^2 - A^-2): exponent of A -> coefficient; None when time is up.

    A polynomial is one integer, its coefficients in blocks of bits and its exponents in steps of 2 from the lowest that
    can occur, so that a product with A^2 or with a loop is a shift or two.
    """
    count = len(diagram.crossings)
    loops = count + len(diagram.joins) + 1
    bits = 2 * (count + loops) + 8
    # After k crossings exponents are k, k - 2, ...: a crossing is (A^2 X + Y) / A, the 1 / A of all in `base`.
    base = loops
    states: dict[Pairing, int] = {(): 1 << (bits * base)}
    for crossing in _ordered(diagram.crossings):
        e = crossing.edges
        following: dict[Pairing, int] = {}
        for number, (pairing, value) in enumerate(states.items()):
            if number % 256 == 0 and time.perf_counter() > deadline:
                return None
            for arcs, factor in (
                (((e[0], e[1]), (e[2], e[3])), value << bits),
                (((e[0], e[3]), (e[1], e[2])), value),
            ):
                joined, closed = _join(pairing, arcs)
                following[joined] = following.get(joined, 0) + _times_loops(factor, closed, bits)
        states = following
    for join in diagram.joins:
        following = {}
        for pairing, value in states.items():
            joined, closed = _join(pairing, (join,))
            following[joined] = following.get(joined, 0) + _times_loops(value, closed, bits)
        states = following
    return {2 * (index - base) - count: value for index, value in _blocks(states[()], bits)}


def _ordered(crossings: list[Crossing]) -> list[Crossing]:
    """Greedily next the crossing that leaves the fewest ends open; of equals the first."""
    left = list(crossings)
    order: list[Crossing] = []
    open_ends: set[int] = set()
    while left:
        best = max(range(len(left)), key=lambda index: (len(open_ends.intersection(left[index].edges)), -index))
        crossing = left.pop(best)
        for edge in crossing.edges:
            open_ends.symmetric_difference_update((edge,))
        order.append(crossing)
    return order


def _join(pairing: Pairing, arcs: tuple[tuple[int, int], ...]) -> tuple[Pairing, int]:
    """Add arcs; where an arc ends at an end that is open already, the two become one."""
    partner: dict[int, int] = {}
    for first, second in pairing:
        partner[first], partner[second] = second, first
    closed = 0
    for first, second in arcs:
        if first == second or partner.get(first) == second:
            # The arc closes a loop: of its own when both ends are one edge, else with the path between them.
            if first != second:
                del partner[first], partner[second]
            closed += 1
            continue
        ends = [partner.pop(end) if end in partner else end for end in (first, second)]
        partner[ends[0]], partner[ends[1]] = ends[1], ends[0]
    return tuple(sorted((first, second) for first, second in partner.items() if first < second)), closed


def _times_loops(value: int, loops: int, bits: int) -> int:
    """Times (-A^2 - A^-2)^loops; in steps of A^2 a loop reaches one up and one down."""
    for _ in range(loops):
        value = -((value << bits) + (value >> bits))
    return value


def _blocks(value: int, bits: int) -> list[tuple[int, int]]:
    """(index, coefficient) of the blocks that are not 0."""
    found, index, half, mask = [], 0, 1 << (bits - 1), (1 << bits) - 1
    sign = -1 if value < 0 else 1
    value = abs(value)
    while value:
        block = value & mask
        value >>= bits
        if block >= half:
            block -= 1 << bits
            value += 1
        if block:
            found.append((index, sign * block))
        index += 1
    return found


def _jones(bracket: dict[int, int], writhe: int) -> list[tuple[Fraction, int]]:
    """Divide by the loop that is too many, multiply by (-A)^(-3 writhe), and put A = t^(-1/4)."""
    quotient: dict[int, int] = {}
    rest = dict(bracket)
    while any(rest.values()):
        top = max(exponent for exponent, value in rest.items() if value)
        value = rest.pop(top)
        quotient[top - 2] = -value
        rest[top - 4] = rest.get(top - 4, 0) - value
    sign = -1 if writhe % 2 else 1
    return sorted((Fraction(3 * writhe - exponent, 4), sign * value) for exponent, value in quotient.items() if value)


def _at_minus_one(terms: list[tuple[Fraction, int]]) -> int:
    """|V(-1)|: with t^(1/2) = i every exponent is the same half integer or integer apart, so a sign is left."""
    if not terms:
        return 0
    lowest = terms[0][0]
    return abs(sum(value if (exponent - lowest) % 2 == 0 else -value for exponent, value in terms))


def _at_fifth_root(terms: list[tuple[Fraction, int]], digits: int) -> tuple[str, str]:
    import mpmath

    with mpmath.workdps(digits + 20 + len(str(max((abs(value) for _, value in terms), default=1)))):
        total = mpmath.mpc(0)
        for exponent, value in terms:
            angle = 2 * exponent / 5
            total += value * mpmath.expjpi(mpmath.mpf(angle.numerator) / angle.denominator)
        tiny = mpmath.mpf(10) ** (-digits - 5)
        real, imaginary = (
            mpmath.nstr(part if abs(part) > tiny else mpmath.mpf(0), digits) for part in (total.real, total.imag)
        )
        return real, imaginary


def _text(terms: list[tuple[Fraction, int]]) -> str:
    parts: list[str] = []
    for exponent, value in terms:
        shown = str(exponent) if exponent.denominator == 1 else f"({exponent})"
        power = "" if exponent == 0 else "t" if exponent == 1 else f"t^{shown}"
        size = abs(value)
        term = str(size) if not power else power if size == 1 else f"{size} {power}"
        parts.append((("-" if value < 0 else "") if not parts else ("- " if value < 0 else "+ ")) + term)
    return " ".join(parts) or "0"
