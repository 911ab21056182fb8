r"""Speed and agreement of the answer judge, beside other graders where an interpreter has them.

    scripts/setup_answer_peers.sh .venv-peers
    python scripts/bench_answers.py --recorded $REASONING_BENCHMARKS/recorded_math --peer-python .venv-peers/bin/python

prints, for each judge, rows for each second of CPU time, median and slowest CPU time over the recorded model outputs,
and its confusion tables over `tests/tables/*.jsonl` (rows that a convention decides apart). The peers: math-verify and
inspect_ai's `math()` scorer, each in a process of its own started with the interpreter that is given, and our
reimplementation of the rules of Qwen2.5-Math (`qwen_rules.py`), here.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

TABLES = tuple(
    Path(__file__).parents[1] / "tests" / "tables" / f"{name}.jsonl" for name in ("answers", "answers_unseen")
)
PEER_ROWS = 1_500
"""Recorded rows that a peer is timed on, spread evenly over all (it is slower)."""

INSPECT_ROWS = 300
"""The same for inspect_ai, which is slower still."""

Accepts = Callable[[str, str], bool]


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


def ours() -> Accepts:
    from verifiers.answers import judge

    return lambda gold, text: judge(gold, text).passed


def qwen_rules() -> Accepts:
    from qwen_rules import accepts

    return accepts


def math_verify() -> Accepts:
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


def inspect_math() -> Accepts:
    """inspect_ai's `math()` scorer, on a task state that holds nothing but the completion."""
    import asyncio

    from inspect_ai.model import ModelName, ModelOutput
    from inspect_ai.scorer import CORRECT, Target, math
    from inspect_ai.solver import TaskState

    scorer = math()
    loop = asyncio.new_event_loop()

    def once(gold: str, text: str) -> bool:
        output = ModelOutput.from_content("mockllm/model", text)
        state = TaskState(model=ModelName("mockllm/model"), sample_id=0, epoch=0, input="", messages=[], output=output)
        try:
            score = loop.run_until_complete(scorer(state, Target(gold)))
        except ValueError:
            # It refuses some gold answers (nested exponents, say) and ends the sample with an error.
            return False
        return score is not None and score.value == CORRECT

    def accepts(gold: str, text: str) -> bool:
        if once(gold, text):
            return True
        return "$" not in text and "\\boxed" not in text and once(gold, f"\\boxed{{{text}}}")

    return accepts


JUDGES: dict[str, tuple[Callable[[], Accepts], int]] = {
    "verifiers.answers": (ours, 0),
    "qwen rules (reimplemented)": (qwen_rules, 0),
    "math-verify": (math_verify, PEER_ROWS),
    "inspect_ai math()": (inspect_math, INSPECT_ROWS),
}
"""Name -> how it is made, and how many recorded rows it is timed on (0: all)."""

PEERS = ("math-verify", "inspect_ai math()")
"""Those that live in the environment of `--peer-python`."""


def spread(rows: list[Any], most: int) -> list[Any]:
    """About so many of the rows, spread evenly over all; all where `most` is 0."""
    return rows[:: max(1, len(rows) // most)] if most else rows


def measure(accepts: Accepts, rows: list[tuple[str, str]], limit: int) -> dict[str, Any]:
    """Timing over `rows` and the confusion tables over the case tables, `limit` rows of each (0: all)."""
    for gold, text in rows[:20]:
        accepts(gold, text)
    times = []
    accepted = 0
    for gold, text in rows:
        started = time.process_time()
        accepted += accepts(gold, text)
        times.append(time.process_time() - started)
    cpu = sum(times)
    times.sort()
    return {
        "rows": len(rows),
        "accepted": accepted,
        "per_cpu_second": round(len(rows) / cpu, 1),
        "median_ms": round(1e3 * times[len(times) // 2], 3),
        "p99_ms": round(1e3 * times[int(0.99 * len(times))], 3),
        "slowest_ms": round(1e3 * times[-1], 1),
        "confusion": {table.stem: confusion(accepts, table, limit) for table in TABLES},
    }


def confusion(accepts: Accepts, table: Path, limit: int) -> dict[str, int]:
    """Counts of (kind, expected, verdict) over a case table."""
    counts: Counter[str] = Counter()
    for line in spread(table.read_text(encoding="utf-8").splitlines(), limit):
        row = json.loads(line)
        kind = "convention" if row["convention"] else "plain"
        verdict = "accepted" if accepts(row["gold"], row["text"]) else "rejected"
        counts[f"{kind} {'right' if row['expected'] else 'wrong'} {verdict}"] += 1
    return dict(sorted(counts.items()))


def report(name: str, result: dict[str, Any]) -> None:
    print(f"{name}: {result['rows']} recorded rows, {result['per_cpu_second']} for each CPU second, ", end="")
    print(f"median {result['median_ms']} ms, p99 {result['p99_ms']} ms, slowest {result['slowest_ms']} ms")
    for table, counts in result["confusion"].items():
        for kind in ("plain", "convention"):
            found = Counter(counts)
            good = found[f"{kind} right accepted"], found[f"{kind} right rejected"]
            bad = found[f"{kind} wrong accepted"], found[f"{kind} wrong rejected"]
            total = sum(good) + sum(bad)
            if total:
                share = 100 * (good[0] + bad[1]) / total
                print(f"  {table:15} {kind:10} right: {good[0]} accepted, {good[1]} rejected; ", end="")
                print(f"wrong: {bad[0]} accepted, {bad[1]} rejected; {share:.2f} % as expected", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("REASONING_BENCHMARKS", ".")) / "recorded_math"
    parser.add_argument("--recorded", type=Path, default=default, help="folder of the recorded outputs")
    parser.add_argument("--peer-python", help="interpreter of the environment that setup_answer_peers.sh makes")
    parser.add_argument(
        "--limit", type=int, default=0, metavar="N", help="about N recorded outputs, and N rows of each table"
    )
    parser.add_argument("--judge", choices=JUDGES, help="measure this one alone and print JSON (used by the script)")
    arguments = parser.parse_args()
    try:
        rows = list(recorded_rows(arguments.recorded))
    except OSError as error:
        parser.error(f"--recorded {arguments.recorded}: {error}")
    if arguments.judge:
        make, most = JUDGES[arguments.judge]
        print(json.dumps(measure(make(), spread(spread(rows, most), arguments.limit), arguments.limit)))
        return
    speeds = {}
    for name in JUDGES:
        if name in PEERS and not arguments.peer_python:
            continue
        python = arguments.peer_python if name in PEERS else sys.executable
        command = [python, __file__, "--judge", name, "--recorded", str(arguments.recorded)]
        command += ["--limit", str(arguments.limit)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            print(f"{name}: not measured: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
            continue
        result = json.loads(done.stdout.splitlines()[-1])
        speeds[name] = result["per_cpu_second"]
        report(name, result)
    for name in PEERS:
        if name in speeds:
            print(f"throughput per core, ours over {name}: {speeds['verifiers.answers'] / speeds[name]:.1f}")


if __name__ == "__main__":
    main()
