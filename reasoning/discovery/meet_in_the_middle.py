"""Meet in the middle: fractions of a box on one side, Moebius images of constants on the other, met by value.

    settings = Settings(constants=("pi",), a_degree=1, a_coefficients=5, b_degree=2, b_coefficients=5)
    outcome = search(settings, Path("runs/pi"))
    outcome.conjectures[0].a, outcome.conjectures[0].value      # "2*n+1", "4/pi"

A float64 filter evaluates every fraction; what meets an image to eleven digits is judged by the constant verifier,
which shares no code with the filter, to the digits that are asked for. Chunks are independent, so all processors
work, and a finished chunk is never done again.

Source: Raayoni et al. 2021, "Generating conjectures on fundamental constants with the Ramanujan Machine", MITM-RF.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from reasoning.discovery.boxes import Box
from reasoning.discovery.catalogue import write_catalogue
from reasoning.discovery.conjectures import Conjecture, gather, verified
from reasoning.discovery.double_roots import double_roots, slow_value
from reasoning.discovery.floats import evaluate_many
from reasoning.discovery.moebius import MAX_HEIGHT, MoebiusTable, moebius_text
from reasoning.discovery.units import DiscoveryError, finish_units
from reasoning.runs import Run, write_json
from reasoning.runs.run import METRICS_NAME
from verifiers.constants.closed_form import evaluate_to
from verifiers.constants.expressions import ExpressionError, parse
from verifiers.constants.judge import false_positive_bound

__all__ = ["Outcome", "Settings", "search"]

_STAGE: Final = "chunk"
_MOST_EXPECTED_ACCIDENTS: Final = 1e-12
"""Above so many accidental agreements to be expected in the whole search nothing is called a conjecture."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides what is found.

    Attributes:
        constants: closed forms.
        a_degree: largest degree of a(n).
        a_coefficients: largest size of its coefficients.
        b_degree: largest degree of b(n).
        b_coefficients: largest size of its coefficients.
        height: largest coefficient of the Moebius images.
        digits: to which a conjecture is verified.
    """

    constants: tuple[str, ...] = ("pi", "e")
    a_degree: int = 1
    a_coefficients: int = 5
    b_degree: int = 2
    b_coefficients: int = 5
    height: int = 10
    digits: int = 100

    @property
    def box(self) -> Box:
        """The fractions that are searched."""
        return Box(self.a_degree, self.a_coefficients, self.b_degree, self.b_coefficients)

    def accidents(self, digits: int) -> float:
        """Accidental agreements to be expected in the whole search, at so many digits."""
        return false_positive_bound(self.box.fractions, len(self.constants), self.height, digits)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search came to: the conjectures, and counts of what was passed through."""

    conjectures: list[Conjecture]
    counts: dict[str, int]


def search(
    settings: Settings, directory: Path, *, resume: bool = False, jobs: int | None = None, quiet: bool = False
) -> Outcome:
    """Search a box to its end, or go on with a search.

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
    _check(settings)
    known = json.loads(json.dumps(asdict(settings)))
    with (Run.resume if resume else Run.start)(directory, known) as run:
        make = partial(_Searcher, settings)
        finish_units(run, _STAGE, settings.box.chunks, make, jobs=jobs, label="mitm", quiet=quiet)
        return _export(run, settings)


def _check(settings: Settings) -> None:
    try:
        chunks = settings.box.chunks
        if not chunks or not settings.constants:
            raise ValueError("nothing to search")
        for constant in settings.constants:
            evaluate_to(parse(constant), 30)
        if not 1 <= settings.height <= MAX_HEIGHT:
            raise ValueError(f"height: expected 1 to {MAX_HEIGHT}, got {settings.height}")
    except ExpressionError as error:
        raise DiscoveryError(f"constants: {error}") from None
    except ValueError as error:
        raise DiscoveryError(str(error)) from None
    if settings.accidents(settings.digits) > _MOST_EXPECTED_ACCIDENTS:
        raise DiscoveryError(
            f"digits: at {settings.digits} digits {settings.accidents(settings.digits):.1g} accidental agreements are "
            f"to be expected in this box; ask for more digits"
        )


class _Searcher:
    """Searches chunks; holds the tables, which take longer to make than a chunk takes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tables = [MoebiusTable(constant, settings.height) for constant in settings.constants]

    def work(self, number: int) -> dict[str, Any]:
        """Counts, and each verified hit as [a, b, constant, value, digits, proved, kind, digits per term]."""
        a, b = self._settings.box.chunk(number)
        values, trusted = evaluate_many(a, b)
        roots = double_roots(a, b)
        for index in roots:
            values[index] = slow_value(a[index], b[index])
        # Double roots stand in `values` by the exact series alone, whatever the filter says of them.
        trusted[roots] = True
        values[~trusted] = np.nan
        counts = {"fractions": len(a), "evaluated": int(np.isfinite(values).sum()), "met": 0, "verified": 0}
        hits: list[list[Any]] = []
        digits = self._settings.digits
        for table in self._tables:
            for index, image in table.matches(values):
                counts["met"] += 1
                hit = verified(a[index], b[index], table.constant, moebius_text(table.constant, image), digits)
                if hit is not None:
                    counts["verified"] += 1
                    hits.append(hit)
        return {"counts": counts, "hits": hits}


def _export(run: Run, settings: Settings) -> Outcome:
    counts: dict[str, int] = {}
    hits: list[list[Any]] = []
    for chunk in range(settings.box.chunks):
        found = run.store.outcome(_STAGE, chunk)
        for name, count in found["counts"].items():
            counts[name] = counts.get(name, 0) + count
        hits += found["hits"]
    conjectures = gather(hits, settings.accidents(settings.digits))
    counts["conjectures"] = len(conjectures)
    write_catalogue(run.directory, "Polynomial continued fractions", [asdict(one) for one in conjectures])
    write_json(run.directory / METRICS_NAME, counts)
    return Outcome(conjectures, counts)
