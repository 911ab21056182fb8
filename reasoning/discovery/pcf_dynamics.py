"""Unsupervised: fractions are measured and clustered by how they converge, and one identified member names a cluster.

    outcome = search(Settings(a_degree=2, a_coefficients=5, b_degree=2, b_coefficients=5), Path("runs/dynamics"))
    outcome.labels["pi"]        # clusters that a Moebius image of pi named

1. Every fraction of the box is classified by its coefficients; those with a limit and no end get their value in float64
   and their features (`dynamics`): chunk by chunk, into `features-*.npy` of the run directory.
2. The features are clustered (`clusters`): finely where common divisors cancel the factorial growth of the denominators
   or much of it, coarsely elsewhere.
3. Some members of each cluster are identified over a basis of constants; the constants found name the cluster.
4. All fractions are tried against the constants so named, those of a cluster against its own first, and what meets is
   judged by the constant verifier.

Source: "Unsupervised Discovery of Formulas for Mathematical Constants" (arXiv 2412.16818).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from flint import arb, ctx, fmpz_poly

from reasoning.discovery.boxes import Box
from reasoning.discovery.canonical import polynomial_text
from reasoning.discovery.catalogue import write_catalogue
from reasoning.discovery.clusters import cluster
from reasoning.discovery.conjectures import Conjecture, gather, verified
from reasoning.discovery.double_roots import double_roots, slow_value
from reasoning.discovery.dynamics import (
    DELTA,
    DENOMINATOR_LINEAR,
    DENOMINATOR_LOG,
    ERROR_LINEAR,
    ERROR_LOG,
    FEATURES,
    RATIO,
    measure,
)
from reasoning.discovery.floats import evaluate_many
from reasoning.discovery.formulas import affine, quotient
from reasoning.discovery.moebius import MAX_HEIGHT, MoebiusTable, moebius_text
from reasoning.discovery.relations import find_relation
from reasoning.discovery.units import DiscoveryError, finish_units
from reasoning.runs import Run, replaced_file, write_json
from reasoning.runs.files import PARTIAL_SUFFIX
from reasoning.runs.run import METRICS_NAME
from verifiers.constants.closed_form import evaluate_to
from verifiers.constants.convergents import enclose
from verifiers.constants.expressions import ExpressionError, parse
from verifiers.constants.judge import false_positive_bound
from verifiers.constants.tails import NoLimitError, accelerate

__all__ = ["CLUSTERS_NAME", "DEFAULT_BASIS", "Outcome", "Settings", "search"]

CLUSTERS_NAME: Final = "clusters.jsonl"
DEFAULT_BASIS: Final = (
    "pi", "e", "log(2)", "log(3)", "sqrt(2)", "sqrt(3)", "phi", "sqrt(e)", "exp(2)", "exp(3)", "exp(4)", "exp(5)",
    "pi**2", "zeta(3)", "catalan", "euler", "gamma(1/4)**4/pi**2", "tan(1)", "tan(1/2)", "tan(2)",
    "tanh(sqrt(2))*sqrt(2)", "tan(sqrt(2))*sqrt(2)", "pi*sqrt(3)", "pi*sqrt(2)", "log(3/2)", "log(5)",
    "atan(1/2)", "atan(1/3)", "log(1+sqrt(2))*sqrt(2)", "log(phi)*sqrt(5)", "besseli(0,2)/besseli(1,2)",
    "besselj(0,2)/besselj(1,2)", "besseli(0,1)/besseli(1,1)",
    "besselj(0,1)/besselj(1,1)", "besseli(0,4)/besseli(1,4)", "e*e1(1)",
    "sqrt(pi*e/2)*erfc(1/sqrt(2))",
)  # fmt: skip
_GAPS: Final = {
    DELTA: 0.01,
    RATIO: 1e-6,
    DENOMINATOR_LOG: 0.02,
    DENOMINATOR_LINEAR: 0.05,
    ERROR_LOG: 0.05,
    ERROR_LINEAR: 0.1,
}
"""Least distances of clusters in each feature."""
_COARSE: Final = {RATIO: 1e-6, ERROR_LOG: 0.02, DENOMINATOR_LOG: 0.02}
"""The same for the fractions that nothing sets apart, which fill the space densely."""
_CANCELS: Final = 0.3
"""Growth of the reduced denominators in n ln n below which the factorials cancel: the common multiples that are left
grow like exp(c n), with swings of up to 0.2 in this fit."""
_GENERIC: Final = 0.04
"""What a common divisor adds to delta by chance."""
_SIMPLEST, _GREATEST, _SPREAD = 6, 3, 3
"""Members of a cluster that are identified."""
_LABEL_DIGITS: Final = 60
_MOST_EXPECTED_ACCIDENTS: Final = 1e-12


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
class Outcome:
    """What a search came to: conjectures, clusters by the constant that names them, and counts."""

    conjectures: list[Conjecture]
    labels: dict[str, int]
    counts: dict[str, int]


def search(
    settings: Settings, directory: Path, *, resume: bool = False, jobs: int | None = None, quiet: bool = False
) -> Outcome:
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
    _check(settings)
    known = {"search": "pcf-dynamics", **json.loads(json.dumps(asdict(settings)))}
    with (Run.resume if resume else Run.start)(directory, known) as run:
        chunks = settings.box.chunks
        common: dict[str, Any] = {"jobs": jobs, "quiet": quiet}
        finish_units(run, "measure", chunks, partial(_Measurer, settings, directory), label="measure", **common)
        points = _Points.of(settings, directory)
        members = points.members()
        make = partial(_Labeller, settings, members)
        finish_units(run, "label", len(members), make, label="label", **common)
        names = [run.store.outcome("label", number)["constants"] for number in range(len(members))]
        constants = tuple(name for name in settings.basis if any(name in found for found in names))
        matcher = partial(_Matcher, settings, directory, constants, points.owners(names))
        finish_units(run, "match", chunks, matcher, label="match", **common)
        return _export(run, settings, points, names)


def _check(settings: Settings) -> None:
    try:
        if not settings.box.chunks or not settings.basis:
            raise ValueError("nothing to search")
        for constant in settings.basis:
            evaluate_to(parse(constant), 30)
        if not 1 <= settings.height <= MAX_HEIGHT:
            raise ValueError(f"height: expected 1 to {MAX_HEIGHT}, got {settings.height}")
        if settings.digits > 1_000:
            raise ValueError("digits: at most 1000")
    except ExpressionError as error:
        raise DiscoveryError(f"basis: {error}") from None
    except ValueError as error:
        raise DiscoveryError(str(error)) from None
    if settings.accidents > _MOST_EXPECTED_ACCIDENTS:
        raise DiscoveryError(
            f"digits: at {settings.digits} digits {settings.accidents:.1g} accidental agreements are to be expected in "
            "this box; ask for more digits"
        )


def _features_path(directory: Path, chunk: int) -> Path:
    return directory / f"features-{chunk:05d}.npy"


class _Measurer:
    """Step 1: classes, values and features of a chunk."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._box = settings.box
        self._directory = directory

    def work(self, number: int) -> dict[str, int]:
        """Counts of the classes (of the fractions up to sign); the rows go to the chunk's file."""
        a, b = self._box.chunk(number)
        kinds, ends = _classes(a, b)
        counts = Counter(f"{kind}{', ends' if end else ''}" for kind, end in zip(kinds, ends, strict=True))
        values, trusted = evaluate_many(a, b)
        roots = double_roots(a, b)
        for index in roots[~ends[roots]]:
            values[index] = slow_value(a[index], b[index])
            trusted[index] = np.isfinite(values[index])
        limits = np.flatnonzero(trusted & ~ends & (values != 0))
        counts["with a value"] = len(limits)
        kept = limits[~_inflated(a[limits], b[limits])]
        counts["measured"] = len(kept)
        rows = np.column_stack([kept.astype(np.float64), values[kept], measure(a[kept], b[kept])])
        path = _features_path(self._directory, number)
        partial_path = path.with_name(path.name + PARTIAL_SUFFIX)
        with open(partial_path, "wb") as file:
            np.save(file, rows)
            file.flush()
            os.fsync(file.fileno())
        partial_path.replace(path)
        return dict(sorted(counts.items()))


