"""Fractions that are another one begun later, or every second convergent of it.

>>> shift_form(fmpz_poly([4, 1]), fmpz_poly([-1, -1]))      # a = n+4, b = -n-1: a = n+3, b = -n begun one term later
(x + 3, (-1)*x, 1)
>>> folded(fmpz_poly([1]), fmpz_poly([0, 1]))               # a = 1, b = n
(4*x + 4, (-4)*x^2 + (-2)*x)

Both change the value by a Moebius map with whole coefficients, so they are one discovery with the fraction.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpz, fmpz_poly

from reasoning.discovery.canonical import canonical

__all__ = ["Folding", "fold", "folded", "shift_form", "shifted"]


def shifted(a: fmpz_poly, b: fmpz_poly, terms: int) -> tuple[fmpz_poly, fmpz_poly]:
    """(a(n + terms), b(n + terms)): the fraction without its first terms."""
    move = fmpz_poly([terms, 1])
    return a(move), b(move)


def shift_form(a: fmpz_poly, b: fmpz_poly) -> tuple[fmpz_poly, fmpz_poly, int]:
    """The canonical fraction of which this one is a later beginning, and the terms between them.

    Where b has a whole root, it begins there, at the earliest place after which no b(m) is 0. Otherwise it has no first
    place, and the one is taken at which the coefficient under the leading one of `a` (of `b`, where `a` is a number) is
    smallest and not negative; the terms may then be negative.

    Args:
        a: polynomial of the denominators, not 0.
        b: of the numerators, not 0, with b(m) not 0 for m >= 1.
    """
    upper, lower = canonical(a, b)
    roots = [int(root) for root, _ in lower.roots()]
    terms = -max(roots) if roots else _from_smallest(upper if upper.degree() > 0 else lower)
    return *canonical(*shifted(upper, lower, -terms)), terms


def _from_smallest(poly: fmpz_poly) -> int:
    """The k for which p(n - k) has the smallest coefficient, not negative, under its leading one."""
    degree = poly.degree()
    if degree < 1:
        return 0
    # p(n - k) has the coefficient c_{d-1} - k d c_d there.
    step, below = degree * int(poly[degree]), int(poly[degree - 1])
    terms: int = below // step if step > 0 else -(below // -step)
    return terms


@dataclass(frozen=True, slots=True)
class Folding:
    """Every second convergent of a fraction x, as a fraction of its own with the value y.

    Attributes:
        a: polynomial of its denominators.
        b: of its numerators.
        factor: a(0) of the fraction that was folded.
        offset: b(1) a(2) of it; x = factor y / (y - offset), also for the convergents: p_{2n+2}/q_{2n+2} of x comes
            from p_n/q_n of y.
    """

    a: fmpz_poly
    b: fmpz_poly
    factor: int
    offset: int


def fold(a: fmpz_poly, b: fmpz_poly) -> Folding:
    """The even part of a fraction.

    From u_m = a_m u_{m-1} + b_m u_{m-2} at m = 2n, 2n-1 and 2n-2 the odd places are eliminated, and the fraction is
    inflated by a_{2n-2}:
    A(n) = a_{2n-2} (a_{2n} a_{2n-1} + b_{2n}) + b_{2n-1} a_{2n}, B(n) = -a_{2n} b_{2n-1} b_{2n-2} a_{2n-4}. It begins
    at n = 1, since the first convergent has nothing before it. Where a(2n) is 0 for some n it says nothing.

    Source: Perron 1957, "Die Lehre von den Kettenbruechen", volume 2, chapter 1: contraction.
    """

    def at(poly: fmpz_poly, place: int) -> fmpz_poly:
        """poly(2n + place), begun one step later."""
        return poly(fmpz_poly([place + 2, 2]))

    upper = at(a, -2) * (at(a, 0) * at(a, -1) + at(b, 0)) + at(b, -1) * at(a, 0)
    lower = -at(a, 0) * at(b, -1) * at(b, -2) * at(a, -4)
    return Folding(upper, lower, int(a[0]), int(b(fmpz(1)) * a(fmpz(2))))


def folded(a: fmpz_poly, b: fmpz_poly) -> tuple[fmpz_poly, fmpz_poly] | None:
    """The even part in its canonical form; None where it is no fraction of its own (some a(2n) or B(n) is 0)."""
    even = a(fmpz_poly([0, 2]))
    if any(root >= 0 for root, _ in even.roots()) if even.degree() > 0 else even == 0:
        return None
    found = fold(a, b)
    if found.a == 0 or found.b == 0 or any(root >= 1 for root, _ in found.b.roots()):
        return None
    return canonical(found.a, found.b)
