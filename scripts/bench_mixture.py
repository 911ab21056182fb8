"""Builds the verified dataset that needs no model twice, undisturbed and killed: the same bytes, and what it takes.

    python scripts/bench_mixture.py --rows 50000 --out runs/bench-mixture

The first run gives wall time (its own last lines give the sandbox's CPU time) and the largest sum of the proportional
set sizes of its process tree, looked at every half second. The second is killed with SIGKILL when it has done given
shares of the work, and each time gone on with. Every file of both datasets is compared, and `datasets.load_dataset`
reads the first.
Exit status 1 when a file differs.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

COMMAND = (sys.executable, "-m", "reasoning.cli.main", "generate")
MOMENTS = (0.1, 0.5, 0.9)
"""Shares of the work after which the second run is killed."""
LOOK_SECONDS = 0.5
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def processes_below(root: int) -> list[int]:
    """A process and all below it."""
    below = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            below[parent].append(int(entry.name))
    found = [root]
    for pid in found:
        found += below[pid]
    return found


def tree_mib(root: int) -> float:
    """Proportional set size of a process and all below it, in MiB."""
    total = 0
    for pid in processes_below(root):
        try:
            found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
        except OSError:
            continue
        total += int(found[1]) if found else 0
    return total / 1024


def outcomes(directory: Path) -> int:
    """Finished units of work in a run's store."""
    try:
        with sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True) as store:
            return int(store.execute("SELECT count(*) FROM outcomes").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def watch(process: subprocess.Popen[bytes], enough: Callable[[], bool]) -> float:
    """Wait for the end of a process, or kill it when `enough`; returns its largest memory in MiB."""
    most = 0.0
    while process.poll() is None:
        most = max(most, tree_mib(process.pid))
        if enough():
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(LOOK_SECONDS)
    process.wait()
    return most


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a dataset."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--out", type=Path, default=Path("runs/bench-mixture"))
    options = parser.parse_args()
    plain, killed = options.out / "undisturbed", options.out / "killed"
    for directory in (plain, killed):
        shutil.rmtree(directory, ignore_errors=True)
    build = [*COMMAND, "mixture", "--rows", str(options.rows), "--splits", "train=0.96,validation=0.02,test=0.02"]

    started = time.monotonic()
    process = subprocess.Popen([*build, "--out", plain, "--quiet"])
    memory = watch(process, lambda: False)
    wall = time.monotonic() - started
    if process.returncode:
        raise SystemExit(f"error: the build ended with exit status {process.returncode}")
    total = outcomes(plain)
    print(f"undisturbed: {wall:.0f} s wall, {memory:.0f} MiB at most")

    for share in MOMENTS:
        process = subprocess.Popen([*build, "--resume", killed, "--quiet"], stdout=subprocess.DEVNULL)
        watch(process, lambda share=share: outcomes(killed) > share * total)  # type: ignore[misc]
        print(f"killed at {100 * outcomes(killed) / total:.0f} % of the work (exit status {process.returncode})")
    started = time.monotonic()
    subprocess.run([*build, "--resume", killed, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    print(f"the rest: {time.monotonic() - started:.0f} s wall")
    one, other = contents(plain / "dataset"), contents(killed / "dataset")
    different = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    print(f"{len(one)} files, {sum(map(len, one.values()))} bytes: {len(different)} differ {' '.join(different)}")

    os.environ["HF_HUB_OFFLINE"] = "1"
    import datasets

    loaded = datasets.load_dataset(str(plain / "dataset"), cache_dir=str(options.out / "cache"))
    print({split: rows.num_rows for split, rows in loaded.items()}, list(loaded["train"].features))
    raise SystemExit(bool(different))


if __name__ == "__main__":
    main()
