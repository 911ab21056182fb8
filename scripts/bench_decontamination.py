#!/usr/bin/env python3
"""Plants benchmark problems in a large pool and counts how many of them the decontamination finds, and at what speed.

$ REASONING_BENCHMARKS=... python scripts/bench_decontamination.py --rows 100000 --planted 300

The pool is GSM8K's training split (or `--pool`), each text many times with other numbers. Benchmark problems are
planted in it:

    verbatim        as they are, in the middle of other words
    other numbers   every number replaced
    reworded 1      other names, a sentence before and after
    reworded 2      as well: every word that has a synonym in a list of 65 replaced
    reworded 3      as well: the question moved to the front
    both            reworded 2 with other numbers

Recall is the share of the planted ones that are found. Precision counts every row that is found and was not planted
as a mistake, although some of GSM8K's training problems do have a sibling in a benchmark: `--show FILE` writes each
such text once, beside the benchmark problem, to be read.

`--embedder SPEC` looks with an embedding model as well (see `reasoning.embeddings`) at what the words do not give
away, and counts it in rows of its own.

The thresholds were chosen by reading what was found in GSM8K's training split and in MATH (`--pool math:test`; a pool's
own benchmark is not protected). `--pool college_math:test` had no say in them.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import resource
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reasoning.embeddings import create_embedder
from reasoning.evaluation.seeds import find_seeds
from reasoning.pipelines.backend.contamination import Match
from reasoning.pipelines.backend.duplicates import forms_of
from reasoning.pipelines.backend.nearness import Nearness
from reasoning.pipelines.backend.protected import Protected, protect
from reasoning.pipelines.masking import mask_numbers
from verifiers.records import Problem

BENCHMARKS = ("gsm8k", "svamp", "asdiv", "mawps", "math", "college_math", "olympiadbench", "minerva", "gaokao2023en")
POOL = "gsm8k:train"
BATCH_ROWS = 256
MIN_WORDS = 10
"""Shorter problems are not planted: `Compute 3 + 4.` is no one's own."""

