r"""One sign changed in the gold answers of every benchmark: how many such answers the judge still accepts.

    python scripts/bench_answer_signs.py --out runs/signs.jsonl

changes each sign of each gold answer in turn (`+` to `-`, `-` to `+`), and puts a minus before each that has no sign
in front, judges the changed answer against the gold answer, and prints for each benchmark how many were judged and how
many were accepted. An accepted one is either right all the same (`-0`, `(x-1)^2` and `(1-x)^2`, a remark beside the
answer) or a wrong accept; those that were read by hand are in `tests/tables/sign_changes.jsonl`, with why they are
right. The exit status is 1 when one is accepted that is not in that list. Benchmarks that are not on this machine
(`REASONING_BENCHMARKS`, the cache) are left out by name.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from reasoning.evaluation.benchmarks import BENCHMARKS, BenchmarkError, find_benchmark, locate
from verifiers.answers import judge
from verifiers.answers.verifier import golds_of

JUDGED = Path(__file__).parents[1] / "tests" / "tables" / "sign_changes.jsonl"
MOST_CHARACTERS = 400
"""Of a gold answer; longer ones are proofs and tables."""

_SIGN = re.compile(r"(?<![A-Za-z]{2})[-+−]|[-+−](?![A-Za-z]{2})")
"""A sign; no hyphen between two words."""

_OTHER = {"+": "-", "-": "+", "−": "+"}
_UNSIGNED = re.compile(r"\$?\s*(?:[\d.(\\A-Za-z])")


def changes(gold: str) -> Iterator[str]:
    """`gold` with one of its signs changed, for each in turn, and with a minus before it."""
    for match in _SIGN.finditer(gold):
        yield gold[: match.start()] + _OTHER[match[0]] + gold[match.end() :]
    if _UNSIGNED.match(gold) and not re.search(r"[A-Za-z]{2}", re.sub(r"\\[A-Za-z]+", "", gold)):
        yield f"${'-'}{gold[1:]}" if gold.startswith("$") else f"-{gold}"


def gold_answers(name: str) -> list[str]:
    """The distinct gold answers of a benchmark's default split, none where it has problems of another kind."""
    benchmark = find_benchmark(name)
    split = benchmark.split()
    if benchmark.prepare is not None:
        return []
    golds: dict[str, None] = {}
    for entry in benchmark.read(locate(benchmark, split, None, download=False), split):
        if entry.problem.kind != "answer":
            return []
        golds.update(dict.fromkeys(gold for gold in golds_of(entry.problem) if 0 < len(gold) <= MOST_CHARACTERS))
    return list(golds)


def accepted_changes(golds: list[str]) -> tuple[int, list[tuple[str, str, str]]]:
    """How many changes were judged, and (gold, answer, rule) of those that were accepted."""
    judged = 0
    accepted = []
    for gold in golds:
        for answer in dict.fromkeys(changes(gold)):
            judgement = judge(gold, answer)
            judged += 1
            if judgement.passed:
                accepted.append((gold, answer, judgement.rule))
    return judged, accepted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write every accepted change here, one a line")
    arguments = parser.parse_args()
    known = {(row["gold"], row["answer"]) for row in map(json.loads, JUDGED.read_text(encoding="utf-8").splitlines())}
    total, found, absent = 0, {}, []
    for name in BENCHMARKS:
        try:
            golds = gold_answers(name)
        except BenchmarkError:
            absent.append(name)
            continue
        if golds:
            judged, accepted = accepted_changes(golds)
            total += judged
            found.update({(gold, answer): (name, rule) for gold, answer, rule in accepted})
            print(f"{name:18} {len(golds):6} gold answers, {judged:6} changes, {len(accepted):4} accepted", flush=True)
    unknown = [pair for pair in found if pair not in known]
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        with arguments.out.open("w", encoding="utf-8") as lines:
            for (gold, answer), (name, rule) in found.items():
                row = {"benchmark": name, "gold": gold, "answer": answer, "rule": rule}
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    if absent:
        print(f"not on this machine: {', '.join(absent)}")
    print(f"in all {total} changes, {len(found)} accepted, {len(unknown)} of them not in {JUDGED.name}")
    for gold, answer in unknown[:20]:
        print(f"  {gold!r} accepts {answer!r}: {found[gold, answer][1]}")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