def _classes(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.bool_]]:
    """The class of convergence by degrees and leading coefficients, and whether some b(m) is 0."""
    degree_a = np.where(a != 0, np.arange(a.shape[1]), -1).max(axis=1)
    degree_b = np.where(b != 0, np.arange(b.shape[1]), -1).max(axis=1)
    rows = np.arange(len(a))
    leading_a, leading_b = a[rows, degree_a], b[rows, degree_b]
    surplus = degree_b - 2 * degree_a
    discriminant = leading_a * leading_a + 4 * leading_b
    kinds = np.select(
        [
            surplus < 0,
            (surplus == 0) & (discriminant > 0),
            (surplus == 0) & (discriminant == 0),
            (surplus == 1) & (leading_b > 0),
            (surplus == 2) & (leading_b > 0),
        ],
        ["faster than geometric", "geometric", "double root", "exp(-c sqrt n)", "a power of n"],
        "no limit",
    )
    ends = np.zeros(len(a), dtype=bool)
    for m in range(1, int(np.abs(b).max(initial=0)) + 2):
        ends |= b @ (m ** np.arange(b.shape[1])) == 0
    return kinds, ends


def _inflated(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether a number divides `a` and its square `b`: the fraction without it stands in the box as well."""
    found = np.zeros(len(a), dtype=bool)
    for c in range(2, int(np.abs(a).max(initial=1)) + 1):
        found |= (a % c == 0).all(axis=1) & (b % (c * c) == 0).all(axis=1)
    return found


@dataclass(frozen=True, slots=True)
class _Points:
    """The clustered fractions: number in the box, features and cluster; the first `apart` clusters stand apart."""

    box: Box
    numbers: npt.NDArray[np.int64]
    features: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    apart: int

    @classmethod
    def of(cls, settings: Settings, directory: Path) -> _Points:
        """Step 2."""
        box = settings.box
        numbers, features = [], []
        for chunk in range(box.chunks):
            rows = np.load(_features_path(directory, chunk), allow_pickle=False)
            numbers.append(rows[:, 0].astype(np.int64) + box.first(chunk))
            features.append(rows[:, 2:])
        number, feature = np.concatenate(numbers), np.concatenate(features)
        known = np.isfinite(feature).all(axis=1)
        number, feature = number[known], feature[known]
        stands = _stands_apart(feature)
        labels = np.full(len(number), -1, dtype=np.int64)
        apart = 0
        # What stands apart may stand alone; of the others a single one says nothing.
        for chosen, gaps, smallest in ((stands, _GAPS, 1), (~stands, _COARSE, 2)):
            found = cluster(feature[chosen][:, list(gaps)], list(gaps.values()), smallest)
            labels[chosen] = np.where(found >= 0, found + labels.max(initial=-1) + 1, -1)
            apart = apart or int(labels.max(initial=-1)) + 1
        order = np.argsort(labels, kind="stable")
        order = order[labels[order] >= 0]
        return cls(box, number[order], feature[order], labels[order], apart)

    def parts(self) -> list[npt.NDArray[np.int64]]:
        """The places of each cluster's fractions."""
        edges = np.flatnonzero(np.diff(self.labels)) + 1
        return np.split(np.arange(len(self.labels)), edges) if len(self.labels) else []

    def members(self) -> list[list[int]]:
        """A few fractions of each cluster: the simplest, those of the greatest delta, and some between."""
        a, b = self.box.coefficients(self.numbers)
        size = np.abs(a).sum(axis=1) + np.abs(b).sum(axis=1)
        chosen = []
        for part in self.parts():
            simplest = part[np.lexsort((self.numbers[part], size[part]))][:_SIMPLEST]
            by_delta = part[np.lexsort((self.numbers[part], self.features[part, DELTA]))]
            spread = by_delta[np.linspace(0, len(part) - 1, _SPREAD).astype(np.int64)]
            places = dict.fromkeys([*simplest.tolist(), *by_delta[-_GREATEST:].tolist(), *spread.tolist()])
            chosen.append([int(self.numbers[place]) for place in places])
        return chosen

    def owners(self, names: Sequence[Sequence[str]]) -> dict[int, Sequence[str]]:
        """For each fraction of a cluster that stands apart, the constants that name it."""
        numbers = [self.numbers[part].tolist() for part in self.parts()[: self.apart]]
        return {number: found for part, found in zip(numbers, names, strict=False) if found for number in part}


def _stands_apart(features: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether the denominators lose their factorial growth, or more of it than chance takes."""
    cancelled = np.abs(features[:, DENOMINATOR_LOG]) < _CANCELS
    generic = features[:, DELTA] - features[:, 1]
    found: npt.NDArray[np.bool_] = cancelled | (generic > _GENERIC)
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
    """Step 4: the fractions of a chunk against the constants that were found."""

    def __init__(
        self, settings: Settings, directory: Path, constants: Sequence[str], owners: dict[int, Sequence[str]]
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._tables = [MoebiusTable(constant, settings.height) for constant in constants]
        self._owners = owners
        self._constants = {name: evaluate_to(parse(name), _LABEL_DIGITS + 10) for name in constants}

    def work(self, number: int) -> dict[str, Any]:
        """Counts and verified hits of a chunk."""
        rows = np.load(_features_path(self._directory, number), allow_pickle=False)
        first, box, digits = self._settings.box.first(number), self._settings.box, self._settings.digits
        counts = {"met": 0, "verified": 0, "by their cluster": 0}
        hits: list[list[Any]] = []
        found: set[int] = set()
        for table in self._tables:
            images: dict[int, list[tuple[int, int, int, int]]] = {}
            for index, image in table.matches(rows[:, 1]):
                images.setdefault(index, []).append(image)
            for index, candidates in images.items():
                counts["met"] += 1
                fraction = first + int(rows[index, 0])
                # An algebraic number is many images of itself: the simplest one is judged.
                simplest = min(candidates, key=lambda image: (sum(map(abs, image)), image))
                a, b = box.fraction(fraction)
                hit = verified(a, b, table.constant, moebius_text(table.constant, simplest), digits)
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


def _export(run: Run, settings: Settings, points: _Points, names: list[list[str]]) -> Outcome:
    counts: Counter[str] = Counter()
    hits: list[list[Any]] = []
    for chunk in range(settings.box.chunks):
        # The box lists fractions up to sign; with it there are twice as many.
        counts.update({name: 2 * count for name, count in run.store.outcome("measure", chunk).items()})
        matched = run.store.outcome("match", chunk)
        counts.update(matched["counts"])
        hits += matched["hits"]
    conjectures = gather(hits, settings.accidents)
    counts["fractions"] = 2 * settings.box.fractions
    counts["stand apart"] = int((points.labels < points.apart).sum())
    counts["clusters that stand apart"] = points.apart
    counts["clusters"] = len(names)
    counts["named clusters"] = sum(bool(found) for found in names)
    counts["conjectures"] = len(conjectures)
    counts["value classes"] = len({one.value_class for one in conjectures})
    write_catalogue(run.directory, "Formulas by their dynamics", [asdict(one) for one in conjectures])
    _write_clusters(run, points)
    write_json(run.directory / METRICS_NAME, dict(sorted(counts.items())))
    named = Counter(name for found in names for name in found)
    return Outcome(conjectures, dict(named.most_common()), dict(counts))


def _write_clusters(run: Run, points: _Points) -> None:
    with replaced_file(run.directory / CLUSTERS_NAME) as file:
        for number, part in enumerate(points.parts()):
            centre = np.median(points.features[part], axis=0)
            row: dict[str, Any] = {"cluster": number, "apart": number < points.apart, "size": len(part)}
            row |= run.store.outcome("label", number)
            row.update(zip(FEATURES, (round(float(x), 6) for x in centre), strict=True))
            file.write(json.dumps(row) + "\n")
