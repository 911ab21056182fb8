"""FunCoder over a whole benchmark with a real (tiny) language model, killed on the way and resumed.

    REASONING_BENCHMARKS=... .venv-vllm/bin/python scripts/funcoder_with_a_model.py --out runs/funcoder-tiny
    ... scripts/funcoder_with_a_model.py --learn 120 --out runs/funcoder-taught

Makes a Qwen2 model whose tokenizer has learned the benchmark's prompts and FunCoder's worked examples, runs `reasoning
evaluate` once without interruption and once with `kill -9` after a third of the problems and `--resume`, compares the
two `records.jsonl` byte by byte and explains one sample. A random model solves nothing: what is shown is that the run
ends, loses nothing, and says of each problem why it failed. With `--learn` the model first learns by heart what a
teacher says about a dozen of the problems (see `funcoder_lessons`), so that it grows real trees for these; that shows
nothing of what it can do on problems that it has not seen.
"""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from funcoder_lessons import collect_lessons, learn, replies_about, teachable

from reasoning.evaluation.benchmarks import find_benchmark
from reasoning.evaluation.benchmarks.base import Entry
from reasoning.evaluation.benchmarks.locate import locate
from reasoning.methods.funcoder.prompts import callers_ladder, conquer_ladder, divide_ladder, unit_tests_ladder

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
from tiny_model import make_tiny_model

REASONING = (sys.executable, "-m", "reasoning.cli.main")
POSITIONS = 4_096
TAUGHT_POSITIONS = 896
"""Of a model that learns: room for fewer worked examples, for the sake of speed."""
TAUGHT_PROBLEMS = 12
WAIT_SECONDS = 0.2


def entries_of(benchmark: str) -> list[Entry]:
    """Each problem, with its reference solution."""
    found = find_benchmark(benchmark)
    split = found.split(None)
    return list(found.read(locate(found, split, None), split))


def texts_of(prompts: list[str]) -> list[str]:
    """What the model will be asked: each prompt once, the worked examples once."""
    ladders = (
        divide_ladder("", "f", ""),
        conquer_ladder("", "f", ""),
        callers_ladder("", "f"),
        unit_tests_ladder("", "f"),
    )
    return [*prompts, *(message.content for ladder in ladders for message in ladder[0])]


def teach(model: Path, benchmark: str, taught: list[Entry], seconds: float) -> None:
    """Let the model learn FunCoder's requests about some problems, and say how well it does."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    pairs = [(entry.problem, entry.references[0]) for entry in taught]
    lessons = collect_lessons(pairs, find_benchmark(benchmark).style(), tokenizer, TAUGHT_POSITIONS)
    losses = learn(model, lessons, seconds=seconds)
    print(f"taught: {', '.join(entry.problem.id for entry in taught)}")
    print(f"{len(lessons)} lessons, {len(losses)} steps, loss {losses[0]:.2f} to {losses[-1]:.2f}", flush=True)


def finished(directory: Path) -> int:
    """Samples that the run's store holds."""
    try:
        with sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True) as store:
            return int(store.execute("SELECT count(*) FROM items").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def killed_run(command: list[str], directory: Path, after: int) -> int:
    """Start a run, `kill -9` it when `after` samples are finished; how many are."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while finished(directory) < after and process.poll() is None:
        time.sleep(WAIT_SECONDS)
    process.send_signal(signal.SIGKILL)
    if process.wait() != -signal.SIGKILL:
        raise SystemExit(f"the run ended by itself, with {process.returncode}")
    return finished(directory)


def run(*command: str) -> str:
    """Run a command of ours; what it prints."""
    print("$", " ".join(["reasoning", *command]), flush=True)
    return subprocess.run([*REASONING, *command], check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--benchmark", default="humaneval")
    parser.add_argument("--limit", type=int, default=None, help="only the first so many problems")
    parser.add_argument("--max-tokens", type=int, default=None, help="default: 16, and 192 with --learn")
    parser.add_argument("--learn", type=float, default=0, metavar="SECONDS", help="CPU time to learn in; 0: not at all")
    parser.add_argument("--engine", default="transformers", help="transformers or vllm")
    parser.add_argument("--engine-options", default=",batch_size=8")
    parser.add_argument("--out", type=Path, required=True, help="new folder for the model and the runs")
    options = parser.parse_args()
    options.out.mkdir(parents=True)
    entries = entries_of(options.benchmark)[: options.limit]
    problems = [entry.problem for entry in entries]
    taught = [entry for entry in entries if options.learn and teachable(entry.problem, entry.references[0])]
    taught = taught[:TAUGHT_PROBLEMS]
    replies = [replies_about(entry.problem, entry.references[0]) for entry in taught]
    texts = [
        *texts_of([problem.prompt for problem in problems]),
        *(text for some in replies for [text, *_] in some.values()),
    ]
    positions = TAUGHT_POSITIONS if taught else POSITIONS
    model = make_tiny_model(options.out / "model", max_positions=positions, texts=texts)
    if taught:
        teach(model, options.benchmark, taught, options.learn)
    max_tokens = options.max_tokens or (192 if taught else 16)
    common = ["evaluate", options.benchmark, "--method", "funcoder", "--quiet", "--concurrency", "8"]
    common += ["--engine", f"{options.engine}:{model}{options.engine_options}", "--max-tokens", str(max_tokens)]
    common += [] if options.limit is None else ["--limit", str(options.limit)]
    whole, broken = options.out / "whole", options.out / "broken"
    started = time.monotonic()
    print(run(*common, "--out", str(whole)), end="")
    print(f"whole run: {time.monotonic() - started:.0f} s")
    kept = killed_run([*REASONING, *common, "--out", str(broken)], broken, max(1, len(problems) // 3))
    print(f"killed with SIGKILL when {kept} of {len(problems)} samples were finished")
    print(run("evaluate", "--resume", str(broken), "--quiet"), end="")
    same = (whole / "records.jsonl").read_bytes() == (broken / "records.jsonl").read_bytes()
    print(f"records.jsonl of both runs: {'the same, byte for byte' if same else 'DIFFERENT'}")
    records = [json.loads(line) for line in (broken / "records.jsonl").read_text().splitlines()]
    print(f"{len(records)} records; finish reasons: {dict(Counter(record['finish_reason'] for record in records))}")
    tokens = [record["cost"]["prompt_tokens"] / record["cost"]["calls"] for record in records]
    print(f"prompt tokens of a request: {min(tokens):.0f} to {max(tokens):.0f}")
    print(f"verdicts: {dict(Counter(record['status'] for record in records))}")
    shown = {record["status"]: record["id"] for record in reversed(records)}
    for id in shown.values():
        print(run("explain", str(broken), id), end="")
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
