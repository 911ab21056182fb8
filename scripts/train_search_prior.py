"""Counts the search engine's prior on the project's own puzzles: their references and the search's own solutions.

    python scripts/train_search_prior.py --steps 300000

writes data/search_prior.json. Each round searches every puzzle with the prior of the round before (none at first)
and adds the programs it found to the references; searches are limited by steps, so the file is repeatable.
Runs our own puzzles in forked children of this process; nothing from outside the project is read.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from pathlib import Path

from reasoning.engines.search import Budget, Prior, synthesize
from reasoning.engines.search.prior import Edge
from reasoning.engines.search.training import puzzle_edges
from reasoning.json_lines import json_lines

DATA = Path(__file__).resolve().parent.parent / "data"
SECONDS_PER_PUZZLE = 30.0
"""CPU seconds after which one search is given up, whatever its steps."""


def solve(job: tuple[str, str | None, int, Prior]) -> str | None:
    """Search one puzzle; the program found, or None."""
    sat, answer_type, steps, prior = job
    return synthesize(sat, answer_type, Budget(steps, SECONDS_PER_PUZZLE), prior).source


def read_puzzles(paths: list[Path]) -> list[dict[str, object]]:
    """The puzzle records of JSON Lines files."""
    return [record for path in paths for _, record in json_lines(path)]


def main() -> int:
    """Run the training from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--puzzles", type=Path, nargs="*", help="JSON Lines files; default: data/puzzles")
    parser.add_argument("--out", type=Path, default=DATA / "search_prior.json", help="default: data/search_prior.json")
    parser.add_argument("--steps", type=int, default=300_000, help="search steps for each puzzle and round")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of self-training")
    parser.add_argument("--processes", type=int, default=1, help="puzzles searched at once (default 1)")
    arguments = parser.parse_args()

    try:
        puzzles = read_puzzles(arguments.puzzles or sorted((DATA / "puzzles").glob("*.jsonl")))
    except (OSError, ValueError) as error:
        parser.error(f"--puzzles: {error}")
    if not puzzles:
        sys.stderr.write("no puzzles: expected JSON Lines files with `sat` and `meta.reference`\n")
        return 2
    prior, edges, solved = Prior.uniform(), _edges(puzzles, [None] * len(puzzles)), 0
    for turn in range(arguments.rounds):
        prior = Prior.from_edges(edges)
        jobs = [(str(p["sat"]), _type(p), arguments.steps, prior) for p in puzzles]
        with multiprocessing.get_context("fork").Pool(arguments.processes, maxtasksperchild=1) as pool:
            programs = pool.map(solve, jobs, chunksize=1)
        solved = sum(program is not None for program in programs)
        sys.stdout.write(f"round {turn + 1}: {solved} of {len(puzzles)} puzzles solved\n")
        edges = _edges(puzzles, programs)
    Prior.from_edges(edges).save(
        arguments.out,
        f"references of {len(puzzles)} built-in puzzles and {solved} programs the search found for them",
    )
    sys.stdout.write(f"{len(edges)} edges written to {arguments.out}\n")
    return 0


def _type(puzzle: dict[str, object]) -> str | None:
    found = puzzle.get("ans_type")
    return str(found) if found is not None else None


def _edges(puzzles: list[dict[str, object]], programs: list[str | None]) -> list[Edge]:
    found: list[Edge] = []
    for puzzle, program in zip(puzzles, programs, strict=True):
        meta = puzzle.get("meta")
        sources = [str(meta["reference"])] if isinstance(meta, dict) and "reference" in meta else []
        sources += [program] if program is not None else []
        found += puzzle_edges(str(puzzle["sat"]), _type(puzzle), sources)
    return found


if __name__ == "__main__":
    sys.exit(main())
