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

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from reasoning.discovery.box_values import values_of
from reasoning.discovery.boxes import Box
from reasoning.discovery.conjectures import Conjecture, first_verified
from reasoning.discovery.driver import (
    Outcome,
    check_fractions,
    collected,
    open_run,
    publish_fractions,
)
from reasoning.discovery.moebius import MoebiusTable
from reasoning.discovery.templates import TemplateBox
from reasoning.discovery.units import finish_units
from verifiers.constants.judge import false_positive_bound

__all__ = ["Settings", "search"]

_STAGE: Final = "chunk"


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
        a: a(n) with parameters; with `b` it is searched in the place of all coefficients.
        b: b(n) with parameters.
        ranges: of the parameters, such as `x=1:17`.
    """

    constants: tuple[str, ...] = ("pi", "e")
    a_degree: int = 1
    a_coefficients: int = 5
    b_degree: int = 2
    b_coefficients: int = 5
    height: int = 10
    digits: int = 100
    a: str = ""
    b: str = ""
    ranges: tuple[str, ...] = ()

    @property
    def box(self) -> Box | TemplateBox:
        """The fractions that are searched.

        Raises:
            ValueError: a bound is out of range, or a template cannot be read.
        """
        if self.a or self.b or self.ranges:
            return TemplateBox(self.a, self.b, self.ranges)
        return Box(self.a_degree, self.a_coefficients, self.b_degree, self.b_coefficients)

    @property
    def accidents(self) -> float:
        """Accidental agreements to be expected in the whole search."""
        return false_positive_bound(self.box.fractions, len(self.constants), self.height, self.digits)


def search(
    settings: Settings, directory: Path, *, resume: bool = False, jobs: int | None = None, quiet: bool = False
) -> Outcome[Conjecture]:
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
    check_fractions("constants", settings.constants, settings.height, settings.digits, lambda: settings.accidents)
    chunks = settings.box.chunks
    with open_run("mitm", settings, directory, resume=resume) as run:
        finish_units(run, _STAGE, chunks, partial(_Searcher, settings), jobs=jobs, label="mitm", quiet=quiet)
        counts, hits = collected(run, _STAGE, chunks)
        return publish_fractions(run, "Polynomial continued fractions", hits, settings.accidents, counts)


class _Searcher:
    """Searches chunks; holds the tables, which take longer to make than a chunk takes."""

    def __init__(self, settings: Settings) -> None:
        self._box = settings.box
        self._digits = settings.digits
        self._tables = [MoebiusTable(constant, settings.height) for constant in settings.constants]

    def work(self, number: int) -> dict[str, Any]:
        """Counts, and each verified hit as [a, b, constant, value, digits, proved, kind, digits per term]."""
        a, b = self._box.chunk(number)
        values = values_of(a, b)
        counts = {"fractions": len(a), "evaluated": int(np.isfinite(values).sum()), "met": 0, "verified": 0}
        hits: list[list[Any]] = []
        for table in self._tables:
            for index, images in table.images(values).items():
                counts["met"] += 1
                if (hit := first_verified(a[index], b[index], table.constant, images, self._digits)) is not None:
                    counts["verified"] += 1
                    hits.append(hit)
        return {"counts": counts, "hits": hits}
