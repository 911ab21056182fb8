"""Verified polynomial fractions, sorted into conjectures: one of each form, with all that is known of it.

hits = [verified(a, b, "pi", "4/pi", digits=100), ...]
conjectures = gather(hits, accidents=1e-88)
conjectures[0].a, conjectures[0].value, conjectures[0].value_class      # "2*n+1", "4/pi", 1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from flint import fmpz_poly

from reasoning.discovery.canonical import canonical, coefficient_rows, coefficient_sum, polynomial_text
from reasoning.discovery.dynamics import DELTA, NAIVE_DELTA, RATIO, measure
from reasoning.discovery.euler import euler_form, lean_statement
from reasoning.discovery.moebius import Moebius, moebius_text
from reasoning.discovery.transformations import folded, shift_form, shifted
from verifiers.constants.judge import Claim, judge
from verifiers.constants.polynomials import polynomial
from verifiers.records import Status

__all__ = ["Conjecture", "first_verified", "gather", "verified"]

_SAME_DELTA: Final = 0.02
"""Gap of the irrationality measures up to which formulas of one constant and one ratio are one discovery."""
_SAME_RATIO: Final = 9
"""Decimal places of the ratio of eigenvalues."""


@dataclass(frozen=True, slots=True)
class Conjecture:
    """A fraction and the closed form that it equals as far as was verified.

    Attributes:
        a: polynomial of the denominators.
        b: polynomial of the numerators.
        value: closed form.
        constant: that it holds.
        digits: to which both sides agree.
        proved_digits: whether the fraction's digits rest on a proved error bound.
        kind: class of convergence.
        digits_per_term: of a geometric fraction, otherwise 0.
        accidents: accidental agreements to be expected in the whole search at these digits.
        delta: irrationality measure by the convergents in lowest terms, at depth 64; a feature, no proof.
        naive_delta: by the convergents as the recurrence gives them.
        eigenvalue_ratio: the smaller root of a late step over the larger one, in size.
        value_class: number of its class: one constant, one ratio, one delta are one discovery.
        representative: whether it is the simplest of its class.
        siblings: `a ; b` of other fractions that are this one inflated.
        shift_class: number of its class: fractions that are one fraction begun at different places.
        shift: terms after which it begins, counted from the form that stands for the class.
        folded: `a ; b` of other conjectures that have every second convergent of this one, up to a Moebius map and to
            where they begin.
        statement: for Lean 4, of the exact sums that its convergents are, where they are (Euler); empty otherwise.
    """

    a: str
    b: str
    value: str
    constant: str
    digits: int
    proved_digits: bool
    kind: str
    digits_per_term: float
    accidents: float
    delta: float | None = None
    naive_delta: float | None = None
    eigenvalue_ratio: float | None = None
    value_class: int = 0
    representative: bool = True
    siblings: tuple[str, ...] = ()
    shift_class: int = 0
    shift: int = 0
    folded: tuple[str, ...] = ()
    statement: str = ""

    @property
    def coefficients(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Those of a and of b, from the constant one up."""
        a, b = (tuple(int(c) for c in _poly(text).coeffs()) for text in (self.a, self.b))
        return a, b


def verified(a: Sequence[int], b: Sequence[int], constant: str, value: str, digits: int) -> list[Any] | None:
    """The hit [a, b, constant, value, digits, proved, kind, digits per term], where the constant verifier agrees."""
    texts = [polynomial_text(fmpz_poly([int(c) for c in side])) for side in (a, b)]
    finding = judge(Claim(texts[0], texts[1], value=value), None, digits)
    if finding.status is not Status.PASSED:
        return None
    return [*texts, constant, value, finding.digits, finding.proved, finding.kind, finding.digits_per_term]


def first_verified(
    a: Sequence[int], b: Sequence[int], constant: str, images: Sequence[Moebius], digits: int
) -> list[Any] | None:
    """The hit of the first of some Moebius images of a constant with which the constant verifier agrees."""
    for image in images:
        if (hit := verified(a, b, constant, moebius_text(constant, image), digits)) is not None:
            return hit
    return None


