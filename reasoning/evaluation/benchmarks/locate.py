"""Finds a benchmark's files: a given path, a local collection, the user's cache, or a download into it.

    locate(find_benchmark("humaneval"), "test", data=None)
    # (PosixPath('/home/me/.cache/reasoning-toolkit/humaneval/HumanEval.jsonl.gz'),)

Looked for, in this order: `--data PATH` (a file, or a folder that holds the files), the folder that
`REASONING_BENCHMARKS` names (`<folder>/<benchmark or its family>/<file>`, also with `.gz`), the cache, and the
publisher's address. A download is checked against a pinned SHA-256 and takes its name only when it is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from reasoning.data_files import data_file
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, SourceFile
from reasoning.runs.files import PARTIAL_SUFFIX
from reasoning.runs.progress import progress_display

__all__ = ["BENCHMARKS_VARIABLE", "cache_folder", "digest", "locate"]

BENCHMARKS_VARIABLE = "REASONING_BENCHMARKS"
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
MAX_DOWNLOAD_BYTES = 256 << 20
_BLOCK_BYTES = 1 << 16


def locate(
    benchmark: Benchmark, split: str, data: Path | None, quiet: bool = True, download: bool = True
) -> tuple[Path, ...]:
    """Paths of the files of a split, downloaded if need be.

    Args:
        benchmark: whose files.
        split: one of its splits.
        data: a folder that holds the files, or the main file itself; None: the usual places.
        quiet: show no progress of a download.
        download: whether what is not here may be downloaded.

    Raises:
        BenchmarkError: a file is nowhere, cannot be downloaded, or is not the published one.
        DataFileError: a built-in file is missing.
    """
    return tuple(
        _locate(benchmark, file, data, position, quiet, download)
        for position, file in enumerate(benchmark.source_files(split))
    )


def digest(paths: Sequence[Path]) -> str:
    """SHA-256 over the contents of the files, in hex: what `config.json` knows the problems by."""
    whole = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def cache_folder() -> Path:
    """The user's folder for what was downloaded or computed once."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "reasoning-toolkit"


def _locate(
    benchmark: Benchmark, file: SourceFile, data: Path | None, position: int, quiet: bool, download: bool
) -> Path:
    if data is not None:
        if not data.exists():
            raise BenchmarkError(f"--data {data}: no such file or folder")
        if data.is_file() and position == 0:
            return data
        folder = data if data.is_dir() else data.parent
        bare = Path(file.name).name
        found = _in_folder(folder, bare if Path(file.name).is_absolute() else file.name) or _in_folder(folder, bare)
        if found is None:
            raise BenchmarkError(f"--data {data}: holds no {file.name}")
        return found
    if not file.url and not file.origin:
        return data_file(file.name)
    if collection := os.environ.get(BENCHMARKS_VARIABLE):
        found = _in_folder(Path(collection) / (benchmark.folder or benchmark.name), file.name)
        if found is not None:
            return found
    if file.origin:
        raise BenchmarkError(
            f"{benchmark.name}: {file.name} has to be fetched by hand ({file.origin}); give it with --data PATH, or a "
            f"folder of benchmarks in {BENCHMARKS_VARIABLE}"
        )
    cached = cache_folder() / benchmark.name / file.name
    if not cached.is_file():
        if not download:
            raise BenchmarkError(f"{benchmark.name}: {file.name} is not on this machine")
        _download(benchmark.name, file, cached, quiet)
    return cached


def _in_folder(folder: Path, name: str) -> Path | None:
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    return None


def _download(benchmark: str, file: SourceFile, target: Path, quiet: bool) -> None:
    import httpx

    partial = target.with_name(f"{target.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        found = _fetch(file.url, partial, f"{benchmark}/{file.name}", quiet)
        if found != file.sha256:
            raise BenchmarkError(f"{file.url}: SHA-256 is {found}, expected {file.sha256}; nothing was kept")
        partial.replace(target)
    except (httpx.HTTPError, OSError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise BenchmarkError(
            f"{benchmark}: {file.url} cannot be downloaded ({reason}); give the file with --data PATH, or a folder of "
            f"benchmarks in {BENCHMARKS_VARIABLE}"
        ) from None
    finally:
        partial.unlink(missing_ok=True)


def _fetch(url: str, partial: Path, label: str, quiet: bool) -> str:
    import httpx

    whole = hashlib.sha256()
    received = 0
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    with httpx.stream("GET", url, follow_redirects=True, timeout=timeout) as response:
        response.raise_for_status()
        shown = progress_display(total=None, label=f"{label} (blocks of 64 KiB)", quiet=quiet)
        with shown as progress, open(partial, "wb") as file:
            for block in response.iter_bytes(_BLOCK_BYTES):
                received += len(block)
                if received > MAX_DOWNLOAD_BYTES:
                    raise BenchmarkError(f"{url}: larger than {MAX_DOWNLOAD_BYTES >> 20} MiB; nothing was kept")
                whole.update(block)
                file.write(block)
                progress.advance()
    return whole.hexdigest()
