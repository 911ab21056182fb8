"""Every measurement that takes minutes, one after the other, as one page with the machine that made it.

    python scripts/bench_all.py --out docs/measured.md              # `make bench`: about a quarter of an hour
    python scripts/bench_all.py --only constants,answers --out page.md

Each script runs in a process of its own; the machine's load before it and its CPU seconds are noted. What a script
needs and is not here (an environment, data) is said in the page, and the script left out. A script that fails ends the
making of the page with its last lines; pages are written whole or not at all.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODELS = ROOT / ".venv-vllm/bin/python"
LIBRARIES = ("numpy", "scipy", "sympy", "python-flint")


@dataclass(frozen=True, slots=True)
class Measurement:
    """A script and what it shows.

    Attributes:
        name: for `--only`.
        shows: one line for the page.
        command: script and its arguments.
        models: whether it needs the environment with torch and vLLM.
        lacks: what is missing for it on this machine, or "".
    """

    name: str
    shows: str
    command: tuple[str, ...]
    models: bool = False
    lacks: Callable[[], str] = lambda: ""

    @property
    def interpreter(self) -> Path:
        """What runs it."""
        return MODELS if self.models else Path(sys.executable)

    def missing(self) -> str:
        """Why it cannot run here, or ""."""
        if self.models and not MODELS.exists():
            return "no environment with models (make .venv-vllm/.ready)"
        return self.lacks()


def _no_collection() -> str:
    return "" if os.environ.get("REASONING_BENCHMARKS") else "REASONING_BENCHMARKS is not set"


MEASUREMENTS = (
    Measurement("sandbox", "isolation and judgements beside a bare fork and `python -c`", ("bench_sandbox.py",)),
    Measurement(
        "answers",
        "the answer judge over recorded model outputs and the case tables",
        ("bench_answers.py", "--recorded", "$REASONING_BENCHMARKS/recorded_math"),
        lacks=_no_collection,
    ),
    Measurement("consensus", "functional consensus against theory, votes and self-tests", ("bench_consensus.py",)),
    Measurement("constants", "the search for formulas, beside mpmath and Python's integers", ("bench_constants.py",)),
    Measurement("solvers", "numeric solvers beside other libraries", ("bench_solvers.py",)),
    Measurement(
        "decontamination",
        "planted benchmark problems that are found, and rows a second",
        ("bench_decontamination.py", "--rows", "20000", "--planted", "100"),
        lacks=_no_collection,
    ),
    Measurement("lean", "embedded Lean: start, checks, memory, two side by side", ("bench_lean.py",)),
    Measurement(
        "scale", "runs with an engine that answers at once", ("bench_scale.py", "--problems", "2500", "5000")
    ),
    Measurement(
        "engines",
        "engines and a whole evaluation beside bare loops over the same library",
        ("bench_engines.py", "transformers", "evaluate", "vllm", "--rounds", "3", "--questions", "2048"),
        models=True,
    ),
)  # fmt: skip


def machine() -> list[str]:
    """What the figures depend on, a line each."""
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    commit = subprocess.run(
        ("git", "rev-parse", "--short", "HEAD"), cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return [
        f"processor: {len(os.sched_getaffinity(0))} x {processor}",
        f"memory: {memory:.0f} GiB",
        f"system: Linux {platform.release()}, Python {platform.python_version()}",
        f"libraries: {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}",
        f"commit: {commit or 'unknown'}, {datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
    ]


def measure(one: Measurement) -> str:
    """The section of a measurement.

    Raises:
        SystemExit: its script failed.
    """
    script, *arguments = one.command
    shown = f"{'.venv-vllm/bin/python' if one.models else 'python'} scripts/{' '.join(one.command)}"
    heading = f"## {one.name}: {one.shows}\n\n"
    if reason := one.missing():
        return f"{heading}Not measured: {reason}.\n"
    load = os.getloadavg()[0]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        (one.interpreter, ROOT / "scripts" / script, *map(os.path.expandvars, arguments)),
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"error: {shown} ended with exit status {done.returncode}:\n{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    took = f"{time.monotonic() - started:.0f} s by the clock, {cpu:.0f} CPU s, load {load:.1f} before"
    return f"{heading}`{shown}`: {took}.\n\n```text\n{done.stdout.strip()}\n```\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/measured.md"), help="the page")
    parser.add_argument("--only", default=",".join(one.name for one in MEASUREMENTS), help="names, by commas")
    options = parser.parse_args()
    wanted = options.only.split(",")
    if unknown := sorted(set(wanted) - {one.name for one in MEASUREMENTS}):
        parser.error(f"--only {unknown[0]}: expected some of {', '.join(one.name for one in MEASUREMENTS)}")
    sections = []
    for one in MEASUREMENTS:
        if one.name in wanted:
            print(f"{one.name} ...", file=sys.stderr, flush=True)
            sections.append(measure(one))
    facts = "".join(f"- {line}\n" for line in machine())
    page = f"# Measured\n\nWritten by `make bench`; nothing here was edited.\n\n{facts}\n" + "\n".join(sections)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    partial = options.out.with_suffix(".partial")
    partial.write_text(page, encoding="utf-8")
    partial.replace(options.out)
    print(options.out)


if __name__ == "__main__":
    main()