def gather(hits: Sequence[list[Any]], accidents: float) -> list[Conjecture]:
    """One conjecture for each form and constant, by value class, the simplest first.

    Args:
        hits: from `verified`.
        accidents: accidental agreements to be expected in the whole search.
    """
    groups: dict[tuple[str, str], list[list[Any]]] = {}
    for hit in hits:
        form = canonical(*(_poly(text) for text in hit[:2]))
        groups.setdefault((str(form), hit[2]), []).append(hit)
    chosen = [sorted(group, key=_simplicity) for group in groups.values()]
    chosen.sort(key=lambda group: (group[0][2], *_simplicity(group[0])))
    features = _measured([group[0] for group in chosen])
    classes = _value_classes([group[0][2] for group in chosen], features)
    related = _Relatives([group[0] for group in chosen])
    seen: set[int] = set()
    conjectures = []
    for place, (best, *others) in enumerate(chosen):
        a, b, constant, value, digits, proved, kind, per_term = best
        delta, naive, ratio = features[place]
        siblings = dict.fromkeys(f"{hit[0]} ; {hit[1]}" for hit in others if hit[:2] != best[:2])
        sums = euler_form(_poly(a), _poly(b))
        conjectures.append(
            Conjecture(
                a, b, value, constant, digits, proved, kind, round(per_term, 4), accidents, delta, naive, ratio,
                classes[place], classes[place] not in seen, tuple(siblings), *related.of(place),
                lean_statement(_poly(a), _poly(b), sums) if sums else "",
            )
        )  # fmt: skip
        seen.add(classes[place])
    return conjectures


class _Relatives:
    """Which fractions of a list are shifts and foldings of each other."""

    def __init__(self, hits: Sequence[list[Any]]) -> None:
        self._hits = hits
        self._classes: dict[str, int] = {}
        self._forms: dict[tuple[str, str], list[int]] = {}
        self._shifts: list[tuple[str, int]] = []
        for place, hit in enumerate(hits):
            *form, shift = shift_form(_poly(hit[0]), _poly(hit[1]))
            self._shifts.append((str(form), shift))
            self._classes.setdefault(str(form), len(self._classes) + 1)
            self._forms.setdefault((hit[2], str(form)), []).append(place)

    def of(self, place: int) -> tuple[int, int, tuple[str, ...]]:
        """The class of its shifts, its place in there, and the conjectures of the same constant that it folds to."""
        form, shift = self._shifts[place]
        a, b, constant = _poly(self._hits[place][0]), _poly(self._hits[place][1]), self._hits[place][2]
        found: dict[str, None] = {}
        for half in (folded(a, b), folded(*shifted(a, b, 1))):
            if half is not None:
                *of_half, _ = shift_form(*half)
                others = [other for other in self._forms.get((constant, str(of_half)), []) if other != place]
                found.update(dict.fromkeys(f"{self._hits[other][0]} ; {self._hits[other][1]}" for other in others))
        return self._classes[form], shift, tuple(found)


def _simplicity(hit: list[Any]) -> tuple[Any, ...]:
    return *coefficient_sum(_poly(hit[0]), _poly(hit[1])), hit[0], hit[1], hit[3]


def _measured(hits: Sequence[list[Any]]) -> list[tuple[float | None, float | None, float]]:
    """Both irrationality measures and the ratio of eigenvalues of each hit."""
    if not hits:
        return []
    rows = measure(*(coefficient_rows([_poly(hit[side]) for hit in hits]) for side in (0, 1)))
    return [(_rounded(row[DELTA]), _rounded(row[NAIVE_DELTA]), round(float(row[RATIO]), 12)) for row in rows]


def _rounded(measure: np.float64) -> float | None:
    return round(float(measure), 6) if np.isfinite(measure) else None


def _value_classes(constants: list[str], features: list[tuple[float | None, float | None, float]]) -> list[int]:
    """Numbers from 1 on in the order of the first member."""
    groups: dict[tuple[str, float], list[int]] = {}
    for index, (constant, (_, _, ratio)) in enumerate(zip(constants, features, strict=True)):
        groups.setdefault((constant, round(ratio, _SAME_RATIO)), []).append(index)
    of: dict[int, int] = {}
    for members in groups.values():
        members.sort(key=lambda index: (features[index][0] or 0.0, index))
        parts: list[list[int]] = [[]]
        for index in members:
            if parts[-1] and (features[index][0] or 0.0) - (features[parts[-1][-1]][0] or 0.0) > _SAME_DELTA:
                parts.append([])
            parts[-1].append(index)
        for part in parts:
            of.update(dict.fromkeys(part, min(part)))
    numbers: dict[int, int] = {}
    return [numbers.setdefault(of[index], len(numbers) + 1) for index in range(len(constants))]


def _poly(text: str) -> fmpz_poly:
    return polynomial(text).numer()
