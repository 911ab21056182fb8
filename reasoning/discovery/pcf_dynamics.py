"""Unsupervised: fractions are measured and clustered by how they converge, and one identified member names a cluster.

    outcome = search(Settings(a_degree=2, a_coefficients=5, b_degree=2, b_coefficients=5), Path("runs/dynamics"))
    outcome.labels["pi"]        # clusters that a Moebius image of pi named

1. Every fraction of the box is classified by its coefficients; those with a limit and no end get their value in float64
   and their features (`dynamics`): chunk by chunk, into `features-*.npy` of the run directory.
2. The features are clustered (`clusters`): finely where common divisors cancel the factorial growth of the denominators
   or much of it, coarsely elsewhere.
3. Some members of each cluster are identified over a basis of constants; the constants found name the cluster.
4. All fractions are tried against Moebius images of the basis, and those of a named cluster against larger images of
   its constants; what meets is judged by the constant verifier.

Source: "Unsupervised Discovery of Formulas for Mathematical Constants" (arXiv 2412.16818).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from flint import arb, ctx, fmpz_poly

from reasoning.discovery.box_values import classes_of, values_of
from reasoning.discovery.boxes import Box
from reasoning.discovery.canonical import polynomial_text
from reasoning.discovery.conjectures import Conjecture, first_verified, verified
from reasoning.discovery.driver import (
    Outcome,
    check_fractions,
    collected,
    open_run,
    publish_fractions,
)
from reasoning.discovery.dynamics import FEATURES, measure
from reasoning.discovery.formulas import affine, quotient
from reasoning.discovery.measured import Points, read_rows, write_rows
from reasoning.discovery.moebius import MoebiusTable
from reasoning.discovery.relations import find_relation
from reasoning.discovery.units import finish_units
from reasoning.runs import Run, replaced_file
from verifiers.constants.closed_form import evaluate_to
from verifiers.constants.convergents import enclose
from verifiers.constants.expressions import parse
from verifiers.constants.judge import false_positive_bound
from verifiers.constants.tails import NoLimitError, accelerate

__all__ = ["CLUSTERS_NAME", "DEFAULT_BASIS", "DynamicsOutcome", "Settings", "search"]

CLUSTERS_NAME: Final = "clusters.jsonl"
DEFAULT_BASIS: Final = (
    "pi", "e", "log(2)", "log(3)", "sqrt(2)", "sqrt(3)", "phi", "sqrt(e)", "exp(2)", "exp(3)", "exp(4)", "exp(5)",
    "pi**2", "zeta(3)", "catalan", "euler", "gamma(1/4)**4/pi**2", "tan(1)", "tan(1/2)", "tan(2)",
    "tanh(sqrt(2))*sqrt(2)", "tan(sqrt(2))*sqrt(2)", "pi*sqrt(3)", "pi*sqrt(2)", "log(3/2)", "log(5)",
    "atan(1/2)", "atan(1/3)", "log(1+sqrt(2))*sqrt(2)", "log(phi)*sqrt(5)", "besseli(0,2)/besseli(1,2)",
    "besselj(0,2)/besselj(1,2)", "besseli(0,1)/besseli(1,1)",
    "besseli(1/3,2/3)/besseli(-2/3,2/3)", "besselj(0,1)/besselj(1,1)", "besseli(0,4)/besseli(1,4)", "e*e1(1)",
    "sqrt(pi*e/2)*erfc(1/sqrt(2))",
)  # fmt: skip
_LABEL_DIGITS: Final = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides what is found.

    Attributes:
        a_degree: largest degree of a(n).
        a_coefficients: largest size of its coefficients.
        b_degree: largest degree of b(n).
        b_coefficients: largest size of its coefficients.
        basis: constants that may name a cluster.
        height: largest coefficient of the Moebius images that all fractions are tried against.
        digits: to which a conjecture is verified.
    """

    a_degree: int = 2
    a_coefficients: int = 5
    b_degree: int = 2
    b_coefficients: int = 5
    basis: tuple[str, ...] = DEFAULT_BASIS
    height: int = 12
    digits: int = 100

    @property
    def box(self) -> Box:
        """The fractions that are searched."""
        return Box(self.a_degree, self.a_coefficients, self.b_degree, self.b_coefficients)

    @property
    def accidents(self) -> float:
        """Accidental agreements to be expected in the whole search."""
        return false_positive_bound(self.box.fractions, len(self.basis), self.height, self.digits)


