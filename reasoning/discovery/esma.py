"""ESMA: signed continued fractions of P(c)/Q(c) whose terms follow a linear recurrence.

    settings = Settings(constants=("e",), degree=1, coefficients=2, period=2)
    outcome = search(settings, Path("runs/esma-e"))
    outcome.conjectures[0].value, outcome.conjectures[0].recurrence     # "e", (1, 0, 0, -2, 0, 0, 1)

The terms are taken from an interval, so each is certain. A recurrence that Berlekamp and Massey's algorithm finds must
then hold over the integers, on four times as many fresh terms, and the fraction that it writes must have the value to
all the digits that are asked for, by the constant verifier. That last test tells a pattern from a run of equal terms,
such as the 2s that a large partial quotient becomes under the sign -1.

Source: Elimelech et al. 2022, "Algorithm-assisted discovery of an intrinsic order among mathematical constants" (ESMA).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from flint import arb, ctx

from reasoning.discovery.berlekamp_massey import Recurrence, holds, shortest_recurrence
from reasoning.discovery.driver import Outcome, check_constants, collected, open_run, publish
from reasoning.discovery.interlaced import pattern_of
from reasoning.discovery.left_sides import LeftSide, left_sides
from reasoning.discovery.signed_terms import bounds, certain_terms, primitive_periods
from reasoning.discovery.units import DiscoveryError, finish_units
from reasoning.runs import Run
from verifiers.constants.closed_form import evaluate
from verifiers.constants.expressions import parse
from verifiers.constants.judge import Claim, false_positive_bound, judge
from verifiers.constants.signed import SignedFraction
from verifiers.records import Status

__all__ = ["Settings", "SignedConjecture", "search"]

_STAGE: Final = "left sides"
_BLOCK: Final = 64
"""Left sides of one unit of work."""
_FRESH: Final = 4
"""Fresh terms that a recurrence must give, for each term that it was found on."""
_BITS_PER_TERM: Final = 24
_MOST_BITS: Final = 2**18
_LEAST_VALUE_DIGITS: Final = 60
"""Fewer digits of the value keep runs of equal terms (12 kept a quarter of pi's)."""
_SHOWN_TERMS: Final = 24
_TAIL: Final = slice(12, _SHOWN_TERMS)
_LONGEST_PERIOD: Final = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides what is found.

    Attributes:
        constants: closed forms.
        degree: largest degree of P and Q.
        coefficients: largest size of their coefficients.
        period: largest length of the period of signs.
        depth: terms that a recurrence is sought on.
        digits: of the value to which a conjecture is verified.
    """

    constants: tuple[str, ...] = ("e",)
    degree: int = 1
    coefficients: int = 2
    period: int = 2
    depth: int = 100
    digits: int = 100


@dataclass(frozen=True, slots=True)
class SignedConjecture:
    """A signed fraction and the closed form that it equals as far as was verified.

    Attributes:
        value: closed form.
        constant: that it holds.
        sign_period: s_1, s_2, ...
        initial: first terms.
        recurrence: c_0, c_1, ... with sum c_i a_{n-i} = 0 after the initial terms.
        pure: whether the recurrence holds from the first term that it can decide.
        terms: the first ones.
        pattern: the terms as interlaced polynomials, where they are.
        digits: to which both sides agree.
        digits_per_term: over the terms that the recurrence was found on.
        accidents: accidental agreements to be expected in the whole search at these digits.
        siblings: other left sides with the same signs and, from the thirteenth on, the same terms.
    """

    value: str
    constant: str
    sign_period: tuple[int, ...]
    initial: tuple[int, ...]
    recurrence: tuple[int, ...]
    pure: bool
    terms: tuple[int, ...]
    pattern: str
    digits: int
    digits_per_term: float
    accidents: float
    siblings: tuple[str, ...] = ()


def search(
    settings: Settings, directory: Path, *, resume: bool = False, jobs: int | None = None, quiet: bool = False
) -> Outcome[SignedConjecture]:
    """Search all left sides and signs, or go on with a search.

    Args:
        settings: what is searched.
        directory: the run directory; holds the catalogue at the end.
        resume: the directory holds an earlier attempt with the same settings.
        jobs: processes; None: one a processor.
        quiet: show no progress.

    Raises:
        DiscoveryError: a setting is out of range, or so few digits could not tell a formula from an accident.
        RunError: the directory cannot be used.
    """
    blocks = _check(settings)
    with open_run("esma", settings, directory, resume=resume) as run:
        finish_units(run, _STAGE, blocks, partial(_Searcher, settings), jobs=jobs, label="esma", quiet=quiet)
        return _export(run, settings, blocks)


def _check(settings: Settings) -> int:
    """How many units of work there are."""
    check_constants("constants", settings.constants)
    if not 1 <= settings.period <= _LONGEST_PERIOD:
        raise DiscoveryError(f"period: expected 1 to {_LONGEST_PERIOD}, got {settings.period}")
    if not 40 <= settings.depth <= 2_000:
        raise DiscoveryError(f"depth: expected 40 to 2000 terms, got {settings.depth}")
    if not _LEAST_VALUE_DIGITS <= settings.digits <= 1_000:
        raise DiscoveryError(f"digits: expected {_LEAST_VALUE_DIGITS} to 1000, got {settings.digits}")
    try:
        sides = len(left_sides(settings.degree, settings.coefficients))
    except ValueError as error:
        raise DiscoveryError(str(error)) from None
    return len(settings.constants) * -(-sides // _BLOCK)


class _Searcher:
    """Searches blocks of left sides under all signs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sides = left_sides(settings.degree, settings.coefficients)
        self._periods = primitive_periods(settings.period)
        self._values: dict[tuple[str, int], arb] = {}

    def work(self, number: int) -> dict[str, Any]:
        """Counts, and each verified hit as the fields of a conjecture."""
        blocks = -(-len(self._sides) // _BLOCK)
        constant = self._settings.constants[number // blocks]
        first = number % blocks * _BLOCK
        counts = dict.fromkeys(
            ("left sides", "pairs", "too few terms", "recurrences", "broken", "refused", "verified"), 0
        )
        hits: list[dict[str, Any]] = []
        bits = _BITS_PER_TERM * self._settings.depth
        for side in self._sides[first : first + _BLOCK]:
            if not self._ball(constant, side, 64) > 0:
                # Its negative is in the list as well.
                continue
            counts["left sides"] += 1
            ends = bounds(self._ball(constant, side, bits), bits)
            for signs in self._periods:
                counts["pairs"] += 1
                if (hit := self._pair(constant, side, signs, ends, bits, counts)) is not None:
                    counts["verified"] += 1
                    hits.append(hit)
        return {"counts": counts, "hits": hits}

    def _pair(
        self, constant: str, side: LeftSide, signs: tuple[int, ...], ends: tuple[int, int], bits: int,
        counts: dict[str, int],
    ) -> dict[str, Any] | None:  # fmt: skip
        depth = self._settings.depth
        terms = _Watched(certain_terms(*ends, bits, signs))
        found = shortest_recurrence(terms, depth, depth // 4)
        while found is None and terms.ended and 2 * bits <= _MOST_BITS:
            bits *= 2
            terms = _Watched(certain_terms(*bounds(self._ball(constant, side, bits), bits), bits, signs))
            found = shortest_recurrence(terms, depth, depth // 4)
        counts["too few terms"] += found is None and terms.ended
        # A number below 1 begins with the term 0: its inverse, another left side, has the same terms after it.
        if found is None or 0 in found.terms:
            return None
        counts["recurrences"] += 1
        if not self._goes_on(constant, side, signs, found):
            counts["broken"] += 1
            return None
        order = max(found.start, len(found.coefficients) - 1)
        fraction = SignedFraction(signs, found.terms[:order], found.coefficients)
        value = side.text(constant)
        finding = judge(Claim(signed=fraction, value=value), None, self._settings.digits)
        if finding.status is not Status.PASSED:
            counts["refused"] += 1
            return None
        return {
            "value": value,
            "constant": constant,
            "sign_period": signs,
            "initial": fraction.initial,
            "recurrence": fraction.recurrence,
            "pure": order == len(found.coefficients) - 1,
            "terms": found.terms[:_SHOWN_TERMS],
            "pattern": pattern_of(found.terms),
            "digits": finding.digits,
            "digits_per_term": _digits_per_term(found.terms, signs),
        }

    def _goes_on(self, constant: str, side: LeftSide, signs: tuple[int, ...], found: Recurrence) -> bool:
        wanted = (1 + _FRESH) * self._settings.depth
        bits = 2 * wanted * _BITS_PER_TERM // 3
        while True:
            ends = bounds(self._ball(constant, side, bits), bits)
            terms = list(islice(certain_terms(*ends, bits, signs), wanted))
            if not holds(found.coefficients, terms, max(found.start, len(found.coefficients) - 1)):
                return False
            if len(terms) == wanted:
                return True
            if 2 * bits > _MOST_BITS:
                return False
            bits *= 2

    def _ball(self, constant: str, side: LeftSide, bits: int) -> arb:
        """The left side with `bits` bits after the point, about; leaves the working precision high enough for them."""
        if (constant, bits) not in self._values:
            self._values[constant, bits] = evaluate(parse(constant), bits + 128)
        ctx.prec = bits + 128
        return side.at(self._values[constant, bits])


class _Watched:
    """Terms, and whether they came to their end."""

    def __init__(self, terms: Iterator[int]) -> None:
        self._terms = terms
        self.ended = False

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        try:
            return next(self._terms)
        except StopIteration:
            self.ended = True
            raise


def _digits_per_term(terms: tuple[int, ...], signs: tuple[int, ...]) -> float:
    """2 log10 |q_n| / n, with n the last term."""
    q, before = 1, 0
    for n, term in enumerate(terms[1:]):
        q, before = term * q + signs[n % len(signs)] * before, q
    return round(2 * math.log10(abs(q)) / len(terms), 4) if q else 0.0


def _export(run: Run, settings: Settings, blocks: int) -> Outcome[SignedConjecture]:
    counts, hits = collected(run, _STAGE, blocks)
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for hit in hits:
        tail = tuple(hit["terms"][_TAIL])
        groups.setdefault((hit["constant"], tuple(hit["sign_period"]), tail), []).append(hit)
    accidents = false_positive_bound(max(counts["pairs"], 1), 1, 0, settings.digits)
    conjectures = [_conjecture(group, accidents) for group in groups.values()]
    conjectures.sort(key=lambda one: (one.constant, len(one.recurrence), len(one.value), one.value, one.sign_period))
    counts["values"] = len({hit["value"] for hit in hits})
    counts["pure values"] = len({hit["value"] for hit in hits if hit["pure"]})
    return publish(run, "Signed continued fractions", conjectures, counts)


def _conjecture(hits: list[dict[str, Any]], accidents: float) -> SignedConjecture:
    best, *others = sorted(
        hits, key=lambda hit: (not hit["pure"], len(hit["initial"]), len(hit["value"]), hit["value"])
    )
    listed = {name: tuple(best[name]) for name in ("sign_period", "initial", "recurrence", "terms")}
    return SignedConjecture(
        **{**best, **listed}, accidents=accidents, siblings=tuple(sorted(hit["value"] for hit in others))
    )
