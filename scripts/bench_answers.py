r"""Speed and agreement of the answer judge, beside math-verify where an interpreter has it.

    python scripts/bench_answers.py --recorded $REASONING_BENCHMARKS/recorded_math --peer-python ~/mv/bin/python

prints, for each judge, rows a second on one core, median and slowest time over the recorded model outputs, and its
confusion table over `tests/tables/answers.jsonl` (rows that a convention decides apart). The peer runs in its own
process, started by this script with the interpreter that is given.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "tests" / "tables" / "answers.jsonl"
PEER = "math-verify"
PEER_ROWS = 1_500
"""Recorded rows that the peer is timed on, spread evenly over all (it is slower)."""


def recorded_rows(folder: Path) -> Iterator[tuple[str, str]]:
    """(gold, text) of every recorded output whose gold answer is in the file."""
    for row in _lines(folder / "qwen25_math_cot_100.jsonl.gz"):
        yield from ((row["answer"], text) for text in row["code"])
    for row in _lines(folder / "gsm8k_openai_2021.jsonl.gz"):
        gold = row["ground_truth"].rsplit("A:", 1)[1].strip()
        yield from ((gold, sample["solution"]) for sample in row.values() if isinstance(sample, dict))
    for name in ("tora_70b", "tora_code-34b"):
        yield from ((row["gt"], row["code"][0]) for row in _lines(folder / f"gsm8k_{name}.jsonl.gz"))
    for path in sorted(folder.glob("gsm8k_*abel_*.jsonl.gz")):
        yield from ((str(row["gold"]), row["response"]) for row in _lines(path))
    for path in sorted(folder.glob("*mathcoder*.jsonl.gz")):
        yield from ((str(row["ground_truth"]["answer"]), row["completion"]) for row in _lines(path))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def our_judge() -> Callable[[str, str], bool]:
    from verifiers.answers import judge

    return lambda gold, text: judge(gold, text).passed


def peer_judge() -> Callable[[str, str], bool]:
    """math-verify as its authors recommend it: box first, gold answer in dollars."""
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, StringExtractionConfig, parse, verify

    targets = [LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig(), StringExtractionConfig()]

    def accepts(gold: str, text: str) -> bool:
        wrapped = gold if "$" in gold.replace(r"\$", "") or "\\boxed" in gold else f"${gold}$"
        expected = parse(wrapped, targets)
        if verify(expected, parse(text, targets)):
            return True
        # A bare LaTeX answer is not read outside of dollars; give it every chance.
        return "$" not in text and "\\boxed" not in text and verify(expected, parse(f"${text}$", targets))

    return accepts


def measure(accepts: Callable[[str, str], bool], rows: list[tuple[str, str]]) -> dict[str, Any]:
    """Timing over `rows` and the confusion table over the case table."""
    for gold, text in rows[:20]:
        accepts(gold, text)
    times = []
    accepted = 0
    for gold, text in rows:
        started = time.perf_counter()
        accepted += accepts(gold, text)
        times.append(time.perf_counter() - started)
    times.sort()
    confusion: Counter[str] = Counter()
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        kind = "convention" if row["convention"] else "plain"
        verdict = "accepted" if accepts(row["gold"], row["text"]) else "rejected"
        confusion[f"{kind} {'right' if row['expected'] else 'wrong'} {verdict}"] += 1
    return {
        "rows": len(rows),
        "accepted": accepted,
        "per_second": round(len(rows) / sum(times), 1),
        "median_ms": round(1e3 * times[len(times) // 2], 3),
        "p99_ms": round(1e3 * times[int(0.99 * len(times))], 3),
        "slowest_ms": round(1e3 * times[-1], 1),
        "confusion": dict(sorted(confusion.items())),
    }


def report(name: str, result: dict[str, Any]) -> None:
    print(f"{name}: {result['rows']} recorded rows, {result['per_second']}/s on one core, ", end="")
    print(f"median {result['median_ms']} ms, p99 {result['p99_ms']} ms, slowest {result['slowest_ms']} ms")
    confusion = Counter(result["confusion"])
    for kind in ("plain", "convention"):
        good = confusion[f"{kind} right accepted"], confusion[f"{kind} right rejected"]
        bad = confusion[f"{kind} wrong accepted"], confusion[f"{kind} wrong rejected"]
        total = sum(good) + sum(bad)
        share = 100 * (good[0] + bad[1]) / max(total, 1)
        print(f"  {kind:10} right: {good[0]} accepted, {good[1]} rejected; ", end="")
        print(f"wrong: {bad[0]} accepted, {bad[1]} rejected; {share:.2f} % as expected")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("REASONING_BENCHMARKS", ".")) / "recorded_math"
    parser.add_argument("--recorded", type=Path, default=default, help="folder of the recorded outputs")
    parser.add_argument("--peer-python", help=f"interpreter of an environment that has {PEER}")
    parser.add_argument(
        "--json", action="store_true", help="print the peer's result as JSON (used by this script itself)"
    )
    arguments = parser.parse_args()
    rows = list(recorded_rows(arguments.recorded))
    if arguments.json:
        print(json.dumps(measure(peer_judge(), rows[:: max(1, len(rows) // PEER_ROWS)])))
        return
    ours = measure(our_judge(), rows)
    report("verifiers.answers", ours)
    if arguments.peer_python:
        command = [arguments.peer_python, __file__, "--json", "--recorded", str(arguments.recorded)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        peer = json.loads(output.splitlines()[-1])
        report(PEER, peer)
        print(f"  throughput ratio {ours['per_second'] / peer['per_second']:.1f}")


if __name__ == "__main__":
    main()