@dataclass(frozen=True, slots=True)
class DynamicsOutcome(Outcome[Conjecture]):
    """What a search came to, with the number of clusters that each constant names."""

    labels: dict[str, int]


def search(
    settings: Settings, directory: Path, *, resume: bool = False, jobs: int | None = None, quiet: bool = False
) -> DynamicsOutcome:
    """Search a box to its end, or go on with a search.

    Args:
        settings: what is searched.
        directory: the run directory; holds the catalogue and the clusters at the end.
        resume: the directory holds an earlier attempt with the same settings.
        jobs: processes; None: one a processor.
        quiet: show no progress.

    Raises:
        DiscoveryError: a setting is out of range, or so few digits could not tell a formula from an accident.
        RunError: the directory cannot be used.
    """
    check_fractions("basis", settings.basis, settings.height, settings.digits, lambda: settings.accidents)
    with open_run("pcf-dynamics", settings, directory, resume=resume) as run:
        chunks = settings.box.chunks
        common: dict[str, Any] = {"jobs": jobs, "quiet": quiet}
        finish_units(run, "measure", chunks, partial(_Measurer, settings, directory), label="measure", **common)
        points = Points.of(settings.box, directory)
        members = points.members()
        make = partial(_Labeller, settings, members)
        finish_units(run, "label", len(members), make, label="label", **common)
        names = [run.store.outcome("label", number)["constants"] for number in range(len(members))]
        matcher = partial(_Matcher, settings, directory, points.owners(names))
        finish_units(run, "match", chunks, matcher, label="match", **common)
        return _export(run, settings, points, names)


class _Measurer:
    """Step 1: classes, values and features of a chunk."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._box = settings.box
        self._directory = directory

    def work(self, number: int) -> dict[str, int]:
        """Counts of the classes (of the fractions up to sign); the rows go to the chunk's file."""
        a, b = self._box.chunk(number)
        kinds, ends = classes_of(a, b)
        counts = Counter(f"{kind}{', ends' if end else ''}" for kind, end in zip(kinds, ends, strict=True))
        values = values_of(a, b)
        limits = np.flatnonzero(np.isfinite(values) & ~ends & (values != 0))
        counts["with a value"] = len(limits)
        kept = limits[~_inflated(a[limits], b[limits])]
        counts["measured"] = len(kept)
        rows = np.column_stack([kept.astype(np.float64), values[kept], measure(a[kept], b[kept])])
        write_rows(self._directory, number, rows)
        return dict(sorted(counts.items()))


