"""Random sources of generated problems, from a small file that says which problems are meant.

    {"generator": "questbench-logic", "version": 1, "seed": 0, "problems": 500}

Problem i comes from a stream of its own, a hash of (generator, version, seed, i): more problems change none of the
first ones, and two seeds share none.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reasoning.engines.base import derive_seed

__all__ = ["Generation", "GenerationError", "read_generation"]

MAX_PROBLEMS = 1_000_000


class GenerationError(ValueError):
    """The file does not say what to generate; one clear line."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What is generated.

    Attributes:
        generator: its name.
        version: of the generator; other versions make other problems.
        seed: of all problems.
        problems: how many.
    """

    generator: str
    version: int
    seed: int
    problems: int

    def sources(self) -> Iterator[tuple[str, random.Random]]:
        """Id and random source of each problem."""
        for index in range(self.problems):
            seed = derive_seed(self.generator, self.version, self.seed, index)
            yield f"{self.generator}/{self.version}/{self.seed}/{index}", random.Random(seed)


def read_generation(path: Path, generator: str, version: int) -> Generation:
    """The file's content, which must be for this generator and version.

    Raises:
        GenerationError: it is not, or a field is missing or wrong.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise GenerationError(f"{path}: cannot be read: {error}") from None
    if not isinstance(given, dict):
        raise GenerationError(f"{path}: expected an object, got {type(given).__name__}")
    if (given.get("generator"), given.get("version")) != (generator, version):
        raise GenerationError(
            f"{path}: field 'generator': expected {generator!r} with version {version}, got "
            f"{given.get('generator')!r} with version {given.get('version')!r}"
        )
    for name, least, most in (("seed", -(1 << 63), 1 << 63), ("problems", 1, MAX_PROBLEMS)):
        value = given.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise GenerationError(f"{path}: field '{name}': expected an integer from {least} to {most}, got {value!r}")
    return Generation(generator, version, given["seed"], given["problems"])
