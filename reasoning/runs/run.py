"""A run: a directory that holds everything needed to repeat, resume and judge again one piece of work.

with Run.start(Path("runs/first"), settings={"benchmark": "puzzles", "seed": 0}) as run:
    engine = run.recording(create_engine("search"), concurrency=8)
    async for result in run.map(problems, work, concurrency=8):
        ...

runs/first/config.json      settings, versions, git revision, hardware, isolation
runs/first/run.sqlite       completions and verdicts as they come (see `reasoning.runs.store`)
runs/first/records.jsonl    finished samples in the order of the problems, written at the end
runs/first/metrics.json     each metric with its confidence interval and sample count
"""

from __future__ import annotations

import asyncio
import fcntl
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from reasoning.engines.base import Engine
from reasoning.runs.environment import describe_environment
from reasoning.runs.files import PARTIAL_SUFFIX, write_json
from reasoning.runs.mapping import stream
from reasoning.runs.recording import RecordingEngine
from reasoning.runs.store import COMMIT_SECONDS, RunStore, StoreError

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["CONFIG_NAME", "METRICS_NAME", "RECORDS_NAME", "STORE_NAME", "Run", "RunError", "read_config"]

CONFIG_NAME = "config.json"
STORE_NAME = "run.sqlite"
RECORDS_NAME = "records.jsonl"
METRICS_NAME = "metrics.json"
_LOCK_NAME = ".lock"
_LONGEST_VALUE = 160
"""Characters of a field that a message shows."""
_SCHEMA = 1

Item = TypeVar("Item")
Result = TypeVar("Result")


class RunError(RuntimeError):
    """A run directory cannot be used as asked; one clear line."""


class Run:
    """An open run directory. No other process can have it open at the same time."""

    def __init__(self, directory: Path, config: dict[str, Any], lock: Any) -> None:
        self.directory = directory
        self.config = config
        self._lock = lock
        self.store = RunStore(directory / STORE_NAME)

    @classmethod
    def start(cls, directory: Path, settings: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> Run:
        """Begin a new run in `directory`, which is made when it is not there.

        Args:
            directory: must be empty, but for what an attempt killed in its first moment left.
            settings: plain JSON; everything that decides the results. A resume must have the same.
            extra: plain JSON put into `config.json` beside the settings, such as the isolation report.

        Raises:
            RunError: the directory is in use or not empty.
        """
        directory.mkdir(parents=True, exist_ok=True)
        lock = _lock(directory)
        if (directory / CONFIG_NAME).exists():
            lock.close()
            raise RunError(f"{directory} already holds a run; go on with it with --resume {directory}")
        if left := _foreign_files(directory):
            lock.close()
            raise RunError(f"{directory} is not empty (it holds {left[0]}); give a new directory")
        config = {
            "schema": _SCHEMA,
            "settings": dict(settings),
            "environment": describe_environment(),
            **(extra or {}),
        }
        write_json(directory / CONFIG_NAME, config)
        return cls(directory, config, lock)

    @classmethod
    def resume(cls, directory: Path, settings: Mapping[str, Any] | None = None) -> Run:
        """Go on with the run in `directory`.

        Args:
            directory: holds a `config.json`.
            settings: what the run is expected to have been started with; None: whatever it was.

        Raises:
            RunError: it holds no run, is in use, or was started with other settings.
        """
        config = read_config(directory)
        if settings is not None:
            _compare(directory, config["settings"], json.loads(json.dumps(dict(settings))))
        return cls(directory, config, _lock(directory))

    @classmethod
    async def open(cls, directory: Path, settings: Mapping[str, Any], pool: SandboxPool, resume: bool) -> Run:
        """Start or resume the run in `directory`, whose work runs in `pool`: its isolation is noted at the start.

        Raises:
            RunError: it cannot be started, or resumed with these settings.
        """
        if resume:
            return cls.resume(directory, settings)
        return cls.start(directory, settings, {"isolation": (await pool.report()).to_json()})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Commit what is finished and let others use the directory."""
        try:
            self.store.close()
        finally:
            self._lock.close()

    def recording(self, engine: Engine, concurrency: int) -> RecordingEngine:
        """`engine`, with every completion kept in this run and at most `concurrency` requests under way."""
        return RecordingEngine(engine, self.store, concurrency)

    async def map(
        self,
        items: Iterable[Item],
        work: Callable[[Item], Awaitable[Result]],
        *,
        concurrency: int,
        ordered: bool = True,
    ) -> AsyncGenerator[Result, None]:
        """As `reasoning.runs.mapping.stream`; meanwhile the store is committed every `COMMIT_SECONDS`."""
        committing = asyncio.create_task(self._commit_now_and_then())
        try:
            async with aclosing(stream(items, work, concurrency=concurrency, ordered=ordered)) as results:
                async for result in results:
                    yield result
        finally:
            committing.cancel()
            self.store.commit()

    async def _commit_now_and_then(self) -> None:
        # A store that cannot be written says so again to whoever writes to it next.
        with suppress(StoreError):
            while True:
                await asyncio.sleep(COMMIT_SECONDS)
                self.store.commit()


def read_config(directory: Path) -> dict[str, Any]:
    """The configuration of the run in `directory`.

    Raises:
        RunError: there is none, or it is damaged.
    """
    path = directory / CONFIG_NAME
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{directory} holds no run: {CONFIG_NAME} is missing") from None
    except NotADirectoryError:
        raise RunError(f"{directory} holds no run: it is no directory") from None
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path}: cannot be read: {error}") from None
    if not isinstance(config, dict) or not isinstance(config.get("settings"), dict):
        raise RunError(f"{path}: field 'settings' is missing; this is no run's configuration")
    if config.get("schema") != _SCHEMA:
        raise RunError(f"{path}: field 'schema' is {config.get('schema')!r}, expected {_SCHEMA}")
    return config


def _lock(directory: Path) -> Any:
    # A POSIX record lock: it goes with the process, however that dies, and is not inherited by forked children.
    file = open(directory / _LOCK_NAME, "w")  # noqa: SIM115 - held open as long as the run
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise RunError(f"{directory} is in use by another process") from None
    return file


def _foreign_files(directory: Path) -> list[str]:
    own = {_LOCK_NAME, CONFIG_NAME + PARTIAL_SUFFIX}
    return sorted(entry.name for entry in directory.iterdir() if entry.name not in own)


def _compare(directory: Path, stored: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    for name in [*stored, *(name for name in asked if name not in stored)]:
        there, wanted = stored.get(name), asked.get(name)
        if there != wanted:
            differs = f"is {_cut(there)}, but {_cut(wanted)} was asked for"
            if isinstance(there, list) and isinstance(wanted, list):
                only_there, only_wanted = (
                    [one for one in a if one not in b] for a, b in ((there, wanted), (wanted, there))
                )
                differs = f"holds {_cut(only_there)} that was not asked for, and lacks {_cut(only_wanted)} that was"
            raise RunError(f"{directory / CONFIG_NAME}: field '{name}' {differs}; a changed run needs a new directory")


def _cut(value: Any) -> str:
    """A value as text, no longer than a line or two."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