def _inflated(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether a number divides `a` and its square `b`: the fraction without it stands in the box as well."""
    found = np.zeros(len(a), dtype=bool)
    for c in range(2, int(np.abs(a).max(initial=1)) + 1):
        found |= (a % c == 0).all(axis=1) & (b % (c * c) == 0).all(axis=1)
    return found


class _Labeller:
    """Step 3: the constants of a cluster, by some of its members."""

    def __init__(self, settings: Settings, members: Sequence[Sequence[int]]) -> None:
        self._box = settings.box
        self._members = members
        self._constants = [(name, evaluate_to(parse(name), _LABEL_DIGITS + 10)) for name in settings.basis]

    def work(self, number: int) -> dict[str, Any]:
        """The constants' names, and the fraction and closed form that the first of them was found by."""
        names: list[str] = []
        first = {"a": "", "b": "", "value": ""}
        for member in self._members[number]:
            a, b = self._box.fraction(member)
            value = _value(a, b)
            if value is None:
                continue
            for name, constant in self._constants:
                if (text := _image(value, name, constant)) is not None:
                    if not names:
                        first = {
                            "a": polynomial_text(fmpz_poly(a)), "b": polynomial_text(fmpz_poly(b)), "value": text
                        }  # fmt: skip
                    names += [name] if name not in names else []
                    break
        return {"constants": names, **first}


def _value(a: Sequence[int], b: Sequence[int]) -> arb | None:
    """The fraction's value to the digits that a label takes; None where they cannot be had."""
    upper, lower = fmpz_poly([int(c) for c in a]), fmpz_poly([int(c) for c in b])
    enclosure = enclose(upper, lower, _LABEL_DIGITS + 5)
    if enclosure is not None:
        return enclosure.value
    try:
        tail = accelerate(upper, lower, _LABEL_DIGITS + 5)
    except (NoLimitError, ZeroDivisionError):
        return None
    return tail.value if tail.agreed >= _LABEL_DIGITS + 3 else None


def _image(value: arb, name: str, constant: arb) -> str | None:
    """The number as a Moebius image of a constant."""
    before = ctx.prec
    ctx.prec = int(_LABEL_DIGITS * 3.33) + 64
    try:
        if value.contains(0):
            return None
        relation = find_relation(
            [value * constant, value, constant, arb(1)],
            _LABEL_DIGITS,
            most_digits=_LABEL_DIGITS / 3,
        )
    finally:
        ctx.prec = before
    if relation is None:
        return None
    vc, v, c, one = relation.coefficients
    if not (vc or v) or vc * one == v * c:
        return None
    return quotient(affine(-c, -one, name), affine(vc, v, name))


class _Matcher:
    """Step 4: the fractions of a chunk against the basis, and against what names their clusters."""

    def __init__(self, settings: Settings, directory: Path, owners: dict[int, Sequence[str]]) -> None:
        self._settings = settings
        self._directory = directory
        self._tables = [MoebiusTable(constant, settings.height) for constant in settings.basis]
        self._owners = owners
        self._constants = {name: evaluate_to(parse(name), _LABEL_DIGITS + 10) for name in settings.basis}

    def work(self, number: int) -> dict[str, Any]:
        """Counts and verified hits of a chunk."""
        rows = read_rows(self._directory, number)
        first, box, digits = self._settings.box.first(number), self._settings.box, self._settings.digits
        counts = {"met": 0, "verified": 0, "by their cluster": 0}
        hits: list[list[Any]] = []
        found: set[int] = set()
        for table in self._tables:
            for index, images in table.images(rows[:, 1]).items():
                counts["met"] += 1
                fraction = first + int(rows[index, 0])
                hit = first_verified(*box.fraction(fraction), table.constant, images, digits)
                if hit is not None:
                    counts["verified"] += 1
                    hits.append(hit)
                    found.add(fraction)
        for offset in rows[:, 0].astype(np.int64).tolist():
            if first + offset in found or (first + offset) not in self._owners:
                continue
            a, b = box.fraction(first + offset)
            if (hit := self._of_cluster(a, b, self._owners[first + offset])) is not None:
                counts["by their cluster"] += 1
                hits.append(hit)
        return {"counts": counts, "hits": hits}

    def _of_cluster(self, a: Sequence[int], b: Sequence[int], names: Sequence[str]) -> list[Any] | None:
        value = _value(a, b)
        for name in names if value is not None else ():
            text = _image(value, name, self._constants[name])
            hit = None if text is None else verified(a, b, name, text, self._settings.digits)
            if hit is not None:
                return hit
        return None


def _export(run: Run, settings: Settings, points: Points, names: list[list[str]]) -> DynamicsOutcome:
    counts: Counter[str] = Counter()
    for chunk in range(settings.box.chunks):
        # The box lists fractions up to sign; with it there are twice as many.
        counts.update({name: 2 * count for name, count in run.store.outcome("measure", chunk).items()})
    matched, hits = collected(run, "match", settings.box.chunks)
    counts.update(matched)
    counts["fractions"] = 2 * settings.box.fractions
    counts["stand apart"] = int((points.labels < points.apart).sum())
    counts["clusters that stand apart"] = points.apart
    counts["clusters"] = len(names)
    counts["named clusters"] = sum(bool(found) for found in names)
    _write_clusters(run, points)
    outcome = publish_fractions(
        run, "Formulas by their dynamics", hits, settings.accidents, dict(sorted(counts.items()))
    )
    named = Counter(name for found in names for name in found)
    return DynamicsOutcome(outcome.conjectures, outcome.counts, dict(named.most_common()))


def _write_clusters(run: Run, points: Points) -> None:
    with replaced_file(run.directory / CLUSTERS_NAME) as file:
        for number, part in enumerate(points.parts()):
            centre = np.median(points.features[part], axis=0)
            row: dict[str, Any] = {"cluster": number, "apart": number < points.apart, "size": len(part)}
            row |= run.store.outcome("label", number)
            row.update(zip(FEATURES, (round(float(x), 6) for x in centre), strict=True))
            file.write(json.dumps(row) + "\n")
