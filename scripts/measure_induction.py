"""Measures template induction on GSM8K: how many seeds give a family, and how many agree with the marked steps.

python scripts/measure_induction.py [--split test] [--limit 500] [--answer-only]
python scripts/measure_induction.py --benchmark math --split test       # only how many seeds give a family

The marks (`<<48/2=24>>`) are no part of what the compared induction sees. A second program is induced from the marks
alone; the two agree when they have the same parameters and give the same answers for ten draws. How many seeds give a
family when the marks may be read too, as in `reasoning generate`, is counted apart.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
from collections import Counter
from typing import Any

from reasoning.evaluation.benchmarks import find_benchmark, locate
from reasoning.families.induction import InductionError, induce
from reasoning.families.induction.template import CLASS_NAME

DRAWS = 10
TRIES = 300


def family_of(source: str) -> Any:
    """The induced class. Its text is that of our own template, in which the problem stands as a quoted string."""
    namespace: dict[str, Any] = {}
    exec(source, namespace)  # noqa: S102 - written by our template
    return namespace[CLASS_NAME]


def is_induced(problem: str, solution: str, answer: str) -> bool:
    """Whether a family is induced from the solution with its marks."""
    try:
        induce(problem, solution, answer)
    except InductionError:
        return False
    return True


def comparison(problem: str, solution: str, answer: str, answer_only: bool) -> str:
    """What became of a seed without its marks, and beside the program of its marks."""
    marks = "\n".join(re.findall(r"<<(.*?)>>", solution))
    try:
        one = family_of(induce(problem, "" if answer_only else re.sub(r"<<.*?>>", "", solution), answer).source)
    except InductionError:
        return "refused"
    try:
        other = family_of(induce(problem, marks, answer).source)
    except InductionError:
        return "marks incomplete"
    if one.original != other.original:
        return "other parameters"
    rng = random.Random(0)
    draws = [params for _ in range(TRIES) if (params := one.sample(rng)) is not None][:DRAWS]
    if not draws:
        return "no draw"
    return "agree" if all(one.solve(**params) == other.solve(**params) for params in draws) else "disagree"


def count_induced(name: str, split: str, limit: int | None) -> None:
    """Print how many problems of a benchmark without marks give a family."""
    benchmark = find_benchmark(name)
    seeds = induced = 0
    for entry in itertools.islice(benchmark.read(locate(benchmark, split, None), split), limit):
        seeds += 1
        gold = entry.problem.fields["gold"]
        induced += is_induced(entry.problem.prompt, entry.references[0], gold if isinstance(gold, str) else gold[0])
    print(f"{seeds} seeds of {name}:{split}, {induced} induced ({100 * induced / max(seeds, 1):.1f} %)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="train", help="train or test")
    parser.add_argument("--limit", type=int, default=None, help="only the first so many seeds")
    parser.add_argument(
        "--answer-only", action="store_true", help="induce from problem and answer, without the solution"
    )
    parser.add_argument("--benchmark", default="gsm8k", help="another one with worked solutions, counted only")
    arguments = parser.parse_args()
    if arguments.benchmark != "gsm8k":
        count_induced(arguments.benchmark, arguments.split, arguments.limit)
        return
    benchmark = find_benchmark("gsm8k")
    counts: Counter[str] = Counter()
    with_marks = 0
    for number, entry in enumerate(benchmark.read(locate(benchmark, arguments.split, None), arguments.split)):
        if number == arguments.limit:
            break
        answer = str(entry.problem.fields["gold"])
        solution = entry.references[0].rpartition("####")[0]
        with_marks += not arguments.answer_only and is_induced(entry.problem.prompt, solution, answer)
        counts[comparison(entry.problem.prompt, solution, answer, arguments.answer_only)] += 1
    seeds, refused = counts.total(), counts["refused"]
    compared = counts["agree"] + counts["disagree"] + counts["other parameters"]
    print(f"{seeds} seeds, {seeds - refused} induced ({100 * (seeds - refused) / max(seeds, 1):.1f} %)")
    if not arguments.answer_only:
        print(f"with the marks {with_marks} induced ({100 * with_marks / max(seeds, 1):.1f} %)")
    print(f"{compared} compared, {counts['agree']} agree ({100 * counts['agree'] / max(compared, 1):.1f} %)")
    print(", ".join(f"{count} {name}" for name, count in counts.most_common()))


if __name__ == "__main__":
    main()
