"""Fractions whose convergents are exact sums (Euler's form), and the statement of that for Lean 4.

>>> euler_form(fmpz_poly([1, 2, 2]), fmpz_poly([0, 0, 0, 0, -1]))       # a = n^2 + (n+1)^2, b = -n^4: 1/zeta(2)
EulerForm(f=x^2, g=x^2)

Where a(n) = g(n+1) + f(n) and b(n) = -f(n) g(n), u_n - g(n+1) u_{n-1} = f(n) (u_{n-1} - g(n) u_{n-2}), and so, with
F_n = f(1)...f(n) and G_n = g(2)...g(n+1), the sums T_n = G_n (F_0/G_0 + ... + F_n/G_n) are the q_n, and
p_n = g(1) G_n + f(0) T_n. Nothing is left to be proved but an induction.

Source: Euler 1748, "Introductio in analysin infinitorum", chapter 18.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from flint import fmpz, fmpz_poly

from reasoning.discovery.canonical import polynomial_text

__all__ = ["EulerForm", "euler_form", "lean_statement"]

_MOST_DIVISORS: Final = 4_000


@dataclass(frozen=True, slots=True)
class EulerForm:
    """The two polynomials: a(n) = g(n+1) + f(n), b(n) = -f(n) g(n)."""

    f: fmpz_poly
    g: fmpz_poly


def euler_form(a: fmpz_poly, b: fmpz_poly) -> EulerForm | None:
    """The form of a fraction, where it has one; `b` is not 0."""
    for f in _divisors(b):
        g = -b // f
        if g(fmpz_poly([1, 1])) + f == a and f * g == -b:
            return EulerForm(f, g)
    return None


def lean_statement(a: fmpz_poly, b: fmpz_poly, form: EulerForm) -> str:
    """The theorem that the convergents are those sums, over whole numbers, as a statement that ends in `:= by`."""

    def at(poly: fmpz_poly, shift: int) -> str:
        return _lean(poly(fmpz_poly([shift, 1])))

    lines = [
        "theorem convergents_are_sums (p q F G T : Nat → Int)",
        f"    (p0 : p 0 = {int(a[0])}) (p1 : p 1 = {int(a(fmpz(1)) * a[0] + b(fmpz(1)))})",
        f"    (q0 : q 0 = 1) (q1 : q 1 = {int(a(fmpz(1)))})",
        f"    (hp : ∀ n : Nat, p (n + 2) = ({at(a, 2)}) * p (n + 1) + ({at(b, 2)}) * p n)",
        f"    (hq : ∀ n : Nat, q (n + 2) = ({at(a, 2)}) * q (n + 1) + ({at(b, 2)}) * q n)",
        f"    (F0 : F 0 = 1) (hF : ∀ n : Nat, F (n + 1) = ({at(form.f, 1)}) * F n)",
        f"    (G0 : G 0 = 1) (hG : ∀ n : Nat, G (n + 1) = ({at(form.g, 2)}) * G n)",
        f"    (T0 : T 0 = 1) (hT : ∀ n : Nat, T (n + 1) = ({at(form.g, 2)}) * T n + F (n + 1)) :",
        f"    ∀ n : Nat, q n = T n ∧ p n = ({int(form.g(fmpz(1)))}) * G n + ({int(form.f[0])}) * T n := by",
    ]
    return "\n".join(lines)


def _lean(poly: fmpz_poly) -> str:
    return polynomial_text(poly).replace("**", "^").replace("*", " * ").replace("n", "(n : Int)")


def _divisors(b: fmpz_poly) -> Iterator[fmpz_poly]:
    content, factors = b.factor()
    numbers = [d for d in range(1, min(abs(int(content)), _MOST_DIVISORS) + 1) if content % d == 0]
    powers = [[factor**power for power in range(times + 1)] for factor, times in factors]
    left = _MOST_DIVISORS
    for parts in product(*powers):
        whole = fmpz_poly([1])
        for part in parts:
            whole *= part
        for number in numbers:
            for sign in (1, -1):
                left -= 1
                if left < 0:
                    return
                yield sign * number * whole