NAMES = ("Alma", "Bruno", "Celia", "Dario", "Edda", "Falk", "Greta", "Hugo", "Ilse", "Jonas")
SYNONYM_PAIRS = """
many=numerous find=determine buys=purchases bought=purchased gives=hands gave=handed total=overall money=cash big=large
small=little left=remaining each=every has=owns had=owned how=exactly begins=starts began=started makes=produces
made=produced needs=requires needed=required gets=receives got=received sells=vends sold=vended car=vehicle house=home
children=kids students=pupils student=pupil school=academy store=shop friends=pals friend=pal eats=consumes ate=consumed
day=date week=workweek walks=strolls walked=strolled runs=races calculate=compute evaluate=work value=result equal=same
number=count numbers=counts largest=greatest smallest=least possible=feasible determine=find uses=employs used=employed
pays=spends paid=spent more=additional than=over bigger=larger trees=plants apples=fruits books=volumes miles=leagues
hours=hrs minutes=mins people=persons also=too after=following before=ahead
"""
SYNONYMS = dict(pair.split("=") for pair in SYNONYM_PAIRS.split())
KINDS = ("verbatim", "other numbers", "reworded 1", "reworded 2", "reworded 3", "both")


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A text of the pool; `kind` and `of` say how and from which problem it was planted, or are empty."""

    text: str
    kind: str = ""
    of: str = ""


def renumbered(text: str, draw: random.Random) -> str:
    """The text with every number replaced by another one."""
    masked = mask_numbers(text)
    values = []
    for constant in masked.constants:
        scale = 10**constant.decimals
        units = int(constant.value * scale)
        value = constant.value
        while value == constant.value:
            value = Fraction(draw.randint(2, max(3 * units, 12)), scale)
        values.append(constant.written(value))
    return masked.fill(values)


def reworded(text: str, strength: int, draw: random.Random) -> str:
    """The text with other names (1), synonyms as well (2), and the question in front as well (3)."""
    names = dict.fromkeys(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b", text))
    for name in names:
        text = re.sub(rf"\b{name}\b", draw.choice(NAMES), text)
    if strength >= 2:
        text = re.sub(r"[A-Za-z]+", lambda word: SYNONYMS.get(word[0].lower(), word[0]), text)
    if strength >= 3:
        sentences = re.split(r"(?<=[.?!])\s+", text)
        text = " ".join([sentences[-1], *sentences[:-1]])
    return f"Here is a task for the next lesson. {text} Explain what you do."


def planted(problem: Problem, kind: str, draw: random.Random) -> PoolRow:
    """A benchmark problem in one of the disguises."""
    text = problem.prompt
    if kind == "verbatim":
        text = f"Question of the day: {text} (Take your time.)"
    elif kind == "other numbers":
        text = renumbered(text, draw)
    elif kind == "both":
        text = renumbered(reworded(text, 2, draw), draw)
    else:
        text = reworded(text, int(kind[-1]), draw)
    return PoolRow(text, kind, problem.id)


def pool_rows(benign: Sequence[str], copies: Sequence[PoolRow], rows: int, draw: random.Random) -> Iterator[PoolRow]:
    """`rows` texts, the planted ones spread evenly among benign ones and their renumberings."""
    step = rows / max(len(copies), 1)
    position = 0
    for number in range(rows):
        if position < len(copies) and number >= position * step:
            yield copies[position]
            position += 1
            continue
        text = benign[number % len(benign)]
        yield PoolRow(text if number < len(benign) else renumbered(text, draw))


async def searched(protected: Protected, rows: Sequence[PoolRow]) -> AsyncIterator[tuple[PoolRow, Match | None]]:
    """Each row with what is found in it."""
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows[start : start + BATCH_ROWS]
        problems = [Problem("", "answer", row.text) for row in batch]
        for found in zip(batch, await protected.check(problems, [forms_of(one) for one in problems]), strict=True):
            yield found


def write_mistakes(path: Path, mistakes: Iterable[tuple[str, Match]], names: Sequence[str]) -> None:
    """Each text that was found without having been planted, beside the problem by which it was."""
    prompts = {
        known: entry.problem.prompt
        for name in names
        for entry in find_seeds(name).entries()
        for known in (entry.problem.id, f"{name.partition(':')[0]}/{entry.problem.id}")
    }
    lines = [f"{match.kind} {match.share}\t{text}\t{prompts.get(match.problem, '')}" for text, match in mistakes]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the pool")
    parser.add_argument("--planted", type=int, default=300, help="planted rows of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pool", default=POOL, help="Where the benign texts come from.")
    parser.add_argument("--show", type=Path, help="File for the texts that were found and not planted.")
    parser.add_argument("--embedder", default="", help="Embedding model that looks as well, as `generate` takes it.")
    parser.add_argument("--similar", type=float, default=0.9, help="Cosine similarity that counts as the same.")
    options = parser.parse_args()
    draw = random.Random(options.seed)

    started = time.process_time()
    benchmarks = [name for name in BENCHMARKS if name != options.pool.partition(":")[0] or options.pool == POOL]
    embedder = create_embedder(options.embedder) if options.embedder else None
    folder = tempfile.TemporaryDirectory()

    def near(texts: Sequence[tuple[str, str]]) -> Nearness:
        assert embedder is not None
        return Nearness(embedder, texts, options.similar, Path(folder.name) / "protected")

    protected = protect(",".join(benchmarks), [], near=None if embedder is None else near)
    seconds = time.process_time() - started
    print(f"index: {len(protected.index)} problems, there after {seconds:.1f} CPU s (the first run makes it)")
    problems = [
        entry.problem
        for name in protected.names
        for entry in find_seeds(name).entries()
        if len(entry.problem.prompt.split()) >= MIN_WORDS and mask_numbers(entry.problem.prompt).constants
    ]
    copies = [planted(problem, kind, draw) for kind in KINDS for problem in draw.sample(problems, options.planted)]
    draw.shuffle(copies)
    benign = [entry.problem.prompt for entry in find_seeds(options.pool).entries()]
    rows = list(pool_rows(benign, copies, options.rows, draw))

    started = time.process_time()
    found, right, mistaken = Counter[str](), Counter[str](), Counter[str]()
    mistakes: dict[int, tuple[str, Match]] = {}
    async for row, match in searched(protected, rows):
        if match is None:
            continue
        if row.kind:
            found[row.kind] += 1
            right[match.kind] += 1
        else:
            mistaken[match.kind] += 1
            mistakes.setdefault(forms_of(Problem("", "answer", row.text)).key, (row.text, match))
    seconds = time.process_time() - started
    print(f"\n| planted | rows | found | recall |\n{'| --- ' * 4}|")
    for kind in KINDS:
        print(f"| {kind} | {options.planted} | {found[kind]} | {100 * found[kind] / options.planted:.1f} % |")
    print(f"\n| pass | right | not planted | precision |\n{'| --- ' * 4}|")
    for kind in ("text", "structure", *(["embedding"] if embedder is not None else [])):
        everything = right[kind] + mistaken[kind]
        print(f"| {kind} | {right[kind]} | {mistaken[kind]} | {100 * right[kind] / max(everything, 1):.1f} % |")
    print(
        f"\nnot planted but found: {mistaken.total()} of {options.rows - len(copies)} rows, "
        f"{len(mistakes)} of {len(benign)} texts but for their numbers"
    )
    if options.show:
        write_mistakes(options.show, mistakes.values(), protected.names)
    print(f"all passes: {options.rows / seconds:.0f} rows per CPU second on one core")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    asyncio.run(main())
