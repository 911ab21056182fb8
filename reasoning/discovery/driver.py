"""What every search does around its own work: checks of its settings, its run directory, its counts, its catalogue.

check_constants("constants", ("pi",)); check_accidents(settings.accidents, settings.digits)
with open_run("mitm", settings, Path("runs/pi"), resume=False) as run:
    finish_units(run, "chunk", total=40, make=partial(Searcher, settings), jobs=2, label="mitm", quiet=False)
    counts, hits = collected(run, "chunk", 40)
    return publish(run, "Polynomial continued fractions", conjectures, counts)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from reasoning.discovery.catalogue import write_catalogue
from reasoning.discovery.conjectures import Conjecture, gather
from reasoning.discovery.families import Member, find_families
from reasoning.discovery.moebius import MAX_HEIGHT
from reasoning.discovery.units import DiscoveryError
from reasoning.runs import Run, replaced_file, write_json
from reasoning.runs.run import METRICS_NAME
from verifiers.constants.closed_form import evaluate_to, is_rational
from verifiers.constants.expressions import ExpressionError, parse

__all__ = [
    "FAMILIES_NAME",
    "Outcome",
    "check_accidents",
    "check_constants",
    "check_fractions",
    "check_height",
    "collected",
    "open_run",
    "publish",
    "publish_fractions",
]

FAMILIES_NAME: Final = "families.jsonl"

_MOST_EXPECTED_ACCIDENTS: Final = 1e-12
"""Above so many accidental agreements to be expected in the whole search nothing is called a conjecture."""
_MOST_DIGITS: Final = 1_000

_One = TypeVar("_One")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[_One]):
    """What a search came to: the conjectures, and counts of what was passed through."""

    conjectures: list[_One]
    counts: dict[str, int]


def check_constants(field: str, constants: Sequence[str]) -> None:
    """See that there are constants, and that each has a value that is not a rational number.

    Raises:
        DiscoveryError: one is not so; the message begins with the field.
    """
    if not constants:
        raise DiscoveryError(f"{field}: none is given, so there is nothing to search")
    try:
        for constant in constants:
            node = parse(constant)
            evaluate_to(node, 30)
            if is_rational(node):
                raise DiscoveryError(f"{field}: '{constant}' is rational, and so is every formula of it")
    except ExpressionError as error:
        raise DiscoveryError(f"{field}: {error}") from None


def check_height(height: int) -> None:
    """See that a table of Moebius images can be made.

    Raises:
        DiscoveryError: the height is out of range.
    """
    if not 1 <= height <= MAX_HEIGHT:
        raise DiscoveryError(f"height: expected 1 to {MAX_HEIGHT}, got {height}")


def check_accidents(accidents: float, digits: int) -> None:
    """See that agreement to so many digits tells a formula from an accident.

    Args:
        accidents: accidental agreements to be expected in the whole search.
        digits: of agreement.

    Raises:
        DiscoveryError: too many are to be expected, or the digits are out of range.
    """
    if not 1 <= digits <= _MOST_DIGITS:
        raise DiscoveryError(f"digits: expected 1 to {_MOST_DIGITS}, got {digits}")
    if accidents > _MOST_EXPECTED_ACCIDENTS:
        raise DiscoveryError(
            f"digits: at {digits} digits {accidents:.1g} accidental agreements are to be expected in this search; "
            "ask for more digits"
        )


def check_fractions(
    field: str, constants: Sequence[str], height: int, digits: int, accidents: Callable[[], float]
) -> None:
    """The checks of a search for fractions in a box.

    Args:
        field: in which the constants are given, for messages.
        constants: that are searched for.
        height: of the Moebius images.
        digits: to which both sides have to agree.
        accidents: gives the accidental agreements to be expected; raises `ValueError` where the box cannot be made.

    Raises:
        DiscoveryError: a setting is out of range, or so few digits could not tell a formula from an accident.
    """
    check_constants(field, constants)
    check_height(height)
    try:
        expected = accidents()
    except ValueError as error:
        raise DiscoveryError(str(error)) from None
    check_accidents(expected, digits)


def open_run(name: str, settings: Any, directory: Path, *, resume: bool) -> Run:
    """The run of a search, new or gone on with.

    Args:
        name: of the search.
        settings: a data class of plain values; a run goes on with the same ones only.
        directory: of the run.
        resume: whether it holds an earlier attempt.

    Raises:
        RunError: the directory cannot be used.
    """
    known = {"search": name, **json.loads(json.dumps(asdict(settings)))}
    return (Run.resume if resume else Run.start)(directory, known)


def collected(run: Run, stage: str, units: int) -> tuple[dict[str, int], list[Any]]:
    """The sums of the counts of a stage's units, and their hits in order."""
    counts: Counter[str] = Counter()
    hits: list[Any] = []
    for number in range(units):
        found = run.store.outcome(stage, number)
        counts.update(found["counts"])
        hits += found["hits"]
    return dict(counts), hits


def publish(run: Run, title: str, conjectures: list[_One], counts: dict[str, int]) -> Outcome[_One]:
    """Write the catalogue and the counts.

    Args:
        run: whose directory they are for.
        title: of the page.
        conjectures: data classes of plain values.
        counts: what was passed through; the number of conjectures is added.
    """
    counts = {**counts, "conjectures": len(conjectures)}
    rows: list[dict[str, Any]] = [asdict(one) for one in conjectures]  # type: ignore[call-overload]
    write_catalogue(run.directory, title, rows)
    write_json(run.directory / METRICS_NAME, counts)
    return Outcome(conjectures, counts)


def publish_fractions(
    run: Run, title: str, hits: Sequence[list[Any]], accidents: float, counts: dict[str, int]
) -> Outcome[Conjecture]:
    """Make conjectures of verified polynomial fractions, and write the catalogue, its families and the counts.

    Args:
        run: whose directory they are for.
        title: of the page.
        hits: from `conjectures.verified`.
        accidents: accidental agreements to be expected in the whole search.
        counts: what was passed through; the numbers of conjectures and families are added.
    """
    conjectures = gather(hits, accidents)
    names = [f"{one.a} ; {one.b}" for one in conjectures]
    families = find_families([Member(*one.coefficients, one.constant, one.shift_class) for one in conjectures])
    with replaced_file(run.directory / FAMILIES_NAME) as file:
        for family in families:
            members = [{"fraction": names[place], "value": conjectures[place].value} for place in family.members]
            file.write(json.dumps({**asdict(family), "members": members}) + "\n")
    return publish(run, title, conjectures, {**counts, "families": len(families)})
