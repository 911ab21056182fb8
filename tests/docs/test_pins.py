"""What is installed from the package index has one exact version, the dependencies of dependencies too."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
EXTRAS = ("dev", "lean", "smt", "solvers", "mcp", "ray")
"""Of which CI makes its environments with these constraints; the others have setup scripts with pins of their own."""


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(requirements):
    """Names of all distributions that these need here; of those that are not installed, no more than their own."""
    found, waiting = set(), [Requirement(text) for text in requirements]
    while waiting:
        one = waiting.pop()
        step = plain(one.name), frozenset(one.extras)
        if step in found:
            continue
        found.add(step)
        try:
            own = [Requirement(text) for text in metadata.requires(one.name) or []]
        except metadata.PackageNotFoundError:
            continue
        waiting += [
            part for part in own
            if part.marker is None or any(part.marker.evaluate({"extra": extra}) for extra in one.extras or {""})
        ]  # fmt: skip
    return {name for name, _ in found}


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_distribution_is_pinned(extra):
    pins = {plain(line.partition("==")[0]) for line in CONSTRAINTS.read_text().splitlines() if "==" in line}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = needed([*project["dependencies"], *project["optional-dependencies"][extra]])
    assert not found - pins, f"not in constraints.txt: {sorted(found - pins)}"


def test_every_pin_is_exact():
    lines = [line for line in CONSTRAINTS.read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!]+", line) for line in lines)
